"""The f-divergences of Nowozin et al. 2016 (tables 1, 2, 5 and 6), each as one row of functions.

D_f(P || Q) = E_Q[f(p / q)] with f convex, and D_f >= E_P[T] - E_Q[f*(T)] for every function T with
values in the domain of f*; T* = f'(p / q) makes it an equality. A critic's raw score v becomes
T = activation(v).

The conjugate is that of f on u >= 0, f*(t) = sup_{u >= 0} (u t - f(u)): it differs from the printed
one for total variation below t = -1/2, Pearson below -2 and alpha > 1 below -1 / (alpha - 1), all
reached by scores. Where the printed activation, or f* of it, would grow as an exponential past
e^30, the activation goes on by ``exponentials.soften``: f*(activation(v)) is a tangent or a
logarithm there, the two functions still belong together, and so the bound holds for every score.
``activation`` and ``conjugate_of_activation`` are finite, with finite slopes, for scores of +-1e4
in float32.
"""

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax.nn import softplus
from jax.scipy.special import xlogy

from jaxgan.core.errors import UserError
from jaxgan.theory.alpha_divergences import alpha
from jaxgan.theory.exponentials import (
    LOG_2,
    expm1,
    log1m_exp,
    log1m_exp_exp,
    log_softplus,
    log_wright_omega,
    soften,
)
from jaxgan.theory.record import FDivergence, below


def total_variation() -> FDivergence:
    """int |p - q| / 2, in [0, 1]."""

    def half_tanh(v):  # 1/2 - sigmoid(-2 v), whose slope is not rounded to 0 on either side
        return 0.5 - jnp.exp(-softplus(2 * v))

    return FDivergence(
        f=lambda u: jnp.abs(u - 1) / 2,
        optimal=lambda r: jnp.sign(r - 1) / 2,
        conjugate=below(0.5, lambda t: jnp.maximum(t, -0.5)),
        activation=half_tanh,
        conjugate_of_activation=half_tanh,
        domain=(-math.inf, 0.5),
        threshold=0.0,
        score_threshold=0.0,
    )


def kl() -> FDivergence:
    """KL(P || Q) = int p log(p / q)."""
    return FDivergence(
        f=lambda u: xlogy(u, u),
        optimal=lambda r: 1 + jnp.log(r),
        conjugate=lambda t: jnp.exp(t - 1),
        activation=lambda v: 1 + soften(v - 1),
        conjugate_of_activation=lambda v: jnp.exp(soften(v - 1)),
        domain=(-math.inf, math.inf),
        threshold=1.0,
        score_threshold=1.0,
    )


def reverse_kl() -> FDivergence:
    """KL(Q || P) = int q log(q / p)."""
    return FDivergence(
        f=lambda u: -jnp.log(u),
        optimal=lambda r: -1 / r,
        conjugate=below(0.0, lambda t: -1 - jnp.log(-t)),
        activation=lambda v: -jnp.exp(soften(-v)),
        conjugate_of_activation=lambda v: -1 - soften(-v),
        domain=(-math.inf, 0.0),
        threshold=-1.0,
        score_threshold=0.0,
    )


def pearson() -> FDivergence:
    """Pearson's chi-squared, int (p - q)^2 / q."""

    def conjugate(t):
        t = jnp.maximum(t, -2)
        return t**2 / 4 + t

    return FDivergence(
        f=lambda u: (u - 1) ** 2,
        optimal=lambda r: 2 * (r - 1),
        conjugate=conjugate,
        activation=lambda v: v,
        conjugate_of_activation=conjugate,
        domain=(-math.inf, math.inf),
        threshold=0.0,
        score_threshold=0.0,
    )


def neyman() -> FDivergence:
    """Neyman's chi-squared, int (p - q)^2 / p."""
    return FDivergence(
        f=lambda u: (1 - u) ** 2 / u,
        optimal=lambda r: 1 - r**-2,
        conjugate=below(1.0, lambda t: 2 - 2 * jnp.sqrt(1 - t)),
        activation=lambda v: -expm1(soften(-v)),
        conjugate_of_activation=lambda v: -2 * expm1(soften(-v) / 2),
        domain=(-math.inf, 1.0),
        threshold=0.0,
        score_threshold=0.0,
    )


def squared_hellinger() -> FDivergence:
    """int (sqrt p - sqrt q)^2, in [0, 2]."""

    def softened(v):
        return -soften(-soften(v))  # both e^v and e^-v occur

    return FDivergence(
        f=lambda u: (jnp.sqrt(u) - 1) ** 2,
        optimal=lambda r: 1 - r**-0.5,
        conjugate=below(1.0, lambda t: t / (1 - t)),
        activation=lambda v: -expm1(-softened(v)),
        conjugate_of_activation=lambda v: expm1(softened(v)),
        domain=(-math.inf, 1.0),
        threshold=0.0,
        score_threshold=0.0,
    )


