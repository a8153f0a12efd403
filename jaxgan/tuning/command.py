"""jaxgan tune --config=baseline --minutes=5 [--config.key=value ...]"""

import argparse
import math
import shlex
import sys

from jaxgan.build.overrides import load_recipe, override_all, read_words
from jaxgan.build.parts import both_dense
from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.step import compilation
from jaxgan.tuning import sweep


def parser():
    """The command's arguments, without the overrides."""
    arguments = Arguments(
        "tune",
        usage="jaxgan tune --config=RECIPE [--minutes=5] [--config.KEY=VALUE ...]",
        description="Train a recipe with several learning rates and penalty weights at once,\n"
        "for minutes, and tell which was best. Nothing but compiled programs is written.",
    )
    arguments.add_argument(
        "--config", required=True, metavar="RECIPE", help="one that ships, as baseline, or a file"
    )
    arguments.add_argument("--minutes", type=float, default=5.0, help="of training (5)")
    tried = {
        "rates": (sweep.RATE_FACTORS, sweep.RATE_FACTORS, "both learning rates"),
        "weights": (sweep.WEIGHT_FACTORS, None, "all penalty weights"),
    }
    for name, (usual, default, of) in tried.items():
        words = ",".join(f"{factor:g}" for factor in usual)
        arguments.add_argument(
            f"--{name}", type=factors, default=default, help=f"multiples of {of} ({words})"
        )
    return arguments


def factors(text):
    """Numbers above 0 with commas between."""
    try:
        found = tuple(float(word) for word in text.split(","))
        if all(0 < factor < math.inf for factor in found):
            return found
    except ValueError:
        pass  # told as the others are
    raise argparse.ArgumentTypeError(f"{text!r} must be numbers above 0, with commas between")


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags, rest = parser().parse_known_args(sys.argv[1:] if argv is None else argv)
        if not 0 < flags.minutes < math.inf:
            raise UserError(f"--minutes is {flags.minutes:g}; it must be finite and above 0.")
        config = load_recipe(flags.config)
        override_all(config, read_words(rest, "tune"))
        compilation.set_xla_flags(both_dense(config))
        many = sweep.population_of(config, flags.rates, flags.weights)
        tried = sweep.best_first(sweep.play(many, 60 * flags.minutes, process.tell))
        print(sweep.table(tried))
        best = sweep.settings(many, tried.members[0].number)
        chosen = [f"--config.{key}={value}" for key, value in best]
        workdir = f"--workdir=runs/{flags.config.split('/')[-1].split('.')[0].split(':')[0]}"
        words = ["jaxgan", "train", f"--config={flags.config}", workdir, *rest, *chosen]
        if not tried.enough:
            print("Of so few steps the order means little; give it more --minutes.")
        print(f"The best goes on from the start by\n{shlex.join(words)}")

    return run_command(command)
