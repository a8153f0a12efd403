"""Data sets in .npz files, which lie in memory."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.source import from_arrays, only_split
from jaxgan.data.view import apply_all, refuse_for_points

X_KEYS = ("images", "x")
LABEL_KEYS = ("labels", "y")
# What reading a damaged .npz file raises; RuntimeError: a damaged head looks like encryption.
UNSOUND = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def npz(name, view, split):
    """Load ``npz:FILE``: arrays ``images`` (or ``x``) and, if it has any, ``labels`` (or ``y``).

    uint8 [N, H, W] or [N, H, W, C] are images with any number of channels; floating [N, D] are
    points. Labels are whole numbers from 0, [N]. Anything else is a ``UserError``.
    """
    only_split(split, ("train",), name)
    file = Path(name.partition(":")[2]).expanduser()
    x, label = read_npz(file)
    if label is not None and (
        label.shape != (len(x),) or label.dtype.kind not in "iu" or label.min() < 0
    ):
        raise UserError(
            f"{file}: labels must be whole numbers from 0, one for each of the {len(x)} examples; "
            f"found {label.dtype} of shape {label.shape}."
        )
    if x.ndim == 2 and x.dtype.kind == "f":
        refuse_for_points(view, name)
        if not np.isfinite(x).all():
            raise UserError(f"{file}: the points are not all finite.")
        return from_arrays(name, x.astype(np.float32), label)
    if x.ndim not in (3, 4) or x.dtype != np.uint8:
        raise UserError(
            f"{file}: images must be uint8 [N, H, W] or [N, H, W, C] and points floating [N, D]; "
            f"found {x.dtype} of shape {x.shape}."
        )
    return from_images(name, x, label, view)


def from_images(name, images, labels, view, classes=None):
    """Make a source of uint8 images [N, H, W] or [N, H, W, C], brought to the view once."""
    images = images[..., None] if images.ndim == 3 else images
    return from_arrays(name, apply_all(view, images), labels, classes=classes)


def read_npz(file):
    """Read the examples and the labels (or None) of an .npz file; damage is a ``UserError``."""
    if not file.is_file():
        raise UserError(f"{file}: no such file; npz:FILE names an .npz file.")
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            keys = list(stored)
            x, label = (
                next((stored[key] for key in wanted if key in keys), None)
                for wanted in (X_KEYS, LABEL_KEYS)
            )
    except UNSOUND as error:
        raise UserError(f"{file}: not a sound .npz file of plain arrays ({error}).") from error
    if x is None:
        raise UserError(
            f"{file}: no array named {' or '.join(X_KEYS)}; found: {', '.join(keys) or 'nothing'}."
        )
    if not x.ndim or not x.size:
        raise UserError(f"{file}: holds no example.")
    return x, label
