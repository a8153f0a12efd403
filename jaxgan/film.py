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

import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import defaults, evaluate, sample
from jaxgan.build.epochs import steps_an_epoch
from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.files import check_place, expand
from jaxgan.evaluation import files, grid, judge, pictures, strips
from jaxgan.run import checkpoint, directory, places
from jaxgan.step import population

NUM, PAIRS = 16, 8  # images a step, and those that are made from others and stand beside them
FRAME_MS = 500


class Reel(NamedTuple):
    """What a run makes of the same noise over its steps, as pictures with a line of text each.

    Attributes:
      name: of the run's directory, as far as it differs from those of other runs.
      steps: of the checkpoints.
      pictures: [(text, uint8 [H, W, 1 or 3])], one for each of the steps.
      before, after: the same, of what is given and what should be made; empty where nothing is.
    """

    name: str
    steps: tuple[int, ...]
    pictures: list
    before: list
    after: list


def shoot(
    workdir,
    steps=None,
    *,
    epochs=None,
    num=None,
    seed=0,
    label=None,
    direction=None,
    member=0,
    moved="",
):
    """Draw samples of the same noise at several checkpoints of a run, or of several runs.

    Args:
      workdir: a run directory, or a sequence of them.
      steps: of the checkpoints, in the order of the film; each run must have them. None: all that
        are at hand, in every run.
      epochs: numbers >= 0 instead: of each the first checkpoint within the epoch that follows, in
        epochs as ``build.epochs`` has them. What is shown says which epoch it is.
      num: samples; None: 16 images, 8 that are made from others, 1000 points.
      seed, label, direction: as ``sample.load`` has them.
      member: of a population.
      moved: FORM:PATH, where the run's data are now; "": where they were. Of a generator that is
        given images, and of points, which are shown beside real ones on the critic's surface.

    Returns:
      a ``Reel`` for each run.

    Raises:
      UserError: no such run, checkpoint, label, direction or member; steps and epochs together;
        epochs where the length of one is not known; other data than the run's.
    """
    workdirs = [workdir] if isinstance(workdir, str | os.PathLike) else list(workdir)
    named = places.names(workdirs)
    if steps is not None and epochs is not None:
        raise UserError("name steps or epochs, and not both.")
    at_hand = [_steps(each) for each in workdirs]
    if epochs is not None:
        chosen = [_of_epochs(*each, epochs) for each in zip(workdirs, at_hand, strict=True)]
    else:
        chosen = [_of_steps(workdirs, at_hand, steps)] * len(workdirs)
    asked = {"seed": seed, "label": label, "direction": direction}
    cameras = [_camera(each, num, member, moved, asked) for each in workdirs]
    shot = zip(named, cameras, chosen, strict=True)
    return [camera(name, captions) for name, camera, captions in shot]


def strip(reels) -> np.ndarray:
    """The steps beside one another, several runs under one another -> uint8 [H, W, 3]."""
    rows = [[*reel.before, *reel.pictures, *reel.after] for reel in reels]
    return strips.sheet(rows, _shown_names(reels))


def frames(reels) -> np.ndarray:
    """A picture for each step, several runs under one another -> uint8 [T, H, W, 3]."""
    names = _shown_names(reels)
    together = zip(*(reel.pictures for reel in reels), strict=True)
    return strips.alike(
        [
            strips.sheet(
                [[*r.before, one, *r.after] for r, one in zip(reels, row, strict=True)], names
            )
            for row in together
        ]
    )


def _shown_names(reels):
    return [reel.name for reel in reels] if len(reels) > 1 else None


# Which checkpoints.


def _steps(workdir):
    """The steps whose checkpoints are at hand, ascending."""
    directory.read_config(workdir)  # or it would be a directory without checkpoints
    with checkpoint.view_checkpoints(Path(workdir) / "checkpoints") as kept:
        steps = kept.steps()
    if not steps:
        raise UserError(f"there is no checkpoint in {workdir}/checkpoints yet.")
    return steps


def _of_steps(workdirs, at_hand, asked):
    """[(step, caption)] of the steps that are asked for, or that all runs have."""
    for workdir, known in zip(workdirs, at_hand, strict=True):
        for step in asked or ():
            if step not in known:
                raise UserError(_missing(f"of step {step}", workdir, known))
    steps = asked or [step for step in at_hand[0] if all(step in known for known in at_hand)]
    if not steps:
        each = zip(workdirs, at_hand, strict=True)
        told = "; ".join(f"{workdir} has {_listed(known)}" for workdir, known in each)
        raise UserError(f"the runs have no step in common: {told}.")
    return [(step, f"step {step}") for step in steps]


