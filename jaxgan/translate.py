"""Translation of a user's own pictures by a trained run; needs nothing but its directory.

In Python:

    from jaxgan import translate
    redraw = translate.load("runs/pix2pix")
    images = redraw(images)  # [N, H, W, C] or [H, W, C]; uint8, or float in [-1, 1], as they came

On the command line: jaxgan translate --workdir=runs/pix2pix --input=pictures --out=redrawn
Of a run that predicts frames: --input=clip.gif --frames=10 --out=made.gif
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["translate", *sys.argv[1:]]))

from argparse import ArgumentTypeError
from pathlib import Path

from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, choose
from jaxgan.core.files import check_place, expand
from jaxgan.data.view import FITS, View
from jaxgan.evaluation.inputs import inputs_of, refuse_overwriting
from jaxgan.inference import rolling
from jaxgan.inference.folder import translate_files
from jaxgan.inference.translation import load


def parser():
    """The command's arguments."""
    arguments = Arguments("translate", description="Translate pictures by a trained run.")
    arguments.add_of_runs("workdir")
    arguments.add_argument(
        "--input", required=True, metavar="PICTURES", help="a file, a folder, or a pattern"
    )
    arguments.add_argument(
        "--out", required=True, metavar="DIR", help="folder of the results; of frames .gif or .png"
    )
    arguments.add_argument(
        "--frames", type=int, help="how many to make after a clip, of a run that predicts frames"
    )
    arguments.add_argument("--label", help="class, its name or number, of a run that has them")
    arguments.add_argument(
        "--set",
        type=_set,
        default={},
        metavar="NAME=CLASS,...",
        help="attributes that the pictures are to have, of a run that changes them",
    )
    arguments.add_argument(
        "--sweep",
        metavar="NAME",
        help="strips: each picture, then what is made of it by every class of this category",
    )
    arguments.add_argument(
        "--mask", help="a picture, white in the hole, or a folder with one for each; to fill holes"
    )
    arguments.add_argument(
        "--fit",
        help="crop, stretch or pad: bring each picture to the size that the run learned from",
    )
    arguments.add_of_runs("direction", "member", "seed", "step")
    return arguments


def _set(text):
    """{name: class} of "tone=dark,gender=woman"."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and word for name, _, word in pairs):
        raise ArgumentTypeError(f"{text!r} should be NAME=CLASS, commas between")
    names = [name.strip() for name, _, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ArgumentTypeError(f"{text!r} names {twice[0]} twice")
    return {name.strip(): word.strip() for name, _, word in pairs}


def _asked(flags, translate):
    """What is asked of the run, [{category: class}]: of a sweep once for every class."""
    label = {} if flags.label is None else {"label": flags.label}
    if twice := [name for name in (*label, flags.sweep) if name in flags.set]:
        raise UserError(f"{twice[0]} is asked for twice; name it once.")
    asked = flags.set | label
    if flags.sweep is None:
        return [asked]
    known = choose(translate.class_names, flags.sweep, "category to sweep")
    return [{**asked, flags.sweep: name} for name in known]


def _files_of(path, flag):
    """The files that a flag names, one or those of a folder."""
    if not path.exists():
        raise UserError(f"{flag}={path}: no such file or folder.")
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]


def _check_fit(translate, fit):
    """Raise ``UserError`` if pictures are to be made square for a run that is not."""
    if fit and translate.size[0] != translate.size[1]:
        raise UserError(
            "--fit makes squares, and this run learned from {} x {}.".format(*translate.size)
        )


def _predict(flags, out):
    """Make the frames after a clip; returns the exit code."""
    choose(rolling.WRITERS, out.suffix, "ending of --out")
    check_place(out)
    for name in ("label", "sweep", "mask", "direction", "set"):
        if getattr(flags, name):
            raise UserError(f"--frames goes on with a clip; leave --{name} out.")
    path = expand(flags.input)
    refuse_overwriting([out.name], _files_of(path, "--input"), out.parent)
    translate = load(flags.workdir, flags.step, flags.member)
    rolling.check(translate, flags.frames)
    _check_fit(translate, flags.fit)
    clip = rolling.read(translate, path, flags.fit)
    rolled = rolling.roll_out(translate, clip, flags.frames, flags.seed)
    rolling.WRITERS[out.suffix](rolled, out)
    given, made = len(rolled.given), len(rolled.made)
    print(f"{made} frames after {given} of {flags.input} by step {translate.step}: {out}")
    return 0


def main(argv=None):
    """Run the command; returns its exit code, 2 if a picture could not be read."""

    def command():
        flags = parser().parse_args(argv)
        out = Path(flags.out)
        if flags.fit:
            choose(FITS, flags.fit, "--fit")
        if flags.frames is not None:
            return _predict(flags, out)
        check_place(out, folder=True)
        named, remarks = inputs_of(flags.input, out)
        mask = Path(flags.mask) if flags.mask else None
        if mask:
            refuse_overwriting(named, _files_of(mask, "--mask"), out)
        translate = load(flags.workdir, flags.step, flags.member)
        rolling.check(translate, flags.frames)
        options = {"direction": flags.direction, "seed": flags.seed}
        asked = _asked(flags, translate)
        for each in asked:
            translate.check(bool(mask), attributes=each, **options)
        _check_fit(translate, flags.fit)
        if there := sum((out / target).exists() for target in named):
            remarks = (*remarks, f"Pictures in {out} that are replaced: {there}.")
        for remark in remarks:
            process.say(remark)
        side = translate.size[0] if flags.fit else None
        view = View(side, flags.fit, translate.channels_of(flags.direction))
        done = translate_files(translate, named, out, asked=asked, view=view, mask=mask, **options)
        print(f"{done} of {len(named)} pictures by step {translate.step}: {out}")
        return 0 if done == len(named) else 2

    return run_command(command)
