"""What a game draws beside the examples: z, one-hot labels. Nothing here has parameters.

A draw is ``draw(batch, keys, step) -> batch``: it adds entries, row by row from the row's own key,
and leaves alone what the batch has already.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.core.errors import choose
from jaxgan.models.progressive import at_level


def _uniform(keys, shape):
    return jax.vmap(lambda key: jax.random.uniform(key, shape, minval=-1.0))(keys)


def _bernoulli(keys, shape):
    return jax.vmap(lambda key: jax.random.bernoulli(key, shape=shape))(keys).astype(jnp.float32)


def _clusters(keys, shape):
    """Half of the numbers, K, say which of K clusters: sqrt(K) at one of them, the others 0.

    The other half are N(0, 1), whose mean square the first have too. What is made of z then need
    not hang together, as what a continuous map makes of N(0, I) does.

    Reference: a prior of a one-hot part and a normal one, ClusterGAN (Mukherjee et al. 2019,
    arXiv:1809.03627), section 2.
    """
    *outer, size = shape
    count = size // 2

    def of_row(key):
        key_cluster, key_rest = jax.random.split(key)
        cluster = jax.random.randint(key_cluster, outer, 0, max(count, 1))
        rest = jax.random.normal(key_rest, (*outer, size - count))
        return jnp.concatenate([count**0.5 * jax.nn.one_hot(cluster, count), rest], axis=-1)

    return jax.vmap(of_row)(keys)


# Distributions of z: N(0, 1), U[-1, 1), 0 or 1 with equal odds, and one that is not connected.
DISTRIBUTIONS = {
    "normal": noise.normal,
    "uniform": _uniform,
    "bernoulli": _bernoulli,
    "clusters": _clusters,
}


def compose(*draws) -> Callable:
    """One draw of several, each from random numbers of its own; the first uses the keys as is."""

    def draw(batch, keys, step):
        for i, each in enumerate(draws):
            batch = each(batch, noise.fold_each(keys, i) if i else keys, step)
        return dict(batch)

    return draw


def z(shape: tuple[int, ...], distribution: str) -> Callable:
    """Draw ``z`` [B, *shape]; ``distribution`` is a row of ``DISTRIBUTIONS``."""
    sample = choose(DISTRIBUTIONS, distribution, "distribution of z")

    def draw(batch, keys, step):
        return batch if "z" in batch else {**batch, "z": sample(keys, shape)}

    return draw


def truncated(z: jax.Array, keys: jax.Array, threshold: float) -> jax.Array:
    """N(0, 1) draws z [B, ...] with those beyond -threshold and threshold drawn anew until within.

    Reference: Large Scale GAN Training (arXiv:1809.11096), sec. 3.1.
    """

    def again(key):
        key = jax.random.fold_in(key, noise.AGAIN)
        return jax.random.truncated_normal(key, -threshold, threshold, z.shape[1:])

    return jnp.where(jnp.abs(z) > threshold, jax.vmap(again)(keys), z)


def one_hot(name: str, classes: int) -> Callable:
    """Turn the category ``name``, int [B], into its one-hot vector [B, classes].

    What is a vector already, as one between two classes, stays as it is.
    """

    def draw(batch, keys, step):
        if name not in batch or batch[name].ndim > 1:
            return batch
        return {**batch, name: jax.nn.one_hot(batch[name], classes)}

    return draw


def grown(progress: Callable, level: int = -1) -> Callable:
    """Draw ``grown`` [B], how far networks have grown.

    Args:
      progress: (step) -> float32 [].
      level: that real images "x" are brought to; -1: they stay.
    """

    def draw(batch, keys, step):
        reached = jnp.broadcast_to(progress(step), (len(keys),))
        seen = {"x": at_level(batch["x"], reached, level)} if level >= 0 and "x" in batch else {}
        return {**batch, **seen, "grown": reached}

    return draw


def other(name: str) -> Callable:
    """(given, keys) -> given with another category ``name`` than the true one, uniform."""

    def wrong(given, keys):
        classes = given[name].shape[1]
        label = noise.other_labels(keys, jnp.argmax(given[name], axis=1), classes)
        return {**given, name: jax.nn.one_hot(label, classes)}

    return wrong
