"""The film of a run: samples of the same noise from one checkpoint after another.

In Python:

    from jaxgan import film
    reels = film.shoot("runs/wgan", steps=(100, 500, 1000))  # or of several runs, one reel each
    film.frames(reels)  # uint8 [T, H, W, 3]
    film.strip(reels)  # uint8 [H, W, 3], the steps beside one another

On the command line: jaxgan film --workdir=runs/wgan --steps=100,500,1000 --out=film.gif
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["film", *sys.argv[1:]]))

from argparse import ArgumentTypeError
from pathlib import Path

from jaxgan.cli import Arguments, run_command, workdirs_of
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.files import check_place
from jaxgan.evaluation import grid
from jaxgan.evaluation.quick import QUICK
from jaxgan.inference.filming import NUM, PAIRS, Reel, frames, shoot, strip

__all__ = ["Reel", "frames", "main", "parser", "shoot", "strip"]

FRAME_MS = 500


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "film", description="Samples of the same noise at several checkpoints of one run or more."
    )
    arguments.add_workdirs()
    arguments.add_argument(
        "--steps", type=_steps_of, help="of the checkpoints, commas between; default: all at hand"
    )
    arguments.add_argument(
        "--epochs",
        type=_epochs_of,
        help="instead: of each the first checkpoint within an epoch after it; an epoch is as many "
        "steps as the training set fills whole batches, n_critic a step",
    )
    arguments.add_argument(
        "--num",
        type=int,
        help=f"samples of each step ({NUM}; {PAIRS} that are made from images; {QUICK} points)",
    )
    arguments.add_argument("--label", help="class, its name or number; default: all in turn")
    arguments.add_of_runs("member", "data", "direction", "seed")
    arguments.add_argument(
        "--frame_ms", type=int, help=f"how long a .gif shows each step, in ms ({FRAME_MS})"
    )
    arguments.add_argument(
        "--out", default="film.png", help=".png: the steps beside one another; .gif: one by one"
    )
    return arguments


def _steps_of(text):
    """(100, 500) of "100,500"."""
    words = text.split(",")
    if not all(word.isascii() and word.isdecimal() and len(word) < 10 for word in words):
        raise ArgumentTypeError(f"{text!r} should be steps, commas between, as 100,500")
    return tuple(map(int, words))


def _epochs_of(text):
    """(0.5, 2.0) of "0.5,2"."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} should be epochs, commas between, as 1,5,10") from error


# Ending of the file -> how reels are written to it.
WRITERS = {
    ".png": lambda reels, path, frame_ms: grid.save_png(strip(reels), path),
    ".gif": lambda reels, path, frame_ms: grid.save_gif(frames(reels), path, frame_ms),
}


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        form = Path(flags.out).suffix
        choose(WRITERS, form, "ending of --out")
        check_place(flags.out)
        if flags.frame_ms is not None:
            if form != ".gif":
                raise UserError(f"--frame_ms is of a .gif, and --out is {flags.out}.")
            within("--frame_ms", flags.frame_ms, 20, 2**16)
        reels = shoot(
            workdirs_of(flags),
            flags.steps,
            epochs=flags.epochs,
            num=flags.num,
            seed=flags.seed,
            label=flags.label,
            direction=flags.direction,
            member=flags.member,
            moved=flags.data,
        )
        try:
            WRITERS[form](reels, flags.out, flags.frame_ms or FRAME_MS)
        except OSError as error:
            raise UserError(f"cannot write {flags.out}: {error.strerror or error}.") from error
        for reel in reels:
            print(f"{reel.name}: {'; '.join(text for text, _ in reel.pictures)}")
        print(f"The film of {len(reels)} run{'s' * (len(reels) > 1)}: {flags.out}")

    return run_command(command)
