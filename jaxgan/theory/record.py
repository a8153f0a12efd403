"""What an f-divergence consists of."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

Elementwise = Callable[[jax.Array], jax.Array]


class FDivergence(NamedTuple):
    """One divergence. All functions are elementwise and keep the dtype.

    Attributes:
      f: u >= 0 -> f(u), convex.
      optimal: r = p/q -> T* = f'(r).
      conjugate: t -> f*(t), infinite outside the domain.
      activation: a score v of any size -> T, non-decreasing, into the domain.
      conjugate_of_activation: v -> f*(activation(v)), without an overflow between.
      domain: (low, high): where f* is finite, with or without the ends. high is also the limit
        of f(u) / u, which D_f charges per mass of P where Q has none.
      threshold: f'(1) = T* where p = q: T above it means "real".
      score_threshold: the score with activation(score) = threshold.
    """

    f: Elementwise
    optimal: Elementwise
    conjugate: Elementwise
    activation: Elementwise
    conjugate_of_activation: Elementwise
    domain: tuple[float, float]
    threshold: float
    score_threshold: float


def below(high: float, formula: Elementwise) -> Elementwise:
    """The formula up to ``high``, infinite beyond, with no NaN in the slope of either part."""

    def conjugate(t):
        inside = t <= high
        return jnp.where(inside, formula(jnp.where(inside, t, high - 1)), jnp.inf)

    return conjugate
