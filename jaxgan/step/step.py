"""The step: the critic's updates, the generator's, the average. No device axis in sight."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import lax

from jaxgan.core import noise
from jaxgan.step.parallel import ONE_DEVICE, Devices
from jaxgan.step.state import GanState, Side


def _advance(optimizer, side, gradients, mutables):
    updates, opt_state = optimizer.update(gradients, side.opt_state, side.params)
    return Side(optax.apply_updates(side.params, updates), mutables, opt_state)


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
    updates = n_generator if own_batches else n_generator - 1  # generator updates that share none

    def row_keys(key):
        return devices.rows(jax.random.split(key, batch_size))

    def own_keys(key):
        if own_batches < 2:
            return row_keys(key)
        return jnp.concatenate([row_keys(each) for each in jax.random.split(key, own_batches)])

    recall = _make_recall(game, batch_size, devices)
    update_critic = _make_critic_update(game, critic_optimizer, devices, row_keys)
    make, update_generator = _make_generator_update(game, generator_optimizer, devices, own_keys)

    def step(state, batches, key):
        generator, critic, memory = state.generator, state.critic, state.memory
        key_turns, key_generator = jax.random.split(key)
        keys_generate, keys_critic = jax.random.split(key_turns, (2, shared + 1))
        metrics = {}

        def critic_turn(carry, turn):
            critic, memory = carry
            batch, key_generate, key_critic = turn
            keys = row_keys(key_generate)
            given = game.draw(batch, keys, state.step)
            made, _ = game.generate(state.generator.variables, given, keys, train=True)
            memory, shown = recall(memory, made, key_critic)
            critic, metrics = update_critic(critic, given, shown, state.step, key_critic)
            return (critic, memory), metrics if own_batches else None

        if alone:
            first = jax.tree.map(lambda x: x[:alone], batches)
            turns = (first, keys_generate[:alone], keys_critic[:alone])
            (critic, memory), each = lax.scan(critic_turn, (critic, memory), turns)
            metrics = _last(each) if own_batches else metrics

        if not own_batches:
            # The last critic update and the generator's share one forward pass of the generator.
            batch = jax.tree.map(lambda x: x[shared], batches)
            making = make(generator, batch, keys_generate[-1], state.step)
            if n_critic:
                given, made, *_ = making
                memory, shown = recall(memory, made, keys_critic[-1])
                critic, metrics = update_critic(critic, given, shown, state.step, keys_critic[-1])
            if n_generator:
                generator, more = update_generator(
                    generator, critic, making, state.step, key_generator
                )

        def generator_turn(generator, turn):
            batch, key = turn
            key_generate, key_update = jax.random.split(key)
            making = make(generator, batch, key_generate, state.step)
            return update_generator(generator, critic, making, state.step, key_update)

        if updates > 0:
            further = jax.tree.map(lambda x: x[-updates * max(own_batches, 1) :], batches)
            if own_batches:
                further = jax.tree.map(
                    lambda x: x.reshape(updates, own_batches * x.shape[1], *x.shape[2:]), further
                )
            keys = jax.random.split(jax.random.fold_in(key_generator, noise.FURTHER), updates)
            generator, each = lax.scan(generator_turn, generator, (further, keys))
            more = _last(each)
        average = state.ema
        if n_generator:
            metrics |= more
            decay = jnp.minimum(ema, (1 + state.step) / (10 + state.step))
            if ema_from:
                decay = jnp.where(state.step < ema_from, 0.0, decay)
            average = optax.incremental_update(generator.variables, state.ema, 1 - decay)
        return GanState(state.step + 1, generator, critic, average, memory), metrics

    return step


def _last(each):
    """Of metrics [turns] those of the last one."""
    return jax.tree.map(lambda x: x[-1], each)


def _make_recall(game, batch_size, devices):
    """(memory, made, key) -> (memory, what the critic is shown): of the global batch."""

    def recall(memory, made, key):
        if not jax.tree.leaves(memory):
            return memory, made
        keys = jax.random.split(jax.random.fold_in(key, noise.RECALL), batch_size)
        memory, shown = game.recall(memory, devices.gather(made), keys)
        return memory, jax.tree.map(devices.rows, shown)

    return recall


def _make_critic_update(game, optimizer, devices, row_keys):
    """(critic, given, made, step, key) -> (critic, metrics)."""

    def update(critic, given, made, step, key):
        loss = jax.value_and_grad(game.critic_loss, has_aux=True)
        (_, (mutables, metrics)), gradients = loss(
            critic.params, critic.mutables, given, made, step, row_keys(key)
        )
        gradients, metrics = devices.mean((gradients, metrics))
        metrics["critic_gradient_norm"] = optax.tree.norm(gradients)
        return _advance(optimizer, critic, gradients, mutables), metrics

    return update


def _make_generator_update(game, optimizer, devices, row_keys):
    """Both halves of an update, between which the critic may move.

    Returns:
      (generator, batch, key, step) -> making: what is given, what is made of it, the way back to
      the parameters, and the mutables; and (generator, critic, making, step, key) -> (generator,
      metrics).
    """

    def make(generator, batch, key, step):
        keys = row_keys(key)
        given = game.draw(batch, keys, step)
        made, pull_back, mutables = jax.vjp(
            lambda params: game.generate(
                {"params": params, **generator.mutables}, given, keys, train=True
            ),
            generator.params,
            has_aux=True,
        )
        return given, made, pull_back, mutables

    def update(generator, critic, making, step, key):
        given, made, pull_back, mutables = making
        loss = jax.value_and_grad(game.generator_loss, argnums=2, has_aux=True)
        (_, metrics), slope = loss(critic.variables, given, made, step, row_keys(key))
        (gradients,) = pull_back(slope)
        gradients, metrics = devices.mean((gradients, metrics))
        metrics["generator_gradient_norm"] = optax.tree.norm(gradients)
        return _advance(optimizer, generator, gradients, mutables), metrics

    return make, update
