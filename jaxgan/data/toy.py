"""Point sets whose true density is known: mixtures of Gaussians and a swiss roll.

Each row of ``TOYS`` is a function of the set's own options that returns a ``Toy``.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError


class Mixture(NamedTuple):
    """A mixture of K round Gaussians in D dimensions.

    Attributes:
      means: float64 [K, D].
      stds: float64 [K], standard deviation of every coordinate.
      weights: float64 [K], summing to 1.
    """

    means: np.ndarray
    stds: np.ndarray
    weights: np.ndarray


class Toy(NamedTuple):
    """A distribution that can be drawn from and evaluated.

    Attributes:
      sample: (NumPy random generator, n) -> (points float32 [n, D], labels int32 [n] or None).
      density: points [..., D] -> [...], integrates to 1.
      mixture: its modes, or None.
    """

    sample: Callable
    density: Callable
    mixture: Mixture | None = None


def mixture_density(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """Density of the mixture at points x [..., D], as [...]."""
    x = jnp.asarray(x, float)
    means, stds, weights = (jnp.asarray(part, x.dtype) for part in mixture)
    # Distances first, squares after: points far from the origin keep their digits.
    offsets = (x[..., d, None] - means[:, d] for d in range(means.shape[-1]))
    squares = sum((offset / stds) ** 2 for offset in offsets)
    heights = weights / (jnp.sqrt(2 * jnp.pi) * stds) ** means.shape[-1]
    return jnp.sum(heights * jnp.exp(-squares / 2), axis=-1)


def _sample_mixture(mixture: Mixture, rng: np.random.Generator, n: int):
    """Draw n points: float32 [n, D] and the index of the mode that each came from, int32 [n]."""
    label = rng.choice(len(mixture.weights), size=n, p=mixture.weights)
    noise = rng.standard_normal((n, mixture.means.shape[1]))
    points = mixture.means[label] + mixture.stds[label, None] * noise
    return points.astype(np.float32), label.astype(np.int32)


def ring(*, modes: int = 8, radius: float = 1.0, std: float = 0.01) -> Toy:
    """Equal Gaussians, evenly spaced on a circle (numbers: PacGAN, Lin et al. 2018).

    Args:
      modes: number of Gaussians.
      radius: of the circle.
      std: of each Gaussian, in both coordinates.
    """
    _at_least("modes", modes, 1)
    # The angle 2 pi is left out: it is the angle 0 again, and would make two modes one.
    angles = 2 * np.pi * np.arange(modes) / modes
    return _toy(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), std)


def grid(*, side: int = 5, spacing: float = 2.0, std: float = 0.05) -> Toy:
    """Equal Gaussians on a square grid around 0 (numbers: PacGAN, Lin et al. 2018).

    Args:
      side: Gaussians along each axis.
      spacing: distance of neighbours.
      std: of each Gaussian, in both coordinates.
    """
    _at_least("side", side, 1)
    line = spacing * (np.arange(side) - (side - 1) / 2)
    return _toy(np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2), std)


def mixture1d(
    *,
    means: tuple[float, ...] = (-2.0, 2.0),
    stds: tuple[float, ...] = (0.5,),
    weights: tuple[float, ...] = (1.0,),
) -> Toy:
    """Gaussians on a line.

    MAD-GAN's five modes (Ghosh et al. 2018): means (10, 20, 60, 80, 110), stds (3, 3, 2, 2, 1).

    Args:
      means: one a mode.
      stds: one a mode, or one for all.
      weights: one a mode, or one for all; only their ratios count.
    """
    if not len(means):
        raise UserError("mixture1d needs at least one mean.")
    return _toy(np.asarray(means, np.float64)[:, None], stds, weights)


def swiss_roll(*, noise: float = 0.25) -> Toy:
    """A spiral with Gaussian noise (the toy of WGAN-GP, Gulrajani et al. 2017).

    The spiral is (t cos t, t sin t) with t uniform in [1.5 pi, 4.5 pi]; noise is added, and all is
    divided by 7.5. Points have no labels.

    Args:
      noise: standard deviation before the division.
    """
    if not noise > 0:
        raise UserError(f"noise must be greater than 0; got {noise!r}.")
    return Toy(partial(_sample_roll, noise), partial(_roll_density, noise))


TOYS = {"ring": ring, "grid": grid, "swiss_roll": swiss_roll, "mixture1d": mixture1d}

ROLL_SCALE = 7.5  # brings the roll to about [-2, 2]


def roll_curve(u: np.ndarray) -> np.ndarray:
    """Points of the noiseless roll at u in [0, 1], float64 [..., 2]; u is uniform in the data."""
    t = 1.5 * np.pi * (1 + 2 * np.asarray(u))
    return np.stack([t * np.cos(t), t * np.sin(t)], axis=-1) / ROLL_SCALE


def _sample_roll(noise, rng, n):
    """Draw n points float32 [n, 2] of the roll; there are no labels."""
    curve = roll_curve(rng.random(n))
    points = curve + noise / ROLL_SCALE * rng.standard_normal((n, 2))
    return points.astype(np.float32), None


def _roll_density(noise, x):
    """Density of the roll at points x [..., 2]: its Gaussian noise integrated along the curve.

    Gauss-Legendre with 8 nodes on panels at most two standard deviations long: to rounding error.
    """
    std = noise / ROLL_SCALE
    fastest = np.linalg.norm([3 * np.pi, 3 * np.pi * 4.5 * np.pi]) / ROLL_SCALE  # |d curve / du|
    panels = int(np.ceil(fastest / (2 * std)))
    nodes, weights = np.polynomial.legendre.leggauss(8)
    u = (np.arange(panels)[:, None] + (nodes + 1) / 2) / panels
    along = Mixture(
        means=roll_curve(u.ravel()),
        stds=np.full(u.size, std),
        weights=np.tile(weights / (2 * panels), panels),
    )
    x = jnp.asarray(x, float)
    # In blocks: a picture of the density asks for 10^5 points, and each meets 10^3 nodes.
    block = max(1, 2**20 // u.size)
    flat = jax.lax.map(partial(mixture_density, along), x.reshape(-1, 2), batch_size=block)
    return flat.reshape(x.shape[:-1])


def _toy(means, stds, weights=(1.0,)):
    modes = len(means)
    stds, weights = (np.atleast_1d(np.asarray(part, np.float64)) for part in (stds, weights))
    for name, values in (("stds", stds), ("weights", weights)):
        if values.shape not in ((1,), (modes,)):
            raise UserError(f"{name} must be one, or one for each of {modes} modes: {values}.")
        if not np.all(values > 0):
            raise UserError(f"{name} must be greater than 0: {values}.")
    weights = np.broadcast_to(weights, modes)
    mixture = Mixture(means, np.broadcast_to(stds, modes), weights / weights.sum())
    return Toy(partial(_sample_mixture, mixture), partial(mixture_density, mixture), mixture)


def _at_least(name, value, least):
    if value != int(value) or value < least:
        raise UserError(f"{name} must be a whole number, {least} or more; got {value!r}.")
