"""Standing statistics: batch statistics of the average generator itself, taken before it is used.

Reference: Large Scale GAN Training (arXiv:1809.11096), appendix C.2, where they stand in for the
running averages of training.
"""

from collections.abc import Iterable

import jax
import jax.numpy as jnp

from jaxgan.games import Game
from jaxgan.models.norms import MOMENTUM


def standing(game: Game, variables: dict, passes: Iterable[tuple], step: int = 0) -> dict:
    """The variables with the mean of the batch statistics that passes in training mode have.

    Args:
      game: ``Game``.
      variables: the generator's, with "batch_stats".
      passes: (batch, keys [B]) of each, at least one.
      step: for ``game.draw``.
    """

    @jax.jit
    def forward(variables, batch, keys):
        given = game.draw(batch, keys, step)
        nothing = jax.tree.map(jnp.zeros_like, variables["batch_stats"])
        empty = {**variables, "batch_stats": nothing}
        moved = game.generate(empty, given, keys, train=True)[1]
        # Running averages of nothing tell the batch that moved them.
        statistics = jax.tree.map(lambda new: new / (1 - MOMENTUM), moved["batch_stats"])
        return moved, statistics

    found = []
    for batch, keys in passes:
        moved, statistics = forward(variables, batch, keys)
        variables = {**variables, **moved}
        found.append(statistics)
    mean = jax.tree.map(lambda *each: sum(each) / len(each), *found)
    return {**variables, "batch_stats": mean}
