import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import log

from jaxgan.errors import UserError
from jaxgan.losses import ADVERSARIAL, smooth_real_label

pytestmark = pytest.mark.usefixtures("strict_ranks")
EVERY_ROW = pytest.mark.parametrize("name", ADVERSARIAL)
CLASSIFIERS = ["minimax", "non_saturating", "label_swapped"]

# A score is the log-odds of "real", D = sigmoid(score):
#   real = log 3  = log(3/4 / 1/4): D(real) = 3/4, -log D = log(4/3), -log(1 - D) = log 4
#   fake = -log 4 = log(1/5 / 4/5): D(fake) = 1/5, -log D = log 5,    -log(1 - D) = log(5/4)
# d(-log D)/ds = D - 1 and d(-log(1 - D))/ds = D.
REAL, FAKE = log(3), -log(4)
# row, player -> value, slope in real, slope in fake, value at scores (0, 0), where D = 1/2
CROSS_ENTROPY = (log(4 / 3) + log(5 / 4), -1 / 4, 1 / 5, log(4))
HAND = {
    ("minimax", "critic"): CROSS_ENTROPY,
    ("minimax", "generator"): (-log(5 / 4), 0, -1 / 5, -log(2)),
    ("non_saturating", "critic"): CROSS_ENTROPY,
    ("non_saturating", "generator"): (log(5), 0, -4 / 5, log(2)),
    ("label_swapped", "critic"): CROSS_ENTROPY,
    ("label_swapped", "generator"): (log(5) + log(4), 3 / 4, -4 / 5, log(4)),
    ("wasserstein", "critic"): (-log(4) - log(3), -1, 1, 0),
    ("wasserstein", "generator"): (log(4), 0, -1, 0),
}


def function(name, player):
    return getattr(ADVERSARIAL[name], player)


def slopes(loss, real, fake):
    """Slopes of each row's loss, in its own two scores."""
    return jax.grad(lambda pair: loss(*pair).sum())((jnp.asarray(real), jnp.asarray(fake)))


def test_the_table_is_whole():
    assert {name for name, _ in HAND} == set(ADVERSARIAL)


@pytest.mark.parametrize("name, player", HAND)
def test_values_and_slopes_by_hand(name, player):
    value, in_real, in_fake, at_zero = HAND[name, player]
    loss, real, fake = function(name, player), jnp.array([REAL, 0.0]), jnp.array([FAKE, 0.0])
    np.testing.assert_allclose(loss(real, fake), [value, at_zero], rtol=1e-6)
    real_slope, fake_slope = slopes(loss, real, fake)
    np.testing.assert_allclose([real_slope[0], fake_slope[0]], [in_real, in_fake], rtol=1e-6)


@pytest.mark.parametrize("name, player", HAND)
@pytest.mark.parametrize("size", [100.0, 1e4])
def test_finite_for_extreme_scores(name, player, size):
    real, fake = (x.ravel() for x in jnp.meshgrid(*[jnp.array([-size, 0, size])] * 2))
    loss = function(name, player)
    value = loss(real, fake)
    assert np.all(np.abs(value) <= 2 * size + 2)
    for slope in slopes(loss, real, fake):
        assert np.all(np.abs(slope) <= 1)
    # Sure and wrong: the loss pulls with its whole slope; log of a sigmoid would give NaN or 0.
    if (name, player) != ("minimax", "generator"):
        wrong = (-size, size) if player == "critic" else (size, -size)
        assert slopes(loss, jnp.array([wrong[0]]), jnp.array([wrong[1]]))[1] == (
            1 if player == "critic" else -1
        )


@EVERY_ROW
def test_a_better_player_has_a_lower_loss(name):
    rng = np.random.default_rng(0)
    real, fake, better_by = rng.normal(size=(3, 200)) * 3
    better_by = abs(better_by)
    critic, generator = ADVERSARIAL[name]
    assert np.all(critic(real + better_by, fake) < critic(real, fake))
    assert np.all(critic(real, fake - better_by) < critic(real, fake))
    assert np.all(generator(real, fake + better_by) < generator(real, fake))


def test_swapped_labels_move_the_generator_as_non_saturating_does():
    real, fake = np.random.default_rng(1).normal(size=(2, 50)).astype(np.float32) * 4
    pulls = [
        slopes(function(name, "generator"), real, fake)[1]
        for name in ("label_swapped", "non_saturating")
    ]
    np.testing.assert_array_equal(*pulls)


def test_minimax_is_zero_sum_in_what_the_generator_moves():
    real, fake = np.random.default_rng(2).normal(size=(2, 50)).astype(np.float32) * 4
    critic, generator = ADVERSARIAL["minimax"]
    both = slopes(lambda *scores: critic(*scores) + generator(*scores), real, fake)
    assert np.all(both[1] == 0)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_optimal_critic_measures_the_jensen_shannon_divergence(name):
    # Goodfellow et al. 2014: D* = p / (p + q), a score of log(p / q), and the critic's loss is
    # log 4 - 2 JS(p, q), its least value. Every pair (i, j) is a row, with weight p_i q_j.
    p, q = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])
    m = (p + q) / 2
    js = (np.sum(p * log(p / m)) + np.sum(q * log(q / m))) / 2
    i, j = (index.ravel() for index in np.indices((4, 4)))

    def mean_loss(scores):
        return jnp.sum(p[i] * q[j] * ADVERSARIAL[name].critic(scores[i], scores[j]))

    best = jnp.asarray(log(p / q))
    np.testing.assert_allclose(mean_loss(best), log(4) - 2 * js, rtol=1e-6)
    np.testing.assert_allclose(jax.grad(mean_loss)(best), 0, atol=1e-7)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("amount", [0.0, 0.1, 0.3])
def test_smoothed_label_is_the_cross_entropy_with_a_soft_target(name, amount):
    row = ADVERSARIAL[name]
    smoothed = smooth_real_label(row, amount)
    real, fake = np.random.default_rng(3).normal(size=(2, 50)) * 3
    d_real, d_fake, target = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake)), 1 - amount
    expected = -target * log(d_real) - (1 - target) * log(1 - d_real) - log(1 - d_fake)
    np.testing.assert_allclose(smoothed.critic(real, fake), expected, rtol=1e-5)
    assert smoothed.generator is row.generator


def test_smoothing_errors():
    with pytest.raises(UserError, match="goes with minimax, non_saturating, label_swapped"):
        smooth_real_label(ADVERSARIAL["wasserstein"], 0.1)
    for amount in (-0.1, 1.0):
        with pytest.raises(UserError, match=r"must lie in \[0, 1\)"):
            smooth_real_label(ADVERSARIAL["minimax"], amount)
