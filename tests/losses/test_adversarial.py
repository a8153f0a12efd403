import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import log

from jaxgan.core.errors import UserError
from jaxgan.losses import ADVERSARIAL, classifiers, smooth_real_label, smoothed_middle

pytestmark = pytest.mark.usefixtures("strict_ranks")
CLASSIFIERS = ["minimax", "non_saturating", "without_log", "label_swapped"]

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
    ("without_log", "critic"): CROSS_ENTROPY,
    ("without_log", "generator"): (-1 / 5, 0, -4 / 25, -1 / 2),  # dD/ds = D (1 - D)
    ("label_swapped", "critic"): CROSS_ENTROPY,
    ("label_swapped", "generator"): (log(5) + log(4), 3 / 4, -4 / 5, log(4)),
    ("wasserstein", "critic"): (-log(4) - log(3), -1, 1, 0),
    ("wasserstein", "generator"): (log(4), 0, -1, 0),
    # (s_real - 1)^2 / 2 + s_fake^2 / 2 and (s_fake - 1)^2 / 2
    ("least_squares", "critic"): (
        ((log(3) - 1) ** 2 + log(4) ** 2) / 2,
        log(3) - 1,
        -log(4),
        1 / 2,
    ),
    ("least_squares", "generator"): ((log(4) + 1) ** 2 / 2, 0, -log(4) - 1, 1 / 2),
    # log 3 > 1 and -log 4 < -1: both beyond the margin
    ("hinge", "critic"): (0, 0, 0, 2),
    ("hinge", "generator"): (log(4), 0, -1, 0),
    # s_real - s_fake = log 12: log(1 + 1/12) one way, log(1 + 12) the other
    ("relativistic", "critic"): (log(13 / 12), -1 / 13, 1 / 13, log(2)),
    ("relativistic", "generator"): (log(13), 12 / 13, -12 / 13, log(2)),
}
ROWS = list(dict.fromkeys(name for name, _ in HAND))
LINEAR = [pair for pair in HAND if pair[0] != "least_squares"]  # for large scores


def function(name, player):
    return getattr(ADVERSARIAL[name](), player)


def slopes(loss, real, fake):
    """Slopes of each row's loss, in its own two scores."""
    return jax.grad(lambda pair: loss(*pair).sum())((jnp.asarray(real), jnp.asarray(fake)))


def test_the_table_is_whole():
    assert set(ROWS) == {name for name in ADVERSARIAL if not name.startswith("f_")}
    assert classifiers() == CLASSIFIERS


@pytest.mark.parametrize("name, player", HAND)
def test_values_and_slopes_by_hand(name, player):
    value, in_real, in_fake, at_zero = HAND[name, player]
    loss, real, fake = function(name, player), jnp.array([REAL, 0.0]), jnp.array([FAKE, 0.0])
    np.testing.assert_allclose(loss(real, fake), [value, at_zero], rtol=1e-6)
    real_slope, fake_slope = slopes(loss, real, fake)
    np.testing.assert_allclose([real_slope[0], fake_slope[0]], [in_real, in_fake], rtol=1e-6)


@pytest.mark.parametrize("name, player", LINEAR)
@pytest.mark.parametrize("size", [100.0, 1e4])
def test_finite_for_extreme_scores(name, player, size):
    real, fake = (x.ravel() for x in jnp.meshgrid(*[jnp.array([-size, 0, size])] * 2))
    loss = function(name, player)
    value = loss(real, fake)
    assert np.all(np.abs(value) <= 2 * size + 2)
    for slope in slopes(loss, real, fake):
        assert np.all(np.abs(slope) <= 1)
    # Sure and wrong: the loss pulls with its whole slope; log of a sigmoid would give NaN or 0.
    if (name, player) not in (("minimax", "generator"), ("without_log", "generator")):
        wrong = (-size, size) if player == "critic" else (size, -size)
        assert slopes(loss, jnp.array([wrong[0]]), jnp.array([wrong[1]]))[1] == (
            1 if player == "critic" else -1
        )


@pytest.mark.parametrize("name", [name for name in ROWS if name != "least_squares"])
def test_a_better_player_has_a_lower_loss(name):
    rng = np.random.default_rng(0)
    real, fake, better_by = rng.normal(size=(3, 200)) * 3
    better_by = abs(better_by)
    if name == "hinge":  # inside its margin; beyond, better costs the same
        real, fake, better_by = real.clip(max=0.9), fake.clip(min=-0.9), better_by.clip(max=0.1)
    critic, generator = ADVERSARIAL[name]()
    assert np.all(critic(real + better_by, fake) < critic(real, fake))
    assert np.all(critic(real, fake - better_by) < critic(real, fake))
    assert np.all(generator(real, fake + better_by) < generator(real, fake))


