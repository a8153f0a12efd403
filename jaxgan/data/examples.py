"""Chosen examples, as the networks would get them: for pictures and for judging."""

import numpy as np

from jaxgan.data.feed import to_float
from jaxgan.data.source import Source, union


def read(sources: tuple[Source, ...], indices: np.ndarray) -> dict[str, np.ndarray]:
    """The examples of these indices in each of the sources, in their order.

    Args:
      sources: tuple of ``Source`` without a name in common.
      indices: integers [N], modulo each source's own size.

    Returns:
      {name: [N, *shape]}, NumPy: pixels float32 in [-1, 1], categories int32.
    """
    indices = np.asarray(indices)
    batch = union(source.arrays(indices % source.size) for source in sources)
    return {name: np.asarray(values) for name, values in to_float(batch).items()}
