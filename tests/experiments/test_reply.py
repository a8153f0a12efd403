import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.reply import make_learn, make_slope
from jaxgan.games import GAMES, draw
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step.state import Side

REAL, FAKE = jnp.array([1.0, 2.0]), jnp.array([3.0, 5.0])


def linear(variables, given, *, keys=None, train):
    return {"score": given["x"] @ variables["params"], "features": given["x"]}, {}


def constant(variables, given, *, keys=None, train):
    return {"x": jnp.broadcast_to(variables["params"], (len(given["z"]), 2))}, {}


def batch(key):
    return {"x": jnp.broadcast_to(REAL, (4, 2))}


def test_a_linear_critic_walks_from_fake_to_real():
    # f(x) = w.x under f(fake) - f(real): each step of size .1 adds .1 (real - fake) to w. The
    # generator's loss -f(fake) then has the slope -w.
    game = GAMES["unconditional"].build(
        Network(None, constant),
        Network(None, linear),
        ADVERSARIAL["wasserstein"](),
        draw=draw.z((1,), "normal"),
    )
    optimizer = optax.sgd(0.1)
    start = jnp.array([1.0, 0.0])
    critic = Side(start, {}, optimizer.init(start))
    generator = {"params": FAKE}
    learn = jax.jit(make_learn(game, optimizer, batch))
    key = jax.random.key(0)
    half = learn(critic, generator, key, 0, 2)
    whole = learn(half, generator, key, 2, 4)
    np.testing.assert_allclose(half.params, start + 0.2 * (REAL - FAKE), rtol=1e-6)
    np.testing.assert_allclose(whole.params, start + 0.4 * (REAL - FAKE), rtol=1e-6)
    slope = make_slope(game, batch)(whole, generator, key)
    np.testing.assert_allclose(slope, -whole.params, rtol=1e-6)
