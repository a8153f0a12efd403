"""What a user is told of a set: what was left out of it, and what looks wrong, in sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from jaxgan.data.source import Source

LOOKED = 16  # pictures whose pixels are looked at: decoding large ones takes time
LOOKED_IN_MEMORY = 1000  # where they need no decoding
MOST = 8  # names that one sentence counts or lists
DARK = 15  # greatest value of a picture that is nearly black: that of 12 bits stored as 16


def shown(name: str) -> str:
    """The name in characters that any terminal takes; bytes that are no text as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def listed(names: Sequence[str]) -> str:
    """``a, b and 5 more``."""
    names = [shown(name) for name in names]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def counted(names: Iterable[str]) -> str:
    """``.tif 45, .txt 2``: each name with how often it is there, the most frequent first."""
    counts = sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))
    return listed([f"{name} {count}" for name, count in counts])


def looks(source: Source, most=LOOKED) -> Source:
    """The source with a remark on pictures of one colour, and on nearly black ones.

    Args:
      source: a ``Source`` whose x are pixels; any other is left alone.
      most: how many examples are looked at, spread evenly over the set.
    """
    if source.dtype != np.uint8:
        return source
    chosen = np.unique(np.linspace(0, source.size - 1, most).astype(int))
    images = source.arrays(chosen)["x"]
    low, high = images.min((1, 2)), images.max((1, 2))
    even = (low == high).all(-1)
    dark = ~even & (high.max(-1) <= DARK)
    kinds = {"of one colour": even.sum(), f"nearly black, no value above {DARK}": dark.sum()}
    found = [f"{kind}: {count}" for kind, count in kinds.items() if count]
    if not found:
        return source
    told = f"Of {len(chosen)} pictures looked at, {'; '.join(found)}."
    return source._replace(remarks=(*source.remarks, told))
