"""One update of either side: what a step is made of."""

import jax
import optax

from jaxgan.core import noise
from jaxgan.step.state import Side


def _advance(optimizer, side, gradients, mutables):
    updates, opt_state = optimizer.update(gradients, side.opt_state, side.params)
    return Side(optax.apply_updates(side.params, updates), mutables, opt_state)


def make_recall(game, batch_size, devices):
    """(memory, made, key) -> (memory, what the critic is shown): of the global batch."""

    def recall(memory, made, key):
        if not jax.tree.leaves(memory):
            return memory, made
        keys = jax.random.split(jax.random.fold_in(key, noise.RECALL), batch_size)
        memory, shown = game.recall(memory, devices.gather(made), keys)
        return memory, jax.tree.map(devices.rows, shown)

    return recall


def make_critic_update(game, optimizer, devices, row_keys):
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


def make_generator_update(game, optimizer, devices, row_keys):
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
