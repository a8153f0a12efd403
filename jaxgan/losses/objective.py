"""What every adversarial loss is: one function of the scores for each player."""

from collections.abc import Callable
from typing import NamedTuple

import jax


class AdversarialLoss(NamedTuple):
    """The two objectives of a game.

    Attributes:
      critic: (real [B], fake [B]) -> [B], minimised by the critic.
      generator: (real [B], fake [B]) -> [B], minimised by the generator.
    """

    critic: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]
