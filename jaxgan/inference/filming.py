"""The film of a run: samples of the same noise from one checkpoint after another."""

import os
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.evaluation import files, grid, pictures, strips
from jaxgan.evaluation.examples import examples_of
from jaxgan.evaluation.quick import QUICK, make_quick
from jaxgan.inference.sampling import load_any
from jaxgan.inference.steps import of_epochs, of_steps, steps_of
from jaxgan.inference.stored import open_with_data
from jaxgan.run import checkpoint, directory, places
from jaxgan.step import population

NUM, PAIRS = 16, 8  # images a step, and those that are made from others and stand beside them


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
      seed, label, direction: as ``sampling.load`` has them.
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
    at_hand = [steps_of(each) for each in workdirs]
    if epochs is not None:
        chosen = [of_epochs(*each, epochs) for each in zip(workdirs, at_hand, strict=True)]
    else:
        chosen = [of_steps(workdirs, at_hand, steps)] * len(workdirs)
    asked = {"seed": seed, "label": label, "direction": direction}
    cameras = [_camera(each, num, member, moved, asked) for each in workdirs]
    shot = zip(named, cameras, chosen, strict=True)
    return [camera(name, captions) for name, camera, captions in shot]


def strip(reels: list[Reel]) -> np.ndarray:
    """The steps beside one another, several runs under one another -> uint8 [H, W, 3]."""
    rows = [[*reel.before, *reel.pictures, *reel.after] for reel in reels]
    return strips.sheet(rows, _shown_names(reels))


def frames(reels: list[Reel]) -> np.ndarray:
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


def _camera(workdir, num, member, moved, asked):
    """(name, [(step, caption)]) -> the ``Reel`` of a run; its mistakes are told before."""
    points = len(directory.read_config(workdir)["entries"]["x"].shape) == 1
    sampler = load_any(workdir, member, "" if points else moved)
    if num is None:
        num = QUICK if points else PAIRS if sampler.gives_images else NUM
    sampler.check(num, **asked)
    pictured = _points(workdir, member, moved) if points else _images

    def shot(name, captions):
        steps, texts = zip(*captions, strict=True)
        before, made, after = pictured(
            sampler.described(*sampler.restore(step), num, **asked) for step in steps
        )
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
        scale = grid.scale_of(*parts[1].shape[1:3])  # frames given lie beside one another
        given, own, *after = (grid.image_grid(part, 1, scale=scale) for part in parts)
        before = [given]
        made.append(own)
    return before, made, after


def _points(workdir, member, moved):
    """samples -> the pictures that the run itself has of its points, on the critic of each step."""
    _, config, run, _, notes = open_with_data(workdir, moved)
    examples = examples_of(run.sources, run.held_out)
    template = jax.eval_shape(run.create)
    for note in notes:
        process.say(note)

    def pictured(samples):
        rows = make_quick(examples, run.game, config["seed"]).rows
        made = []
        for each in samples:
            state, _ = checkpoint.load(Path(workdir) / "checkpoints", template, each.step)
            if run.members.count > 1:
                state = population.member(state, member)
            critic = state.critic.variables
            made.append(pictures.points(run, critic, each.x, rows["x"], each.generators))
        return [], made, []

    return pictured