def _of_epochs(workdir, known, asked):
    """[(step, caption)]: of each epoch the first checkpoint within an epoch after it."""
    stored = directory.read_config(workdir)
    if stored["earlier"] or not stored["data"]:
        raise UserError(
            f"an epoch of {workdir} has no one length, since its data are not known or have "
            f"changed; name steps: {_listed(known)}."
        )
    an_epoch = steps_an_epoch(defaults.complete(stored["config"]), stored["data"].examples)
    chosen = []
    for epoch in asked:
        within("an epoch", float(epoch), 0, defaults.FLOAT32)
        first, last = round(epoch * an_epoch), round((epoch + 1) * an_epoch)
        near = [step for step in known if first <= step <= last]
        if not near:
            raise UserError(
                _missing(f"of epoch {epoch:g}, steps {first} to {last}", workdir, known)
            )
        chosen.append((near[0], f"epoch {near[0] / an_epoch:.3g}, step {near[0]}"))
    return chosen


def _missing(what, workdir, known):
    return (
        f"{workdir} has no checkpoint {what}; known: {_listed(known)}; how often a run saves one, "
        "and how many it keeps, tell checkpoint_every, checkpoint_epochs and keep_checkpoints."
    )


def _listed(steps):
    return ", ".join(map(str, steps))


# What they make.


def _camera(workdir, num, member, moved, asked):
    """(name, [(step, caption)]) -> the ``Reel`` of a run; its mistakes are told before."""
    points = len(directory.read_config(workdir)["entries"]["x"].shape) == 1
    at = sample.load_any(workdir, member, "" if points else moved)
    if num is None:
        num = judge.QUICK if points else PAIRS if at.gives_images else NUM
    at.check(num, **asked)
    pictured = _points(workdir, member, moved) if points else _images

    def shot(name, captions):
        steps, texts = zip(*captions, strict=True)
        before, made, after = pictured(at(step)[0](num, **asked) for step in steps)
        return Reel(
            name,
            steps,
            list(zip(texts, made, strict=True)),
            [("given", picture) for picture in before],
            [("truth", picture) for picture in after],
        )

    return shot


def _images(samples):
    """The pictures of what is given, of what is made at each step, and of the truth.

    ``samples``: an iterator, so that those of one step are in memory at a time.
    """
    before, made, after = [], [], []
    for each in samples:
        if each.given is None:
            made.append(files.picture(each))
            continue
        truth = [] if each.truth is None else [each.truth]
        parts = grid.alike([each.given, each.x, *truth])
        given, own, *after = (grid.image_grid(part, columns=1) for part in parts)
        before = [given]
        made.append(own)
    return before, made, after


def _points(workdir, member, moved):
    """samples -> the pictures that the run itself has of its points, on the critic of each step."""
    _, config, run, _, notes = evaluate.opened(workdir, moved)
    examples = judge.examples_of(run.sources, run.held_out)
    template = jax.eval_shape(run.create)
    for note in notes:
        process.say(note)

    def pictured(samples):
        rows = judge.make_quick(examples, run.game, config["seed"]).rows
        made = []
        for each in samples:
            state, _ = checkpoint.load(Path(workdir) / "checkpoints", template, each.step)
            if run.members.count > 1:
                state = population.member(state, member)
            critic = state.critic.variables
            made.append(pictures.points(run, critic, each.x, rows["x"], each.generators))
        return [], made, []

    return pictured


# The command.


def parser():
    """The command's arguments."""
    arguments = Arguments(
        "film", description="Samples of the same noise at several checkpoints of a run."
    )
    arguments.add_argument(
        "--workdir",
        required=True,
        metavar="DIR",
        help="the run directory; several, with commas between, under one another",
    )
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
        help=f"samples of each step ({NUM}; {PAIRS} that are made from images; {judge.QUICK} "
        "points)",
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
            _workdirs(flags.workdir),
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


def _workdirs(text):
    """The directories of "runs/a,runs/b"; one whose own name has a comma is itself."""
    return [text] if Path(text).is_dir() else [expand(each) for each in text.split(",")]
