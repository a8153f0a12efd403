"""The step: the critic's updates, the generator's, the average. No device axis in sight."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import lax

from jaxgan.core import noise
from jaxgan.step.parallel import ONE_DEVICE, Devices
from jaxgan.step.state import GanState
from jaxgan.step.updates import make_critic_update, make_generator_update, make_recall


def make_step(
    game,
    generator_optimizer: optax.GradientTransformation,
    critic_optimizer: optax.GradientTransformation,
    *,
    batch_size: int,
    ema: float,
    ema_from: int = 0,
    n_critic: int = 1,
    n_generator: int = 1,
    own_batches: int = 0,
    devices: Devices = ONE_DEVICE,
) -> Callable:
    """Build ``step(state, batches, key) -> (state, metrics)``.

    A side without updates is left out as a whole: nothing of it moves, its optimiser neither.

    Args:
      game: a ``Game``.
      generator_optimizer, critic_optimizer: optax transformations.
      batch_size: examples an update, over all devices.
      ema: decay of the generator's average, in [0, 1); warmed up as min(ema, (1 + t) / (10 + t)).
      ema_from: step from which on there is an average; before, it is the generator itself.
      n_critic, n_generator: updates of either side in one step, >= 0, not both 0. The generator's
        first one shares batch and forward pass with the critic's last.
      own_batches: how many batches as one a generator update plays with, which then shares none
        with the critic; 0: it does, as above.
      devices: how to average over devices and which rows are ours (``parallel.Devices``).

    Returns:
      A pure function. ``batches`` has leading axes [number of batches, rows of this device]: one a
      critic update, at least one, and one for each generator update after the first; with
      ``own_batches`` one a critic update, and so many a generator update. Metrics are float32
      scalars, averaged over devices: the game's, of the last update of either side, and the norms
      of both gradients.
    """
    shared = max(n_critic, 1) - 1  # the batch that both sides see
    alone = n_critic if own_batches else shared  # critic updates that share none
    further = n_generator if own_batches else n_generator - 1  # generator updates that share none

    def row_keys(key):
        return devices.rows(jax.random.split(key, batch_size))

    def own_keys(key):
        if own_batches < 2:
            return row_keys(key)
        return jnp.concatenate([row_keys(each) for each in jax.random.split(key, own_batches)])

    recall = make_recall(game, batch_size, devices)
    update_critic = make_critic_update(game, critic_optimizer, devices, row_keys)
    make, update_generator = make_generator_update(game, generator_optimizer, devices, own_keys)

    def critic_alone(state, batches, keys):
        """The critic's updates that share no batch -> (critic, memory, metrics)."""

        def turn(carry, now):
            critic, memory = carry
            batch, (key_generate, key_critic) = now
            keys = row_keys(key_generate)
            given = game.draw(batch, keys, state.step)
            made, _ = game.generate(state.generator.variables, given, keys, train=True)
            memory, shown = recall(memory, made, key_critic)
            critic, metrics = update_critic(critic, given, shown, state.step, key_critic)
            return (critic, memory), metrics if own_batches else None

        if not alone:
            return state.critic, state.memory, {}
        turns = jax.tree.map(lambda x: x[:alone], (batches, keys))
        (critic, memory), each = lax.scan(turn, (state.critic, state.memory), turns)
        return critic, memory, _last(each) if own_batches else {}

    def both(state, critic, memory, batches, keys, key_update):
        """The critic's last update and the generator's first, which share one forward pass."""
        batch = jax.tree.map(lambda x: x[shared], batches)
        key_generate, key_critic = (key[-1] for key in keys)
        generator, metrics, more = state.generator, {}, {}
        making = make(generator, batch, key_generate, state.step)
        if n_critic:
            given, made, *_ = making
            memory, shown = recall(memory, made, key_critic)
            critic, metrics = update_critic(critic, given, shown, state.step, key_critic)
        if n_generator:
            generator, more = update_generator(generator, critic, making, state.step, key_update)
        return generator, critic, memory, metrics | more

    def generator_alone(generator, critic, batches, step, key):
        """The generator's updates that share no batch -> (generator, metrics)."""

        def turn(generator, now):
            batch, key = now
            key_generate, key_update = jax.random.split(key)
            making = make(generator, batch, key_generate, step)
            return update_generator(generator, critic, making, step, key_update)

        if further <= 0:
            return generator, {}
        last = jax.tree.map(lambda x: x[-further * max(own_batches, 1) :], batches)
        if own_batches:
            last = jax.tree.map(lambda x: x.reshape(further, -1, *x.shape[2:]), last)
        keys = jax.random.split(jax.random.fold_in(key, noise.FURTHER), further)
        generator, each = lax.scan(turn, generator, (last, keys))
        return generator, _last(each)

    def step(state, batches, key):
        key_turns, key_generator = jax.random.split(key)
        keys = tuple(jax.random.split(key_turns, (2, shared + 1)))  # of making, of the critic
        generator = state.generator
        critic, memory, metrics = critic_alone(state, batches, keys)
        if not own_batches:
            generator, critic, memory, metrics = both(
                state, critic, memory, batches, keys, key_generator
            )
        generator, more = generator_alone(generator, critic, batches, state.step, key_generator)
        average = averaged(state, generator) if n_generator else state.ema
        return GanState(state.step + 1, generator, critic, average, memory), metrics | more

    def averaged(state, generator):
        decay = jnp.minimum(ema, (1 + state.step) / (10 + state.step))
        if ema_from:
            decay = jnp.where(state.step < ema_from, 0.0, decay)
        return optax.incremental_update(generator.variables, state.ema, 1 - decay)

    return step


def _last(each):
    """Of metrics [turns] those of the last one."""
    return jax.tree.map(lambda x: x[-1], each)
