"""The alpha-divergences, a row of f-divergences for every alpha (Nowozin et al. 2016, table 1)."""

import math

import jax
import jax.numpy as jnp

from jaxgan.core.errors import UserError
from jaxgan.theory.exponentials import LARGEST, expm1, log_softplus, soften
from jaxgan.theory.record import Elementwise, FDivergence, below


def alpha(*, alpha: float = 0.5) -> FDivergence:
    """The alpha-divergence, int (p^a q^(1-a) - a p - (1 - a) q) / (a (a - 1)).

    2 is half of Pearson's, 1/2 twice the squared Hellinger, -1 half of Neyman's.

    Args:
      alpha: any finite number but 0 and 1, whose limits are ``reverse_kl`` and ``kl``.

    Raises:
      UserError: alpha is 0, 1 or not finite.
    """
    check_alpha(alpha)
    return (_alpha_above_one if alpha > 1 else _alpha_below_one)(alpha)


def check_alpha(alpha: float) -> None:
    """Raise a ``UserError`` unless alpha is finite and neither 0 nor 1."""
    if alpha in (0, 1):
        limit = "kl" if alpha else "reverse_kl"
        raise UserError(f"alpha is {alpha}, whose limit is another divergence; choose {limit!r}.")
    if not math.isfinite(alpha):
        raise UserError(f"alpha is {alpha}; it must be a finite number other than 0 and 1.")


def _alpha_f(a: float) -> Elementwise:
    return lambda u: (u**a - 1 - a * (u - 1)) / (a * (a - 1))


def _alpha_below_one(a: float) -> FDivergence:
    high, power = 1 / (1 - a), a / (a - 1)

    def log_conjugate(v):  # of a f* + 1 = ((1 - a) softplus(-v))^power
        return soften(power * (math.log(1 - a) + log_softplus(-v)))

    return FDivergence(
        f=_alpha_f(a),
        optimal=lambda r: (1 - r ** (a - 1)) * high,
        conjugate=below(high, lambda t: (((high - t) / high) ** power - 1) / a),
        activation=lambda v: -expm1(log_conjugate(v) / power) * high,
        conjugate_of_activation=lambda v: expm1(log_conjugate(v)) / a,
        domain=(-math.inf, high),
        threshold=0.0,
        score_threshold=-(high + math.log(-math.expm1(-high))),  # -log(e^high - 1)
    )


def _power(y: jax.Array, power: float) -> jax.Array:
    """max(y, 0)^power for power > 0; its second slope is no NaN for y <= 0."""
    return jnp.where(y > 0, jnp.where(y > 0, y, 1) ** power, 0)


def _alpha_above_one(a: float) -> FDivergence:
    power = a / (a - 1)

    def log_conjugate(v):  # of a f* + 1 = (1 + (a - 1) v)^power, where v > -1 / (a - 1)
        positive = (a - 1) * v > -1
        return positive, soften(power * jnp.log1p(jnp.where(positive, (a - 1) * v, 0)))

    def activation(v):
        _, exponent = log_conjugate(v)
        return jnp.where(exponent <= LARGEST, v, expm1(exponent / power) / (a - 1))

    def conjugate_of_activation(v):
        positive, exponent = log_conjugate(v)
        return jnp.where(positive, expm1(exponent), -1) / a

    return FDivergence(
        f=_alpha_f(a),
        optimal=lambda r: (r ** (a - 1) - 1) / (a - 1),
        conjugate=lambda t: (_power(1 + (a - 1) * t, power) - 1) / a,
        activation=activation,
        conjugate_of_activation=conjugate_of_activation,
        domain=(-math.inf, math.inf),
        threshold=0.0,
        score_threshold=0.0,
    )
