import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import log
from scipy import stats

from jaxgan.build.parts import parts
from jaxgan.games import GAMES, LABELLED
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network

pytestmark = pytest.mark.usefixtures("strict_ranks")
PAIRS = [name for name, row in GAMES.items() if "generators" not in row.options]
EVERY_GAME = pytest.mark.parametrize("name", PAIRS)
LOSSES = ("minimax", "non_saturating", "label_swapped", "wasserstein")
B, CLASSES, KEYS = 4, 3, jax.random.split(jax.random.key(0), 4)
X, FAKE = np.random.default_rng(0).normal(size=(2, B, 2)).astype(np.float32)
LABELS = np.array([0, 2, 1, 2])
BATCH = {"x": jnp.asarray(X), "label": jnp.asarray(LABELS)}
ONE_HOT = np.eye(CLASSES)[LABELS]
# score = x . W + label . V, so that a wrong label shows.
W, V = np.array([1.0, -2.0]), np.array([0.5, -1.5, 3.0])
PARAMS = {"w": jnp.asarray(W), "v": jnp.asarray(V)}
TEN = {"trail": jnp.float32(0)}


class Spies:
    """Two networks that note how they are called; their mutables keep a trail of their inputs."""

    def __init__(self):
        self.generator_calls, self.critic_calls = [], []
        self.generator = Network(None, self.generate)
        self.critic = Network(None, self.judge)

    def generate(self, variables, z, label=None, *, train):
        self.generator_calls.append((z, label, train))
        return variables["params"] * z[:, :2], {"count": variables["count"] + 1}

    def judge(self, variables, x, label=None, *, keys, train):
        assert keys.shape == x.shape[:1]
        self.critic_calls.append((x, label, train))
        score = x @ variables["params"]["w"]
        if label is not None:
            score = score + label @ variables["params"]["v"]
        mutables = {name: value for name, value in variables.items() if name != "params"}
        return score, {name: 10 * value + x[0, 0] for name, value in mutables.items()}


def make(name, spies, loss="non_saturating", **options):
    classes = CLASSES if name in LABELLED else 0
    return GAMES[name](
        spies.generator, spies.critic, ADVERSARIAL[loss](), z_dim=5, classes=classes, **options
    )


def sees(call, x, label):
    np.testing.assert_array_equal(call[0], x)
    assert call[1] is None if label is None else np.array_equal(call[1], label)
    assert call[2] is True  # train


def scores(x, label):
    """[B] by hand; ``label`` one-hot or None."""
    return x @ W + (0 if label is None else label @ V)


def test_labelled_games_are_games():
    assert LABELLED == set(PAIRS) - {"unconditional"}


@EVERY_GAME
def test_generate(name):
    spies = Spies()
    fake, mutables = make(name, spies).generate({"params": 2.0, "count": 7}, BATCH, KEYS)
    ((z, label, train),) = spies.generator_calls
    assert z.shape == (B, 5) and len(np.unique(z)) == z.size
    assert train is True and mutables == {"count": 8}
    np.testing.assert_array_equal(fake, 2 * z[:, :2])
    if name in LABELLED:
        np.testing.assert_array_equal(label, ONE_HOT)
    else:
        assert label is None


@EVERY_GAME
@pytest.mark.parametrize("loss", LOSSES)
def test_who_meets_the_critic_and_what_it_costs(name, loss):
    spies = Spies()
    game = make(name, spies, loss)
    total, (mutables, metrics) = game.critic_loss(PARAMS, TEN, BATCH, FAKE, 0, KEYS)
    label = ONE_HOT if name in LABELLED else None
    first, second, *third = spies.critic_calls
    sees(first, X, label)
    sees(second, FAKE, label)
    real, fake = scores(X, label), scores(FAKE, label)
    means = {"real_score": real.mean(), "fake_score": fake.mean()}
    # The mutables of one call go into the next: real, then fake, then wrong.
    trail = 10 * X[0, 0] + FAKE[0, 0]
    if name == "matching_aware":
        ((_, wrong_label, _),) = third
        sees(third[0], X, wrong_label)
        assert np.all(np.argmax(wrong_label, 1) != LABELS)
        wrong = scores(X, np.asarray(wrong_label))
        means["wrong_score"] = wrong.mean()
        trail = 10 * trail + X[0, 0]
        if loss == "wasserstein":
            expected = np.mean((fake + wrong) / 2 - real)
        else:
            # Reed et al. 2016, algorithm 1: minus log s_r + (log(1 - s_w) + log(1 - s_f)) / 2.
            d_real, d_fake, d_wrong = (1 / (1 + np.exp(-s)) for s in (real, fake, wrong))
            expected = np.mean(-log(d_real) - (log(1 - d_fake) + log(1 - d_wrong)) / 2)
    else:
        assert not third
        expected = np.mean(ADVERSARIAL[loss]().critic(real, fake))
    np.testing.assert_allclose(total, expected, rtol=1e-5)
    np.testing.assert_allclose(mutables["trail"], trail, rtol=1e-5)
    assert metrics.keys() == {"critic_loss", *means}
    for key, value in {"critic_loss": total, **means}.items():
        assert metrics[key].shape == () and metrics[key].dtype == jnp.float32
        np.testing.assert_allclose(metrics[key], value, rtol=1e-5, atol=1e-6)


