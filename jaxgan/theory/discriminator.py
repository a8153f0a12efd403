"""The optimal discriminator and the values of its game, for distributions that are known.

p is the data's, q the generator's: [..., K] histograms, not negative, each summing to 1 over the
last axis; d is a discriminator's probability of "real" at each entry, [..., K] in [0, 1].
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgan.theory.divergences import js, total_variation
from jaxgan.theory.exponentials import ratio


def optimal_discriminator(p: jax.Array, q: jax.Array) -> jax.Array:
    """D* = p / (p + q) (Goodfellow et al. 2014, proposition 1), 1/2 where neither has mass."""
    total = p + q
    return jnp.where(total > 0, ratio(p, jnp.where(total > 0, total, 1)), 0.5)


def optimal_score(log_p: jax.Array, log_q: jax.Array) -> jax.Array:
    """The log-odds of D*, log p - log q, with D* = sigmoid(score).

    It takes logarithms, since densities far from both distributions underflow before they do.
    """
    return log_p - log_q


def _expected_log(weights, x, smallest):
    """sum weights log x, where what has no weight has no slope.

    x = 0 is read as "less than the smallest number that x can be": what has so little weight that
    even that one would cost no more than rounding is left out.
    """
    dtype = jnp.result_type(weights, x, float)
    weights, x = jnp.asarray(weights, dtype), jnp.asarray(x, dtype)
    sure = (weights > 0) & (x <= 0)
    held = (weights > 0) & (x > 0)
    value = jnp.sum(jnp.where(held, weights * jnp.log(jnp.where(held, x, 1)), 0), -1)
    least = -jnp.sum(jnp.where(sure, weights, 0), -1) * math.log(smallest(jnp.finfo(dtype)))
    noticed = least > jnp.finfo(dtype).eps * (1 - value)
    return value - jnp.where(noticed, jnp.inf, jnp.zeros((), dtype))


def game_value(d: jax.Array, p: jax.Array, q: jax.Array) -> jax.Array:
    """V(D) = E_p[log D] + E_q[log(1 - D)] (Goodfellow et al. 2014, eq. 1).

    Returns:
      [...], at most 0; -infinity for a discriminator that is sure and wrong, but where q has less
      mass (in float32 about 1e-8) than a D that is rounded to 1 can tell.
    """
    return _expected_log(p, d, _tiny) + _expected_log(q, 1 - d, _half_eps)


def _tiny(info):
    return float(info.tiny)


def _half_eps(info):
    return float(info.eps) / 2  # what is left of 1 - D where D is rounded to 1


def game_value_of_scores(score: jax.Array, p: jax.Array, q: jax.Array) -> jax.Array:
    """V(D) of D = sigmoid(score), exact where D itself is rounded to 0 or 1: [..., K] -> [...]."""
    of_p = jnp.where(p > 0, jax.nn.softplus(-jnp.where(p > 0, score, 0)), 0)
    of_q = jnp.where(q > 0, jax.nn.softplus(jnp.where(q > 0, score, 0)), 0)
    return -jnp.sum(p * of_p + q * of_q, -1)


def best_game_value(p: jax.Array, q: jax.Array) -> jax.Array:
    """V(D*) = 2 JS(p, q) - log 4, from -log 4 at p = q to 0 for disjoint supports."""
    return 2 * js(p, q) - 2 * jnp.log(2.0)


def non_saturating_value(d: jax.Array, q: jax.Array) -> jax.Array:
    """E_q[-log D], which the generator minimises in practice.

    At D* it is KL(q || p) - KL(q || m) + log 2 with m = (p + q) / 2, since
    -log D* = log(q / p) - log(q / m) + log 2. Its slope in q with D* held, which is what the
    generator's step follows, is that of KL(q || p) - 2 JS(p, q) up to a constant, which moves
    nothing where q keeps its sum (Arjovsky and Bottou 2017, theorem 2.5): the reverse KL divergence
    falls while the Jensen-Shannon divergence is pushed up.
    """
    return -_expected_log(q, d, _tiny)


class ErrorRates(NamedTuple):
    """Error rates of the test "d > threshold means real", each in [0, 1].

    Attributes:
      type_1: real examples refused.
      type_2: generated examples accepted.
    """

    type_1: jax.Array
    type_2: jax.Array


def error_rates(d: jax.Array, p: jax.Array, q: jax.Array, threshold: float = 0.5) -> ErrorRates:
    """Both error rates of a discriminator at a threshold, each [...]."""
    accepted = d > threshold
    return ErrorRates(
        jnp.sum(jnp.where(accepted, 0, p), -1), jnp.sum(jnp.where(accepted, q, 0), -1)
    )


def least_error(p: jax.Array, q: jax.Array) -> jax.Array:
    """(1 - TV) / 2: the Bayes error of equally many real and generated examples.

    The two error rates of any test sum to at least 1 - TV(p, q); D* at the threshold 1/2 attains it
    (Neyman and Pearson).

    Returns:
      [...], 1/2 at p = q, 0 for disjoint supports.
    """
    return (1 - total_variation(p, q)) / 2
