"""What every data set is to the rest of the package."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.toy import Mixture

CHUNK = 64  # examples that one thread reads at a time


class Source(NamedTuple):
    """A data set with random access; made of plain functions, so that it can be pickled.

    Attributes:
      name: as the user gave it.
      size: number of examples.
      shape: of one example, (H, W, C) for images and (D,) for points.
      classes: number of classes, 0 where the set has no labels.
      dtype: uint8 (images, 0..255) or float32 (points).
      read: index -> {"x": array of ``shape``, "label": int32 []}, no "label" without classes.
      arrays: () -> the whole set, {"x": [N, *shape], "label": int32 [N]}, ditto.
      density: points [..., D] -> [...], the true density; None but for the toy sets.
      mixture: the true modes; None but for the toy sets that are mixtures.
    """

    name: str
    size: int
    shape: tuple[int, ...]
    classes: int
    dtype: np.dtype
    read: Callable[[int], dict]
    arrays: Callable[[], dict]
    density: Callable | None = None
    mixture: Mixture | None = None


def from_arrays(name, x, label=None, *, classes=None, density=None, mixture=None):
    """Make a ``Source`` of arrays in memory.

    Args:
      x: [N, *shape], uint8 or float32.
      label: integers [N] from 0, or None.
      classes: number of classes; None: the greatest label plus one.
    """
    whole = {"x": x}
    if label is not None:
        whole["label"] = np.asarray(label, np.int32)
        classes = int(whole["label"].max()) + 1 if classes is None else classes
    return Source(
        name=name,
        size=len(x),
        shape=x.shape[1:],
        classes=classes or 0,
        dtype=x.dtype,
        read=partial(_row, whole),
        arrays=partial(dict, whole),
        density=density,
        mixture=mixture,
    )


def from_reader(name, read_rows, *, size, shape, classes):
    """Make a ``Source`` of uint8 images that are decoded whenever they are read.

    Args:
      read_rows: list of indices -> list of {"x": uint8 ``shape``, "label": int32 []}, no "label"
        without classes. Several at once, because some formats read many far faster than one.
      size, shape, classes: as in ``Source``.
    """
    return Source(
        name=name,
        size=size,
        shape=shape,
        classes=classes,
        dtype=np.dtype(np.uint8),
        read=partial(_read_one, read_rows),
        arrays=partial(_read_all, read_rows, size),
    )


def only_split(split, known, name):
    """Raise a ``UserError`` unless ``split`` is one of those that the set ``name`` has."""
    if split not in known:
        raise UserError(f"{name} has no split {split!r}; known: {', '.join(known)}.")


def _row(whole, index):
    return {key: values[index] for key, values in whole.items()}


def _read_one(read_rows, index):
    return read_rows([index])[0]


def _read_all(read_rows, size):
    first = _read_one(read_rows, 0)
    whole = {key: np.empty((size, *np.shape(value)), value.dtype) for key, value in first.items()}

    def put(start):
        indices = range(start, min(start + CHUNK, size))
        for index, row in zip(indices, read_rows(list(indices)), strict=True):
            for key, value in row.items():
                whole[key][index] = value

    # Decoding and resizing run outside Python's lock, so threads do help.
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(put, range(0, size, CHUNK)):
            pass
    return whole
