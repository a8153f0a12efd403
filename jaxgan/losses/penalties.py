"""Penalties on the critic: terms of its loss that look at its gradient in the *input*.

A penalty is ``penalty(critic_fn, real, fake, keys) -> [B]``: ``critic_fn`` maps [B, ...] to scores
[B], is closed over the parameters and treats rows independently (no batch statistics: with them
the gradient of one row's score would run through the others); ``keys`` are B random keys, one for
each example, so that a draw does not depend on how the batch is spread over devices.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

CriticFn = Callable[[jax.Array], jax.Array]


def input_gradient_norms(critic_fn: CriticFn, x: jax.Array) -> jax.Array:
    """Norm of the gradient of each row's score in its own input.

    Args:
      critic_fn: [B, ...] -> [B], rows independent.
      x: [B, ...].

    Returns:
      [B] float32, >= 0. Where a gradient is exactly zero, the norm is 0 and *its* gradient is 0
      too: the plain norm would give NaN there.
    """
    gradients = jax.grad(lambda x: critic_fn(x).sum())(x).astype(jnp.float32)
    squares = jnp.sum(gradients**2, axis=range(1, x.ndim))
    # Both branches of a `where` are differentiated: sqrt must not see the zero at all.
    positive = squares > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, squares, 1.0)), 0.0)


def interpolate(real: jax.Array, fake: jax.Array, keys: jax.Array) -> jax.Array:
    """A uniform point on the segment between each real and fake example.

    Args:
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B, ...], epsilon * real + (1 - epsilon) * fake, one epsilon ~ U[0, 1] an example.
    """
    epsilon = jax.vmap(jax.random.uniform)(keys)
    epsilon = epsilon.reshape((-1,) + (1,) * (real.ndim - 1)).astype(real.dtype)
    return epsilon * real + (1 - epsilon) * fake


def gradient_penalty(critic_fn: CriticFn, real, fake, keys) -> jax.Array:
    """Two-sided gradient penalty (Gulrajani et al. 2017, eq. 3).

    Args:
      critic_fn: [B, ...] -> [B], rows independent.
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B], (|grad_x critic(x_hat)| - 1)^2 at a random interpolate x_hat; minimised by the critic.
    """
    return (input_gradient_norms(critic_fn, interpolate(real, fake, keys)) - 1) ** 2


def gradient_penalty_one_sided(critic_fn: CriticFn, real, fake, keys) -> jax.Array:
    """One-sided gradient penalty (Gulrajani et al. 2017, appendix; Petzka et al. 2018).

    Args:
      critic_fn: [B, ...] -> [B], rows independent.
      real, fake: [B, ...].
      keys: B random keys.

    Returns:
      [B], max(0, |grad_x critic(x_hat)| - 1)^2: slopes below 1 are free; minimised by the critic.
    """
    excess = input_gradient_norms(critic_fn, interpolate(real, fake, keys)) - 1
    return jnp.maximum(excess, 0) ** 2


PENALTIES = {
    "gradient_penalty": gradient_penalty,
    "gradient_penalty_one_sided": gradient_penalty_one_sided,
}
