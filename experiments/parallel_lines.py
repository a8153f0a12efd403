"""Parallel lines: example 1 of the WGAN paper (Arjovsky et al. 2017), exact and as critics see it.

The data lies on the segment (0, Z), the model on (theta, Z), Z ~ U[0, 1]. However near the lines
are, KL is infinite, JS is log 2 and TV is 1, with slope 0; W1 = |theta| shows the way home. Here a
critic for each theta is trained to estimate JS (cross-entropy) or W1 (gradient penalty), and asked
for the gradient in theta that a generator would get.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from experiments import show
from experiments.reply import make_learn, make_slope
from jaxgan import build, defaults, state, theory
from jaxgan.networks import Network

THETAS = (-1, -0.75, -0.5, -0.35, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1)
STEPS = 1500  # critic updates for each theta
SEEDS = 3
EXAMPLES = 4096  # that the estimates and gradients are taken over
WEIGHT = 10.0  # of the gradient penalty: WGAN-GP's
LINE = 20  # places on each line, for the exact distances


class Found(NamedTuple):
    """What was found.

    Attributes:
      thetas: [T].
      exact: name -> [T], of KL, reverse KL, JS, TV and W1.
      estimates: "js" and "w1", as the trained critics have them -> [seeds, T].
      slopes: loss -> gradient of the generator's loss in theta [seeds, T].
    """

    thetas: np.ndarray
    exact: dict
    estimates: dict
    slopes: dict


def exact(theta):
    """The distances of the two lines, each of ``LINE`` equal masses."""
    mass, none = jnp.full(LINE, 1 / LINE), jnp.zeros(LINE)
    p = jnp.concatenate([mass, none])
    q = p if theta == 0 else jnp.concatenate([none, mass])
    z = np.linspace(0, 1, LINE)
    lines = [np.stack([np.full(LINE, x), z], axis=-1) for x in (0.0, theta)]
    return {
        "kl": float(theory.kl(p, q)),
        "reverse_kl": float(theory.reverse_kl(p, q)),
        "js": float(theory.js(p, q)),
        "tv": float(theory.total_variation(p, q)),
        "w1": theory.assignment(theory.distances(*lines))[0],
    }


def line(variables, z, label=None, *, keys=None, train):
    """The model as a generator: its one parameter is theta, its noise is made uniform."""
    height = ndtr(z[:, 0])
    return jnp.stack([jnp.full_like(height, 1) * variables["params"], height], axis=-1), {}


def data(size):
    """Batches of the data: key -> points on the line at 0."""

    def batch(key):
        height = jax.random.uniform(key, (size,))
        return {"x": jnp.stack([jnp.zeros(size), height], axis=-1)}

    return batch


def configure(loss):
    """The critic's game: cross-entropy, or Wasserstein with the gradient penalty."""
    config = defaults.get_config()
    config.loss = defaults.loss(loss)
    if loss == "wasserstein":
        config.penalties.gradient_penalty.weight = WEIGHT
    config.z_dim, config.batch_size = 1, 128
    adam = defaults.optimizer("adam", learning_rate=1e-3, b1=0.5, b2=0.9)
    config.critic = defaults.critic("toy", features=(64, 64), optimizer=adam)
    return config


def reply(loss, thetas, seeds, steps):
    """Critics trained for every theta and seed at once; scores and slopes.

    Returns:
      scores of the data and of the model [2, seeds, thetas, EXAMPLES], and by name of the
      generator's loss its gradient in theta [seeds, thetas].
    """
    config = configure(loss)
    generator = Network(None, line)
    critic = build.critic(config, (2,), 0)
    optimizer = build.optimizer(config, "critic")
    game = build.game(config, generator, critic, 0)
    learn = make_learn(game, optimizer, data(config.batch_size))
    taught = ("minimax", "non_saturating") if loss == "minimax" else (loss,)

    def one(theta, key):
        key_side, key_learn, key_seen = jax.random.split(key, 3)
        variables = {"params": theta}
        side = state.create_side(critic, optimizer, key_side)
        side = learn(side, variables, key_learn, 0, steps)
        real = data(EXAMPLES)(key_seen)["x"]
        fake = real.at[:, 0].set(theta)
        scores = [critic.apply(side.variables, x, train=False)[0] for x in (real, fake)]
        slopes = {}
        for name in taught:
            played = build.game(configure(name), generator, critic, 0)
            slopes[name] = make_slope(played, data(EXAMPLES))(side, variables, key_seen)
        return jnp.stack(scores), slopes

    keys = jax.random.split(jax.random.key(0), (seeds, len(thetas)))
    over_thetas = jax.vmap(one, in_axes=(0, 0))
    over_seeds = jax.vmap(over_thetas, in_axes=(None, 0))
    scores, slopes = jax.jit(over_seeds)(jnp.asarray(thetas, float), keys)
    return np.moveaxis(np.asarray(scores), 2, 0), jax.device_get(slopes)
