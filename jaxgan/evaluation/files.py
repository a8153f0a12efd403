"""Samples as files: a picture, an array with what the samples are, or a folder of images."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import check_place
from jaxgan.evaluation import grid
from jaxgan.games import Shown


class Samples(NamedTuple):
    """Samples, and what they are.

    Attributes:
      x: float32 [N, H, W, C] in [-1, 1], or points [N, D].
      step: of the checkpoint.
      seed: of the noise.
      label: int32 [N], the classes that were asked for; None of a run without.
      class_names: of all classes, in the order of their numbers; empty of a run without.
      generators: how many the run has; sample i is of generator i % generators.
      given, truth: [N, ...] images that they were made from and should be; None of a run that is
        given none. With classes of one's own choice there is no truth.
      columns: samples in a row of the picture; None: as square as it goes.
    """

    x: np.ndarray
    step: int
    seed: int
    label: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    generators: int = 1
    given: np.ndarray | None = None
    truth: np.ndarray | None = None
    columns: int | None = None


def _save_npz(path, samples):
    found = {"samples": samples.x, "step": samples.step, "seed": samples.seed}
    if samples.label is not None:
        found |= {"label": samples.label, "class_names": np.array(samples.class_names)}
    if samples.generators > 1:
        found["generator"] = np.arange(len(samples.x)) % samples.generators
    np.savez_compressed(path, **found)


def picture(samples: Samples) -> np.ndarray:
    """The picture of samples, uint8 [H, W, 1 or 3], that ``save`` writes as ``.png``."""
    if samples.columns:
        return grid.image_grid(samples.x, samples.columns)
    if samples.given is not None:
        return grid.columns({"": Shown(samples.x, samples.given, samples.truth)})
    if samples.label is None:
        return grid.picture(samples.x, samples.generators)
    return grid.class_rows(samples.x, samples.label, samples.class_names)


def _save_png(path, samples):
    grid.save_png(picture(samples), path)


def _save_folder(path, samples):
    digits = max(5, len(str(len(samples.x) - 1)))
    for i, image in enumerate(grid.to_uint8(samples.x)):
        within = "" if samples.label is None else samples.class_names[samples.label[i]]
        grid.save_png(image, path / within / f"{i:0{digits}d}.png")


FOLDER = "DIR/"
WRITERS = {".png": _save_png, ".npz": _save_npz, FOLDER: _save_folder}


def form_of(path: str) -> str:
    """The row of ``WRITERS`` that a path asks for, with a slash at its end for a folder.

    Raises:
      UserError: another ending, or a folder that is not empty: its files would be among them.
    """
    folder = Path(path)
    if not (str(path).endswith("/") or folder.is_dir()):
        if folder.suffix not in WRITERS:
            raise UserError(
                f"cannot write {path}: it must end in .png (a picture), .npz (the array) or / (a "
                "folder of images)."
            )
        return folder.suffix
    try:
        full = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}.") from error
    if full:
        raise UserError(f"cannot write {path}: the folder holds other files; name a new one.")
    return FOLDER


def check(path: str, shape: tuple[int, ...], class_names: tuple[str, ...] = ()) -> None:
    """Raise ``UserError`` unless samples of this shape, of these classes, can be written there.

    Args:
      path: as the user names it; see ``form_of``.
      shape: (H, W, C) of an image, (D,) of a point.
      class_names: sub-folders of a folder.
    """
    form, image = form_of(path), len(shape) == 3
    check_place(path, folder=form == FOLDER)
    if form == ".png" and not image and shape[0] > 2:
        raise UserError(f"points of {shape[0]} dimensions have no picture; write an .npz file.")
    if form != FOLDER:
        return
    if not image or shape[2] not in (1, 3):
        kind = f"images of {shape[2]} channels" if image else "points"
        raise UserError(f"{path}: {kind} are no image files; write an .npz file.")
    for name in class_names:
        if not name or name.startswith(".") or set(name) & set("/\\\0"):
            raise UserError(f"{path}: class {name!r} cannot name a folder; write an .npz file.")


def save(path: str, samples: Samples) -> None:
    """Write samples: a picture, the arrays, or image files, by the ending of the path.

    ``.png``: a grid of images, or the points of a plane or a line; of several generators each has
    columns or a colour of its own, of a run with classes each has rows under its name. Images that
    were made from others stand beside what was given and, where it is known, the truth.

    ``.npz``: ``samples``, as ``Samples.x``, ``seed`` and ``step``; ``label`` and ``class_names``
    of a run with classes; ``generator`` int [N] of a run with several.

    ``DIR/``, or a folder that exists: numbered .png files, in a sub-folder for each class.

    Raises:
      UserError: as ``check``, or a place that cannot be written to.
    """
    check(path, samples.x.shape[1:], samples.class_names)
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[form_of(path)](file, samples)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}.") from error
