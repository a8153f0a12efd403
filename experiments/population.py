"""Many seeds of one config trained at once: the seed is a leading axis, under one ``jax.vmap``.

One compiled program plays all of them. Each seed has its own initial weights, batches and noise.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import data
from jaxgan.build import parts
from jaxgan.core import noise
from jaxgan.models.network import Network
from jaxgan.step import state
from jaxgan.step.step import make_step

CHUNK = 250  # steps in one compiled call


class Population(NamedTuple):
    """A config made into functions of many seeds.

    Attributes:
      source: the data, held on the device.
      generator, critic: ``Network``.
      states: a ``GanState`` whose every leaf has a leading axis of seeds.
      advance: (states, steps) -> (states, metrics of every step, [steps, seeds] each).
      draw: (states, number) -> samples of the average generators [seeds, number, *shape].
    """

    source: data.Source
    generator: Network
    critic: Network
    states: state.GanState
    advance: Callable
    draw: Callable


def populate(config, seeds):
    """Set up a ``Population`` of an unlabelled game on points.

    Args:
      config: as ``jaxgan.defaults`` makes it; its own seed is not used.
      seeds: ints.
    """
    source = data.load(config.data.name, options=dict(config.data.options))
    examples = jnp.asarray(source.arrays()["x"])
    generator = parts.generator(config, source.shape, 0)
    critic = parts.critic(config, source.shape, 0)
    optimizers = [parts.optimizer(config, side) for side in ("generator", "critic")]
    sizes = {"n_critic": config.n_critic, "batch_size": config.batch_size}
    step = make_step(parts.game(config, generator, critic, 0), *optimizers, ema=config.ema, **sizes)
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))

    def play(now, key):
        key_batch, key_step = jax.random.split(jax.random.fold_in(key, now.step))
        shape = (config.n_critic, config.batch_size)
        chosen = jax.random.randint(key_batch, shape, 0, len(examples))
        return step(now, {"x": examples[chosen]}, key_step)

    @partial(jax.jit, donate_argnums=0, static_argnums=1)
    def chunk(states, steps):
        return jax.lax.scan(lambda now, _: jax.vmap(play)(now, keys), states, length=steps)

    def advance(states, steps):
        logs = []
        while steps > 0:
            states, log = chunk(states, min(CHUNK, steps))
            logs.append(jax.device_get(log))
            steps -= CHUNK
        return states, jax.tree.map(lambda *parts: np.concatenate(parts), *logs)

    @partial(jax.jit, static_argnums=1)
    def draw(states, number):
        def one(variables, key):
            z = jax.random.normal(
                jax.random.fold_in(key, noise.PICTURES), (number, config.game.z_dim)
            )
            return generator.apply(variables, z, train=False)[0]

        return jax.vmap(one)(states.ema, keys)

    def create(key):
        return state.create(generator, critic, *optimizers, jax.random.fold_in(key, noise.INITIAL))

    states = jax.jit(jax.vmap(create))(keys)
    return Population(source, generator, critic, states, advance, draw)
