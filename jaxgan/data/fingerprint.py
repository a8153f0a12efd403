"""By what data are known again: the names and sizes of their files, and samples of the bytes."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

BLOCK = 16 * 1024  # bytes
BLOCKS = 1024  # read of a set at most: 16 MiB, whether of one file or of 50,000


def fingerprint(contents: Iterable[str | Path]) -> str:
    """A hexadecimal digest of what a set is read from, wherever it lies.

    Cheap: of a large set it reads a part, always the same one. It misses a change that keeps every
    name and size, and all of that part.

    Args:
      contents: of a ``Source``. Words count as they are, files by what their paths do not share.
    """
    files = [part for part in contents if isinstance(part, Path)]
    words = [part for part in contents if not isinstance(part, Path)]
    seen = hashlib.sha256(repr(words).encode())
    shared = len(os.path.commonpath(files)) if files else 0
    for file in files:
        name = os.fsencode(str(file)[shared:].lstrip(os.sep))
        seen.update(b"%b\0%d\0" % (name, file.stat().st_size))
    count = min(len(files), BLOCKS)
    for index in _spread(len(files) - 1, count) if files else ():
        for block in _blocks(files[index], BLOCKS // count):
            seen.update(block)
    return seen.hexdigest()


def _blocks(file, count):
    """Evenly spread blocks of a file, the last one among them: archives have their sums there."""
    with open(file, "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        if size <= count * BLOCK:
            yield opened.read()
            return
        for start in _spread(size - BLOCK, count):
            opened.seek(start)
            yield opened.read(BLOCK)


def _spread(last, count):
    """``count`` whole numbers from 0 to ``last``, evenly spread; one alone is the last."""
    return [last] if count == 1 else [last * i // (count - 1) for i in range(count)]
