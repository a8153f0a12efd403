"""Frechet distance of two sets of features: between the Gaussians of their first two moments."""

import warnings
from typing import NamedTuple

import numpy as np

from jaxgan.metrics.features import TooFew, pair, rows, same_width


class Moments(NamedTuple):
    """Count, mean and covariance of features, all that the Frechet distance sees of them.

    Attributes:
      count: int, number of rows n.
      mean: float64 [D].
      covariance: float64 [D, D], unbiased (over n - 1, as FID's reference code); 0 for one row.
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray


def moments(features):
    """Moments of features [N, D], N >= 1; a ``ValueError`` if they are not that, or not finite."""
    features = rows("features", features, least=1)
    mean = features.mean(0)
    centred = features - mean
    return Moments(len(features), mean, centred.T @ centred / max(len(features) - 1, 1))


def merge_moments(a, b):
    """Moments of the union of two sets from theirs, without loss (Chan, Golub and LeVeque 1983).

    Args:
      a: Moments.
      b: Moments of the same width.

    Returns:
      Moments.

    Raises:
      ValueError: the widths differ.
    """
    same_width("a", a.mean, "b", b.mean)
    count = a.count + b.count
    step = b.mean - a.mean
    # Sums of squares about each mean, never about 0: far from the origin those would cancel.
    squares = (a.count - 1) * a.covariance + (b.count - 1) * b.covariance
    squares += a.count * b.count / count * np.outer(step, step)
    return Moments(count, a.mean + b.count / count * step, squares / max(count - 1, 1))


def update_moments(state, features):
    """Moments after one more batch: ``for batch in ...: state = update_moments(state, batch)``.

    Args:
      state: Moments so far, or None before the first batch.
      features: [N, D], N >= 1.

    Returns:
      Moments.

    Raises:
      ValueError: the features are not finite real numbers [N, D], or of another width.
    """
    return moments(features) if state is None else merge_moments(state, moments(features))


def frechet_distance(real, fake):
    """Squared Frechet distance of the Gaussians fitted to two sets of features; lower is better.

    |m_r - m_f|^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2)) (Heusel et al. 2017, eq. 6; Dowson and
    Landau 1982). It is FID only with the features of FID's network; name the features beside it.

    Finite samples bias it upward: two samples of n from one Gaussian with covariance s^2 I are
    about s^2 D (D + 5) / (2 n) apart, and never 0. Compare values of equal n only.

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples; exchanging the two does not change the value.

    Returns:
      float >= 0, in squared units of the features; 0 for equal moments, up to rounding.

    Raises:
      ValueError: the widths differ, a set has fewer than 2 rows, or a value is not finite.
    """
    real, fake = pair(real, fake)
    return frechet_from_moments(moments(real), moments(fake))


def frechet_from_moments(real, fake):
    """``frechet_distance`` from the moments of both sets.

    Args:
      real: Moments of the real features.
      fake: Moments of the generated features.

    Returns:
      float >= 0.

    Raises:
      ValueError: the widths differ, or a set has fewer than 2 rows.
    """
    same_width("real", real.mean, "fake", fake.mean)
    for name, one in (("real", real), ("fake", fake)):
        if one.count < 2:
            raise ValueError(f"{name} has {one.count} rows; a covariance needs at least 2.")
        if one.count <= len(one.mean):
            warnings.warn(
                f"{name} has {one.count} rows for {len(one.mean)} features: its covariance is "
                "singular and the Frechet distance far too high.",
                TooFew,
                stacklevel=2,
            )
    return _distance(real.mean, _factor(real.covariance), fake.mean, _factor(fake.covariance))


class Extrapolated(NamedTuple):
    """A Frechet distance at infinitely many generated examples.

    Attributes:
      distance: float, the intercept; lower is better. Noise may make it negative.
      slope: float, of the distance against 1 / n: the bias at n is slope / n.
      sizes: int64 [P], the numbers n of generated rows that were measured.
      distances: float64 [P], the distance at each.
    """

    distance: float
    slope: float
    sizes: np.ndarray
    distances: np.ndarray


def fd_infinity(real, fake, points=15, smallest=None, seed=0):
    """Frechet distance without the bias of finitely many fakes (Chong and Forsyth 2020, FID_inf).

    Random subsets of the generated rows are compared with all the real rows; a line through the
    distances against 1 / n is read off at 0. What the real rows' number adds stays in.

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples.
      points: number of subset sizes, evenly spaced from ``smallest`` to M; at least 2.
      smallest: smallest subset; None takes a tenth of the rows, as the paper's 5000 of 50 000.
      seed: of the subsets.

    Returns:
      Extrapolated.

    Raises:
      ValueError: as ``frechet_distance``, or the subset sizes do not fit the number of rows.
    """
    real, fake = pair(real, fake)
    smallest = len(fake) // 10 if smallest is None else smallest
    if points < 2 or not 2 <= smallest < len(fake):
        raise ValueError(
            f"{points} subsets from {smallest} to {len(fake)} rows of fake: at least 2 subsets are "
            "needed, and the smallest must have at least 2 rows and fewer than all."
        )
    few = {f"subsets from {smallest} of fake's {len(fake)} rows": smallest}
    few |= {f"real's {len(real)} rows": len(real) - 1}
    if few := [which for which, count in few.items() if count <= real.shape[1]]:
        warnings.warn(
            f"{' and '.join(few)} are too few for {real.shape[1]} features: the bias is not linear "
            "in 1 / n there.",
            TooFew,
            stacklevel=2,
        )
    rng = np.random.default_rng(seed)
    sizes = np.linspace(smallest, len(fake), points).astype(np.int64)
    everything = moments(real)
    factor = _factor(everything.covariance)
    distances = []
    for size in sizes:
        one = moments(rng.permutation(fake)[:size])
        distances.append(_distance(everything.mean, factor, one.mean, _factor(one.covariance)))
    slope, intercept = np.polyfit(1 / sizes, distances, 1)
    return Extrapolated(float(intercept), float(slope), sizes, np.array(distances))


def _factor(covariance):
    """L [D, rank] with L L^T = covariance: eigenvalues within rounding of 0 are taken as 0.

    Kept, their roots (1e-8 of the largest) would add up where the rank is low.
    """
    values, vectors = np.linalg.eigh(covariance)
    keep = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return vectors[:, keep] * np.sqrt(values[keep])


def _distance(mean_a, factor_a, mean_b, factor_b):
    # tr (A B)^(1/2) is the sum of singular values of L_a^T L_b, for any factors of A and B: no
    # root of a product is taken. One order for both ways round, so that they agree to the bit.
    a, b = sorted((factor_a, factor_b), key=lambda f: (f.shape[1], np.sum(f**2), f.tobytes()))
    root = np.linalg.svd(a.T @ b, compute_uv=False).sum()
    spread = np.sum(a**2) + np.sum(b**2) - 2 * root
    return float(np.sum((mean_a - mean_b) ** 2) + max(spread, 0.0))
