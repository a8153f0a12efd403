"""What training remembers: frozen pytrees, and nothing outside them."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

PyTree = Any


@struct.dataclass
class Side:
    """One of the two players.

    Attributes:
      params: what its optimiser moves.
      mutables: what its network changes by itself (``batch_stats``), ``{}`` if nothing.
      opt_state: its optax state.
    """

    params: PyTree
    mutables: PyTree
    opt_state: PyTree

    @property
    def variables(self):
        """Parameters and mutables as the network takes them."""
        return {"params": self.params, **self.mutables}


@struct.dataclass
class GanState:
    """The whole of a run, and the whole of a checkpoint.

    Attributes:
      step: int32 [], steps done. The data cursor and every random key follow from it.
      generator, critic: the two sides.
      ema: the generator's averaged variables, parameters *and* batch statistics.
      memory: what the game remembers of past steps; ``{}`` for most.
    """

    step: jax.Array
    generator: Side
    critic: Side
    ema: PyTree
    memory: PyTree = struct.field(default_factory=dict)


def create_side(network, optimizer: optax.GradientTransformation, key: jax.Array) -> Side:
    """Initialise one side with ``network.init(key)`` and ``optimizer.init(params)``."""
    variables = dict(network.init(key))
    params = variables.pop("params")
    return Side(params=params, mutables=variables, opt_state=optimizer.init(params))


def create(
    generator,
    critic,
    generator_optimizer: optax.GradientTransformation,
    critic_optimizer: optax.GradientTransformation,
    key: jax.Array,
    memory: PyTree = None,
) -> GanState:
    """Build the state at step 0 from two ``Network``, two optax transformations, and a memory."""
    key_generator, key_critic = jax.random.split(key)
    player = create_side(generator, generator_optimizer, key_generator)
    return GanState(
        step=jnp.zeros((), jnp.int32),
        generator=player,
        critic=create_side(critic, critic_optimizer, key_critic),
        # A copy: the step donates its buffers, and two leaves may not share one.
        ema=jax.tree.map(jnp.copy, player.variables),
        memory={} if memory is None else memory,
    )
