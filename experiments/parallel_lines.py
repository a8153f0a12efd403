"""Parallel lines: example 1 of the WGAN paper (Arjovsky et al. 2017), exact and as critics see it.

The data lies on the segment (0, Z), the model on (theta, Z), Z ~ U[0, 1]. However near the lines
are, KL is infinite, JS is log 2 and TV is 1, with slope 0; W1 = |theta| shows the way home. Here a
critic for each theta is trained to estimate JS (cross-entropy) or W1 (gradient penalty), and asked
for the gradient in theta that a generator would get.

Cost: 70 seconds on one CPU core: 15 thetas x 3 seeds, 1500 critic updates of either kind.
Expect: JS of .693 at every theta but 0, with a minimax gradient of 7e-10 (theta = 1) to 3e-7 (.05);
W1 of .051 at .05 and 1.056 at 1, with a gradient of 1.0 to 1.1. The excess is the penalty's: a
straight critic of slope g earns g |theta| - 10 (g - 1)^2, the most at g = 1 + |theta| / 20.
The non-saturating gradient does not vanish: it grows as the lines draw near, from 40 to 870.
Run: python -m experiments.parallel_lines
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from experiments import show
from experiments.reply import make_learn, make_slope
from jaxgan import defaults, theory
from jaxgan.build import parts
from jaxgan.data import Entry
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step import state

THETAS = (-1, -0.75, -0.5, -0.35, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1)
STEPS = 1500  # critic updates for each theta
SEEDS = 3
EXAMPLES = 4096  # that the estimates and gradients are taken over
WEIGHT = 10.0  # of the gradient penalty: WGAN-GP's
POINTS = {"x": Entry((2,), np.float32)}  # what the data have
LINE = 20  # places on each line, for the exact distances
LOSSES = {"minimax": "minimax", "non_saturating": "-log D", "wasserstein": "Wasserstein"}
GREY = show.COLOURS[-1]


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


def line(variables, given, *, keys=None, train):
    """The model as a generator: its one parameter is theta, its noise is made uniform."""
    height = ndtr(given["z"][:, 0])
    return {"x": jnp.stack([jnp.ones_like(height) * variables["params"], height], axis=-1)}, {}


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
    config.game.z_dim, config.batch_size = 1, 128
    adam = defaults.optimizer("adam", learning_rate=1e-3, b1=0.5, b2=0.9)
    config.critic = defaults.critic("toy", features=(64, 64), optimizer=adam)
    return config


def reply(loss, thetas, seeds, steps):
    """Critics trained for every theta and seed at once; scores and slopes.

    Returns:
      The critics' mean loss, without a penalty, on fresh examples [seeds, thetas]; and by name of
      the generator's loss its gradient in theta, ditto.
    """
    config, generator = configure(loss), Network(None, line)
    draw = parts.draw(config, POINTS)
    critic = parts.critic(config, parts.given_shapes(draw, POINTS), POINTS)
    optimizer = parts.optimizer(config, "critic")
    game = parts.game(config, draw, generator, critic, entries=POINTS)
    learn = make_learn(game, optimizer, data(config.batch_size))
    taught = ("minimax", "non_saturating") if loss == "minimax" else (loss,)

    def one(theta, key):
        key_side, key_learn, key_seen = jax.random.split(key, 3)
        variables = {"params": theta}
        side = state.create_side(critic, optimizer, key_side)
        side = learn(side, variables, key_learn, 0, steps)
        real = data(EXAMPLES)(key_seen)["x"]
        fake = real.at[:, 0].set(theta)
        scores = [
            critic.apply(side.variables, {"x": x}, train=False)[0]["score"] for x in (real, fake)
        ]
        value = ADVERSARIAL[loss]().critic(*scores).mean()
        slopes = {}
        for name in taught:
            played = parts.game(configure(name), draw, generator, critic, entries=POINTS)
            slopes[name] = make_slope(played, data(EXAMPLES))(side, variables, key_seen)
        return value, slopes

    keys = jax.random.split(jax.random.key(0), (seeds, len(thetas)))
    every = jax.vmap(jax.vmap(one), in_axes=(None, 0))
    return jax.device_get(jax.jit(every)(jnp.asarray(thetas, float), keys))


def run(thetas, seeds, steps):
    """The exact distances for every theta, and the critics' estimates of them; a ``Found``."""
    rows = [exact(theta) for theta in thetas]
    entropy, slopes = reply("minimax", thetas, seeds, steps)
    gap, pull = reply("wasserstein", thetas, seeds, steps)
    return Found(
        thetas=np.asarray(thetas, float),
        exact={name: np.array([row[name] for row in rows]) for name in rows[0]},
        # At the best critic the cross-entropy is log 4 - 2 JS (Goodfellow et al. 2014, theorem 1).
        estimates={"js": (np.log(4) - entropy) / 2, "w1": -gap},
        slopes=slopes | pull,
    )


