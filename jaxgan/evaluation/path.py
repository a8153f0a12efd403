"""How fast what is made changes, to a feature network, while z goes from one draw to another."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.evaluation.draw import CHUNK, in_chunks
from jaxgan.features.extractor import Extractor
from jaxgan.games import Game


def make_speeds(game: Game, extractor: Extractor, chunk: int = CHUNK) -> Callable:
    """Compile ``speeds(variables, batch, keys, step=0) -> float32 [N]``, squared.

    |d f(G(z(t))) / dt|^2, with z(0) and z(1) two draws of a row's own, t ~ U[0, 1], f the features
    and z(t) on the great circle through both, its norm going evenly from one to the other. The mean
    over rows is the perceptual path length of Karras et al. 2019 (arXiv:1812.04948, section 4.1,
    PPL in Z): they take the difference quotient at 1e-4 and LPIPS, here is the derivative itself,
    in features. ``variables``, ``batch``, ``keys`` as ``draw.make_show`` has them.
    """

    @jax.jit
    def forward(variables, batch, keys, step):
        generator, seeing = variables
        others = noise.fold_each(keys, noise.PATH)
        given, end = (game.draw(batch, each, step) for each in (keys, others))
        t = jax.vmap(jax.random.uniform)(noise.fold_each(others, noise.PATH))

        def seen(t):
            z = on_circle(given["z"], end["z"], t)
            made, _ = game.generate(generator, {**given, "z": z}, keys, train=False)
            return extractor.forward(seeing, made["x"])[0].astype(jnp.float32)

        # Rows do not see one another, so a tangent of ones holds the derivative of each. The
        # package's convolutions go backwards only: u -> J^T u is linear, and its transpose is J.
        features, backwards = jax.vjp(seen, t)
        _, forwards = jax.vjp(lambda u: backwards(u)[0], jnp.zeros_like(features))
        (slope,) = forwards(jnp.ones_like(t))
        return jnp.sum(slope**2, axis=1)

    def speeds(variables, batch, keys, step=0):
        both = (variables, extractor.variables)
        return in_chunks(forward, both, batch, keys, step, chunk)

    return speeds


def on_circle(a: jax.Array, b: jax.Array, t: jax.Array) -> jax.Array:
    """Points between a and b [B, D] at t [B] in [0, 1], on the great circle through both.

    As ``draw.interpolate``, of draws that are neither 0 nor parallel.
    """
    t = t[:, None]
    lengths = [jnp.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    u, v = (x / length for x, length in zip((a, b), lengths, strict=True))
    cosine = jnp.sum(u * v, axis=1, keepdims=True)
    beside = v - cosine * u
    sine = jnp.linalg.norm(beside, axis=1, keepdims=True)
    angle = t * jnp.arctan2(sine, cosine)
    norm = (1 - t) * lengths[0] + t * lengths[1]
    return norm * (jnp.cos(angle) * u + jnp.sin(angle) * beside / sine)
