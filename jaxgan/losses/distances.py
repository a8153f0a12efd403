"""Distances between what was made and what should have been: terms of the generator's loss.

A distance is ``distance(made, truth) -> [B]``; its mean over the batch, times the weight that the
config gives, is added to what the generator minimises.
"""

import jax
import jax.numpy as jnp

from jaxgan.core.table import Row


def l1(made: jax.Array, truth: jax.Array) -> jax.Array:
    """[B], the mean of |made - truth| over each example."""
    return jnp.mean(jnp.abs(made - truth), axis=range(1, made.ndim))


def l2(made: jax.Array, truth: jax.Array) -> jax.Array:
    """[B], the mean of (made - truth)^2 over each example."""
    return jnp.mean((made - truth) ** 2, axis=range(1, made.ndim))


DISTANCES = {"l1": Row(lambda: l1), "l2": Row(lambda: l2)}
