"""Vanishing gradients: figures 2 and 3 of Arjovsky and Bottou 2017, in the plane.

A generator of a ring of Gaussians is stopped early in its training, and a fresh critic is trained
against it for thousands of updates. Its noise has one dimension, so that it draws a curve: the
critic comes to tell it from the data without a doubt, and the minimax gradient vanishes, while that
of -log D grows, and its noise with it. Instance noise (section 3 of the paper) and a Wasserstein
critic keep it alive; so does noise in two dimensions, which lets the supports overlap.

Cost: 2.4 minutes of one CPU core: 5 seeds of each critic at once, 5000 updates.
Expect: after 5000 updates (before: 2 to 9) a norm of .001 for minimax, 2200 for -log D, 4 and 2
under instance noise of .1 and .5, 10 for Wasserstein; 7, with a noise of 24, in two dimensions.
Run: python -m experiments.vanishing_gradients
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments import members, show
from experiments.reply import make_learn, make_slope
from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.step import state

MARKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # critic updates
TOLD = (0, 100, 1000, 5000)  # those in the table
GENERATOR_STEPS = 300  # of ordinary training, before the generator is stopped
SEEDS = 5
BATCHES = 16  # over which the mean and the noise of a gradient are taken
WEIGHT = 1.0  # of the gradient penalty


class Play(NamedTuple):
    """A critic, and the generator's losses that it is asked for.

    Attributes:
      losses: label -> row of ``ADVERSARIAL``; the critic's side is the same in all.
      level: standard deviation of the instance noise; the ring has radius 1.
      z_dim: of the generator's noise.
    """

    losses: dict
    level: float = 0.0
    z_dim: int = 1


PLAYS = (
    Play({"minimax": "minimax", "non-saturating": "non_saturating"}),
    Play({"minimax, noise 0.1": "minimax"}, level=0.1),
    Play({"minimax, noise 0.5": "minimax"}, level=0.5),
    Play({"Wasserstein": "wasserstein"}),
    Play({"minimax, z in two dimensions": "minimax"}, z_dim=2),
)


class Found(NamedTuple):
    """What was found, by the curve's label.

    Attributes:
      marks: [M] critic updates.
      norms: norm of the generator's gradient, averaged over batches [seeds, M].
      noise: root mean square distance of one batch's gradient from that average [seeds, M].
    """

    marks: np.ndarray
    norms: dict
    noise: dict


def configure(loss, level=0.0, z_dim=1):
    """The same networks and optimisers for all; only the loss and the noise differ."""
    config = defaults.get_config()
    config.loss = defaults.loss(loss)
    if loss == "wasserstein":
        config.penalties.gradient_penalty.weight = WEIGHT
    config.instance_noise.std = level
    config.data.name = "ring"
    config.game.z_dim = z_dim
    adam = defaults.optimizer("adam", learning_rate=1e-3, b1=0.5, b2=0.9)
    config.generator = defaults.generator("toy", features=(64, 64, 64), optimizer=adam)
    config.critic = defaults.critic("toy", features=(64, 64, 64), optimizer=adam)
    return config


def early_generators(z_dim, seeds, steps):
    """Generators soon after the start: their variables [seeds, ...], and the data."""
    config = configure("non_saturating", z_dim=z_dim)
    config.steps, config.population.members = steps, seeds
    run, state = members.train(config)
    (source,) = run.sources
    return members.each(run, state.generator.variables), source


def mean_and_noise(gradients):
    """Norm of the mean of gradients [BATCHES, ...], and how far a single one is from it."""
    mean = jax.tree.map(lambda leaf: leaf.mean(axis=0), gradients)
    off = jax.tree.map(lambda leaf, centre: leaf - centre, gradients, mean)
    return optax.tree.norm(mean), optax.tree.norm(off) / (BATCHES - 1) ** 0.5


def watch(play, variables, source, marks):
    """Train a fresh critic for each generator and look at the gradients on the way.

    Returns:
      label -> (norms, noise), each [seeds, marks].
    """
    configs = {
        label: configure(loss, play.level, play.z_dim) for label, loss in play.losses.items()
    }
    config = next(iter(configs.values()))
    players = {label: parts.players(each, source.entries) for label, each in configs.items()}
    first, optimizer = next(iter(players.values())), parts.optimizer(config, "critic")
    points = jnp.asarray(source.arrays()["x"])

    def batch(key):
        return {"x": points[jax.random.randint(key, (config.batch_size,), 0, len(points))]}

    slopes = {label: make_slope(each.game, batch) for label, each in players.items()}
    learn = make_learn(first.game, optimizer, batch)

    def look(side, variables, key):
        keys = jax.random.split(key, BATCHES)
        every = {
            label: jax.vmap(slope, in_axes=(None, None, 0))(side, variables, keys)
            for label, slope in slopes.items()
        }
        return {label: mean_and_noise(gradients) for label, gradients in every.items()}

    keys = jax.random.split(jax.random.key(1), len(jax.tree.leaves(variables)[0]))
    sides = jax.vmap(lambda key: state.create_side(first.critic, optimizer, key))(keys)
    learn = jax.jit(jax.vmap(learn, in_axes=(0, 0, 0, None, None)))
    look = jax.jit(jax.vmap(look))
    seen = []
    for before, mark in zip((0, *marks), marks, strict=False):
        sides = learn(sides, variables, keys, before, mark)
        seen.append(look(sides, variables, keys))
    return jax.tree.map(lambda *values: np.stack(values, axis=1), *jax.device_get(seen))


def run(seeds, generator_steps, marks, plays=PLAYS):
    """Watch every play against generators of its own noise; a ``Found``."""
    begun = {
        z_dim: early_generators(z_dim, seeds, generator_steps)
        for z_dim in {play.z_dim for play in plays}
    }
    seen = {}
    for play in plays:
        seen |= watch(play, *begun[play.z_dim], marks)
    norms, noise = ({label: each[i] for label, each in seen.items()} for i in (0, 1))
    return Found(np.asarray(marks), norms, noise)


def figure(found):
    """Both numbers against critic updates: medians over seeds, and their quartiles."""
    drawn, ((left, right),) = show.panels(1, 2, width=5.5, height=4.2)
    titles = ("norm of the generator's gradient", "noise of one batch's gradient")
    for axes, title, curves in zip((left, right), titles, found[1:], strict=True):
        for (label, values), colour in zip(curves.items(), show.COLOURS, strict=False):
            low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
            axes.plot(found.marks, middle, color=colour, label=label)
            axes.fill_between(found.marks, low, high, color=colour, alpha=0.2, lw=0)
        axes.set_xscale("symlog", linthresh=1)
        axes.set(yscale="log", title=title, xlabel="critic updates, the generator standing still")
        axes.set_xlim(0, found.marks[-1])
        axes.grid(alpha=0.3)
    left.legend(loc="lower left", fontsize=8)
    return drawn


def table(found):
    """Medians and quartiles over seeds."""
    columns = [int(np.flatnonzero(found.marks == mark)[0]) for mark in TOLD]
    header = ["generator's loss", *(f"{mark} updates" for mark in TOLD), "noise at the last"]
    rows = []
    for label, values in found.norms.items():
        cells = [_quartiles(values[:, i]) for i in columns]
        rows.append([label, *cells, _quartiles(found.noise[label][:, columns[-1]])])
    return show.table(header, rows)


def _quartiles(values):
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


def main():
    """Print the table and write the figure."""
    chosen = show.arguments(__doc__, seeds=SEEDS, generator_steps=GENERATOR_STEPS)
    found = run(chosen.seeds, chosen.generator_steps, MARKS)
    print(table(found))
    show.save(figure(found), chosen.out, "vanishing_gradients")


if __name__ == "__main__":
    main()
