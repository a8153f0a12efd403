"""Modes found, for data whose modes are known: mixtures of Gaussians and Stacked-MNIST."""

import warnings
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.metrics.features import TooFew


class Coverage(NamedTuple):
    """What a sample shows of the K modes of a mixture.

    Attributes:
      modes: int32 [], modes that at least one high-quality point belongs to; higher is better.
      high_quality: float32 [], share of the points near a mode. A perfect sampler does not reach
        1: in the plane it has 1 - exp(-threshold^2 / 2), 0.9889 at threshold 3, and more than
        that means modes narrower than the data's.
      reverse_kl: float32 [], KL(histogram || uniform) of the high-quality points in nats, in
        [0, log K]; lower is better. A perfect sampler of N points has about (K - 1) / (2 N).
        Without a high-quality point it is infinite: that ranks behind every collapse.
      counts: int32 [K], high-quality points of each mode.
    """

    modes: jax.Array
    high_quality: jax.Array
    reverse_kl: jax.Array
    counts: jax.Array


def mode_coverage(points, means, stds, threshold=3.0):
    """Modes, quality and balance of a sample (protocol: VEEGAN 2017, PacGAN 2018: 2500 points).

    A point is of high quality if it lies closer than ``threshold`` standard deviations to its
    nearest mode, nearest in standard deviations. A point that is not finite never is. Pure: it
    may be compiled, and mapped over samples with ``jax.vmap``.

    Args:
      points: [N, D] generated points.
      means: [K, D] of equally likely, round Gaussians.
      stds: [K] standard deviation of each coordinate, or one for all.
      threshold: in standard deviations; 3 in the plane. In D dimensions a perfect sampler's share
        is that of a chi with D degrees of freedom (the 1200-dimensional toy of VEEGAN uses 10).

    Returns:
      Coverage.

    Raises:
      ValueError: a shape is wrong, or there is no point.
    """
    points, means, stds = (jnp.asarray(x, float) for x in (points, means, stds))
    if points.ndim != 2 or means.ndim != 2 or points.shape[1] != means.shape[1] or not points.size:
        raise ValueError(
            f"points {points.shape} and means {means.shape} must be [N, D] and [K, D]."
        )
    k = len(means)
    if stds.shape not in ((), (k,)):
        raise ValueError(f"stds {stds.shape} must be one, or one for each of {k} modes.")
    if len(points) < 10 * k:
        warnings.warn(
            f"{len(points)} points are fewer than 10 for each of {k} modes: "
            "a perfect sampler, too, may miss modes or look unbalanced.",
            TooFew,
            stacklevel=2,
        )
    # One coordinate at a time: [N, K], never [N, K, D]; offsets before squares keep the digits.
    offsets = (points[:, d, None] - means[:, d] for d in range(means.shape[1]))
    squares = sum((offset / stds) ** 2 for offset in offsets)
    nearest = jnp.argmin(squares, axis=1)
    good = jnp.min(squares, axis=1) < threshold**2
    counts = jnp.zeros(k, jnp.int32).at[nearest].add(good.astype(jnp.int32))
    total = jnp.sum(counts)
    shares = counts / jnp.maximum(total, 1)
    kl = jnp.sum(jax.scipy.special.xlogy(shares, shares * k))
    return Coverage(
        modes=jnp.sum(counts > 0),
        high_quality=jnp.mean(good, dtype=float),
        reverse_kl=jnp.where(total > 0, jnp.maximum(kl, 0), jnp.inf),
        counts=counts,
    )


class Stacked(NamedTuple):
    """What predicted digits show of the modes of Stacked-MNIST.

    Attributes:
      modes: int, combinations of digits that occur, of 10^C; higher is better.
      kl: float, KL(histogram || uniform over all 10^C) in nats, in [0, C log 10]; lower is better.
      counts: int64 [10] * C, occurrences of each combination.
    """

    modes: int
    kl: float
    counts: np.ndarray


def stacked_modes(labels):
    """Modes and KL of Stacked-MNIST from a classifier's digits (VEEGAN 2017, PacGAN 2018).

    State N beside any KL: a perfect sampler of uniform digits has about (10^C - 1) / (2 N), which
    is 0.0193 +- 0.001 for the usual 26 000 examples of 1000 modes.

    Args:
      labels: whole numbers [N, C], the digit 0..9 that a classifier sees in each of the C
        channels; C is 3 in the papers.

    Returns:
      Stacked.

    Raises:
      ValueError: the shape is wrong, or an entry is no digit.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or not labels.size or labels.shape[1] > 6:
        raise ValueError(f"labels must be [N, C] with C channels, 1 to 6; got {labels.shape}.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise ValueError("labels must be whole numbers from 0 to 9, one for each channel.")
    rows, channels = labels.shape
    if rows < 10 * 10**channels:
        warnings.warn(
            f"{rows} examples are fewer than 10 for each of {10**channels} modes: "
            "a perfect sampler, too, may miss modes or look unbalanced.",
            TooFew,
            stacklevel=2,
        )
    combinations = labels.astype(np.int64) @ 10 ** np.arange(channels)[::-1]
    counts = np.bincount(combinations, minlength=10**channels)
    shares = counts[counts > 0] / rows
    kl = float(np.sum(shares * np.log(shares * 10**channels)))
    return Stacked(int(np.sum(counts > 0)), max(kl, 0.0), counts.reshape([10] * channels))
