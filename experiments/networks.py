"""GAN, WGAN and WGAN-GP on equal networks, on unlike ones, and what a layer should be made of.

Three studies of digits at 32x32, the recipes ``dcgan``, ``wgan`` and ``wgan_gp`` as they stand but
for the steps, z, which has 100 normal numbers, and their networks, which are the same in a row, up
to the eps of the normalisation: clipping wants a smaller one. WGAN's rate falls within the last
fifth of the steps.

``equal``: the networks of ``wgan``, a critic with layer normalisation, over generator updates and
over seconds.
``named``: the architectures of WGAN-GP's figure 2 (Gulrajani et al. 2017) that a lecture repeats,
no normalisation at all, a generator of dense layers, tanh throughout, residual networks.
``layers``: strides or pools in the critic, transposed convolutions or resized ones in the
generator (Radford et al. 2016, section 3), as DCGAN.

Cost: 1 to 4 minutes a run of 500 steps on one CPU core, and of the GAN's 2000 in ``equal``; of
``equal`` 15 runs, of ``named`` 45, of ``layers`` 25.
Expect: docs/results.md, section 8.
Run: python -m experiments.networks --studies=equal
"""

import argparse
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import ours
from experiments import baselines, show
from jaxgan import film
from jaxgan.core.errors import choose, within
from jaxgan.evaluation import grid, strips

NORMAL = {"game.z": "normal", "game.z_dim": "100"}
GAMES = {"GAN": "dcgan.py", "WGAN": "wgan.py", "WGAN-GP": "wgan_gp.py"}
LAYER = {"critic.norm": "layer"}
PLAIN = {"generator": "dcgan", "generator.channels": "256,128,64", **LAYER}


class Study(NamedTuple):
    """Rows of one table, each played by some of ``GAMES``.

    Attributes:
      games: which.
      rows: name -> {config key: the text of its value}.
      seeds: of each.
      times: game -> how many times the steps of the others it takes, to take as many seconds.
      curves: whether its figure has curves over the steps, and not samples.
    """

    games: tuple[str, ...]
    rows: dict[str, dict[str, str]]
    seeds: int = 5
    times: dict[str, int] = {}
    curves: bool = False


STUDIES = {
    "equal": Study(tuple(GAMES), {"DCGAN": PLAIN}, times={"GAN": 4}, curves=True),
    "named": Study(
        tuple(GAMES),
        {
            "DCGAN": PLAIN,
            "no normalisation": PLAIN | {"generator.norm": "none", "critic.norm": "none"},
            "dense generator": {"generator": "mlp", "generator.norm": "none", **LAYER},
            "tanh": PLAIN | {"generator.activation": "tanh", "critic.activation": "tanh"},
            "ResNet": {
                "generator": "resnet32",
                "generator.channels": "16,16,16,16",
                "critic": "resnet32",
                "critic.channels": "16,16,16,16",
                **LAYER,
            },
        },
        seeds=3,
    ),
    "layers": Study(
        ("GAN",),
        {
            "strides, transposed": {},
            "mean pools, transposed": {"critic.downsample": "mean_pool"},
            "max pools, transposed": {"critic.downsample": "max_pool"},
            "strides, resized": {"generator.upsample": "nearest"},
            "mean pools, resized": {
                "critic.downsample": "mean_pool",
                "generator.upsample": "nearest",
            },
        },
    ),
}


def config_of(game, settings):
    """The config of a game's recipe on the networks of a row."""
    return baselines.changed(GAMES[game], tuple((NORMAL | settings).items()))[1]


def stops_of(study, game, flags):
    """The steps at which the runs of a game are judged; there are as many of every game."""
    times = study.times.get(game, 1)
    return [times * step for step in baselines.stops(flags.steps, flags.looks)]


def played(study, flags):
    """Train the runs of a study -> {(row, game): [run directory of each seed]}."""
    runs = {}
    for row, settings in study.rows.items():
        for game in study.games:
            config = config_of(game, settings)
            steps = stops_of(study, game, flags)[-1]
            asked = argparse.Namespace(**vars(flags) | {"steps": steps})
            runs[row, game] = [
                baselines.play(f"{row}-{game}-{steps}", config, seed, asked)
                for seed in range(flags.seeds or study.seeds)
            ]
    return runs


