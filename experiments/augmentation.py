"""What varying the pictures is worth where there are few: emoji, 300, 1000 and all drawings.

configs/baseline.py in three ways: pictures as they are; varied always, color, translation and
cutout, on their way to the critic (DiffAugment, Zhao et al. 2020, arXiv:2006.10738); as often as a
critic that is too sure asks for (ADA, Karras et al. 2020, arXiv:2006.06676). The drawings, without
skin tones, are written to a folder, of which a run holds out all but so many; every generator is
judged beside all of them, by Frechet and kernel distance in EfficientNet-Lite0's features (the
extra ``imagenet``). Every seed is a run directory of its own under ``--runs``: the same command
goes on where it was.

Cost: 9 runs a seed, of 6 to 7 minutes of one CPU core each.
Expect: all rows still learn, blots in an emoji's colours, fd 152 to 192; varied always is the worst
(docs/results.md, section 13: 300 and 1000, one seed). All drawings were not run.
Run: python -m experiments.augmentation
"""

import argparse
import json
from pathlib import Path

import numpy as np

from experiments import baselines, show
from jaxgan import data, film, sample
from jaxgan.core.errors import choose, within
from jaxgan.core.table import check_type
from jaxgan.data.view import to_uint8
from jaxgan.evaluate import evaluate_folders
from jaxgan.evaluation import grid, strips

ALL = "all"
COUNTS = ("300", "1000", ALL)
ROWS = "color,translation,cutout"
WAYS = {
    "as they are": {},
    "always": {"augmentation.rows": ROWS},
    "ADA": {
        "augmentation.rows": ROWS,
        "augmentation.probability": "0",
        "augmentation.target": "0.6",
    },
}
DRAWINGS = {"name": "emoji", "options": {"x": "twemoji", "source": ""}, "where": "tone=none"}


def write(images, folder):
    """Images [N, H, W, C], uint8, as PNG files of a folder."""
    for i, image in enumerate(images):
        grid.save_png(image, folder / f"{i:05}.png")


def drawings():
    """All of them, uint8 [N, H, W, C]: those that a run of emoji holds out, too."""
    parts = data.load_parts(DRAWINGS)
    return np.concatenate([source.arrays(None)["x"] for (source,) in parts])


def config_of(way, count, folder, whole):
    """The config of so many of the ``whole`` drawings of a folder, varied in a way of ``WAYS``."""
    held_out = "" if count == ALL else f"{1 - int(count) / whole:.3f}"
    settings = {"data": f"folder:{folder}", "data.held_out": held_out, **WAYS[way]}
    return baselines.changed("baseline.py", tuple(settings.items()))[1]


def beside(workdir, step, folder, num):
    """What ``evaluate_folders`` finds of a run's samples; remembered in its directory."""
    file = workdir / f"beside-{num}-{step}.json"
    if not file.exists():
        made = workdir / f"made-{step}"
        write(to_uint8(sample.load(workdir, step)(num)), made)
        asked = {"names": "fd,kid", "num": num, "features": "efficientnet_lite0"}
        file.write_text(json.dumps(evaluate_folders(folder, made, **asked)) + "\n")
    return json.loads(file.read_text())


def measured(record):
    """The names of what is measured, not of its error."""
    return [name for name in record["floor"] if not name.startswith(baselines.NEITHER)]


def cells(records):
    """Best and last of all that is measured, over records [seeds][looks]."""
    for name in measured(records[0][0]):
        values = np.array([[look["values"]["fake"][name] for look in run] for run in records])
        digits = 1 if values.max() > 10 else 3
        looks = values.min(axis=1), values[:, -1]
        yield from (show.mean_and_error(each, digits) for each in looks)


def main(argv=None):
    """Train and judge every seed of every way and count; a table and a picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default=",".join(COUNTS), help="of drawings, commas between")
    parser.add_argument("--ways", default=",".join(WAYS), help="which, commas between")
    parser.add_argument("--steps", type=int, default=1500, help="generator updates (1500)")
    parser.add_argument("--seeds", type=int, default=1, help="how many (1)")
    parser.add_argument("--looks", type=int, default=3, help="evaluations of a run (3)")
    parser.add_argument("--num", type=int, default=700, help="samples (700)")
    parser.add_argument("--runs", default="runs/augmentation", help="where the runs go")
    parser.add_argument("--out", default="docs/experiments", help="folder of the picture")
    parser.set_defaults(data="")
    flags = parser.parse_args(argv)
    for name in ("steps", "seeds", "looks", "num"):
        within(f"--{name}", getattr(flags, name), 1)
    ways, counts = flags.ways.split(","), flags.counts.split(",")
    for way in ways:
        choose(WAYS, way, "way of varying")
    images, folder = drawings(), Path(flags.runs) / "drawings"
    for count in counts:
        if count != ALL:
            check_type("--counts", int(count) if count.isdecimal() else count, 300)
            within("--counts", int(count), 1, len(images))
    write(images, folder)
    stops, rows, made = baselines.stops(flags.steps, flags.looks), [], []
    for count in counts:
        for way in ways:
            config = config_of(way, count, folder, len(images))
            name = f"{count}-{way}-{flags.steps}"
            runs = [baselines.play(name, config, seed, flags) for seed in range(flags.seeds)]
            found = [[beside(run, step, folder, flags.num) for step in stops] for run in runs]
            rows.append((count, way, *cells(found)))
            print(*rows[-1], flush=True)
            (reel,) = film.shoot(runs[0], steps=(flags.steps,), num=16)
            made.append((f"{count}, {way}", reel.pictures[-1][1]))
    first = found[0][0]
    floor = [f"{first['floor'][name]:.3f}" for name in measured(first)]
    header = ("drawings", "varied", "fd, best", "fd, last", "kid, best", "kid, last")
    rows.append(("*others*", "", floor[0], "", floor[1], ""))
    print(f"\n{len(images)} drawings\n\n{show.table(header, rows)}")
    Path(flags.out).mkdir(parents=True, exist_ok=True)
    grid.save_png(strips.sheet([made]), f"{flags.out}/augmentation.png")


if __name__ == "__main__":
    main()
