"""Kernel distance (KID's estimator): unbiased maximum mean discrepancy of two sets of features."""

from typing import NamedTuple

import numpy as np

from jaxgan.metrics.features import pair

BLOCK = 2**20  # entries of a kernel matrix that are held at once


def kernel_mmd2(real, fake):
    """Squared maximum mean discrepancy with the kernel (x.y / D + 1)^3, unbiased; lower is better.

    The U-statistic of Gretton et al. 2012, eq. 3, with the kernel of Binkowski et al. 2018: it
    compares means, covariances and third moments. Its expectation does not depend on the number
    of rows and is 0 for equal distributions, where a sample's value is as often below 0 as above.

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples; exchanging the two does not change the value.

    Returns:
      float, possibly negative.

    Raises:
      ValueError: the widths differ, a set has fewer than 2 rows, or a value is not finite.
    """
    return _mmd2(*pair(real, fake))


class KernelDistance(NamedTuple):
    """A kernel distance over random subsets.

    Attributes:
      mean: float, lower is better; near 0 (or below) for equal distributions.
      standard_error: float, of that mean over the choice of subsets, given these rows; times
        sqrt(subsets) it is the deviation that is often printed behind KID.
    """

    mean: float
    standard_error: float


def kernel_distance(real, fake, subset_size=1000, subsets=100, seed=0):
    """Mean of ``kernel_mmd2`` over random subsets, the estimator of KID (Binkowski et al. 2018).

    It is KID only with the features of FID's network; name the features beside it. No number of
    rows biases it; the standard error tells how far to trust it.

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples.
      subset_size: rows of each set in a subset, drawn without replacement.
      subsets: number of subsets, at least 2.
      seed: of the subsets.

    Returns:
      KernelDistance.

    Raises:
      ValueError: as ``kernel_mmd2``, or the subsets are larger than a set, or too few.
    """
    real, fake = pair(real, fake)
    fewer, most = min(("real", len(real)), ("fake", len(fake)), key=lambda side: side[1])
    if not 2 <= subset_size <= most:
        raise ValueError(
            f"subset_size is {subset_size}; it must be from 2 to {most}, the rows of {fewer}."
        )
    if subsets < 2:
        raise ValueError(f"subsets is {subsets}; a standard error needs at least 2.")
    rng = np.random.default_rng(seed)
    values = [
        _mmd2(*(x[rng.choice(len(x), subset_size, replace=False)] for x in (real, fake)))
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(subsets)))


def _mmd2(real, fake):
    n, m = len(real), len(fake)
    within_real = (_total(real, real) - _diagonal(real)) / (n * (n - 1))
    within_fake = (_total(fake, fake) - _diagonal(fake)) / (m * (m - 1))
    return float(within_real + within_fake - 2 * _total(real, fake) / (n * m))


def _total(a, b):
    rows = max(1, BLOCK // len(b))
    return sum(_kernel(a[i : i + rows] @ b.T, a.shape[1]).sum() for i in range(0, len(a), rows))


def _diagonal(x):
    return _kernel(np.sum(x**2, axis=1), x.shape[1]).sum()


def _kernel(products, width):
    # A product of three: ``**3`` calls the general power, twenty times slower.
    shifted = products / width + 1
    return shifted * shifted * shifted