def judged(study, runs, flags):
    """{key: fd of the averaged generators, [seeds, looks]} of {key: run directories}."""

    def fd(workdir, step):
        values = baselines.look(workdir, step, flags)["values"]["ema"]
        return values[f"{flags.metrics}_{flags.features}"]

    def of_all(game, workdirs):
        steps = stops_of(study, game, flags)
        return np.array([[fd(workdir, step) for step in steps] for workdir in workdirs], float)

    return {(row, game): of_all(game, workdirs) for (row, game), workdirs in runs.items()}


def seconds_a_step(config, steps=20, clock=time.perf_counter):
    """Seconds by a clock that a training step takes here, once compiled; the best of three."""
    play = ours.player({"config": config})["play"]
    play(steps)  # compiles

    def took():
        began = clock()
        play(steps)
        return (clock() - began) / steps

    return min(took() for _ in range(3))


def table(study, values, seconds, flags):
    """Best and last of every row and game, and seconds of 100 steps."""
    rows = []
    for (row, game), fd in values.items():
        best, last = (show.mean_and_error(each, 1) for each in (fd.min(axis=1), fd[:, -1]))
        steps = stops_of(study, game, flags)[-1]
        rows.append((row, game, steps, best, last, f"{100 * seconds[row, game]:.1f}"))
    return show.table(("networks", "game", "steps", "fd, best", "fd, last", "s of 100 steps"), rows)


def curves(study, values, seconds, flags):
    """A figure: fd over updates and over seconds, the median of seeds in a band of quartiles."""
    figure, ((updates, clock),) = show.panels(1, 2)
    for colour, (key, fd) in zip(show.COLOURS, values.items(), strict=False):
        low, middle, high = np.quantile(fd, (0.25, 0.5, 0.75), axis=0)
        steps = np.array(stops_of(study, key[1], flags))
        for axis, x in ((updates, steps), (clock, steps * seconds[key])):
            axis.plot(x, middle, color=colour, marker="o", markersize=3, label=key[1])
            axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.set_yscale("log")
            axis.yaxis.set_major_formatter("{x:.0f}")
            axis.yaxis.set_minor_formatter("{x:.0f}")
    updates.set(xlabel="generator updates", ylabel="fd_mnist10k_cnn")
    clock.set(xlabel="seconds of training")
    updates.legend()
    return figure


def picture(study, runs, flags, num=16):
    """What the first seed made last: rows below one another, or beside, where one game has all."""
    made = {}
    for (row, game), (first, *_) in runs.items():
        (reel,) = film.shoot(first, steps=tuple(stops_of(study, game, flags)[-1:]), num=num)
        made[row, game] = reel.pictures[-1][1]
    if len(study.games) == 1:
        return strips.sheet([[(row, picture) for (row, _), picture in made.items()]])
    rows = [[(game, made[row, game]) for game in study.games] for row in study.rows]
    return strips.sheet(rows, list(study.rows))


def main(argv=None):
    """Train and judge all seeds of the studies; print a table and draw a picture of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", default=",".join(STUDIES), help="which, commas between")
    parser.add_argument("--steps", type=int, default=500, help="generator updates (500)")
    parser.add_argument("--seeds", type=int, default=0, help="how many; 0: the study's own")
    parser.add_argument("--looks", type=int, default=2, help="evaluations of a run (2)")
    parser.add_argument("--num", type=int, default=5000, help="samples (5000)")
    parser.add_argument("--runs", default="runs/networks", help="where the runs go")
    parser.add_argument("--out", default="docs/experiments", help="folder of the pictures")
    parser.set_defaults(metrics="fd", features="mnist10k_cnn", data="", of="")
    flags = parser.parse_args(argv)
    for name in ("steps", "looks", "num"):
        within(name, getattr(flags, name), 1)
    studies = {name: choose(STUDIES, name, "study") for name in flags.studies.split(",")}
    for name, study in studies.items():
        runs = played(study, flags)
        values = judged(study, runs, flags)
        seconds = {
            (row, game): seconds_a_step(config_of(game, study.rows[row])) for row, game in runs
        }
        print(f"\n{name}, {flags.steps} steps\n\n{table(study, values, seconds, flags)}")
        if study.curves:
            show.save(curves(study, values, seconds, flags), flags.out, f"networks_{name}")
        else:
            Path(flags.out).mkdir(parents=True, exist_ok=True)
            grid.save_png(picture(study, runs, flags), f"{flags.out}/networks_{name}.png")


if __name__ == "__main__":
    main()
