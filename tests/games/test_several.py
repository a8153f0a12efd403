import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import log

from jaxgan.core.errors import UserError
from jaxgan.games import GAMES, Shown, draw
from jaxgan.games.several import real_log_odds
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network

pytestmark = pytest.mark.usefixtures("strict_ranks")
B, K = 3, 2
KEYS = jax.random.split(jax.random.key(0), B)
RNG = np.random.default_rng(0)
X, FAKE = RNG.normal(size=(B, 2)).astype(np.float32), RNG.normal(size=(B, K, 2)).astype(np.float32)
BATCH = {"x": jnp.asarray(X)}
W = RNG.normal(size=(2, K + 1)).astype(np.float32)


def judge(variables, given, *, keys=None, train):
    x = given["x"]
    assert keys is None if not train else keys.shape == x.shape[:1]
    trail = 10 * variables.get("trail", 0.0) + x[0, 0]
    return {"score": x @ variables["params"], "features": x}, {"trail": trail}


def generate(variables, given, *, keys, train):
    assert train is True
    return {"x": variables["params"] * given["z"][..., :2]}, {"count": 1}


CRITIC = Network(None, judge, ("x",))
MADE = {"x": jnp.asarray(FAKE)}


def make(loss="non_saturating", generators=K, **options):
    rules = GAMES["multi_generator"]
    drawn = {"generators": generators, "z_dim": 5, "z": "normal"}
    return rules.build(
        Network(None, generate, ("z",)),
        CRITIC,
        ADVERSARIAL[loss](),
        draw=draw.compose(*(each(drawn, {}) for each in rules.draws)),
        generators=generators,
        **options,
    )


def softmax(scores):
    e = np.exp(scores)
    return e / e.sum(axis=-1, keepdims=True)


def test_each_generator_makes_one_fake_a_row():
    game = make()
    given = game.draw(BATCH, KEYS, 0)
    assert given.keys() == {"x", "z"} and given["x"] is BATCH["x"]
    made, mutables = game.generate({"params": 2.0}, given, KEYS, train=True)
    assert made.keys() == {"x"} and mutables == {"count": 1}
    fake = made["x"]
    assert fake.shape == (B, K, 2) and len(np.unique(fake)) == fake.size
    # Row i from key i alone.
    for row, key in zip(fake, KEYS, strict=True):
        np.testing.assert_array_equal(row, 2 * jax.random.normal(key, (K, 5))[:, :2])


def test_log_odds_of_real():
    scores = RNG.normal(size=(4, K + 1))
    real = softmax(scores)[:, -1]
    np.testing.assert_allclose(real_log_odds(scores), log(real / (1 - real)), rtol=1e-5)


def test_the_critic_tells_the_sources_apart():
    """Ghosh et al. 2018, eq. 5: -log D_{k+1}(real) - sum_i log D_i(G_i(z))."""
    game = make()
    total, (mutables, metrics) = game.critic_loss(
        jnp.asarray(W), {"trail": jnp.float32(0)}, BATCH, MADE, 0, KEYS
    )
    told = softmax(FAKE @ W)[:, np.arange(K), np.arange(K)]  # generator i's fake as i's
    expected = -log(softmax(X @ W)[:, -1]) - log(told).sum(axis=1)
    np.testing.assert_allclose(total, expected.mean(), rtol=1e-5)
    np.testing.assert_allclose(metrics["generator_told"], told.mean(), rtol=1e-5)
    np.testing.assert_allclose(mutables["trail"], 10 * X[0, 0] + FAKE[0, 0, 0], rtol=1e-5)


@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_each_generator_is_told_how_real_it_looks(loss):
    game = make(loss)

    def total(fake):
        return game.generator_loss({"params": jnp.asarray(W)}, BATCH, {"x": fake}, 0, KEYS)[0]

    value, slope = jax.value_and_grad(total)(jnp.asarray(FAKE))
    real = softmax(FAKE @ W)[..., -1]
    each = log(1 - real) if loss == "minimax" else -log(real)
    np.testing.assert_allclose(value, each.sum(axis=1).mean(), rtol=1e-5)
    # As if each generator were alone: the mean over its own B fakes.
    alone = jax.grad(lambda one: total(jnp.stack([one, jnp.asarray(FAKE[:, 1])], axis=1)))
    np.testing.assert_allclose(alone(jnp.asarray(FAKE[:, 0])), slope[:, 0], rtol=1e-5)


def test_generators_gain_least_where_their_mean_is_the_data():
    """Ghosh et al. 2018, theorem 1: k log k - (k+1) log(k+1) at p_d = mean p_i, else more.

    On three points: the best critic's scores are the logarithms of the densities, and the value is
    E_d log D_real + sum_i E_i log(1 - D_real).
    """
    saturating = ADVERSARIAL["minimax"]().generator
    parts = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])

    def value(data):
        odds = real_log_odds(jnp.log(np.concatenate([parts, data[None]]).T))
        log_real = -jax.nn.softplus(-odds)
        return np.sum(data * log_real) + np.sum(parts * saturating(odds, odds)[None])

    best = value(parts.mean(axis=0))
    np.testing.assert_allclose(best, K * log(K) - (K + 1) * log(K + 1), rtol=1e-6)
    for other in ([0.3, 0.3, 0.4], [0.45, 0.25, 0.3], [0.8, 0.1, 0.1]):
        assert value(np.array(other)) > best + 1e-3


def test_a_penalty_sees_one_fake_a_row_and_the_log_odds():
    seen = {}

    def penalty(critic, real, fake, keys):
        seen.update(real=real, fake=fake, scores=critic.scores(fake))
        seen.update(features=critic.features(real, keys)[1])
        return jnp.full(len(real), 3.0)

    plain, _ = make().critic_loss(jnp.asarray(W), {}, BATCH, MADE, 0, KEYS)
    game = make(penalties=[("three", 2.0, penalty)])
    total, (_, metrics) = game.critic_loss(jnp.asarray(W), {}, BATCH, MADE, 0, KEYS)
    np.testing.assert_allclose(total, plain + 6, rtol=1e-5)
    assert metrics["three"] == 3
    for row, one in zip(FAKE, seen["fake"], strict=True):
        assert any(np.array_equal(one, fake) for fake in row)
    np.testing.assert_allclose(
        seen["scores"], real_log_odds(np.asarray(seen["fake"]) @ W), rtol=1e-5
    )
    np.testing.assert_array_equal(seen["features"], X)


def test_the_adversarial_weight_is_the_generators():
    variables = {"params": jnp.asarray(W)}
    plain, half = make(), make(adversarial=0.5)
    totals = [game.generator_loss(variables, BATCH, MADE, 0, KEYS)[0] for game in (plain, half)]
    np.testing.assert_allclose(totals[1], totals[0] / 2, rtol=1e-6)
    totals = [
        game.critic_loss(variables["params"], {}, BATCH, MADE, 0, KEYS)[0] for game in (plain, half)
    ]
    assert totals[0] == totals[1]


def test_what_there_is_to_look_at():
    game = make()
    shown = game.show(BATCH, {"x": FAKE})
    assert list(shown) == ["generator 0", "generator 1"]
    for i, one in enumerate(shown.values()):
        np.testing.assert_array_equal(one.made, FAKE[:, i])
        assert one == Shown(one.made)
    found = game.realness({"params": jnp.asarray(W)}, BATCH)
    real = softmax(X @ W)[:, -1]
    np.testing.assert_allclose(found, log(real / (1 - real)), rtol=1e-5)


def test_errors():
    with pytest.raises(
        UserError, match="must be minimax, non_saturating, without_log, label_swapped"
    ):
        make("wasserstein")