def test_hinge_inside_its_margin():
    critic, _ = ADVERSARIAL["hinge"]()
    # max(0, 1 - .25) + max(0, 1 - .5); both slopes are whole inside the margin.
    np.testing.assert_allclose(critic(jnp.array([0.25]), jnp.array([-0.5])), [1.25], rtol=1e-6)
    np.testing.assert_array_equal(slopes(critic, [0.25], [-0.5]), [[-1], [1]])


def test_least_squares_at_its_best_is_the_pearson_divergence():
    # Mao et al. 2017, eq. 8: targets (1, -1, 0), the best critic (p - q) / (p + q), and the
    # generator's loss against both, (E_p D^2 + E_q D^2) / 2, is chi^2(p + q from 2 q) / 2.
    p, q = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])
    targets = {"real_target": 1.0, "fake_target": -1.0, "generator_target": 0.0}
    critic, generator = ADVERSARIAL["least_squares"](**targets)
    best = jnp.asarray((p - q) / (p + q))
    real_end, fake_end = jnp.ones(4), -jnp.ones(4)  # where a term costs nothing
    slope = jax.grad(
        lambda scores: jnp.sum(p * critic(scores, fake_end) + q * critic(real_end, scores))
    )
    np.testing.assert_allclose(slope(best), 0, atol=1e-7)
    both = jnp.sum((p + q) * generator(best, best))
    np.testing.assert_allclose(both, np.sum((2 * q - (p + q)) ** 2 / (p + q)) / 2, rtol=1e-6)


def test_swapped_labels_move_the_generator_as_non_saturating_does():
    real, fake = np.random.default_rng(1).normal(size=(2, 50)).astype(np.float32) * 4
    pulls = [
        slopes(function(name, "generator"), real, fake)[1]
        for name in ("label_swapped", "non_saturating")
    ]
    np.testing.assert_array_equal(*pulls)


def test_minimax_is_zero_sum_in_what_the_generator_moves():
    real, fake = np.random.default_rng(2).normal(size=(2, 50)).astype(np.float32) * 4
    critic, generator = ADVERSARIAL["minimax"]()
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
        return jnp.sum(p[i] * q[j] * function(name, "critic")(scores[i], scores[j]))

    best = jnp.asarray(log(p / q))
    np.testing.assert_allclose(mean_loss(best), log(4) - 2 * js, rtol=1e-6)
    np.testing.assert_allclose(jax.grad(mean_loss)(best), 0, atol=1e-7)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("amount", [0.0, 0.1, 0.3])
def test_smoothed_label_is_the_cross_entropy_with_a_soft_target(name, amount):
    row = ADVERSARIAL[name]()
    smoothed = smooth_real_label(row, amount)
    real, fake = np.random.default_rng(3).normal(size=(2, 50)) * 3
    d_real, d_fake, target = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake)), 1 - amount
    expected = -target * log(d_real) - (1 - target) * log(1 - d_real) - log(1 - d_fake)
    np.testing.assert_allclose(smoothed.critic(real, fake), expected, rtol=1e-5)
    assert smoothed.generator is row.generator
    # Of an example that is as often real as fake, the best score is where both slopes cancel.
    middle = jnp.full(1, smoothed_middle(amount))
    down, up = jax.grad(lambda *scores: smoothed.critic(*scores).sum(), (0, 1))(middle, middle)
    assert abs(down + up) < 1e-6 and smoothed_middle(0.0) == 0


def test_smoothing_errors():
    with pytest.raises(
        UserError, match="goes with minimax, non_saturating, without_log, label_swapped"
    ):
        smooth_real_label(ADVERSARIAL["wasserstein"](), 0.1)
    for amount in (-0.1, 1.0):
        with pytest.raises(UserError, match=r"must lie in \[0, 1\)"):
            smooth_real_label(ADVERSARIAL["minimax"](), amount)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_scores_must_have_one_shape(name):
    for player in ADVERSARIAL[name]():
        for shape in ((4,), (4, 3, 3)):  # one score an example, or one a patch
            scores = jax.ShapeDtypeStruct(shape, "float32")
            assert jax.eval_shape(player, scores, scores).shape == shape
        for shapes in (((4,), (4, 1)), ((4, 1), (4,)), ((4,), (1,)), ((4,), ()), ((), ())):
            with pytest.raises(AssertionError, match="scores"):
                jax.eval_shape(player, *(jax.ShapeDtypeStruct(s, "float32") for s in shapes))


def test_a_smoothed_critic_wants_one_shape_too():
    with pytest.raises(AssertionError, match="scores"):
        smooth_real_label(ADVERSARIAL["minimax"](), 0.1).critic(jnp.ones(4), jnp.ones((4, 1)))
