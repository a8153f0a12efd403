"""Images of any size through a network that has sizes of its own: padded, or made in tiles."""

from typing import NamedTuple

import numpy as np

SIDE = 512  # of the tiles of larger images, in pixels that are made
LARGEST = SIDE**2  # pixels that are made in one piece
COARSE = 8  # sizes are rounded up by at most this part, so that few programs serve many sizes


class Plan(NamedTuple):
    """How an image is made.

    Attributes:
      padded: (height, width) to which it is mirrored, below and on the right.
      piece: (height, width) of what the network sees; that of ``padded`` where it is one piece.
      places: (top, left) of each piece.
    """

    padded: tuple[int, int]
    piece: tuple[int, int]
    places: tuple[tuple[int, int], ...]


def plan(size, own, multiple, factor=1) -> Plan:
    """How an image of ``size`` is made by a network that learned from those of size ``own``.

    Args:
      size, own: (height, width).
      multiple: as ``Network`` has it.
      factor: how many times larger is what is made.
    """
    size, side = tuple(size), SIDE // factor
    if not multiple or size == tuple(own):
        piece = tuple(own)
    elif size[0] * size[1] * factor**2 <= LARGEST:
        piece = tuple(_rounded(n, multiple) for n in size)
    else:
        piece = tuple(min(_rounded(n, multiple), -(-side // multiple) * multiple) for n in size)
    padded = tuple(max(n, k) for n, k in zip(size, piece, strict=True))
    # The borders of a small piece are most of it.
    overlap = 4 if multiple else 2
    tops, lefts = (_starts(n, k, overlap) for n, k in zip(padded, piece, strict=True))
    return Plan(padded, piece, tuple((top, left) for top in tops for left in lefts))


def told(size, planned: Plan) -> str:
    """What is done to an image of ``size``, as "padded to ..."; "" where nothing is."""
    words = []
    if planned.padded != tuple(size):
        words.append("padded to {} x {}".format(*planned.padded))
    if len(planned.places) > 1:
        words.append(
            "made in {} tiles of {} x {} that overlap".format(len(planned.places), *planned.piece)
        )
    return " and ".join(words)


def cut(image, planned: Plan):
    """The pieces [P, h, w, C] of an image [H, W, C], mirrored beyond its borders."""
    more = [(0, n - m) for n, m in zip(planned.padded, image.shape[:2], strict=True)]
    image = np.pad(image, (*more, (0, 0)), mode="symmetric")
    height, width = planned.piece
    return np.stack(
        [image[top : top + height, left : left + width] for top, left in planned.places]
    )


def join(pieces, planned: Plan, size):
    """The image [H f, W f, C] of ``size`` (H, W) of what was made of its pieces [P, h f, w f, C].

    ``pieces`` may be an iterator, of which no more are taken than the plan has. Where they overlap,
    each counts by how far it is from its own border.
    """
    if len(planned.places) == 1:
        whole = next(iter(pieces))
        factor = whole.shape[0] // planned.piece[0]
        return whole[: size[0] * factor, : size[1] * factor]
    total = None
    for (top, left), made in zip(planned.places, pieces, strict=False):  # takes none too many
        if total is None:
            factor = made.shape[0] // planned.piece[0]
            height, width = (n * factor for n in planned.padded)
            weight = np.multiply.outer(*(_ramp(n) for n in made.shape[:2]))[..., None]
            total = np.zeros((height, width, made.shape[2]), np.float32)
            weights = np.zeros((height, width, 1), np.float32)
        rows = slice(top * factor, top * factor + made.shape[0])
        columns = slice(left * factor, left * factor + made.shape[1])
        total[rows, columns] += weight * made
        weights[rows, columns] += weight
    total /= weights
    return total[: size[0] * factor, : size[1] * factor]


def _rounded(length, multiple):
    """The least multiple, of a power of 2 of them within ``length / COARSE``, that holds it."""
    while 2 * multiple <= length // COARSE:
        multiple *= 2
    return -(-length // multiple) * multiple


def _starts(length, piece, overlap):
    """Where pieces begin along an axis: as few as overlap by a part 1 / ``overlap`` or more."""
    if length == piece:
        return [0]
    count = -(-(length - piece) // max(piece - piece // overlap, 1)) + 1
    return np.round(np.linspace(0, length - piece, count)).astype(int).tolist()


def _ramp(length):
    """1, 2, 3, ..., 3, 2, 1."""
    return np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(np.float32)
