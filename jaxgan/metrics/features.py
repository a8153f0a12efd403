"""What a metric demands of its arrays; features are the rows that a network, or nothing, made."""

import numpy as np


class TooFew(UserWarning):
    """So few rows that a metric says little; the text tells which side has too few."""


def rows(name, x, least=2):
    """Return x as float64 [N, D] with N >= least; a ``ValueError`` names what is wrong with it."""
    x = np.asarray(x)
    if x.dtype.kind not in "fiu" and x.dtype.name != "bfloat16":
        raise ValueError(f"{name} must hold real numbers; its dtype is {x.dtype}.")
    if x.ndim != 2 or not x.shape[1]:
        raise ValueError(f"{name} must be [N, D], one row an example; got {x.shape}.")
    if len(x) < least:
        raise ValueError(f"{name} has {len(x)} rows; at least {least} are needed.")
    x = x.astype(np.float64)
    if not np.all(np.isfinite(x)):
        raise ValueError(f"{name} holds values that are not finite.")
    return x


def pair(real, fake, least=2):
    """Return both as float64 [N, D] and [M, D]; a ``ValueError`` tells if they do not fit."""
    real, fake = rows("real", real, least), rows("fake", fake, least)
    same_width("real", real, "fake", fake)
    return real, fake


def same_width(name, x, other_name, other):
    """Raise a ``ValueError`` unless the two arrays have rows of one width."""
    if x.shape[-1] != other.shape[-1]:
        raise ValueError(
            f"{name} and {other_name} must have one feature width; "
            f"got {x.shape[-1]} and {other.shape[-1]}."
        )
