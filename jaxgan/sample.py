"""Samples of a trained run; needs nothing but its directory.

In Python:

    from jaxgan import sample
    generate = sample.load("runs/wgan")
    images = generate(num=64, seed=1)  # float32 [64, H, W, C] in [-1, 1]

On the command line: python -m jaxgan.sample --workdir=runs/wgan --num=64 --out=grid.png
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["sample", *sys.argv[1:]]))

import numpy as np

from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.evaluation import files
from jaxgan.inference import directions
from jaxgan.inference.sampling import load

# Of z and of the generator.
OWN = ("--interpolate", "--direction", "--truncation", "--standing", "--text")


def parser():
    """The command's arguments."""
    arguments = Arguments("sample", description="Draw samples of a trained run.")
    arguments.add_of_runs("workdir")
    arguments.add_argument("--num", type=int, default=64, help="how many samples (64)")
    arguments.add_argument(
        "--label",
        help="class, its name or number, of a conditional run; default: all in turn; with "
        "--interpolate A,B, from one to the other",
    )
    arguments.add_argument(
        "--text",
        action="append",
        metavar="SENTENCE",
        help="what a run on captions is to draw; several times: the same noise under each; "
        "default: captions of the data",
    )
    arguments.add_of_runs("member", "data", "direction", "seed", "step")
    arguments.add_argument("--interpolate", action="store_true", help="between two noise vectors")
    arguments.add_argument(
        "--along",
        metavar="KIND:NUMBER",
        help="each z moved in eight steps along a direction: principal:0, sefa:0, class:7, ...",
    )
    arguments.add_argument("--reach", type=float, default=3.0, help="of --along, both ways (3)")
    arguments.add_argument(
        "--features", default="", help="classifier of --along=class:NUMBER (mnist10k_cnn)"
    )
    arguments.add_argument(
        "--truncation", type=float, help="entries of a normal z beyond it are drawn anew, as .5"
    )
    arguments.add_argument(
        "--standing",
        type=int,
        default=0,
        help="take batch statistics anew, from so many passes, as 16; default: those of training",
    )
    arguments.add_argument(
        "--out", default="samples.png", help=".png: a grid; .npz: arrays; DIR/: image files"
    )
    return arguments


def _asked_for(generate, flags):
    own = {
        "interpolated": flags.interpolate,
        "direction": flags.direction,
        "truncation": flags.truncation,
        "standing": flags.standing,
        "text": flags.text,
    }
    asked = {"seed": flags.seed, "label": flags.label}
    if flags.along is None:
        return generate.described(flags.num, **asked, **own)
    if flags.truncation is not None or any(own.values()):
        raise UserError(f"--along goes with none of {', '.join(OWN)}; leave them out.")
    asked |= {"reach": flags.reach, "features": flags.features}
    return directions.moved(generate, flags.along, flags.num, **asked)


def _names(generate, flags):
    """Those under which the samples lie in a folder."""
    if flags.text or not generate.sampler.gives_captions:
        return flags.text or generate.class_names
    if files.form_of(flags.out) != files.FOLDER:
        return ()
    generate.sampler.check(flags.num, seed=flags.seed)
    return generate.sampler.captions_of(flags.seed, np.arange(flags.num))


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        files.form_of(flags.out)
        generate = load(flags.workdir, flags.step, flags.member, flags.data)
        if flags.text:
            for note in generate.sampler.read(flags.text).notes:
                process.say(note)
        files.check(flags.out, generate.shape_of(flags.direction), _names(generate, flags))
        samples = _asked_for(generate, flags)
        files.save(flags.out, samples)
        of = ""
        if flags.text:
            of = f" of {' and of '.join(map(repr, flags.text))}"
        if flags.label is not None and samples.label is None:
            of = f" between the classes {flags.label}"
        elif flags.label is not None:
            number = samples.label[0]
            of = f" of class {samples.class_names[number]!r} (number {number})"
        print(f"{len(samples.x)} samples{of} of step {samples.step}: {flags.out}")

    return run_command(command)
