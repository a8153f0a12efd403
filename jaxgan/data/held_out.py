"""The two parts of a set. Which an example belongs to follows from its key, never from a draw."""

import zlib
from collections.abc import Callable
from functools import partial

import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.data.source import Source, subset

MODIFIERS = ("1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")  # Unicode's, of the skin's five tones
TRAIN, HELD_OUT = PARTS = ("train", "held_out")


def tenth(key: str) -> bool:
    """Whether an example is held out by the rule of the bundled pairs: CRC-32 divisible by 10."""
    return crc32(key) % 10 == 0


def composition(code: str) -> bool:
    """Whether an emoji with captions is held out: it has a tone of skin, and ``tenth`` of its code.

    What is composed there, tone, gender and occupation, training sees in other company: the drawing
    in other tones, the tone on other drawings, and every drawing without one.
    """
    return any(tone in code for tone in MODIFIERS) and tenth(code)


def below(share: float, key: str) -> bool:
    """Whether an example is held out of which a share is: CRC-32 / 2**32 < share."""
    return crc32(key) / 2**32 < share


def share_of(held_out: str) -> Callable[[str], bool] | None:
    """The rule that ``data.held_out`` asks for as a share; None where it is no number."""
    try:
        share = float(held_out)
    except ValueError:
        return None
    within("data.held_out", share, 0, 1)
    return partial(below, share)


def part_of(source: Source, rule: Callable[[str], bool], part: str) -> Source:
    """The examples of a part.

    Args:
      source: the whole set.
      rule: key -> whether an example with this key (see ``Source``) is held out.
      part: of ``PARTS``.

    Raises:
      UserError: no example is in this part.
    """
    held = np.fromiter((rule(source.key(i)) for i in range(source.size)), bool, source.size)
    indices = np.flatnonzero(held if part == HELD_OUT else ~held)
    if not len(indices):
        raise UserError(
            f"no example of {source.name} falls into the part {part!r}; change data.held_out."
        )
    return subset(source, indices)


def crc32(key: str) -> int:
    """CRC-32 of a key in UTF-8; names of files may hold other bytes."""
    return zlib.crc32(key.encode(errors="surrogateescape"))
