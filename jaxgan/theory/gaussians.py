"""Divergences of Gaussians in closed form, to check estimates against."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgan.theory.alpha_divergences import check_alpha


class Gaussian(NamedTuple):
    """A normal distribution.

    Attributes:
      mean: [D].
      covariance: [D, D], positive definite.
    """

    mean: jax.Array
    covariance: jax.Array


def _log_det(matrix):
    return jnp.linalg.slogdet(matrix)[1]


def power_integral(p: Gaussian, q: Gaussian, power: float) -> jax.Array:
    """int p^a q^(1 - a) for any power a, infinite where the tails of p^a q^(1 - a) do not fall.

    With S = (1 - a) Sp + a Sq and d the difference of the means it is
    |Sp|^((1 - a) / 2) |Sq|^(a / 2) |S|^(-1/2) exp(-a (1 - a) d' S^-1 d / 2), if S is positive
    definite: a Sp^-1 + (1 - a) Sq^-1, the precision of the product, is so at the same time.

    Returns:
      [], 1 where p = q.
    """
    mixed = (1 - power) * p.covariance + power * q.covariance
    finite = jnp.linalg.eigvalsh(mixed)[0] > 0
    mixed = jnp.where(finite, mixed, jnp.eye(len(mixed), dtype=mixed.dtype))
    d = p.mean - q.mean
    logarithm = (1 - power) * _log_det(p.covariance) + power * _log_det(q.covariance)
    logarithm -= _log_det(mixed) + power * (1 - power) * d @ jnp.linalg.solve(mixed, d)
    return jnp.where(finite, jnp.exp(logarithm / 2), jnp.inf)


def kl(p: Gaussian, q: Gaussian) -> jax.Array:
    """KL(p || q) = (tr(Sq^-1 Sp) - D + d' Sq^-1 d + log |Sq| - log |Sp|) / 2, in nats."""
    d = p.mean - q.mean
    trace = jnp.trace(jnp.linalg.solve(q.covariance, p.covariance))
    distance = d @ jnp.linalg.solve(q.covariance, d)
    logarithms = _log_det(q.covariance) - _log_det(p.covariance)
    return (trace - len(d) + distance + logarithms) / 2


def alpha(p: Gaussian, q: Gaussian, *, alpha: float = 0.5) -> jax.Array:
    """The alpha-divergence, (int p^a q^(1 - a) - 1) / (a (a - 1)).

    Raises:
      UserError: alpha is 0, 1 or not finite.
    """
    check_alpha(alpha)
    return (power_integral(p, q, alpha) - 1) / (alpha * (alpha - 1))


# The rows of F_DIVERGENCES that have a closed form, (Gaussian, Gaussian, **options) -> [].
GAUSSIAN_DIVERGENCES: dict[str, Callable[..., jax.Array]] = {
    "kl": kl,
    "reverse_kl": lambda p, q: kl(q, p),
    "jeffrey": lambda p, q: kl(p, q) + kl(q, p),
    "pearson": lambda p, q: power_integral(p, q, 2) - 1,
    "neyman": lambda p, q: power_integral(p, q, -1) - 1,
    "squared_hellinger": lambda p, q: 2 - 2 * power_integral(p, q, 0.5),
    "alpha": alpha,
}


def squared_wasserstein_2(p: Gaussian, q: Gaussian) -> jax.Array:
    """|d|^2 + tr(Sp + Sq - 2 (Sp Sq)^(1/2)), the square of the Wasserstein-2 distance.

    In one dimension it is d^2 plus the squared difference of the standard deviations (Dowson and
    Landau 1982; the last term is the Bures metric).
    """
    root = jnp.linalg.cholesky(q.covariance)  # root' Sp root has the eigenvalues of Sp Sq
    eigenvalues = jnp.linalg.eigvalsh(root.T @ p.covariance @ root)
    d = p.mean - q.mean
    return d @ d + jnp.trace(p.covariance + q.covariance) - 2 * jnp.sum(jnp.sqrt(eigenvalues))
