"""Penalties on the critic: terms of its loss that hold its slope in the *input*.

A penalty is ``penalty(critic, real, fake, keys) -> [B]``: ``critic`` is a ``Critic``, closed over
the parameters, that treats rows independently (no batch statistics: with them the gradient of one
row's score would run through the others); its scores must be [B], anything else is an
``AssertionError`` while tracing; ``keys`` are B random keys, one for each example, so that
a draw does not depend on how the batch is spread over devices. Its mean, times the weight that the
config gives, is added to what the critic minimises.
"""

from collections.abc import Callable
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.core.errors import within
from jaxgan.core.table import Row, as_it_is

CriticFn = Callable[[jax.Array], jax.Array]


class Critic(NamedTuple):
    """The critic as a penalty sees it.

    Attributes:
      scores: x [B, ...] -> [B]; with dropout, the same units are dropped at every call.
      features: (x [B, ...], keys [B]) -> (scores [B], the last hidden layer [B, F]); dropout is
        drawn from the keys.
      mean: a number of this device's rows -> its average over devices.
    """

    scores: CriticFn
    features: Callable | None = None
    mean: Callable = lambda number: number


Penalty = Callable[[Critic, jax.Array, jax.Array, jax.Array], jax.Array]


def input_gradient_norms(critic_fn: CriticFn, x: jax.Array) -> jax.Array:
    """Norm of the gradient of each row's score in its own input.

    Args:
      critic_fn: [B, ...] -> [B], rows independent.
      x: [B, ...].

    Returns:
      [B] float32, >= 0. Where a gradient is exactly zero, the norm is 0 and *its* gradient is 0
      too: the plain norm would give NaN there.
    """
    squares = _squared_norms(critic_fn, x)
    # Both branches of a `where` are differentiated: sqrt must not see the zero at all.
    positive = squares > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, squares, 1.0)), 0.0)


def _squared_norms(critic_fn, x):
    gradients = jax.grad(lambda x: _one_each(critic_fn(x), x).sum())(x).astype(jnp.float32)
    return jnp.sum(gradients**2, axis=range(1, x.ndim))


def _one_each(scores, x):
    """The scores, if there is one for each row of x."""
    chex.assert_shape(scores, (len(x),), custom_message="a penalty wants scores [B]")
    return scores


def _uniform(keys, like):
    """One draw from U[0, 1) an example, to multiply ``like`` [B, ...] with."""
    draw = jax.vmap(jax.random.uniform)(keys)
    return draw.reshape((-1,) + (1,) * (like.ndim - 1)).astype(like.dtype)


def interpolate(real: jax.Array, fake: jax.Array, keys: jax.Array) -> jax.Array:
    """A uniform point on the segment between each real and fake example.

    Args:
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B, ...], epsilon * real + (1 - epsilon) * fake, one epsilon ~ U[0, 1] an example.
    """
    epsilon = _uniform(keys, real)
    return epsilon * real + (1 - epsilon) * fake


def drift(critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array) -> jax.Array:
    """The square of a real example's score, which keeps scores near 0 (Karras et al. 2018, A.1).

    Args:
      critic: ``Critic``.
      real: [B, ...].
      fake, keys: not looked at.

    Returns:
      [B], critic(real)^2.
    """
    return _one_each(critic.scores(real), real).astype(jnp.float32) ** 2


def gradient_penalty(
    critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array
) -> jax.Array:
    """Two-sided gradient penalty (Gulrajani et al. 2017, eq. 3).

    Args:
      critic: ``Critic``.
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B], (|grad_x critic(x_hat)| - 1)^2 at a random interpolate x_hat.
    """
    return _excess(critic, interpolate(real, fake, keys)) ** 2


def gradient_penalty_one_sided(
    critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array
) -> jax.Array:
    """One-sided gradient penalty (Gulrajani et al. 2017, appendix; Petzka et al. 2018).

    Args:
      critic: ``Critic``.
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B], max(0, |grad_x critic(x_hat)| - 1)^2: slopes below 1 are free.
    """
    return jnp.maximum(_excess(critic, interpolate(real, fake, keys)), 0) ** 2


def gradient_penalty_linear(
    critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array
) -> jax.Array:
    """One-sided and not squared, max(0, |grad_x critic(x_hat)| - 1), as lectures write it.

    Args:
      critic: ``Critic``.
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B], >= 0; its slope does not shrink as the norm comes down to 1.
    """
    return jnp.maximum(_excess(critic, interpolate(real, fake, keys)), 0)


