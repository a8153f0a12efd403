"""Randomness by the example: every row of a batch owns a key.

Splitting one key over the *global* batch and handing each device its rows makes a draw depend on
the row alone: the same run on one device or on many.
"""

import jax
import numpy as np

# The streams of a run's base key: step t draws from number t, everything else from these.
INITIAL, PICTURES, ORDER = 1 << 28, 1 << 29, 1 << 30
# Folded into a step's keys, or a row's, for what came to the step later than they did.
RECALL, FURTHER, TASK, DROPOUT, AGAIN, AUGMENT, SEEN, PATH = (1 << bit for bit in range(20, 28))


def stream(seed: int | jax.Array, number: int) -> jax.Array:
    """The run's key for step ``number``, or for one of the streams above; of N seeds N keys."""
    if np.ndim(seed):
        return jax.vmap(lambda one: stream(one, number))(seed)
    return jax.random.fold_in(jax.random.key(seed), number)


def split_each(keys: jax.Array, number: int) -> jax.Array:
    """Split each of B keys -> [number, B] keys."""
    return jax.vmap(lambda key: jax.random.split(key, number), out_axes=1)(keys)


def fold_each(keys: jax.Array, number: int) -> jax.Array:
    """Fold a number into each of B keys -> [B] keys."""
    return jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)


def normal(keys: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """N(0, 1) draws of ``shape``, one an example -> [B, *shape] float32."""
    return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)


def other_labels(keys: jax.Array, labels: jax.Array, classes: int) -> jax.Array:
    """A label other than the given one, uniform over the other classes -> int [B]."""
    shift = jax.vmap(lambda key: jax.random.randint(key, (), 1, classes))(keys)
    return (labels + shift) % classes
