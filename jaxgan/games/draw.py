"""What a game draws beside the examples."""

import jax
import jax.numpy as jnp

from jaxgan.core import noise


def _uniform(keys, shape):
    return jax.vmap(lambda key: jax.random.uniform(key, shape, minval=-1.0))(keys)


def _bernoulli(keys, shape):
    return jax.vmap(lambda key: jax.random.bernoulli(key, shape=shape))(keys).astype(jnp.float32)


# Distributions of z: N(0, 1), U[-1, 1), and 0 or 1 with equal odds.
DISTRIBUTIONS = {"normal": noise.normal, "uniform": _uniform, "bernoulli": _bernoulli}
