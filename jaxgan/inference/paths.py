"""Noise on the way from one draw to another."""

from functools import partial

import numpy as np

from jaxgan.evaluation import draw
from jaxgan.games.draw import DISTRIBUTIONS, truncated


def interpolate(seed, num, shape, distribution="normal", truncation=None):
    """Noise on the way from one draw to another -> float32 [num, *shape].

    Args:
      seed: of both draws.
      num: how many, the ends among them.
      shape: of one z, (Z,) or Z, or (generators, Z), each with a way of its own.
      distribution: row of ``games.draw.DISTRIBUTIONS``; ``draw.PATHS`` has the way of each.
      truncation: of the ends, which are then normal; None: none.
    """
    keys = draw.row_keys(seed, 2)
    ends = DISTRIBUTIONS[distribution](keys, tuple(np.atleast_1d(shape)))
    ends = ends if truncation is None else truncated(ends, keys, truncation)
    return between(*ends, num, distribution)


def between(a, b, num, distribution="normal"):
    """Noise on the way from a to b -> float32 [num, *shape].

    Args:
      a, b: z of one row, [Z] or [generators, Z].
      num, distribution: as ``interpolate`` has them.
    """
    way = partial(draw.PATHS[distribution], count=num)
    ends = (np.reshape(end, (-1, np.shape(end)[-1])) for end in (a, b))
    paths = [way(*pair) for pair in zip(*ends, strict=True)]
    return np.stack(paths, axis=1).reshape(num, *np.shape(a))
