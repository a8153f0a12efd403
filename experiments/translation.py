"""What each part of a system of translation does: trained without it, judged by the truth.

pix2pix's own ablation (Isola et al. 2017, tables 1 and 3): five objectives, and critics that see
patches of 1, 16 and 34 pixels; super-resolution by L2, by L2 and a critic, and by the lecture's
Wasserstein critic; inpainting without its local critic; zi2zi without the loss of its categories;
colouring in RGB and in Lab; line art with and without the flags, whose colours no outline tells;
CycleGAN's cycles (Zhu et al. 2017, section 5.1.4), identity and pool.

Recipes as they stand in ``configs/``, but for what a row names and for the steps, which are fewer;
three seeds each, judged on the examples that are held out. Every seed is a run directory of its own
under ``--runs``: the same command goes on where it was, and ``jaxgan sample`` draws from it.

Cost: 2 to 4 minutes a seed on 2 CPU cores; ``pix2pix`` has seven rows.
Expect: docs/results.md, section 11. Of pix2pix L1 alone has the lowest L1, .228, and the lowest
Frechet distance, and blurs; with a critic that sees the given drawing, too, the kernel distance is
the lowest, .137 for .142. On glyphs a critic without L1 has the lowest distances, kid .177 for .254
of L1, and draws characters that are none. Lab is better than RGB by all but the error in colour,
kid .020 for .062. A critic gains superres nothing in so few steps, the category loss zi2zi and the
local critic inpaint nothing at all. CycleGAN without cycles draws one image for all, with cycles
alone colours turn; the way that ends a cycle is the one that it helps.
Run: python -m experiments.translation --studies=pix2pix --out=docs/experiments/translation
"""

import argparse
from typing import NamedTuple

import numpy as np

from experiments import baselines, show
from jaxgan import film
from jaxgan.evaluation import grid, strips


class Study(NamedTuple):
    """Rows of one table.

    Attributes:
      recipe: file of ``configs/``.
      steps: of every run.
      columns: names of what is measured, as ``jaxgan evaluate`` calls it.
      rows: name -> {config key: the text of its value}.
      metrics: rows of ``measures.METRICS`` that give the columns.
      directions: those of its game, where it has several.
      common: as a row has them, of all rows.
    """

    recipe: str
    steps: int
    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]
    metrics: str = "truth,fd,kid"
    common: dict[str, str] = {}
    directions: tuple[str, ...] = ()


ALONE = {"game": "restoration"}  # the critic sees what was made, and not from what
NO_GAME = {"adversarial": "0", "n_critic": "0"}
NO_L1 = {"terms.l1.weight": "0"}
OBJECTIVES = {
    "L1": NO_GAME,
    "GAN": ALONE | NO_L1,
    "cGAN": NO_L1,
    "L1 + GAN": ALONE,
    "L1 + cGAN": {},
}
# The recipe's critic sees patches of 16 pixels.
PATCHES = {"patches of 1": {"critic.layers": "0"}, "patches of 34": {"critic.layers": "2"}}
TRUTH = ("l1", "psnr", "ssim")
LOWER = (*baselines.LOWER, "l1", "colour_error")
# Too few examples are held out for the Frechet distance, which is then too high for all rows alike;
# the kernel distance has no such bias.
FD, KID = "fd_efficientnet_lite0", "kid_efficientnet_lite0"
DRAWN = (*TRUTH, FD, KID)
DRAWN_BY = {name: OBJECTIVES[name] for name in ("L1", "L1 + cGAN")}
LINES = {"data": "line_art", "data.size": "32"}
STUDIES = {
    "pix2pix": Study("pix2pix.py", 1000, DRAWN, OBJECTIVES | PATCHES),
    "glyphs": Study(
        "pix2pix.py",
        500,
        DRAWN,
        OBJECTIVES,
        common={"data": "glyphs"},
    ),
    "superres": Study(
        "superres.py",
        1600,
        ("psnr", "psnr_y", "ssim", FD, KID),
        {
            "L2": {"phases": "", **NO_GAME},
            "L2 + GAN": {"phases": "1000:n_critic=0,adversarial=0"},
            "L2 + Wasserstein": {
                "phases": "1000:n_critic=0,adversarial=0",
                "loss": "wasserstein",
                "penalties.gradient_penalty.weight": "10",
                "critic.norm": "none",
            },
        },
    ),
    "inpaint": Study(
        "inpaint.py",
        1500,
        ("l1_hole", "psnr_hole", "ssim", FD, KID),
        {"both critics": {}, "the global critic alone": {"critic.window": "0"}},
        common={"phases": "900:n_critic=0,adversarial=0 1000:n_generator=0"},
    ),
    "zi2zi": Study(
        "zi2zi.py",
        1000,
        ("l1", "ssim", "retrieval_top1", "retrieval_label", "classified_label"),
        {"whole": {}, "without the category loss": {"game.head_weight": "0"}},
        metrics="truth,retrieval,classified",
    ),
    "colourise": Study(
        "colourise.py",
        1000,
        ("l1", "psnr", "colour_error", FD, KID),
        {"RGB": {"data.task.space": "rgb"}, "Lab": {}},
    ),
    "line_art": Study("pix2pix.py", 600, DRAWN, DRAWN_BY, common=LINES),
    "line_art_flags": Study(
        "pix2pix.py", 600, DRAWN, DRAWN_BY, common=LINES | {"data.options.flags": "True"}
    ),
    "cyclegan": Study(
        "cyclegan.py",
        1000,
        ("l1_AtoB", "l1_BtoA", f"{FD}_AtoB", f"{FD}_BtoA", f"{KID}_AtoB", f"{KID}_BtoA"),
        {
            "whole": {},
            "without identity": {"game.identity": "0"},
            "without pool": {"game.pool": "0"},
            "GAN alone": {"game.forward": "0", "game.backward": "0", "game.identity": "0"},
            "GAN + forward cycle": {"game.backward": "0", "game.identity": "0"},
            "GAN + backward cycle": {"game.forward": "0", "game.identity": "0"},
            "cycles alone": {**NO_GAME, "game.identity": "0"},
        },
        directions=("AtoB", "BtoA"),
    ),
}