def jeffrey() -> FDivergence:
    """KL(P || Q) + KL(Q || P).

    f*(t) = w + 1/w + t - 2 with w = omega(1 - t). Since w = 1 - t - log w, it is 1/w - 1 - log w:
    the logarithm of omega is all that is needed, and nothing cancels.
    """

    def conjugate(t):
        log_w = log_wright_omega(1 - t)
        return expm1(-log_w) - log_w

    def activation(v):
        return 1 + soften(v - 1)

    return FDivergence(
        f=lambda u: (u - 1) * jnp.log(u),
        optimal=lambda r: 1 + jnp.log(r) - 1 / r,
        conjugate=conjugate,
        activation=activation,
        conjugate_of_activation=lambda v: conjugate(activation(v)),
        domain=(-math.inf, math.inf),
        threshold=0.0,
        score_threshold=0.0,
    )


def jensen_shannon() -> FDivergence:
    """KL(P || M) + KL(Q || M) with M = (P + Q) / 2: twice the divergence bounded by log 2."""
    return FDivergence(
        f=lambda u: xlogy(u, u) - (u + 1) * jnp.log((u + 1) / 2),
        optimal=lambda r: LOG_2 - jnp.log1p(1 / r),
        conjugate=below(LOG_2, lambda t: -LOG_2 - log1m_exp(LOG_2 - t)),
        activation=lambda v: LOG_2 - softplus(-v),
        conjugate_of_activation=lambda v: softplus(v) - LOG_2,
        domain=(-math.inf, LOG_2),
        threshold=0.0,
        score_threshold=0.0,
    )


def jensen_shannon_weighted(*, pi: float = 0.5) -> FDivergence:
    """pi KL(P || M) + (1 - pi) KL(Q || M) with M = pi P + (1 - pi) Q.

    Args:
      pi: the weight of P, in (0, 1).

    Raises:
      UserError: pi is out of range.
    """
    if not 0 < pi < 1:
        raise UserError(f"pi is {pi}; it must lie in (0, 1).")
    rest, high = 1 - pi, -pi * math.log(pi)

    def f(u):
        mixed = rest + pi * u
        return pi * xlogy(u, u) - xlogy(mixed, mixed)

    def conjugate_of_activation(v):
        return rest * (math.log(rest) - log1m_exp_exp(log_softplus(-v) - math.log(pi)))

    return FDivergence(
        f=f,
        optimal=lambda r: -pi * jnp.log(pi + rest / r),
        conjugate=below(high, lambda t: rest * (math.log(rest) - log1m_exp((high - t) / pi))),
        activation=lambda v: high - softplus(-v),
        conjugate_of_activation=conjugate_of_activation,
        domain=(-math.inf, high),
        threshold=0.0,
        score_threshold=-math.log(math.expm1(high)),
    )


def gan() -> FDivergence:
    """The minimax game's best value, 2 JS - log 4 (Goodfellow et al. 2014), not 0 where P = Q.

    With T = log D the bound is E_P[log D] + E_Q[log(1 - D)].
    """
    return FDivergence(
        f=lambda u: xlogy(u, u) - (u + 1) * jnp.log1p(u),
        optimal=lambda r: -jnp.log1p(1 / r),
        conjugate=below(0.0, lambda t: -log1m_exp(-t)),
        activation=lambda v: -softplus(-v),
        conjugate_of_activation=softplus,
        domain=(-math.inf, 0.0),
        threshold=-LOG_2,
        score_threshold=0.0,
    )


F_DIVERGENCES: dict[str, Callable[..., FDivergence]] = {
    "total_variation": total_variation,
    "kl": kl,
    "reverse_kl": reverse_kl,
    "pearson": pearson,
    "neyman": neyman,
    "squared_hellinger": squared_hellinger,
    "jeffrey": jeffrey,
    "jensen_shannon": jensen_shannon,
    "jensen_shannon_weighted": jensen_shannon_weighted,
    "gan": gan,
    "alpha": alpha,
}

# q f(p / q) = p g(q / p): the row of g, and its options. A row that is not here is its own.
SWAPPED: dict[str, Callable[..., FDivergence]] = {
    "kl": reverse_kl,
    "reverse_kl": kl,
    "pearson": neyman,
    "neyman": pearson,
    "jensen_shannon_weighted": lambda *, pi=0.5: jensen_shannon_weighted(pi=1 - pi),
    "alpha": lambda *, alpha=0.5: F_DIVERGENCES["alpha"](alpha=1 - alpha),
}
