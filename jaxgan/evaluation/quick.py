"""The quick distance and the spread, by which every run is measured whenever it is saved."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import read
from jaxgan.evaluation.draw import groups, in_turn
from jaxgan.evaluation.examples import Examples
from jaxgan.games import Game
from jaxgan.metrics import sliced_wasserstein

QUICK = 1000  # samples in the quick distance


class Quick(NamedTuple):
    """What every run is measured by, whenever it is saved.

    Attributes:
      rows: named arrays [N, ...] that the generator is given, with the true examples.
      distance: looks at what was made of them -> sliced Wasserstein distance to the true examples,
        lower is better.
      spread: the same looks -> how far they lie apart, over how far the true examples do: the root
        of the total variance. 1 is as varied, 0 one sample for all.
      floor: () -> the distance of as many other real examples; None where there are not as many.
    """

    rows: dict
    distance: Callable[..., float]
    spread: Callable[..., float]
    floor: Callable[[], float | None]


def make_quick(examples: Examples, game: Game, seed: int) -> Quick:
    """Choose the rows, and measure each direction of a game by itself: the mean of the distances,
    the least of the spreads.

    Args:
      examples: ``Examples``.
      game: ``Game``.
      seed: of the rows, of their keys and of the projections.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(examples.size, min(QUICK, examples.size), replace=False)
    rows = examples.rows(np.sort(chosen))
    key = jax.random.key(seed)
    compare = jax.jit(sliced_wasserstein)
    apart = {name: _apart(rows[name]) for name in game.makes.values()}

    def each(looks):
        """(entry, what was made of as many rows) of every direction."""
        for direction, own in groups(game, looks).items():
            name = game.makes[direction]
            yield name, in_turn(own)[: len(rows[name])]

    def distance(looks):
        return float(np.mean([compare(rows[name], made, key) for name, made in each(looks)]))

    def spread(looks):
        return min(_apart(made) / (apart[name] or 1.0) for name, made in each(looks))

    def floor():
        count, fewest = len(chosen), examples.fewest
        if examples.held_out:
            left = rng.permutation(fewest)
        else:
            left = rng.permutation(np.setdiff1d(np.arange(fewest), chosen))
        if len(left) < count:
            return None
        others = read(examples.train, np.sort(left[:count]))
        names = game.makes.values()
        return float(np.mean([compare(rows[name], others[name], key) for name in names]))

    return Quick(rows, distance, spread, floor)


def _apart(x):
    """The root of the total variance of x [N, ...], in its units."""
    return float(np.sqrt(np.var(np.reshape(x, (len(x), -1)), axis=0).sum(dtype=np.float64)))
