"""IDX files, the format of MNIST and Fashion-MNIST, gzipped or plain."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.images import from_images
from jaxgan.data.labels import categorise
from jaxgan.data.remarks import LOOKED_IN_MEMORY, listed, looks
from jaxgan.data.source import Source, only_split
from jaxgan.data.view import View

PREFIXES = {"train": "train", "test": "t10k"}  # split -> how its files' names begin
GZIP_MAGIC = b"\x1f\x8b"


def idx(name: str, view: View, split: str, beside: str | None = "") -> Source:
    """Load ``idx:DIR``: images and labels of one split, as MNIST's files are named.

    DIR holds ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` (split "train") or
    ``t10k-...`` (split "test"), with or without ``.gz``. The classes are those of both splits that
    there are, whichever is loaded; ``categorise`` numbers them.

    Args:
      beside: the split of the other part; "": there is none.

    Raises:
      UserError: a file is missing, damaged or does not match the other; it names the file.
    """
    only_split(split, PREFIXES, name)
    if beside:
        only_split(beside, PREFIXES, name)
    directory = expand(name.partition(":")[2])
    image_file = _find(directory, f"{PREFIXES[split]}-images-idx3-ubyte")
    label_file = _find(directory, f"{PREFIXES[split]}-labels-idx1-ubyte")
    images, labels = read_idx(image_file, 3), _read_labels(directory, (split, beside))
    if len(images) != len(labels[split]):
        raise UserError(
            f"{label_file}: {len(labels[split])} labels for the {len(images)} images of "
            f"{image_file}."
        )
    both = np.concatenate(list(labels.values()))
    label, kind = categorise(both, len(both), directory)
    label = label[: len(images)]
    missing = np.setdiff1d(np.arange(kind.classes), label)
    names = kind.names or range(kind.classes)
    told = f"Classes without an example in {split}: {listed([str(names[i]) for i in missing])}."
    more = {
        "contents": (image_file, label_file),
        "remarks": (told,) if len(missing) else (),
    }
    return looks(from_images(name, images, label, view, {"label": kind}, **more), LOOKED_IN_MEMORY)


def _read_labels(directory: Path, wanted):
    """Read the labels of the splits that are wanted, in their order, and of any other there is.

    Returns:
      {split: uint8 [N]}.
    """
    files = {}
    for split in filter(None, dict.fromkeys((*wanted, *PREFIXES))):
        stem = f"{PREFIXES[split]}-labels-idx1-ubyte"
        if split in wanted or _stored(directory, stem):
            files[split] = _find(directory, stem)
    return {split: read_idx(file, 1) for split, file in files.items()}


def _find(directory: Path, stem: str):
    """Return the file ``stem`` or ``stem.gz`` in the directory."""
    if file := _stored(directory, stem):
        return file
    raise UserError(f"{directory / stem}: no such file, nor with .gz.")


def _stored(directory: Path, stem: str):
    """The same, or None."""
    files = (directory / stem, directory / f"{stem}.gz")
    return next((file for file in files if file.is_file()), None)


def read_idx(file: Path, dimensions: int) -> np.ndarray:
    """Read uint8 values of that many dimensions from an IDX file.

    The format: two zero bytes, the type (8: unsigned bytes), the number of dimensions, then each
    dimension as a big-endian 32-bit number, then the values in C order.
    """
    data = file.read_bytes()
    # By what it holds, not by what it is called: some copies keep .gz in the name unpacked.
    if data.startswith(GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{file}: damaged gzip file ({error}).") from error
    start = 4 + 4 * dimensions
    magic = bytes([0, 0, 8, dimensions])
    if len(data) < start or data[:4] != magic:
        raise UserError(
            f"{file}: not an IDX file of {dimensions}-dimensional bytes: it should begin with "
            f"{magic.hex()}, and begins with {data[:4].hex() or 'nothing'}."
        )
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    values = np.frombuffer(data, np.uint8, offset=start)
    if values.size != math.prod(shape):
        raise UserError(f"{file}: announces {shape} bytes, and holds {values.size}.")
    if not values.size:
        raise UserError(f"{file}: holds no example.")
    return values.reshape(shape)
