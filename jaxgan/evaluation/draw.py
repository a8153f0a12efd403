"""Draws from a generator, outside of training."""

import math

import jax
import jax.numpy as jnp

from jaxgan.core import noise

# Examples in one forward pass: bounds the memory, and one compilation serves every number.
CHUNK = 64


def make_draw(network):
    """Compile ``draw(variables, z [N, Z], labels [N] or None, classes) -> [N, *shape]``.

    Of several generators, row i is of number i % network.count.
    """
    chunk = max(CHUNK // network.count, 1) * network.count  # each begins at the first generator

    @jax.jit
    def forward(variables, z, label):
        return network.apply(variables, z, label, train=False)[0]

    def draw(variables, z, labels=None, classes=0):
        one_hot = jax.nn.one_hot(labels, classes) if classes else None

        def chunked(x):
            padded = jnp.pad(x, ((0, -len(x) % chunk), (0, 0)))
            return padded.reshape(-1, chunk, x.shape[1])

        z_chunks, label_chunks = jax.tree.map(chunked, (z, one_hot))
        labels = label_chunks if classes else [None] * len(z_chunks)
        parts = [forward(variables, *each) for each in zip(z_chunks, labels, strict=True)]
        return jnp.concatenate(parts)[: len(z)]

    return draw


def fixed_inputs(seed, num, z_dim, classes):
    """The z and labels of a run's own pictures: the same at every save.

    Returns:
      z [N, z_dim] and labels [N] (None without classes). With classes N is the multiple of their
      number at or above ``num``: one row of the picture a class, every row from the same z.
    """
    columns = math.ceil(num / max(classes, 1))
    z = jax.random.normal(jax.random.key(seed), (columns, z_dim))
    if not classes:
        return z, None
    return jnp.tile(z, (classes, 1)), jnp.repeat(jnp.arange(classes), columns)


def interpolate(seed, num, z_dim):
    """``num`` points on the great circle through two noise vectors (White 2016).

    A straight line would pass through norms that N(0, I) never has.
    """
    a, b = jax.random.normal(jax.random.key(seed), (2, z_dim))
    angle = jnp.arccos(jnp.vdot(a, b) / (jnp.linalg.norm(a) * jnp.linalg.norm(b)))
    t = jnp.linspace(0, 1, num)[:, None]
    return (jnp.sin((1 - t) * angle) * a + jnp.sin(t * angle) * b) / jnp.sin(angle)


def z_of(config, count, seed):
    """The noise [count, z_dim] of samples for a judge: not that of the pictures."""
    return jax.random.normal(noise.stream(seed, noise.PICTURES), (count, config["game"]["z_dim"]))
