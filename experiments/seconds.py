"""Six recipes at equal seconds: what a minute or two of a processor is worth to each of them.

DCGAN and what came after it, as their recipes stand for digits, on digits and on emoji without
skin tones: as many steps as take ``--seconds`` of processor time here, once compiled. Phases of a
network that grows, schedules and annealing are squeezed in proportion. Three of the six are told
the class: the digit, or the category of the emoji. How many steps it is, is measured once and kept
in the folder of the runs. Distances are Frechet's, of the averaged generators, by the bundled
classifier of digits and by EfficientNet-Lite0 (the extra ``imagenet``).

Cost: 60 runs of two minutes, and as long again for compiling and judging where nothing is kept yet:
3 hours of one CPU core.
Expect: of digits dcgan the nearest to the data, fd 70.8 +- 4.4, baseline and progressive the
farthest, 300 (docs/results.md, section 12). Emoji were not run.
Run: python -m experiments.seconds
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from experiments import baselines, networks, show
from jaxgan import film
from jaxgan.core.errors import choose, within
from jaxgan.evaluation import grid, strips

RECIPES = ("dcgan", "projection", "sngan", "biggan", "progressive", "baseline")
# Data set -> the settings that make a recipe its own, the feature network that judges it.
SETS = {
    "digits": ((("data", "mnist10k"), ("data.size", "32")), "mnist10k_cnn"),
    "emoji": (
        (("data", "emoji"), ("data.options.source", ""), ("data.where", "tone=none")),
        "efficientnet_lite0",
    ),
}


def config_of(recipe, name):
    """The config of a recipe on a set of ``SETS``."""
    settings, _ = SETS[name]
    return baselines.changed(recipe, settings)[1]


def edges_of(config):
    """What ``config.phases`` says: [(step at which a phase ends, its values)]."""
    words = (word.split(":", 1) for word in config.phases.split())
    return [(int(edge), values) for edge, values in words]


def parts_of(config):
    """A run's phases: [(steps, the config of that phase alone)]."""
    parts, first = [], 0
    for edge, values in [*edges_of(config), (config.steps, "")]:
        alone = config.copy_and_resolve_references()
        alone.phases = f"{alone.steps}:{values}" if values else ""
        parts.append((edge - first, alone))
        first = edge
    return parts


def factor_of(config, seconds):
    """How many times the recipe's steps take so many seconds of processor time here."""
    clock = {"steps": 10, "clock": time.process_time}
    parts = parts_of(config)
    return seconds / sum(n * networks.seconds_a_step(alone, **clock) for n, alone in parts)


def lasting(config, factor):
    """The config of ``factor`` times as many steps; what is told in steps keeps its proportion."""

    def times(steps):
        return max(1, round(factor * steps))

    config.steps = times(config.steps)
    config.phases = " ".join(f"{times(edge)}:{values}" for edge, values in edges_of(config))
    if config.schedules.steps:
        config.schedules.steps = times(config.schedules.steps)
    return config


def factors(recipes, name, flags):
    """recipe -> how many times its steps are played on a set: measured, or as a run before had it.

    Kept beside the runs, since a run cannot go on with phases of another length.
    """
    file = Path(flags.runs) / f"factors-{name}-{flags.seconds}.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for recipe in recipes:
        if recipe not in known:
            known[recipe] = factor_of(config_of(recipe, name), flags.seconds)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(known, indent=2) + "\n")
    return {recipe: known[recipe] for recipe in recipes}


def judged(recipe, name, factor, flags):
    """Train and judge all seeds of a recipe on a set.

    Returns:
      How many steps they take, the first one's run directory, fd [seeds, looks].
    """
    steps = lasting(config_of(recipe, name), factor).steps
    features = SETS[name][1]
    asked = argparse.Namespace(**vars(flags) | {"steps": steps, "features": features})
    folder = f"{name}-{recipe}-{flags.seconds}"
    runs = [
        baselines.play(folder, lasting(config_of(recipe, name), factor), seed, asked)
        for seed in range(flags.seeds)
    ]

    def fd(run, step):
        return baselines.look(run, step, asked)["values"]["ema"][f"fd_{features}"]

    stops = baselines.stops(steps, flags.looks)
    return steps, runs[0], np.array([[fd(run, step) for step in stops] for run in runs], float)


def main(argv=None):
    """Train and judge every seed of every recipe on every set; a table and a picture of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(SETS), help="which, commas between")
    parser.add_argument("--recipes", default=",".join(RECIPES), help="which, commas between")
    parser.add_argument("--seconds", type=int, default=120, help="of processor time a run (120)")
    parser.add_argument("--seeds", type=int, default=5, help="how many (5)")
    parser.add_argument("--looks", type=int, default=2, help="evaluations of a run (2)")
    parser.add_argument("--num", type=int, default=1500, help="samples (1500)")
    parser.add_argument("--runs", default="runs/seconds", help="where the runs go")
    parser.add_argument("--out", default="docs/experiments", help="folder of the pictures")
    parser.set_defaults(metrics="fd", data="", of="")
    flags = parser.parse_args(argv)
    for name in ("seconds", "seeds", "looks", "num"):
        within(name, getattr(flags, name), 1)
    recipes, sets = flags.recipes.split(","), flags.sets.split(",")
    for recipe in recipes:
        choose(dict.fromkeys(RECIPES), recipe, "recipe of this comparison")
    for name in sets:
        choose(SETS, name, "set of this comparison")
    for name in sets:
        rows, made = [], []
        for recipe, factor in factors(recipes, name, flags).items():
            steps, first, fd = judged(recipe, name, factor, flags)
            best, last = (show.mean_and_error(each, 1) for each in (fd.min(axis=1), fd[:, -1]))
            rows.append((recipe, steps, best, last))
            print(name, *rows[-1], flush=True)
            (reel,) = film.shoot(first, steps=(steps,), num=16)
            made.append((recipe, reel.pictures[-1][1]))
        header = ("recipe", "steps", "fd, best", "fd, last")
        print(f"\n{name}, {flags.seconds} seconds\n\n{show.table(header, rows)}")
        Path(flags.out).mkdir(parents=True, exist_ok=True)
        grid.save_png(strips.sheet([made]), f"{flags.out}/seconds_{name}.png")


if __name__ == "__main__":
    main()
