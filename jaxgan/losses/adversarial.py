"""Adversarial losses: scores in, one number per example out.

Scores are raw. For the cross-entropy rows a score is the log-odds of "real", so that the
discriminator of the papers is ``D(x) = sigmoid(score(x))``. Both functions of a row take
``(real, fake)`` in this order and are *minimised*, each by its own player.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jax.nn import softplus

from jaxgan.errors import UserError

Scores = jax.Array


class AdversarialLoss(NamedTuple):
    """The two objectives of a game.

    Attributes:
      critic: (real [B], fake [B]) -> [B], minimised by the critic.
      generator: (real [B], fake [B]) -> [B], minimised by the generator.
    """

    critic: Callable[[Scores, Scores], jax.Array]
    generator: Callable[[Scores, Scores], jax.Array]


def cross_entropy(real: Scores, fake: Scores) -> jax.Array:
    """-log D(real) - log(1 - D(fake)), the critic's loss of Goodfellow et al. 2014, eq. 1.

    ``-log sigmoid(s) = softplus(-s)`` keeps it finite for every finite score.

    Args:
      real: [B] scores of real examples.
      fake: [B] scores of generated examples.

    Returns:
      [B], each > 0; log 4 where the critic cannot tell (both scores 0).
    """
    return softplus(-real) + softplus(fake)


def saturating(real: Scores, fake: Scores) -> jax.Array:
    """log(1 - D(fake)), the generator's side of the minimax game (Goodfellow et al. 2014, eq. 1).

    Its slope in the score is -D(fake): it vanishes when the critic is sure.

    Args:
      real: [B], unused: the generator does not move it.
      fake: [B] scores of generated examples.

    Returns:
      [B], each < 0.
    """
    del real
    return -softplus(fake)


def non_saturating(real: Scores, fake: Scores) -> jax.Array:
    """-log D(fake), the generator's loss advised in Goodfellow et al. 2014, section 3.

    Its slope in the score is D(fake) - 1: strongest when the critic is sure.

    Args:
      real: [B], unused: the generator does not move it.
      fake: [B] scores of generated examples.

    Returns:
      [B], each > 0.
    """
    del real
    return softplus(-fake)


def swapped_cross_entropy(real: Scores, fake: Scores) -> jax.Array:
    """The critic's cross-entropy with the labels exchanged (Goodfellow 2016, section 3.2.3).

    -log D(fake) - log(1 - D(real)). The generator moves only the first term, so its gradient is
    that of ``non_saturating``; the value adds how sure the critic is of the real examples.

    Args:
      real: [B] scores of real examples.
      fake: [B] scores of generated examples.

    Returns:
      [B], each > 0.
    """
    return cross_entropy(fake, real)


def wasserstein_critic(real: Scores, fake: Scores) -> jax.Array:
    """f(fake) - f(real): minus the Kantorovich-Rubinstein gap (Arjovsky et al. 2017, eq. 2).

    Args:
      real: [B] scores of real examples.
      fake: [B] scores of generated examples.

    Returns:
      [B]; its mean is minus K times the Wasserstein-1 estimate of a K-Lipschitz critic.
    """
    return fake - real


def wasserstein_generator(real: Scores, fake: Scores) -> jax.Array:
    """-f(fake) (Arjovsky et al. 2017, algorithm 1, line 11).

    Args:
      real: [B], unused: the generator does not move it.
      fake: [B] scores of generated examples.

    Returns:
      [B].
    """
    del real
    return -fake


ADVERSARIAL = {
    "minimax": AdversarialLoss(cross_entropy, saturating),
    "non_saturating": AdversarialLoss(cross_entropy, non_saturating),
    "label_swapped": AdversarialLoss(cross_entropy, swapped_cross_entropy),
    "wasserstein": AdversarialLoss(wasserstein_critic, wasserstein_generator),
}


def smooth_real_label(loss: AdversarialLoss, amount: float) -> AdversarialLoss:
    """One-sided label smoothing: the critic's target for real examples is 1 - amount.

    With target t the real term is -t log D - (1 - t) log(1 - D) = softplus(-s) + (1 - t) s; the
    fake target stays 0 (Salimans et al. 2016, section 3.4).

    Args:
      loss: a row whose critic minimises ``cross_entropy``.
      amount: 0 <= amount < 1.

    Returns:
      The row with its critic smoothed; the generator's loss is unchanged.

    Raises:
      UserError: the row's critic has no labels to smooth, or the amount is out of range.
    """
    if loss.critic is not cross_entropy:
        known = [name for name, row in ADVERSARIAL.items() if row.critic is cross_entropy]
        raise UserError(
            "label_smoothing needs a loss whose critic is a classifier; "
            f"it goes with {', '.join(known)}."
        )
    if not 0 <= amount < 1:
        raise UserError(f"label_smoothing is {amount}; it must lie in [0, 1).")
    return loss._replace(critic=lambda real, fake: loss.critic(real, fake) + amount * real)