def figure(found):
    """JS and W1 against theta, exact and estimated, and what the generator would follow."""
    drawn, ((left, middle, right),) = show.panels(1, 3)
    blue, orange, green = show.COLOURS[:3]
    left.axhline(np.log(2), color=GREY, label="exact: log 2, and 0 at θ = 0")
    left.plot(0, np.log(2), "o", color=GREY, mfc="white", ms=8)
    left.set_title("Jensen-Shannon divergence (nats)")
    middle.plot(found.thetas, found.exact["w1"], color=GREY, label="exact: |θ|")
    penalised = np.abs(found.thetas) * (1 + np.abs(found.thetas) / (2 * WEIGHT))
    middle.plot(found.thetas, penalised, "--", color=GREY, label="best under the penalty")
    middle.set_title("Wasserstein distance $W_1$")
    for axes, name, colour in ((left, "js", blue), (middle, "w1", orange)):
        _dots(axes, found.thetas, found.estimates[name], colour, "trained critics")
        axes.set_ylim(-0.08, 1.4)
    apart = found.thetas != 0
    for (name, label), colour in zip(LOSSES.items(), (blue, green, orange), strict=True):
        _dots(right, found.thetas[apart], found.slopes[name][:, apart], colour, label)
    right.set_yscale("symlog", linthresh=0.1)
    right.set(title="gradient of the generator's loss in θ", ylim=(-3e3, 3e3))
    for axes in (left, middle, right):
        axes.set_xlabel("θ, distance of the lines")
        axes.axvline(0, color=GREY, lw=0.5, zorder=0)
        axes.legend(loc="upper left" if axes is right else "upper center", fontsize=8)
    return drawn


def _dots(axes, thetas, values, colour, label):
    """A dot for each seed of values [seeds, T]."""
    across = np.broadcast_to(thetas, values.shape)
    axes.plot(across.ravel(), values.ravel(), "o", color=colour, ms=4, alpha=0.6, label=label)


def table(found):
    """The numbers at each theta >= 0, mean and standard error over seeds; the slopes' medians."""
    header = ["theta", "KL", "JS", "TV", "W1", "JS of critics", "W1 of critics"]
    header, rows = [*header, *(f"slope, {label}" for label in LOSSES.values())], []
    for i in np.flatnonzero(found.thetas >= 0):
        distances = [f"{found.exact[name][i]:.3g}" for name in ("kl", "js", "tv", "w1")]
        estimates = [show.mean_and_error(found.estimates[name][:, i], 3) for name in ("js", "w1")]
        slopes = [f"{np.median(found.slopes[name][:, i]):.2g}" for name in LOSSES]
        rows.append([f"{found.thetas[i]:.2f}", *distances, *estimates, *slopes])
    return show.table(header, rows)


def main():
    """Print the table and write the figure."""
    chosen = show.arguments(__doc__, steps=STEPS, seeds=SEEDS)
    found = run(THETAS, chosen.seeds, chosen.steps)
    print(table(found))
    show.save(figure(found), chosen.out, "parallel_lines")


if __name__ == "__main__":
    main()
