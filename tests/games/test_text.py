"""Games of captions by hand: what is wrong, what lies between, how a code is drawn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from jaxgan.games.text import divergence, text_game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network

B, KEYS = 4, jax.random.split(jax.random.key(0), 4)
RNG = np.random.default_rng(0)
X, CAPTION = RNG.normal(size=(2, B, 2)).astype(np.float32)
OTHER = np.concatenate([CAPTION[:1], RNG.normal(size=(B - 1, 2)).astype(np.float32)])
W, V = np.array([1.0, -2.0]), np.array([0.5, 3.0])
GIVEN = {"z": X[::-1], "x": X, "caption": CAPTION, "other_caption": OTHER}
GIVEN = {name: jnp.asarray(array) for name, array in GIVEN.items()}
CODE = {"mean": jnp.array([[1.0, 0.0]] * B), "log_std": jnp.array([[0.0, 0.5]] * B)}


def generate(variables, given, *, keys, train):
    code = CODE if variables["params"] > 2 else {}
    x = variables["params"] * given["caption"] + given["z"]
    return {"x": x, **code}, {"passes": variables["passes"] + 1}


def judge(variables, given, *, keys=None, train):
    score = given["x"] @ jnp.asarray(W) + given["caption"] @ jnp.asarray(V)
    return {"score": variables["params"] * score, "features": given["x"]}, {}


def make(judge=judge, **options):
    generator = Network(None, generate, ("z", "caption"))
    critic = Network(None, judge, ("x", "caption"))
    loss = ADVERSARIAL["wasserstein"]()
    return text_game(generator, critic, loss, draw=lambda batch, keys, step: batch, **options)


def scores(x, caption):
    return x @ W + caption @ V


@pytest.mark.parametrize("matching", [True, False])
def test_a_real_image_under_anothers_caption_is_wrong(matching):
    """Row 0 has the same caption twice: there the wrong one is no caption, zeros."""
    game = make(matching=matching)
    made, _ = game.generate({"params": 2.0, "passes": 0}, GIVEN, KEYS, train=True)
    assert made.keys() == {"x"}
    real, fake = scores(X, CAPTION), scores(np.asarray(made["x"]), CAPTION)
    wrong = scores(X, np.concatenate([np.zeros((1, 2)), OTHER[1:]]))
    expected = np.mean(fake - real)
    if matching:
        expected = (expected + np.mean(wrong - real)) / 2
    total, (_, metrics) = game.critic_loss(1.0, {}, GIVEN, made, 0, KEYS)
    np.testing.assert_allclose(total, expected, rtol=1e-5)
    assert ("wrong_score" in metrics) == matching


def test_what_lies_between_two_captions():
    """Half as many more images, of a third of the weight; statistics move in both passes."""
    game = make(between=True)
    made, mutables = game.generate({"params": 2.0, "passes": 0}, GIVEN, KEYS, train=True)
    middle = (CAPTION[::2] + OTHER[::2]) / 2
    expected = 2 * middle + X[::-1][::2]
    assert mutables == {"passes": 2}
    np.testing.assert_allclose(made["x_between"], expected, rtol=1e-5)
    asked = []

    def heard(variables, given, *, keys=None, train):
        asked.append(jax.random.key_data(keys))
        return judge(variables, given, keys=keys, train=train)

    game = make(between=True, judge=heard)
    total, metrics = game.generator_loss({"params": 1.0}, GIVEN, made, 0, KEYS)
    # Critics draw of other keys there than in the first pass.
    first, again = np.concatenate(asked[:2]), np.concatenate(asked[2:])
    assert (len(first), len(again)) == (2 * B, B)
    assert not (again[:, None] == first[None]).all(axis=2).any()
    first, more = scores(2 * CAPTION + X[::-1], CAPTION), scores(expected, middle)
    np.testing.assert_allclose(total, -(first.sum() + more.sum()) / 6, rtol=1e-5)
    np.testing.assert_allclose(metrics["between_loss"], -more.mean(), rtol=1e-5)
    seen, mutables = game.generate({"params": 2.0, "passes": 0}, GIVEN, KEYS, train=False)
    assert seen.keys() == {"x"} and mutables == {"passes": 1}


def test_a_drawn_code_is_held_near_the_normal_distribution():
    """(1 + 1 - 1) / 2 - 0 and (0 + e - 1) / 2 - 0.5, by an integral; their mean, twice."""

    def by_integral(mean, std):
        p, q = stats.norm(mean, std), stats.norm()
        return integrate.quad(lambda t: p.pdf(t) * (p.logpdf(t) - q.logpdf(t)), -15, 15)[0]

    expected = (by_integral(1, 1) + by_integral(0, np.exp(0.5))) / 2
    np.testing.assert_allclose(divergence(**_named()), expected, rtol=1e-5)
    losses = []
    for weight in (0.0, 2.0):
        game = make(augmentation=weight)
        made, _ = game.generate({"params": 3.0, "passes": 0}, GIVEN, KEYS, train=True)
        losses.append(game.generator_loss({"params": 1.0}, GIVEN, made, 0, KEYS)[0])
    np.testing.assert_allclose(losses[1] - losses[0], 2 * expected, rtol=1e-4)


def _named():
    return {"average": CODE["mean"], "log_std": CODE["log_std"]}


def test_what_there_is_to_look_at():
    (shown,) = make().show(GIVEN, {"x": X}).values()
    assert shown.truth is GIVEN["x"] and shown.given is None and shown.label is None
