"""Divergences of distributions that are known: histograms, and densities by quadrature.

They are the numbers that the losses estimate from samples. p and q are [..., K], not negative, each
summing to 1 over the last axis; the result is [...], non-negative, and infinite where mass of one
lies where the other has none and the divergence charges for that without bound.

A density's tail underflows: float32 holds nothing of N(3, 1) below -10, where N(0, 1) still has
mass. Hence 0 is read as "less than the smallest float". If even the smallest float in its place
would have cost no more than rounding, it costs nothing; ``kl`` in float32 thus overlooks a mass
below 1e-9 or so.

The slope in a zero entry is the true one-sided one where that is finite, and 0 where it is not, so
that descent neither leaves the support nor meets NaN.
"""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError, choose
from jaxgan.theory.exponentials import ratio
from jaxgan.theory.f_divergences import F_DIVERGENCES, SWAPPED


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
    swapped = SWAPPED.get(name, F_DIVERGENCES[name])(**options)
    dtype = jnp.result_type(p, q, float)
    p, q = jnp.broadcast_arrays(jnp.asarray(p, dtype), jnp.asarray(q, dtype))
    zero = jnp.zeros((), dtype)
    high = jnp.full_like(zero, row.domain[1])
    tail = row.conjugate(high) if math.isfinite(row.domain[1]) else zero
    # The ratio is of the smaller by the larger: f(u) overflows before q f(u) does.
    by_p = _share(swapped.f, q, p, (p > q) & (q > 0))
    by_q = _share(row.f, p, q, (q >= p) & (p > 0))
    # Where f goes straight from its value at an end, by its slope there. At p = 0: q f(0) +
    # p f'(0). At q = 0: p high + q (f(u) - u f'(u)), whose limit is -f*(high).
    ends = jnp.where(
        p > 0,
        _charge(p, high) + _pull(q, -tail),
        _charge(q, row.f(zero)) + _pull(p, row.optimal(zero)),
    )
    value = (by_p + by_q + jnp.where((p > 0) & (q > 0), 0, ends)).sum(-1)
    tiny = jnp.full_like(p, jnp.finfo(dtype).tiny)
    least = jnp.zeros_like(p)  # the price of a 0 if it is the smallest float
    if not math.isfinite(row.domain[1]):
        least += _share(swapped.f, tiny, p, (q <= 0) & (p > 0))
    if not math.isfinite(swapped.domain[1]):
        least += _share(row.f, tiny, q, (p <= 0) & (q > 0))
    noticed = least.sum(-1) > jnp.finfo(dtype).eps * (1 + jnp.abs(value))
    return value + jnp.where(noticed, jnp.inf, zero)


def _share(f, mass, of, where):
    """of * f(mass / of) at the given entries, 0 with no slope elsewhere."""
    mass, of = jnp.where(where, mass, 1), jnp.where(where, of, 1)
    return jnp.where(where, of * f(ratio(mass, of)), 0)


def _charge(mass, price):
    """mass * price; 0 at an infinite price, which is charged where it is noticed."""
    return mass * jnp.where(jnp.isfinite(price), price, 0)


def _pull(entry, slope):
    """0, whose slope in an entry that is 0 is the finite one given."""
    return jnp.where(entry > 0, 0, entry) * jnp.where(jnp.isfinite(slope), slope, 0)


def kl(p: jax.Array, q: jax.Array) -> jax.Array:
    """KL(p || q) = sum p log(p / q), in nats: [..., K], [..., K] -> [...]."""
    return f_divergence("kl", p, q)


def reverse_kl(p: jax.Array, q: jax.Array) -> jax.Array:
    """KL(q || p) = sum q log(q / p), in nats: [..., K], [..., K] -> [...]."""
    return f_divergence("reverse_kl", p, q)


def kl_of_logs(log_p: jax.Array, log_q: jax.Array) -> jax.Array:
    """KL(p || q) = sum p (log p - log q) of logarithms, in nats: [..., K], [..., K] -> [...].

    Exact where q underflows under much of p, such as N(10, 1) under N(0, 1) in float32. The
    logarithms are of masses: add that of the grid's step to those of densities.
    """
    p, held = jnp.exp(log_p), jnp.isfinite(log_p)
    return jnp.where(held, p * (jnp.where(held, log_p, 0) - jnp.where(held, log_q, 0)), 0).sum(-1)


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
