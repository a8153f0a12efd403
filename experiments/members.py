"""All members of a config's population trained at once, and what their generators make."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.build.run import prepare
from jaxgan.evaluation.draw import row_keys


def stages(config, every):
    """Train all members on one device, in compiled calls of ``every`` steps.

    Yields:
      (``Run``, ``GanState``) after each call; the state is gone once the next one is asked for.
    """
    run = prepare({**config, "steps_per_call": every}, device_count=1)
    (phase,) = run.phases
    feed = run.feed(phase)
    call, state = run.call(phase, feed), run.devices.replicate(jax.jit(run.create)())
    for step in range(0, config.steps, every):
        count = min(every, config.steps - step)
        state, *_ = call(state, *feed.block(step, count), np.int32(count))
        yield run, state


def train(config):
    """Train all members to the end -> (``Run``, ``GanState``)."""
    return next(stages(config, config.steps))


def each(run, tree):
    """A part of the state with its axis of members; of a single one that is a new axis."""
    return tree if run.members.count > 1 else jax.tree.map(lambda leaf: leaf[None], tree)


@partial(jax.jit, static_argnums=(0, 3))
def _samples(game, variables, seeds, number):
    def one(variables, seed):
        keys = row_keys(seed, number)
        given = game.draw({}, keys, 0)
        made, _ = game.generate(variables, given, keys, train=False)
        turns = jnp.stack([shown.made for shown in game.show(given, made).values()], axis=1)
        return turns.reshape(-1, *turns.shape[2:])[:number]

    return jax.vmap(one)(variables, seeds)


def samples(run, state, number):
    """What the average generators make [members, number, ...]; several of a game make it in turn.

    Noise is that of ``jaxgan sample``, of each member's own seed.
    """
    return _samples(run.game, each(run, state.ema), run.members.seeds, number)
