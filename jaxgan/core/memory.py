"""Sizes that cannot be, told before the memory runs out."""

import os

from jaxgan.core.errors import UserError

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def of_host() -> float:
    """The memory of this machine in bytes; infinite where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float("inf")


def check_fits(what: str, size: float, there: float, cure: str) -> None:
    """Raise ``UserError`` if something needs more memory than there is.

    Args:
      what: the name of the thing, with its verb: "1000 samples take".
      size: the least that it needs, in bytes.
      there: bytes.
      cure: what a user can do, as an order.
    """
    if size > there:
        raise UserError(f"{what} {_told(size)}, of {_told(there)} of memory; {cure}.")


def _told(size):
    power = 0
    while size >= 1000 and power < len(UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.4g} {UNITS[power]}"
