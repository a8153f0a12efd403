"""Many seeds of one config, trained at once as ``jaxgan train`` trains a population.

Without a run directory: what an experiment looks at is drawn on the way.
"""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from jaxgan.build.run import Run, prepare
from jaxgan.evaluation.draw import make_draw, z_of
from jaxgan.step import population
from jaxgan.step.state import GanState


def train(config: ConfigDict, seeds: int, every: int = 0) -> Iterator[tuple[Run, GanState]]:
    """Train the seeds ``config.seed``, ``config.seed + 1``, ... on one device.

    Args:
      config: of one run, as ``jaxgan.defaults`` makes it; its population is set here.
      seeds: how many.
      every: steps between two looks; 0: at the end alone.

    Yields:
      the ``Run``, and its state with an axis of seeds on every leaf but the step; it is good until
      the next one is asked for. Of dead seeds it is not finite.
    """
    config.population.members = seeds
    run = prepare(config, device_count=1)
    state, feed = run.devices.replicate(jax.jit(run.create)()), run.feed()
    call, step, alive = run.call(feed), 0, True
    while step < config.steps:
        until = min(step + (every or config.steps), config.steps)
        while step < until and alive:
            count = min(config.steps_per_call, until - step)
            state, _, done = call(state, *feed.block(step, count), np.int32(count))
            alive = int(done) == count  # or the last seed has gone bad, and none learns any more
            step += count
        step = until
        yield run, state if seeds > 1 else jax.tree.map(lambda leaf: leaf[None], state)


def draw(run: Run, state: GanState, config: ConfigDict, number: int) -> jax.Array:
    """Samples of the average generators [seeds, number, *shape], each from its seed's own z."""
    one = make_draw(run.generator)
    averages = enumerate(map(int, run.members.seeds))
    return jnp.stack(
        [one(population.member(state.ema, i), z_of(config, number, seed)) for i, seed in averages]
    )
