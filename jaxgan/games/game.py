"""The contract between a game and the step that plays it."""

from collections.abc import Callable
from typing import NamedTuple


class Game(NamedTuple):
    """The rules: three pure functions of variables, data and keys.

    ``batch`` is {"x": real examples [B, ...], "label": int [B] where the data has labels}, ``keys``
    are B random keys (one an example), ``step`` is the number of generator updates done. Examples
    are generated once and given to both losses, so that one forward can serve both updates.

    Attributes:
      generate: (generator variables, batch, keys) -> (fake, generator mutables).
      critic_loss: (critic params, critic mutables, batch, fake, step, keys)
        -> (scalar, (critic mutables, metrics)).
      generator_loss: (critic variables, batch, fake, step, keys) -> (scalar, metrics).

    Both losses are minimised, each by its own side. Metrics are float32 scalars by name.
    """

    generate: Callable
    critic_loss: Callable
    generator_loss: Callable