@EVERY_GAME
@pytest.mark.parametrize("loss", LOSSES)
def test_what_the_generator_is_told(name, loss):
    spies = Spies()
    game = make(name, spies, loss)
    variables = {"params": PARAMS, **TEN}

    def total(fake, x):
        return game.generator_loss(variables, {**BATCH, "x": x}, fake, 0, KEYS)

    (value, metrics), (in_fake, in_real) = jax.value_and_grad(total, (0, 1), has_aux=True)(
        jnp.asarray(FAKE), BATCH["x"]
    )
    label = ONE_HOT if name in LABELLED else None
    assert len(spies.critic_calls) == 2
    for _, seen, train in spies.critic_calls:
        assert train is True
        assert seen is None if label is None else np.array_equal(seen, label)
    real, fake = scores(X, label), scores(FAKE, label)
    np.testing.assert_allclose(value, np.mean(ADVERSARIAL[loss]().generator(real, fake)), rtol=1e-5)
    assert metrics == {"generator_loss": value}
    # Slopes of the losses in the scores: D - 1 for -log D, D for -log(1 - D); a mean over B rows.
    d_real, d_fake = (1 / (1 + np.exp(-s)) for s in (real, fake))
    slope = {"minimax": -d_fake, "wasserstein": -np.ones(B)}.get(loss, d_fake - 1)
    np.testing.assert_allclose(in_fake, slope[:, None] * W[None] / B, rtol=1e-5)
    slope = d_real if loss == "label_swapped" else np.zeros(B)
    np.testing.assert_allclose(in_real, slope[:, None] * W[None] / B, rtol=1e-5)


@EVERY_GAME
def test_penalties_are_weighed_and_see_what_the_critic_sees(name):
    seen = {}

    def penalty(critic, real, fake, keys):
        seen.update(real=real, fake=fake, keys=keys, score=critic.scores(2 * real))
        return jnp.array([1.0, 2.0, 3.0, 6.0])  # a mean of 3

    def other(critic, real, fake, keys):
        return jnp.full(B, 5.0)

    def loss(penalties):
        game = make(name, Spies(), penalties=penalties)
        total, (_, metrics) = game.critic_loss(PARAMS, {}, BATCH, FAKE, 0, KEYS)
        return total, metrics

    plain, plain_metrics = loss(())
    total, metrics = loss([("three", 10.0, penalty), ("five", 0.1, other)])
    np.testing.assert_allclose(total, plain + 30 + 0.5, rtol=1e-6)
    assert metrics == {**plain_metrics, "critic_loss": total, "three": 3, "five": 5}
    np.testing.assert_array_equal(seen["real"], X)
    np.testing.assert_array_equal(seen["fake"], FAKE)
    label = ONE_HOT if name in LABELLED else None
    np.testing.assert_allclose(seen["score"], scores(2 * X, label), rtol=1e-5)
    assert seen["keys"].shape == (B,)


@EVERY_GAME
def test_instance_noise_blurs_all_that_the_critic_sees(name):
    rows, step = 500, 3
    keys = jax.random.split(jax.random.key(1), rows)
    batch = {"x": jnp.full((rows, 2), 7.0), "label": jnp.arange(rows) % CLASSES}
    fake, blurred = jnp.full((rows, 2), -7.0), {}

    def penalty(critic, real, fake, keys):
        blurred.update(real=real, fake=fake)
        return jnp.zeros(rows)

    spies = Spies()
    game = make(name, spies, noise_level=lambda t: 0.1 * t, penalties=[("spy", 1.0, penalty)])
    game.critic_loss(PARAMS, {}, batch, fake, step, keys)
    real_seen, fake_seen, *wrong_seen = (call[0] for call in spies.critic_calls)
    for wrong in wrong_seen:
        np.testing.assert_array_equal(wrong, real_seen)
    np.testing.assert_array_equal(blurred["real"], real_seen)
    np.testing.assert_array_equal(blurred["fake"], fake_seen)
    spies.critic_calls.clear()
    game.generator_loss({"params": PARAMS}, batch, fake, step, keys)
    draws = [real_seen - 7, fake_seen + 7, *(call[0] for call in spies.critic_calls)]
    draws[2:] = [draws[2] - 7, draws[3] + 7]
    for draw in draws:
        assert stats.kstest(np.ravel(draw) / (0.1 * step), "norm").pvalue > 0.01
    # Real and fake have their own noise: |r| < 4 / sqrt(n).
    for pair in (draws[:2], draws[2:]):
        assert abs(np.corrcoef(np.ravel(pair[0]), np.ravel(pair[1]))[0, 1]) < 4 / 1000**0.5


def test_noise_levels():
    assert parts.noise_level(0.0, 100)(5) is None
    constant, linear = parts.noise_level(0.2, 0), parts.noise_level(0.2, 100)
    for step, level in ((0, 0.2), (25, 0.15), (100, 0), (10_000, 0)):
        assert constant(step) == 0.2
        np.testing.assert_allclose(linear(step), level, rtol=1e-6, atol=1e-8)
