"""Recipes measured alike: as many generator updates each, judged as often on the way.

    python -m experiments.baselines                                         # digits, six recipes
    python -m experiments.baselines --data=idx:DIR --features=fashion_cnn --runs=runs/clothing
    python -m experiments.baselines --runs=runs/stacked --metrics=modes --num=25000 --steps=1000 \\
        --recipes=stacked_digits.py:dcgan,stacked_digits.py:wgan
    python -m experiments.baselines --set=compute_dtype=bfloat16            # beside the plain ones

Every seed is a run directory of its own under ``--runs``: the same command goes on where it was,
and ``jaxgan sample`` draws from what it made. About an hour for three seeds of the six recipes on
2 CPU cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from experiments import show
from jaxgan import evaluate
from jaxgan.build.overrides import load_recipe, override
from jaxgan.train import train

# How the names begin of which the lower is the better, or neither; of all others the higher is.
LOWER = ("fd", "kid", "modes_kl", "reverse_kl", "wasserstein", "ms_ssim", "memorisation_copies")
NEITHER = ("kid_standard_error", "is_deviation", "memorisation_auc")  # an error, or best midway
# Set for all runs.
OWN = ("seed", "steps", "sample_every", "checkpoint_every", "eval_every", "keep_checkpoints")
RECIPES = "gan.py,cgan.py,cgan_cls.py,dcgan.py,wgan.py:mlp,wgan_gp.py"


def stops(steps, looks):
    """The steps at which a run is judged: so many at most, the last one among them."""
    every = -(-steps // looks)
    return [*range(every, steps, every), steps]


def changed(recipe, settings):
    """A recipe under (key, text of its value) settings: a name that tells them, and its config."""
    config = load_recipe(recipe)
    for setting in settings:
        override(config, *setting)
    return "-".join([recipe, *map("=".join, settings)]), config.unlock()


def play(name, config, seed, flags):
    """Train one seed of a recipe, or find it trained; returns its run directory."""
    config.seed, config.steps = seed, flags.steps
    config.checkpoint_every = stops(flags.steps, flags.looks)[0]
    config.sample_every = config.eval_every = 0  # an evaluation saves a checkpoint of its own
    config.keep_checkpoints = flags.looks
    config.data.name = flags.data or config.data.name
    workdir = Path(flags.runs) / name.replace(".py", "").replace(":", "-") / str(seed)
    train(config, workdir)
    return workdir


def look(workdir, step, flags):
    """The record of ``jaxgan evaluate`` of a checkpoint, remembered beside it."""
    options = {"names": flags.metrics, "num": flags.num, "features": flags.features, "of": flags.of}
    asked = "-".join(str(value).replace(",", "_") for value in options.values() if value)
    file = workdir / f"evaluation-{asked}-{step}.json"
    if not file.exists():
        record = evaluate.evaluate_run(workdir, step=step, **options)
        file.write_text(json.dumps(record, indent=2) + "\n")
    return json.loads(file.read_text())


def rows_of(recipe, records):
    """A row a metric: best and last of the averages, last of the generators in training, floor.

    Args:
      recipe: its name.
      records: of all seeds, [seeds][looks].
    """
    for name in records[0][0]["floor"]:
        ema, raw = (
            np.array([[record["values"][which][name] for record in run] for run in records], float)
            for which in ("ema", "raw")
        )
        best = np.nanmin(ema, axis=1) if name.startswith(LOWER) else np.nanmax(ema, axis=1)
        floor = np.array([run[-1]["floor"][name] for run in records], float)
        digits = 1 if np.nanmax(ema) > 10 else 3
        numbers = (best, ema[:, -1], raw[:, -1], floor)
        told = [show.mean_and_error(each, digits) for each in numbers]
        yield (name, recipe, *(["-", *told[1:]] if name.startswith(NEITHER) else told))


def setting(text):
    """(key, text of its value) of ``KEY=VALUE``."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r} should be KEY=VALUE")
    if key in OWN:
        raise argparse.ArgumentTypeError(f"{key} is the comparison's own, the same in every run")
    return key, value


def main(argv=None):
    """Train and judge every seed of every recipe, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", default=RECIPES, help="files of configs/, commas between")
    parser.add_argument("--data", default="", help="another data set than the recipes' own")
    parser.add_argument(
        "--set",
        type=setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="in every recipe, as --config.KEY=VALUE of jaxgan train; as often as needed",
    )
    parser.add_argument("--features", default="", help="feature network; default: as fits")
    parser.add_argument("--metrics", default="", help="of jaxgan evaluate; default: all that fit")
    parser.add_argument("--steps", type=int, default=1500, help="generator updates (1500)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (3)")
    parser.add_argument("--looks", type=int, default=4, help="evaluations of a run (4)")
    parser.add_argument("--num", type=int, default=5000, help="samples (5000)")
    parser.add_argument("--runs", default="runs/baselines", help="where the runs go")
    parser.set_defaults(of="")
    flags = parser.parse_args(argv)
    rows = []
    recipes = [changed(recipe, flags.set) for recipe in flags.recipes.split(",")]  # mistakes first
    for recipe, config in recipes:
        runs = [play(recipe, config, seed, flags) for seed in range(flags.seeds)]
        steps = stops(flags.steps, flags.looks)
        records = [[look(run, step, flags) for step in steps] for run in runs]
        rows += rows_of(recipe, records)
    header = ("metric", "recipe", "best", "last", "last, not averaged", "floor")
    print(show.table(header, sorted(rows, key=lambda row: row[0])))


if __name__ == "__main__":
    main()
