"""Curves as a page holds them: few enough points, as base64 of float32."""

import base64

import numpy as np

from jaxgan.step import population

MOST = 1500  # points of a curve; of more, each of half as many stands for its neighbours
QUARTILES = tuple(filter(None, population.QUARTILES))  # endings; the median has none


def plain_names(names) -> list[str]:
    """Names without those of quartiles, which belong to the name before the ending."""
    return [name for name in names if name[:-3] not in names or not name.endswith(QUARTILES)]


def curve(rows, name) -> dict:
    """One number of rows against their steps.

    Args:
      rows: ``{"step": int, name: number or None, ...}``; those without the name are left out.
      name: of a number; of a population its quartiles make a band.

    Returns:
      x, y, and where there is a band low and high: what lies between the two quartiles, or in a
      thinned curve the least and the greatest value that a point stands for. Gaps are NaN.
    """
    own = [row for row in rows if name in row]
    x, y, low, high = (
        np.array([np.nan if row.get(key) is None else row[key] for row in own], np.float64)
        for key in ("step", name, *(f"{name}{end}" for end in QUARTILES))
    )
    banded = bool(np.isfinite(low).any())
    if len(own) > MOST:
        each = -(-len(own) // (MOST // 2))
        parts = [slice(i, i + each) for i in range(0, len(own), each)]
        if not banded:
            low, high, banded = _over(parts, y, np.min), _over(parts, y, np.max), True
        else:
            low, high = _over(parts, low, np.mean), _over(parts, high, np.mean)
        x, y = _over(parts, x, np.max), _over(parts, y, np.mean)
    band = {"low": low, "high": high} if banded else {}
    return {key: _packed(values) for key, values in ({"x": x, "y": y} | band).items()}


def _over(parts, values, how):
    """What becomes of the finite values of each part; NaN where there are none."""
    finite = [values[part][np.isfinite(values[part])] for part in parts]
    return np.array([how(each) if len(each) else np.nan for each in finite])


def _packed(values):
    with np.errstate(over="ignore"):  # what float32 cannot hold is a gap
        values = np.asarray(values, "<f4")
    return base64.b64encode(np.where(np.isfinite(values), values, np.float32("nan"))).decode()
