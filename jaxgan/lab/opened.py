"""A run of images, opened to be looked at: what its page is told, and what it can ask for."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jaxgan.core.errors import UserError
from jaxgan.inference import sampling
from jaxgan.lab import samples, translation
from jaxgan.report import read
from jaxgan.run import generator


class Opened(NamedTuple):
    """A run, which is read and never written.

    Attributes:
      told: () -> what a page is told first, as JSON holds it; the pictures are those of now.
      picture: (member, step), as texts -> the file of a picture that the run has kept.
      questions: {name: what is asked, an object of JSON -> what is answered, likewise}. They raise
        ``UserError`` for what they are not asked rightly.
    """

    told: Callable
    picture: Callable
    questions: dict[str, Callable]


def open_run(workdir, step=None, member=0, moved=""):
    """Open a run of images.

    Args:
      workdir: run directory, or a file of ``jaxgan export``, which has no pictures.
      step, member, moved: as ``sampling.load`` has them.

    Raises:
      UserError: no run there, one of points or frames, no such checkpoint or member.
    """
    found = generator.find(workdir)
    if len(found.stored["entries"]["x"].shape) != 3:
        raise UserError(
            f"{workdir} is a run of points; jaxgan film and jaxgan report show it, and the page of "
            "jaxgan lab trains such games."
        )
    at = sampling.load_any(workdir, member, moved, samples.CHUNK, found)
    if at.players.game.roll is not None:
        raise UserError(
            f"{workdir} predicts frames, for which there is no page; jaxgan translate --frames=10 "
            "makes those after a clip."
        )
    if at.gives_images:
        kind, step, facts, questions = translation.open_(at, step, found)
    else:
        kind, step, facts, questions = samples.open_(at, step)

    def kept():
        return read.pictures(Path(workdir) / "samples")

    def told():
        over = {name: [step for step, _ in each] for name, each in kept().items()}
        name = Path(workdir).resolve().name
        return {"kind": kind, "name": name, "step": step, "pictures": over, **facts}

    def picture(member, step):
        for number, path in kept().get(member, ()):
            if str(number) == step:
                return path
        raise UserError("the run has kept no such picture.")

    return Opened(told, picture, questions)
