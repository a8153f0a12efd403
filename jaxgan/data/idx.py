"""IDX files, the format of MNIST and Fashion-MNIST, gzipped or plain."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.arrays import from_images
from jaxgan.data.source import only_split

PREFIXES = {"train": "train", "test": "t10k"}  # split -> how its files' names begin
GZIP_MAGIC = b"\x1f\x8b"


def idx(name, view, split, beside=""):
    """Load ``idx:DIR``: images and labels of one split, as MNIST's files are named.

    DIR holds ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` (split "train") or
    ``t10k-...`` (split "test"), with or without ``.gz``.

    Args:
      beside: the split of the other part, whose classes count, too; "": there is none.

    Raises:
      UserError: a file is missing, damaged or does not match the other; it names the file.
    """
    only_split(split, PREFIXES, name)
    directory = Path(name.partition(":")[2]).expanduser()
    image_file = find(directory, f"{PREFIXES[split]}-images-idx3-ubyte")
    label_file = find(directory, f"{PREFIXES[split]}-labels-idx1-ubyte")
    images, labels = read_idx(image_file, 3), read_labels(directory, split)
    if len(images) != len(labels):
        raise UserError(
            f"{label_file}: {len(labels)} labels for the {len(images)} images of {image_file}."
        )
    greatest = labels.max()
    if beside:
        only_split(beside, PREFIXES, name)
        greatest = max(greatest, read_labels(directory, beside).max())
    source = from_images(name, images, labels, view, classes=int(greatest) + 1)
    return source._replace(contents=(image_file, label_file))


def read_labels(directory, split):
    """Read the labels of a split, uint8 [N]."""
    return read_idx(find(directory, f"{PREFIXES[split]}-labels-idx1-ubyte"), 1)


def find(directory, stem):
    """Return the file ``stem`` or ``stem.gz`` in the directory."""
    for file in (directory / stem, directory / f"{stem}.gz"):
        if file.is_file():
            return file
    raise UserError(f"{directory / stem}: no such file, nor with .gz.")


def read_idx(file, dimensions):
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
