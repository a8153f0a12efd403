"""The next frame of a clip, at several scales, and those after it (Mathieu et al. 2016).

Frames of ``source`` are stacked in channels, the last behind; people see them beside one another.
"""

from typing import Any

import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.games.game import Arrays, Game, Shown
from jaxgan.games.pair import pair_game
from jaxgan.losses import AdversarialLoss
from jaxgan.models.multiscale import with_scales
from jaxgan.models.network import Network


def frames_game(generator: Network, critic: Network, loss: AdversarialLoss, **options: Any) -> Game:
    """Build ``pair_game`` whose "x" has smaller scales, true and made, that are played alike.

    Scores and terms are means over the scales, the paper's sums. A generator that makes no smaller
    scales has those of its "x". Rolling out keeps the z of a row.

    Args:
      generator, critic, loss: as ``pair_game`` takes them; the generator takes a source.
      options: the others of ``pair_game``.
    """
    pair = pair_game(generator, critic, loss, **options)

    def generate(variables, given, keys, *, train):
        made, mutables = pair.generate(variables, given, keys, train=train)
        return with_scales(made), mutables

    def show(given, made):
        x, source = made["x"], given["source"]
        truth, channels = given.get("x"), x.shape[-1]
        future = None
        if truth is not None and "future" in given:
            future = strip(jnp.concatenate([truth, given["future"]], axis=3), channels)
        return {"": Shown(x, strip(source, channels), truth, future=future)}

    def roll(variables, given, made, keys):
        channels = made["x"].shape[-1]

        def further(last, number):
            source, x = last
            source = jnp.concatenate([source[..., channels:], x], axis=3)
            own, seen = noise.fold_each(keys, number), {**given, "source": source}
            x = generate(variables, seen, own, train=False)[0]["x"]
            return (source, x), x

        count = given["future"].shape[-1] // channels
        begun = (given["source"], made["x"])
        _, frames = jax.lax.scan(further, begun, jnp.arange(1, count + 1))
        return jnp.concatenate([made["x"], *frames], axis=2)

    return pair._replace(generate=generate, show=show, roll=roll)


def scales(batch: Arrays, keys: jax.Array, step: Any) -> dict:
    """The draw that adds the smaller scales of "x": see ``with_scales``."""
    return with_scales(batch)


def strip(frames: jax.Array, channels: int) -> jax.Array:
    """Frames stacked in channels [B, H, W, T * C], beside one another: [B, H, T * W, C]."""
    batch, height, width, _ = frames.shape
    apart = frames.reshape(batch, height, width, -1, channels)
    return apart.transpose(0, 1, 3, 2, 4).reshape(batch, height, -1, channels)
