"""A critic alone, against a generator that stands still: its reply, and what it teaches."""

import jax
import optax

from jaxgan.step.state import Side


def make_learn(game, optimizer, batch):
    """Updates of the critic alone, as the step makes them.

    Args:
      game: ``Game``.
      optimizer: the critic's.
      batch: key -> {"x": real examples [B, ...]}.

    Returns:
      learn: (critic's ``Side``, generator variables, key, first, last) -> ``Side`` after the
      updates first, ..., last - 1. Both numbers are traced: no length compiles anew.
    """

    def turn(critic, variables, key):
        key_batch, key_generate, key_critic = jax.random.split(key, 3)
        real = batch(key_batch)
        keys = jax.random.split(key_critic, len(real["x"]))
        keys_generate = jax.random.split(key_generate, len(real["x"]))
        given = game.draw(real, keys_generate, 0)
        made, _ = game.generate(variables, given, keys_generate, train=True)
        slope = jax.grad(game.critic_loss, has_aux=True)
        gradients, (mutables, _) = slope(critic.params, critic.mutables, given, made, 0, keys)
        updates, opt_state = optimizer.update(gradients, critic.opt_state, critic.params)
        return Side(optax.apply_updates(critic.params, updates), mutables, opt_state)

    def learn(critic, variables, key, first, last):
        def body(i, critic):
            return turn(critic, variables, jax.random.fold_in(key, i))

        return jax.lax.fori_loop(first, last, body, critic)

    return learn


def make_slope(game, batch):
    """The gradient that the generator would follow.

    Args:
      game: ``Game``.
      batch: key -> {"x": real examples [B, ...]}.

    Returns:
      slope: (critic's ``Side``, generator variables, key) -> gradient of the generator's loss in
      its parameters, of one batch.
    """

    def slope(critic, variables, key):
        key_batch, key_generate, key_generator = jax.random.split(key, 3)
        real = batch(key_batch)
        keys = jax.random.split(key_generate, len(real["x"]))
        keys_loss = jax.random.split(key_generator, len(real["x"]))
        given = game.draw(real, keys, 0)

        def loss(params):
            made, _ = game.generate({**variables, "params": params}, given, keys, train=True)
            return game.generator_loss(critic.variables, given, made, 0, keys_loss)[0]

        return jax.grad(loss)(variables["params"])

    return slope
