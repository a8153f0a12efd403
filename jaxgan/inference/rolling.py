"""Frames that follow a user's clip, by a run that predicts the next one of some that are given."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.data.clips import clip_at
from jaxgan.data.view import View, apply_all
from jaxgan.data.windows import stacked
from jaxgan.evaluation import draw, grid, strips
from jaxgan.inference.translation import Translator

MOST = 100  # frames that are made of a clip
FRAME_MS = 300


class Rolled(NamedTuple):
    """Frames of one clip, float32 [T, H, W, C] in [-1, 1].

    Attributes:
      given: the first of the clip, as many as the run takes.
      made: those that the run makes after them, each of what was made before.
      truth: those of the clip in their place, fewer where it ends before.
    """

    given: np.ndarray
    made: np.ndarray
    truth: np.ndarray


def check(translate: Translator, frames: int | None) -> None:
    """Raise ``UserError`` unless a run that predicts frames, and no other, is asked for some."""
    predicts = translate.game.roll is not None
    if frames is None and predicts:
        raise UserError(
            f"{translate.workdir} predicts the frames after a clip: name how many, as --frames=10, "
            "and as --input a clip."
        )
    if frames is not None and not predicts:
        raise UserError(f"{translate.workdir} predicts no frames; leave --frames out.")
    if frames is not None:
        within("--frames", frames, 1, MOST + 1)


def roll_out(translate: Translator, clip: np.ndarray, frames: int, seed: int = 0) -> Rolled:
    """Make frames after those that begin a clip.

    Args:
      translate: from ``translation.load``, of a run that predicts frames.
      clip: uint8 [L, H, W, C], with the channels of the run.
      frames: how many are made.
      seed: of the noise, where there is any.

    Raises:
      UserError: a clip that is too short, or of a size that the network cannot take.
    """
    height, width, colours = clip.shape[1:]
    count = translate.channels["source"] // translate.channels["x"]
    if len(clip) < count:
        raise UserError(
            f"the clip has {len(clip)} frame{'s' * (len(clip) != 1)}, and {translate.workdir} is "
            f"given {count}; take a longer one."
        )
    fits = translate.multiple and not (height % translate.multiple or width % translate.multiple)
    if not fits and (height, width) != translate.size:
        other = f", or multiples of {translate.multiple}" if translate.multiple else ""
        wanted, wide = translate.size
        raise UserError(
            f"the clip is {height} x {width} pixels, and {translate.workdir} takes {wanted} x "
            f"{wide}{other}; --fit=crop brings it there."
        )
    clip = np.float32(clip / np.float32(127.5) - 1)
    batch = {"source": stacked(clip[:count])[None]}
    batch["future"] = np.zeros((1, height, width, (frames - 1) * colours), np.float32)
    show, _ = translate.show(height, width)
    made = show(translate.variables, batch, draw.row_keys(seed, 1), translate.step)[""].rolled
    made = np.moveaxis(np.reshape(made[0], (height, frames, width, colours)), 1, 0)
    return Rolled(clip[:count], made, clip[count : count + frames])


def read(translate: Translator, path: Path, fit: str | None) -> np.ndarray:
    """A user's clip as the run takes it, brought to its size where ``fit`` says how."""
    view = View(translate.size[0] if fit else None, fit, translate.channels["x"])
    return apply_all(view, clip_at(path))


def sheet(rolled: Rolled) -> np.ndarray:
    """All frames beside one another, what is true below what was made: uint8 [H, W, 3]."""
    given, made = _line(rolled.given), _line(rolled.made)
    rows = [[("given", given), ("made", made)]]
    if len(rolled.truth):
        rows.append([("", np.zeros_like(given)), ("truth", _line(rolled.truth))])
    return strips.sheet(rows)


def animation(rolled: Rolled) -> np.ndarray:
    """The clip as it goes on, and as it is true beside it: uint8 [T, H, W, 3]."""
    pictures = []
    for number, frame in enumerate([*rolled.given, *rolled.made]):
        after = number - len(rolled.given)
        row = [("given" if after < 0 else f"made {after + 1}", _line(frame[None]))]
        if len(rolled.truth):
            known = [*rolled.given, *rolled.truth]
            true = known[number] if number < len(known) else np.full_like(frame, -1)
            row.append(("truth" if number < len(known) else "", _line(true[None])))
        pictures.append(strips.sheet([row]))
    return strips.alike(pictures)


def _line(frames):
    """Frames beside one another, uint8 [H, W, 3]."""
    (colour,) = grid.alike([frames])
    return grid.image_grid(colour, len(frames))


# Ending of the file -> how what was made is written to it.
WRITERS = {
    ".png": lambda rolled, path: grid.save_png(sheet(rolled), path),
    ".gif": lambda rolled, path: grid.save_gif(animation(rolled), path, FRAME_MS),
}
