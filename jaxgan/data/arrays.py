"""Data sets in .npz files, which lie in memory."""

from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import UNSOUND, expand
from jaxgan.data.bundled import digits as bundled_digits
from jaxgan.data.check import check_examples
from jaxgan.data.images import from_images, labels_of
from jaxgan.data.labels import categorise
from jaxgan.data.remarks import LOOKED_IN_MEMORY, listed, looks
from jaxgan.data.source import Source, from_named, only_split
from jaxgan.data.view import View, refuse_for_points, to_uint8

__all__ = ["bundled_digits", "npz", "read_npz"]  # the first by its older name and place

Named = tuple[str, np.ndarray | None]  # an array, and its key

SAMPLES = "samples"  # as ``jaxgan sample`` writes them: images are floating, in [-1, 1]
X_KEYS = ("images", "x", SAMPLES)
LABEL_KEYS = ("labels", "y", "label")
NAMES_KEY = "class_names"
BESIDE_SAMPLES = ("seed", "step", "generator")


def npz(name: str, view: View, split: str) -> Source:
    """Load ``npz:FILE``: arrays ``images`` (or ``x``) and, if it has any, ``labels`` (or ``y``).

    uint8 [N, H, W] or [N, H, W, C] are images with any number of channels; floating [N, D] are
    points. Labels are whole numbers from 0, truth values or words, [N]: ``categorise`` numbers
    them; ``class_names``, words [K], are the names of the labels 0 to K - 1. A file of
    ``jaxgan sample`` is read, too: ``samples`` and ``label``, floating images [N, H, W, C] in
    [-1, 1] rounded to 0..255. Anything else is a ``UserError``, with the conversion where one is
    plain. No array is guessed to be another, and none is unpickled.
    """
    only_split(split, ("train",), name)
    file = expand(name.partition(":")[2])
    (key, x), (_, label), (_, names), others = read_npz(file)
    remarks = [f"Arrays that are not read: {listed(others)}."] if others else []
    if key == SAMPLES and x.ndim == 4 and x.dtype.kind == "f":
        x, beyond = _pixels(x, file)
        remarks += [f"Values of samples beyond [-1, 1], clipped: {beyond}."] if beyond else []
    check_examples(x, key, file)
    more = {"remarks": tuple(remarks)}
    categories = {}
    if label is not None:
        label, categories["label"] = categorise(label, len(x), file, names)
    if x.ndim > 2:
        return looks(from_images(name, x, label, view, categories, **more), LOOKED_IN_MEMORY)
    refuse_for_points(view, name)
    with np.errstate(over="ignore"):
        whole = {"x": x.astype(np.float32)}
    check_examples(whole["x"], key, file)  # float32 ends where float64 does not
    return from_named(name, whole | labels_of(label), categories, **more)


def read_npz(file: Path) -> tuple[Named, Named, Named, list[str]]:
    """Read an .npz file; damage is a ``UserError``.

    Returns:
      (key, array) of the examples, of the labels and of the names of the classes, ("", None) where
      there are none, and the keys that are not read.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; npz:FILE names an .npz file.")
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            keys = list(stored)
            found = [
                next(((key, stored[key]) for key in wanted if key in keys), ("", None))
                for wanted in (X_KEYS, LABEL_KEYS, (NAMES_KEY,))
            ]
    except UNSOUND as error:
        raise UserError(f"{file}: not a sound .npz file of plain arrays ({error}).") from error
    if not found[0][0]:
        known = f"{', '.join(X_KEYS[:-1])} or {X_KEYS[-1]}"
        raise UserError(f"{file}: no array named {known}; found: {listed(keys) or 'nothing'}.")
    if not found[0][1].ndim:
        raise UserError(f"{file}: holds no example.")
    read = {key for key, _ in found}
    if not found[1][0]:
        read -= {NAMES_KEY}
    read |= set(BESIDE_SAMPLES) if SAMPLES in read else set()
    return *found, [key for key in keys if key not in read]


def _pixels(samples, file):
    """The pixels uint8 of images in [-1, 1], and how many values lie beyond."""
    if not np.isfinite(samples).all():
        raise UserError(f"{file}: the samples are not all finite.")
    return to_uint8(samples), int((abs(samples) > 1).sum())
