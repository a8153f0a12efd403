"""Adversarial losses: scores in, one number per example out.

Scores are raw. For the cross-entropy rows a score is the log-odds of "real", so that the
discriminator of the papers is ``D(x) = sigmoid(score(x))``. Both functions of a row take
``(real, fake)`` in this order and are *minimised*, each by its own player. Those of a row want both
in one shape: [B] beside [B, 1] is an ``AssertionError`` while tracing, and not [B, B].
"""

import inspect
import math

import jax
from jax.nn import relu, sigmoid, softplus

from jaxgan.core.errors import UserError
from jaxgan.core.table import Row, doc_of
from jaxgan.losses.fgan import F_ROWS
from jaxgan.losses.objective import AdversarialLoss, of_one_shape

Scores = jax.Array


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


def without_log(real: Scores, fake: Scores) -> jax.Array:
    """-D(fake): the generator climbs D itself, as lectures print in their algorithm.

    Goodfellow et al. 2014 have the logarithm of ``saturating`` there. The slope in the score is
    -D(fake) (1 - D(fake)): it vanishes when the critic is sure of either answer.

    Args:
      real: [B], unused: the generator does not move it.
      fake: [B] scores of generated examples.

    Returns:
      [B], each in (-1, 0).
    """
    del real
    return -sigmoid(fake)


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


def least_squares(
    *, real_target: float, fake_target: float, generator_target: float
) -> AdversarialLoss:
    """Least squares (Mao et al. 2017, eq. 2, with its factors 1/2).

    The critic minimises (real - b)^2 / 2 + (fake - a)^2 / 2 and the generator (fake - c)^2 / 2,
    with a, b the targets of fake and real, c what the generator wants to be taken for. For
    b - c = 1 and b - a = 2, as (1, -1, 0), the best critic is (p - q) / (p + q), and the
    generator's objective, with the term (real - c)^2 / 2 that it does not move, is Pearson's
    chi-squared of q from (p + q) / 2.

    Returns:
      ``AdversarialLoss``; both values are >= 0.
    """
    return AdversarialLoss(
        critic=lambda real, fake: ((real - real_target) ** 2 + (fake - fake_target) ** 2) / 2,
        generator=lambda real, fake: (fake - generator_target) ** 2 / 2,
    )


def hinge_critic(real: Scores, fake: Scores) -> jax.Array:
    """max(0, 1 - real) + max(0, 1 + fake) (Lim and Ye 2017; Miyato et al. 2018, eq. 16).

    Args:
      real: [B] scores of real examples; beyond 1 they cost nothing.
      fake: [B] scores of generated examples; below -1 they cost nothing.

    Returns:
      [B], each >= 0; 2 where the critic cannot tell (both scores 0).
    """
    return relu(1 - real) + relu(1 + fake)


def relativistic_critic(real: Scores, fake: Scores) -> jax.Array:
    """-log sigmoid(real - fake): is this pair the right way round? (Jolicoeur-Martineau 2018).

    The pairing form, RpGAN, which R3GAN builds on (Huang et al. 2024, eq. 2): rows are pairs.

    Args:
      real: [B] scores of real examples.
      fake: [B] scores of generated examples.

    Returns:
      [B], each > 0; log 2 where the critic cannot tell.
    """
    return softplus(fake - real)


def relativistic_generator(real: Scores, fake: Scores) -> jax.Array:
    """-log sigmoid(fake - real), the same question with the roles exchanged.

    Args:
      real: [B] scores of real examples, against which each fake is measured.
      fake: [B] scores of generated examples.

    Returns:
      [B], each > 0.
    """
    return softplus(real - fake)


def _fixed(about, critic, generator, **facts):
    """A row without options; what it says is ``about``, and what its two sides minimise."""
    sides = {"critic": critic, "generator": generator}
    said = [f"The {side} minimises\n\n{inspect.getdoc(of)}" for side, of in sides.items()]
    loss = AdversarialLoss(critic, generator)
    return Row(lambda: loss, doc="\n\n".join([about, *said]), facts=facts)


def _checked(row):
    """The row whose losses refuse scores of two shapes."""
    return row._replace(build=lambda **options: of_one_shape(row.build(**options)), doc=doc_of(row))


_ROWS = {
    "minimax": _fixed(
        "One value for both sides (Goodfellow et al. 2014, eq. 1).",
        cross_entropy,
        saturating,
        centred=True,
    ),
    "non_saturating": _fixed(
        "The generator minimises -log D(fake) (Goodfellow et al. 2014, section 3).",
        cross_entropy,
        non_saturating,
        centred=True,
    ),
    "without_log": _fixed(
        "The generator climbs D itself, as lectures print it.",
        cross_entropy,
        without_log,
        centred=True,
    ),
    "label_swapped": _fixed(
        "Both sides have one cross-entropy, with labels exchanged (Goodfellow 2016, 3.2.3).",
        cross_entropy,
        swapped_cross_entropy,
        centred=True,
    ),
    "wasserstein": _fixed(
        "The critic's mean difference (Arjovsky et al. 2017); it needs a bound on its slope.",
        wasserstein_critic,
        wasserstein_generator,
        estimate=True,
        pairs=True,
    ),
    "least_squares": Row(
        least_squares, {"real_target": 1.0, "fake_target": 0.0, "generator_target": 1.0}
    ),
    "hinge": _fixed(
        "A critic with a margin (Lim and Ye 2017; Miyato et al. 2018, eq. 16 and 17).",
        hinge_critic,
        wasserstein_generator,
        centred=True,
    ),
    "relativistic": _fixed(
        "Which of a pair is real? The pairing form (Jolicoeur-Martineau 2018), of R3GAN, too.",
        relativistic_critic,
        relativistic_generator,
        pairs=True,
    ),
    **F_ROWS,
}
# The fact ``estimate``: mean real score - mean fake score is the critic's estimate of a distance.
# The fact ``pairs``: differences of a real and a fake score alone count, and 0 is no limit.
# The fact ``centred``: with any options, the score where as much is real as fake is 0.
ADVERSARIAL = {name: _checked(row) for name, row in _ROWS.items()}


def is_classifier(loss: AdversarialLoss) -> bool:
    """Whether the critic's scores are log-odds, learned by cross-entropy."""
    return inspect.unwrap(loss.critic) is cross_entropy


def classifiers() -> list[str]:
    """The names of the rows whose critic is a classifier."""
    return [name for name, row in ADVERSARIAL.items() if is_classifier(row())]


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
    if not is_classifier(loss):
        raise UserError(
            "label_smoothing needs a loss whose critic is a classifier; "
            f"it goes with {', '.join(classifiers())}."
        )
    if not 0 <= amount < 1:
        raise UserError(f"label_smoothing is {amount}; it must lie in [0, 1).")
    return loss._replace(critic=lambda real, fake: loss.critic(real, fake) + amount * real)


def smoothed_middle(amount: float) -> float:
    """The best score, so smoothed, of an example that is as often real as fake; 0 by no amount.

    There -t log D - (1 - t) log(1 - D) - log(1 - D) is least at D = t / 2, for t = 1 - amount, and
    the score is log D / (1 - D) = log (1 - amount) / (1 + amount).
    """
    return math.log1p(-amount) - math.log1p(amount)
