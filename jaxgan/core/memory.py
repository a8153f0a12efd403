"""Sizes that cannot be, told before the memory runs out."""

import contextlib
import os
from pathlib import Path

from jaxgan.core.errors import UserError

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def of_host() -> float:
    """The memory of this machine in bytes; infinite where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float("inf")


def peak() -> float:
    """The most memory that this process has held so far, in bytes; NaN where none tells."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * float(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    return float("nan")


def check_fits(what: str, size: float, there: float, cure: str) -> None:
    """Raise ``UserError`` if something needs more memory than there is.

    Args:
      what: the name of the thing, with its verb: "1000 samples take".
      size: the least that it needs, in bytes.
      there: bytes.
      cure: what a user can do, as an order.
    """
    if size > there:
        raise UserError(f"{what} {told(size)}, of {told(there)} of memory; {cure}.")


def told(size: float) -> str:
    """A number of bytes in words, as "1.5 GB"."""
    power = 0
    while size >= 1000 and power < len(UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.4g} {UNITS[power]}"
