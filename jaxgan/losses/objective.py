"""What every adversarial loss is: one function of the scores for each player."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import chex
import jax


class AdversarialLoss(NamedTuple):
    """The two objectives of a game.

    Attributes:
      critic: (real [B], fake [B]) -> [B], minimised by the critic.
      generator: (real [B], fake [B]) -> [B], minimised by the generator.
    """

    critic: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]


def of_one_shape(loss: AdversarialLoss) -> AdversarialLoss:
    """The same loss, which refuses scores of two shapes while it is traced.

    [B] beside [B, 1] would broadcast to [B, B], whose mean still looks like a loss. Any one shape
    will do: [B], or [B, h, w] for the scores of patches. Inside, ``inspect.unwrap`` finds the
    functions as they were.

    Raises:
      AssertionError: from either function, where shapes differ or are [].
    """
    return AdversarialLoss(*map(_of_one_shape, loss))


def _of_one_shape(player):
    @functools.wraps(player)
    def checked(real, fake):
        chex.assert_equal_shape([real, fake], custom_message="real and fake scores")
        chex.assert_shape(real, (None, ...), custom_message="scores are [B] or [B, ...]")
        return player(real, fake)

    return checked
