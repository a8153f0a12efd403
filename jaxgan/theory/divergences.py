"""Divergences of distributions that are known: histograms, and densities by quadrature.

They are the numbers that the losses estimate from samples. p and q are [..., K], not negative, each
summing to 1 over the last axis; the result is [...], non-negative, and infinite where mass of one
lies where the other has none and the divergence charges for that without bound.

The slope in a zero entry is the true one-sided one where that is finite, and 0 where it is not, so
that descent neither leaves the support nor meets NaN.
"""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError, choose
from jaxgan.theory.f_divergences import F_DIVERGENCES


def f_divergence(name: str, p: jax.Array, q: jax.Array, **options: float) -> jax.Array:
    """sum q f(p / q), with 0 f(p / 0) = p lim f(u) / u and 0 f(0 / 0) = 0.

    Args:
      name: a row of ``F_DIVERGENCES``.
      p: [..., K].
      q: [..., K].
      **options: of the row: ``alpha`` or ``pi``.

    Returns:
      [...]; of the row ``gan`` the game's value 2 JS - log 4.

    Raises:
      UserError: an unknown name, or an option out of range.
    """
    row = choose(F_DIVERGENCES, name, "f-divergence")(**options)
    p, q = jnp.asarray(p), jnp.asarray(q)
    zero = jnp.zeros((), jnp.result_type(p, q))
    high = jnp.full_like(zero, row.domain[1])
    tail = row.conjugate(high) if math.isfinite(row.domain[1]) else zero
    inside = (p > 0) & (q > 0)
    safe_p, safe_q = jnp.where(inside, p, 1), jnp.where(inside, q, 1)
    terms = jnp.where(
        inside,
        safe_q * row.f(safe_p / safe_q),
        # Where f goes straight from its value at an end, by its slope there. At p = 0: q f(0) +
        # p f'(0). At q = 0: p high + q (f(u) - u f'(u)), whose limit is -f*(high).
        jnp.where(
            p > 0,
            _charge(p, high) + _pull(q, -tail),
            _charge(q, row.f(zero)) + _pull(p, row.optimal(zero)),
        ),
    )
    return terms.sum(-1)


def _charge(mass, price):
    """mass * price; 0 where there is no mass, infinite at an infinite price for what there is."""
    finite = jnp.isfinite(price)
    endless = jnp.where(mass > 0, jnp.inf, jnp.zeros_like(mass))
    return jnp.where(finite, mass * jnp.where(finite, price, 0), endless)


def _pull(entry, slope):
    """0, whose slope in an entry that is 0 is the finite one given."""
    return jnp.where(entry > 0, 0, entry) * jnp.where(jnp.isfinite(slope), slope, 0)


def kl(p: jax.Array, q: jax.Array) -> jax.Array:
    """KL(p || q) = sum p log(p / q), in nats: [..., K], [..., K] -> [...]."""
    return f_divergence("kl", p, q)


def reverse_kl(p: jax.Array, q: jax.Array) -> jax.Array:
    """KL(q || p) = sum q log(q / p), in nats: [..., K], [..., K] -> [...]."""
    return f_divergence("reverse_kl", p, q)


def js(p: jax.Array, q: jax.Array) -> jax.Array:
    """Jensen-Shannon divergence, in nats: log 2 if the supports are disjoint, never more.

    (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2; [..., K], [..., K] -> [...].
    """
    return f_divergence("jensen_shannon", p, q) / 2


def total_variation(p: jax.Array, q: jax.Array) -> jax.Array:
    """sum |p - q| / 2, in [0, 1]: [..., K], [..., K] -> [...]."""
    return f_divergence("total_variation", p, q)


def quadrature(
    box: Sequence[tuple[float, float]], panels: int = 64, order: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes on equal panels of a box.

    On each panel it is exact for polynomials of degree 2 order - 1 in each coordinate.

    Args:
      box: (low, high) of each of the D coordinates.
      panels: number of panels per coordinate.
      order: nodes per panel and coordinate.

    Returns:
      points [N, D] and weights [N], N = (panels * order)^D.

    Raises:
      UserError: D is not 1 or 2, or a side is empty.
    """
    if len(box) not in (1, 2):
        raise UserError(f"the box has {len(box)} sides; quadrature is for 1 or 2.")
    nodes, weights = np.polynomial.legendre.leggauss(order)
    axes, shares = [], []
    for low, high in box:
        if not -np.inf < low < high < np.inf:
            raise UserError(f"a side of the box is ({low}, {high}); it must be finite, low < high.")
        width = (high - low) / panels
        middles = low + width * (np.arange(panels) + 0.5)
        axes.append((middles[:, None] + nodes * width / 2).ravel())
        shares.append(np.tile(weights * width / 2, panels))
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(box))
    return points, np.prod(np.stack(np.meshgrid(*shares, indexing="ij")), 0).ravel()


def divergence_of_densities(
    name: str,
    p: Callable[[jax.Array], jax.Array],
    q: Callable[[jax.Array], jax.Array],
    box: Sequence[tuple[float, float]],
    *,
    panels: int = 64,
    order: int = 8,
    **options: float,
) -> jax.Array:
    """D_f of two densities on a box that holds all but a negligible part of their mass.

    Args:
      name: a row of ``F_DIVERGENCES``.
      p: points [N, D] -> density [N].
      q: points [N, D] -> density [N].
      box: (low, high) of each of the D coordinates, D = 1 or 2.
      panels: of ``quadrature``.
      order: of ``quadrature``.
      **options: of the row: ``alpha`` or ``pi``.

    Returns:
      [], accurate to the float in use for densities that are smooth on the scale of a panel.

    Raises:
      UserError: an unknown name, an option out of range, or a box that is none.
    """
    points, weights = (jnp.asarray(array) for array in quadrature(box, panels, order))
    return f_divergence(name, weights * p(points), weights * q(points), **options)
