"""Wasserstein distance of two samples, exactly: the best of all pairings."""

import numpy as np

from jaxgan.metrics.features import pair


def wasserstein(real, fake, order=1):
    """Wasserstein distance of two samples, (min over couplings of E |x - y|^order)^(1/order).

    In more than one dimension the rows are paired by linear assignment, whose time grows with N^3
    (a second or two at 2000); on a line the quantile functions are compared, for any two sizes.
    It is exact for the samples, not for the distributions they come from: two samples of N of one
    distribution in D > 2 dimensions are of the order N^(-1/D) apart. Compare with real against
    real of equal N.

    Args:
      real: [N, D] real examples.
      fake: [M, D] generated examples; M = N unless D = 1. Exchanging the two changes nothing.
      order: 1 or more.

    Returns:
      float >= 0, in the units of the examples; lower is better.

    Raises:
      ValueError: the shapes do not fit, a set has fewer than 2 rows, a value is not finite, or the
        order is below 1.
    """
    real, fake = pair(real, fake)
    if not order >= 1:
        raise ValueError(f"order is {order}; a distance needs 1 or more.")
    if real.shape[1] == 1:
        return _on_a_line(np.sort(real[:, 0]), np.sort(fake[:, 0]), order)
    if len(real) != len(fake):
        raise ValueError(
            f"real and fake must have one number of rows in {real.shape[1]} dimensions; "
            f"got {len(real)} and {len(fake)}."
        )
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    costs = cdist(real, fake) ** order
    return float(np.mean(costs[linear_sum_assignment(costs)]) ** (1 / order))


def _on_a_line(real, fake, order):
    n, m = len(real), len(fake)
    # The quantile functions step at multiples of 1 / n and 1 / m: counted in 1 / (n m), exactly.
    edges = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    gaps = np.abs(real[edges[:-1] // m] - fake[edges[:-1] // n])
    return float(np.sum(np.diff(edges) * gaps**order / (n * m)) ** (1 / order))