def dragan(*, std: float, norm: float) -> Penalty:
    """The penalty of DRAGAN around the real data (Kodali et al. 2017, algorithm 1).

    Args:
      std: of the Gaussian noise; the paper's variance c = 10 on pixels of 0 to 255 is a standard
        deviation of sqrt(10) / 127.5 = .025 in the [-1, 1] range.
      norm: k, the slope asked for.

    Returns:
      the penalty: [B], (|grad_x critic(x + d)| - k)^2 at real x, d ~ N(0, std^2 I).

    Raises:
      UserError: a negative number.
    """
    within("std", std, 0)
    within("norm", norm, 0)

    def penalty(critic, real, fake, keys):
        near = real + std * noise.normal(keys, real.shape[1:]).astype(real.dtype)
        return (input_gradient_norms(critic.scores, near) - norm) ** 2

    return penalty


def dragan_code(*, scale: float, norm: float) -> Penalty:
    """DRAGAN as its authors programmed it, which is not what their paper says.

    Each real example is moved towards itself plus noise of one sign, scale * std * U[0, 1) a
    coordinate, by a uniform share; std is one number, of all coordinates of the batch.

    Args:
      scale: of the noise, in standard deviations of the data; theirs is 0.5.
      norm: the slope asked for; theirs is 1.

    Returns:
      the penalty: [B], (|grad_x critic(x_hat)| - norm)^2.

    Raises:
      UserError: a negative number.
    """
    within("scale", scale, 0)
    within("norm", norm, 0)

    def penalty(critic, real, fake, keys):
        keys_noise, keys_share = noise.split_each(keys, 2)
        mean, square = critic.mean((real.mean(), (real**2).mean()))
        shift = jax.vmap(lambda key: jax.random.uniform(key, real.shape[1:]))(keys_noise)
        moved = real + scale * jnp.sqrt(jnp.maximum(square - mean**2, 0)) * shift.astype(real.dtype)
        near = interpolate(moved, real, keys_share)
        return (input_gradient_norms(critic.scores, near) - norm) ** 2

    return penalty


def r1(critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array) -> jax.Array:
    """Zero-centred penalty at the real data (Mescheder et al. 2018, eq. 9); its weight is gamma.

    Args:
      critic: ``Critic``.
      real: [B, ...].
      fake, keys: unused.

    Returns:
      [B], |grad_x critic(real)|^2 / 2.
    """
    return _squared_norms(critic.scores, real) / 2


def r2(critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array) -> jax.Array:
    """Zero-centred penalty at the generated data (Mescheder et al. 2018, eq. 10), as ``r1``."""
    return _squared_norms(critic.scores, fake) / 2


def consistency(*, margin: float, features: float) -> Penalty:
    """The consistency term of WGAN-CT (Wei et al. 2018): two dropout passes must agree.

    The squares are those of the authors' code, which takes M' from lambda_2 times the distance: the
    margin here is M' / lambda_2.

    Args:
      margin: what the distance may be for nothing; theirs is 0.
      features: weight of the last hidden layer's distance; the paper's is 0.1.

    Returns:
      the penalty: [B], max(0, (D(x') - D(x''))^2 + features * mean (D_(x') - D_(x''))^2 - margin)
      of two passes over the same real x; its weight is the paper's lambda_2, 2.

    Raises:
      UserError: a negative number.
    """
    within("margin", margin, 0)
    within("features", features, 0)

    def penalty(critic, real, fake, keys):
        first, second = (critic.features(real, each) for each in noise.split_each(keys, 2))
        apart = (_one_each(first[0], real) - _one_each(second[0], real)) ** 2
        apart += features * jnp.mean((first[1] - second[1]) ** 2, axis=1)
        return jnp.maximum(apart - margin, 0)

    return penalty


def _excess(critic, x):
    return input_gradient_norms(critic.scores, x) - 1


PENALTIES = {
    "gradient_penalty": as_it_is(gradient_penalty),
    "gradient_penalty_one_sided": as_it_is(gradient_penalty_one_sided),
    "gradient_penalty_linear": as_it_is(gradient_penalty_linear),
    "dragan": Row(dragan, {"std": 0.025, "norm": 1.0}),
    "dragan_code": Row(dragan_code, {"scale": 0.5, "norm": 1.0}),
    "r1": as_it_is(r1),
    "r2": as_it_is(r2),
    "consistency": Row(consistency, {"margin": 0.0, "features": 0.1}),
    "drift": as_it_is(drift),
}
