"""The step: n_critic critic updates, one generator update, the average. No device axis in sight."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

from jaxgan import noise
from jaxgan.parallel import ONE_DEVICE
from jaxgan.state import GanState, Side


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


def make_call(step, batches, *, steps_per_call, seed):
    """Many steps in one compiled call that stops at the first non-finite metric.

    Args:
      step: from ``make_step``.
      batches: (data, block, i) -> what the i-th step of the call plays with.
      steps_per_call: the most steps a call can do, and the length of its log.
      seed: of the run; step t draws from fold_in(key(seed), t). Of members the seeds [N]: then
        ``step`` takes N keys, and metrics are [N] each.

    Returns:
      ``call(state, data, block, count) -> (state, log, done)``: ``log`` holds every metric as
      [steps_per_call] of which the first ``done`` entries count. ``done < count``, or a last entry
      that is not finite, means that the run, or the last of its members, went bad at the last step
      done; the state is the one after it. ``count`` is traced: no length of call compiles anew.
    """
    step = jax.jit(step)  # traced once, for the shapes of its metrics and for the loop

    def call(state, data, block, count):
        def play(state, i):
            return step(state, batches(data, block, i), noise.stream(seed, state.step))

        def body(carry):
            i, state, log, _ = carry
            state, metrics = play(state, i)
            log = jax.tree.map(lambda entries, value: entries.at[i].set(value), log, metrics)
            each = jnp.stack([jnp.isfinite(value) for value in jax.tree.leaves(metrics)])
            finite = jnp.any(jnp.all(each, axis=0))  # of many members any goes on
            return i + 1, state, log, finite

        _, shapes = jax.eval_shape(play, state, 0)
        log = jax.tree.map(lambda s: jnp.zeros((steps_per_call, *s.shape), s.dtype), shapes)
        carry = (jnp.int32(0), state, log, jnp.bool_(True))
        done, state, log, _ = lax.while_loop(lambda c: (c[0] < count) & c[3], body, carry)
        return state, log, done

    return call
