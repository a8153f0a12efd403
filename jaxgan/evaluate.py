"""Evaluate a run, or a folder of images against another; the whole protocol is written down.

On the command line:

    python -m jaxgan.evaluate --workdir=runs/wgan
    python -m jaxgan.evaluate --workdir=runs/wgan --metrics=fd,kid,pr --num=5000 --step=best
    python -m jaxgan.evaluate --workdir=runs/wgan --neighbours=neighbours.png
    jaxgan evaluate --real=DIR --fake=DIR

It prints a table, value beside floor, and writes ``evaluation.json``.
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["evaluate", *sys.argv[1:]]))

import json
import math
import warnings
from pathlib import Path

from jaxgan.cli import Arguments, run_command
from jaxgan.core.errors import UserError, within
from jaxgan.core.files import check_place, write_text
from jaxgan.evaluation import measures, neighbours
from jaxgan.inference.protocol import NUM, evaluate_folders, evaluate_run
from jaxgan.metrics import TooFew

FILE = "evaluation.json"
OF_A_RUN = {  # options that folders have not, and what they tell
    "step": "which of a run's checkpoints",
    "of": "which of a run's generators",
    "neighbours": "where to picture a run's samples and training examples",
    "data": "where a run's data are",
}


def table(found):
    """The values of a record beside their floors, as text."""

    def cell(value):
        return "not finite" if value is None else "-" if math.isnan(value) else f"{value:.4g}"

    columns = (*found["values"].values(), found["floor"])
    header = ["metric", *found["values"], "floor"]
    rows = [
        [name, *(cell(values.get(name, math.nan)) for values in columns)]
        for name in dict.fromkeys(name for values in columns for name in values)
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (header, *rows)]
    return "\n".join(lines)


def parser():
    """The command's arguments."""
    arguments = Arguments("evaluate", description="Measure a run, or a folder against another.")
    arguments.add_argument("--workdir", metavar="DIR", help="the run directory")
    arguments.add_argument("--real", metavar="DIR", help="a folder of real images, with --fake")
    arguments.add_argument("--fake", metavar="DIR", help="a folder of generated images")
    arguments.add_of_runs("data", "step")
    arguments.add_argument("--size", type=int, help="of the folders' images; default: as they are")
    arguments.add_argument(
        "--channels",
        type=int,
        help="of theirs: 1, grey, or 3, alpha on black; default: as they are",
    )
    known = ",".join(measures.METRICS)
    arguments.add_argument("--metrics", default="", help=f"of {known}; default: the usual ones")
    arguments.add_argument(
        "--num", type=int, default=NUM, help=f"samples ({NUM}); half of the real examples at most"
    )
    arguments.add_argument("--seed", type=int, default=0, help="of noise and real examples (0)")
    arguments.add_argument(
        "--neighbours",
        default="",
        metavar="FILE.png",
        help="also picture samples beside the training examples that are nearest to them",
    )
    arguments.add_argument("--of", default="", help="ema, the average, or raw; default: both")
    arguments.add_argument("--features", default="", help="network; default: as fits the data")
    arguments.add_argument("--inception_weights", default="", metavar="FILE", help="pytorch-fid's")
    arguments.add_argument("--out", help=f"default: {FILE}, in the run directory if there is one")
    return arguments


def asked(flags, common):
    """The record of what the command line asks for."""
    if flags.workdir and not (flags.real or flags.fake):
        for name in ("size", "channels"):
            if getattr(flags, name) is not None:
                raise UserError(f"--{name} is of folders; a run's images have their own.")
        own = {"step": flags.step, "of": flags.of, "moved": flags.data}
        return evaluate_run(flags.workdir, pictured=flags.neighbours, **own, **common)
    if flags.real and flags.fake and not flags.workdir:
        for name, what in OF_A_RUN.items():
            if getattr(flags, name) not in (None, ""):
                raise UserError(f"--{name} tells {what}; --real and --fake are folders.")
        wanted = {"size": flags.size, "channels": flags.channels}
        return evaluate_folders(flags.real, flags.fake, **wanted, **common)
    raise UserError("give --workdir=DIR, or both --real=DIR and --fake=DIR.")


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        within("--seed", flags.seed, 0, 2**31)
        within("--num", flags.num, 1, 2**31)
        if flags.size is not None:
            within("--size", flags.size, 1, 2**14)
        out = Path(flags.out or Path(flags.workdir or ".") / FILE)
        if flags.out or out.parent.is_dir():  # of a run that is not there, that is told
            check_place(out)
        if flags.neighbours:
            if Path(flags.neighbours).suffix != ".png":
                raise UserError(f"--neighbours={flags.neighbours}: it must end in .png.")
            check_place(flags.neighbours)
        common = {"num": flags.num, "seed": flags.seed, "features": flags.features}
        common |= {"names": flags.metrics, "weights": flags.inception_weights}
        with warnings.catch_warnings(record=True, action="always") as heard:
            found = asked(flags, common)
        few = [each for each in heard if issubclass(each.category, TooFew)]
        for other in (each for each in heard if each not in few):  # not of what was measured
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
        found["warnings"] = sorted({str(each.message) for each in few})
        notes = found.get("folders", {}).get("notes", [])
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            write_text(out, json.dumps(found, indent=2, allow_nan=False) + "\n")
        except OSError as error:
            raise UserError(f"cannot write {out}: {error.strerror}.") from error
        finally:  # the file first: a reader of what is printed may have left
            near = neighbours.told(found["neighbours"]) if "neighbours" in found else []
            warned = [f"Warning: {warning}" for warning in found["warnings"]]
            print("\n".join([table(found), *notes, *warned, *near]))
        counted = found["counts"]["samples"]
        print(f"{counted} samples against {counted} real; the whole protocol: {out}")

    return run_command(command)
