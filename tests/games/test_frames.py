"""The next frame at four scales, by networks that can be computed by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.core.errors import UserError
from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL, DISTANCES
from jaxgan.models.network import Network

B, SIDE, KEYS = 2, 8, jax.random.split(jax.random.key(0), 2)
RNG = np.random.default_rng(0)
SCALES = ("x", "x_2", "x_4", "x_8")


def images(channels):
    return jnp.asarray(RNG.uniform(-1, 1, (B, SIDE, SIDE, channels)), jnp.float32)


def of_scale(x, name):
    """Means of squares of pixels, the slow way."""
    n = 1 if name == "x" else int(name[2:])
    blocks = np.asarray(x).reshape(B, SIDE // n, n, SIDE // n, n, -1)
    return blocks.mean(axis=(2, 4))


def make(**options):
    """The generator halves its last frame and adds the first; the critic's score is a mean."""
    seen = []

    def generate(variables, given, *, keys=None, train):
        frames = given["source"]
        return {"x": frames[..., -1:] / 2 + frames[..., :1], "x_2": jnp.full((B, 4, 4, 1), 0.5)}, {}

    def judge(variables, given, *, keys=None, train):
        seen.append({name: np.asarray(given[name]) for name in (*SCALES, "source")})
        scores = [variables["params"] * given[name].mean((1, 2, 3)) for name in SCALES]
        return {"score": jnp.stack(scores, axis=1), "features": given["x"].reshape(B, -1)}, {}

    rules = GAMES["frames"]
    generator = Network(None, generate, rules.generator)
    critic = Network(None, judge, rules.critic)
    (draw,) = (each({}, {}) for each in rules.draws)
    loss = ADVERSARIAL["wasserstein"]()
    return rules.build(generator, critic, loss, draw=draw, heads=(), **options), seen


BATCH = {"x": images(1), "source": images(3), "future": images(2)}


def test_every_scale_is_played():
    """Made where the generator makes it, else of what it made; scores and terms are means."""
    game, seen = make(terms=[("l2", 3.0, DISTANCES["l2"]())], adversarial=0.5)
    given = game.draw(BATCH, KEYS, 0)
    made, _ = game.generate({}, given, KEYS, train=True)
    assert made.keys() == set(SCALES) and np.all(made["x_2"] == 0.5)
    for name in SCALES:
        np.testing.assert_allclose(given[name], of_scale(BATCH["x"], name), atol=1e-6)
        if name != "x_2":
            np.testing.assert_allclose(made[name], of_scale(made["x"], name), atol=1e-6)
    loss, (_, metrics) = game.critic_loss(jnp.float32(2.0), {}, given, made, 0, KEYS)
    for call, images_ in zip(seen, (given, made), strict=True):
        np.testing.assert_array_equal(call["source"], BATCH["source"])
        for name in SCALES:
            np.testing.assert_array_equal(call[name], images_[name])
    real, fake = (2 * np.mean([np.mean(x[name]) for name in SCALES]) for x in (given, made))
    np.testing.assert_allclose([loss, metrics["real_score"]], [fake - real, real], rtol=1e-4)
    total, metrics = game.generator_loss({"params": jnp.float32(2.0)}, given, made, 0, KEYS)
    squares = np.mean([np.mean((made[name] - given[name]) ** 2) for name in SCALES])
    np.testing.assert_allclose(metrics["l2"], squares, rtol=1e-5)
    np.testing.assert_allclose(total, 3 * squares - 0.5 * fake, rtol=1e-4)


def test_rolling_out_goes_on_with_what_was_made():
    """Of frames a, b, c: x = c/2 + a, then x/2 + b, then that/2 + c; the truth lies beside."""
    game, _ = make()
    given = game.draw(BATCH, KEYS, 0)
    made, _ = game.generate({}, given, KEYS, train=False)
    a, b, c = (np.asarray(BATCH["source"])[..., i : i + 1] for i in range(3))
    first = c / 2 + a
    second = first / 2 + b
    expected = np.concatenate([first, second, second / 2 + c], axis=2)
    np.testing.assert_allclose(game.roll({}, given, made, KEYS), expected, atol=1e-6)
    shown = game.show(given, made)[""]
    np.testing.assert_array_equal(shown.given, np.concatenate([a, b, c], axis=2))
    f = np.asarray(BATCH["future"])
    truth = np.concatenate([BATCH["x"], f[..., :1], f[..., 1:]], axis=2)
    np.testing.assert_array_equal(shown.future, truth)
    assert game.show({"source": BATCH["source"]}, made)[""].future is None


@pytest.mark.parametrize("game", ["frames", "futures"])
def test_what_reaches_one_scale_alone_is_refused(game):
    for group, key in (("penalties.r1", "weight"), ("instance_noise", "std")):
        config = defaults.get_config()
        config.game = defaults.game(game)
        config.generator = defaults.generator("multiscale")
        config.critic = defaults.critic("multiscale")
        parts.check_names(config)
        config.update_from_flattened_dict({f"{group}.{key}": 0.1})
        told = f"{group}.{key} is of x alone, one of the four scales that game '{game}' plays; set"
        with pytest.raises(UserError, match=told):
            parts.check_names(config)