def config_of(study, row):
    """The config of a row of a study."""
    settings = tuple((study.common | study.rows[row]).items())
    return baselines.changed(study.recipe, settings)[1]


def measured(name, flags):
    """Header and rows of a study's table: best and last over seeds; what takes no learning."""
    study = STUDIES[name]
    given = vars(flags) | {"steps": flags.steps or study.steps, "metrics": study.metrics}
    looks = argparse.Namespace(**given, features="efficientnet_lite0", data="", of="ema")
    looks.features = looks.features if "fd" in study.metrics else ""
    rows, floors = [], {}
    for row in study.rows:
        config, records = config_of(study, row), []
        for seed in range(flags.seeds):
            workdir = baselines.play(f"{name}-{row}", config, seed, looks)
            steps = baselines.stops(looks.steps, looks.looks)
            records.append([baselines.look(workdir, step, looks)["values"] for step in steps])
        rows.append([row, *(told(records, column) for column in study.columns)])
        floors |= {name: v for name, v in records[0][-1].items() if name != "ema"}
    rows += [
        [f"*{name}*", *(f"{v[c]:.3f}" if c in v else "-" for c in study.columns)]
        for name, v in floors.items()
    ]
    return ["", *(f"{column}, best / last" for column in study.columns)], rows


def picture(name, flags, num=10):
    """What the first seed of every row made last of held-out examples, a column each.

    Returns:
      uint8 [H, W, 3]: given, made by each row of the study, truth.
    """
    looks = argparse.Namespace(
        **{**vars(flags), "steps": flags.steps or STUDIES[name].steps}, data=""
    )
    rows = STUDIES[name].rows
    runs = [
        baselines.play(f"{name}-{row}", config_of(STUDIES[name], row), 0, looks) for row in rows
    ]
    shown = []
    for direction in STUDIES[name].directions or (None,):
        reels = film.shoot(runs, steps=(looks.steps,), num=num, direction=direction)
        made = [(row, reel.pictures[-1][1]) for row, reel in zip(rows, reels, strict=True)]
        shown.append([*reels[0].before, *made, *reels[0].after])
    return strips.sheet(shown, STUDIES[name].directions or None)


def told(records, column):
    """Best and last of the averaged generator, mean and standard error over seeds.

    Args:
      records: [seeds][looks] {generator: {name: number}}.
      column: the name.
    """
    values = np.array([[look["ema"][column] for look in run] for run in records], float)
    best = values.min(axis=1) if column.startswith(LOWER) else values.max(axis=1)
    return " / ".join(show.mean_and_error(each, 3) for each in (best, values[:, -1]))


def main(argv=None):
    """Train and judge all seeds of the studies, and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", default=",".join(STUDIES), help="which, commas between")
    parser.add_argument("--steps", type=int, default=0, help="of every run; 0: the study's own")
    parser.add_argument("--seeds", type=int, default=3, help="how many (3)")
    parser.add_argument("--looks", type=int, default=2, help="evaluations of a run (2)")
    parser.add_argument("--runs", default="runs/translation", help="where the runs go")
    parser.add_argument("--num", type=int, default=360, help="held-out examples (360)")
    parser.add_argument("--out", default="", help="folder of pictures, one a study (none)")
    flags = parser.parse_args(argv)
    for name in flags.studies.split(","):
        table = show.table(*measured(name, flags))
        print(f"\n{name}, {flags.steps or STUDIES[name].steps} steps\n\n{table}")
        if flags.out:
            grid.save_png(picture(name, flags), f"{flags.out}/{name}.png")


if __name__ == "__main__":
    main()
