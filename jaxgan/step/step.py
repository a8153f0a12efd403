"""The step: n_critic critic updates, one generator update, the average. No device axis in sight."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

from jaxgan.step.parallel import ONE_DEVICE
from jaxgan.step.state import GanState, Side


def _advance(optimizer, side, gradients, mutables):
    updates, opt_state = optimizer.update(gradients, side.opt_state, side.params)
    return Side(optax.apply_updates(side.params, updates), mutables, opt_state)


def make_step(
    game, generator_optimizer, critic_optimizer, *, n_critic, batch_size, ema, devices=ONE_DEVICE
):
    """Build ``step(state, batches, key) -> (state, metrics)``.

    Args:
      game: a ``Game``.
      generator_optimizer, critic_optimizer: optax transformations.
      n_critic: critic updates before each generator update, >= 1.
      batch_size: examples an update, over all devices.
      ema: decay of the generator's average, in [0, 1); warmed up as min(ema, (1 + t) / (10 + t)).
      devices: how to average over devices and which rows are ours (``parallel.Devices``).

    Returns:
      A pure function. ``batches`` has leading axes [n_critic, rows of this device]. Metrics are
      float32 scalars, averaged over devices: the game's, of the last critic update and of the
      generator update, and the norms of both gradients.
    """

    def row_keys(key):
        return devices.rows(jax.random.split(key, batch_size))

    def update_critic(critic, batch, fake, step, key):
        loss = jax.value_and_grad(game.critic_loss, has_aux=True)
        (_, (mutables, metrics)), gradients = loss(
            critic.params, critic.mutables, batch, fake, step, row_keys(key)
        )
        gradients, metrics = devices.mean((gradients, metrics))
        metrics["critic_gradient_norm"] = optax.tree.norm(gradients)
        return _advance(critic_optimizer, critic, gradients, mutables), metrics

    def step(state, batches, key):
        generator, variables = state.generator, state.generator.variables
        key_turns, key_generator = jax.random.split(key)
        keys_generate, keys_critic = jax.random.split(key_turns, (2, n_critic))

        def critic_turn(critic, turn):
            batch, key_generate, key_critic = turn
            fake, _ = game.generate(variables, batch, row_keys(key_generate))
            critic, _ = update_critic(critic, batch, fake, state.step, key_critic)
            return critic, None

        critic, turns = state.critic, (batches, keys_generate, keys_critic)
        if n_critic > 1:
            critic, _ = lax.scan(critic_turn, critic, jax.tree.map(lambda x: x[:-1], turns))

        # The last critic update and the generator's share one forward pass of the generator.
        batch = jax.tree.map(lambda x: x[-1], batches)
        fake, pull_back, mutables = jax.vjp(
            lambda params: game.generate(
                {"params": params, **generator.mutables}, batch, row_keys(keys_generate[-1])
            ),
            generator.params,
            has_aux=True,
        )
        critic, critic_metrics = update_critic(critic, batch, fake, state.step, keys_critic[-1])
        loss = jax.value_and_grad(game.generator_loss, argnums=2, has_aux=True)
        keys = row_keys(key_generator)
        (_, metrics), slope = loss(critic.variables, batch, fake, state.step, keys)
        (gradients,) = pull_back(slope)
        gradients, metrics = devices.mean((gradients, metrics))
        metrics["generator_gradient_norm"] = optax.tree.norm(gradients)
        generator = _advance(generator_optimizer, generator, gradients, mutables)

        decay = jnp.minimum(ema, (1 + state.step) / (10 + state.step))
        average = optax.incremental_update(generator.variables, state.ema, 1 - decay)
        state = GanState(state.step + 1, generator, critic, average)
        return state, {**critic_metrics, **metrics}

    return step
