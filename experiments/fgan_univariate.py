"""f-GAN in one dimension (Nowozin et al. 2016, section 2.5): one Gaussian for a mixture of two.

A Gaussian cannot be the mixture, and what it gives up depends on the divergence: KL spreads over
both modes, reverse KL keeps to the wide one. The generator is mean + std * z, the critic an MLP.

Cost: about 90 seconds of one CPU core: 3000 steps, 3 seeds of each divergence at once.
Expect: means within .03 and deviations within .06 of the nearest Gaussian's, from Pearson
(.56, 1.96) over KL (1.02, 1.86) to reverse KL (1.61, 1.67); F within .01 of the exact divergence.
Each fit is the best by its own measure, but that Jeffrey's ties with Jensen-Shannon's.
Run: python -m experiments.fgan_univariate
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments import show
from jaxgan import data, defaults, theory
from jaxgan.build import parts
from jaxgan.data.toy import mixture_density
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step import state
from jaxgan.step.step import make_step

# A stand-in for the paper's P: a narrow mode beside a wide one.
MIXTURE = {"means": (-1.0015, 1.9994), "stds": (0.2547, 1.4146), "weights": (0.3297, 0.6703)}
TARGET = data.TOYS["mixture1d"](**MIXTURE)  # its density and its modes
POINTS = {"x": data.Entry((1,), np.float32)}  # what the examples have
BOX = ((-14.0, 16.0),)  # holds P and every Gaussian near it
NAMES = ("kl", "reverse_kl", "jensen_shannon", "jeffrey", "pearson")  # rows of F_DIVERGENCES
STEPS = 3000
SEEDS = 3
START = (0.0, 1.0)  # mean and standard deviation
BATCH, EXAMPLES = 256, 2**15  # of either kind: in an update, and for the bound F
RATES = (2e-3, 1e-2)  # of Adam, generator and critic; both fall to 0


class Learned(NamedTuple):
    """The Gaussian learned under one divergence, and the game's value at the end, [seeds] each."""

    mean: np.ndarray
    std: np.ndarray
    bound: np.ndarray


class Found(NamedTuple):
    """What was found, by divergence.

    Attributes:
      best: (mean, std, divergence) of the nearest Gaussian.
      learned: ``Learned``.
      cross: [rows, columns], the column's divergence at the row's learned Gaussian, mean of seeds.
    """

    best: dict
    learned: dict
    cross: np.ndarray


def normal_density(mean, std):
    """Density of N(mean, std^2) at points [N, 1]."""
    return partial(mixture_density, data.Mixture(jnp.reshape(mean, (1, 1)), std[None], jnp.ones(1)))


def divergence(name):
    """(mean, std) -> D_f(P, N(mean, std^2)) by quadrature, in float64."""

    @jax.jit
    def at(mean, std):
        q = normal_density(mean, std)
        return theory.divergence_of_densities(name, TARGET.density, q, BOX)

    def exact(mean, std):
        with jax.enable_x64(True):
            return float(at(jnp.float64(mean), jnp.float64(std)))

    return exact


def best_fit(exact):
    """The Gaussian nearest to P: its mean, its standard deviation, and the divergence."""
    from scipy.optimize import minimize

    accurate = {"xatol": 1e-5, "fatol": 1e-9}
    found = minimize(lambda x: exact(*x), START, method="Nelder-Mead", options=accurate)
    return *found.x, found.fun


def gaussian():
    """The generator of the paper: mean + std * z."""
    start = {"mean": jnp.float32(START[0]), "log_std": jnp.float32(np.log(START[1]))}

    def apply(variables, given, *, keys=None, train):
        params = variables["params"]
        return {"x": params["mean"] + jnp.exp(params["log_std"]) * given["z"]}, {}

    return Network(lambda key: {"params": start}, apply)


def configure(name, steps):
    """The game of the paper: one update of each in turn, of the same value."""
    config = defaults.get_config()
    config.loss = defaults.loss(f"f_{name}", saturating=True)
    config.game.z_dim, config.batch_size, config.ema = 1, BATCH, 0.0
    config.steps = steps
    chains = [defaults.optimizer(learning_rate=rate, anneal=True, b2=0.99) for rate in RATES]
    config.generator.optimizer, adam = chains
    config.critic = defaults.critic("toy", features=(64, 64), activation="tanh", optimizer=adam)
    return config


def draw(mixture, key, shape):
    """Fresh examples of P: [*shape, 1]."""
    key_mode, key_z = jax.random.split(key)
    mode = jax.random.categorical(key_mode, jnp.log(mixture.weights), shape=shape)
    points = jnp.asarray(mixture.stds)[mode] * jax.random.normal(key_z, shape)
    return (jnp.asarray(mixture.means)[mode, 0] + points)[..., None].astype(jnp.float32)


def learn(name, seeds, steps):
    """Play the game of one divergence from several seeds; ``Learned``."""
    config, mixture = configure(name, steps), TARGET.mixture
    drawn = parts.draw(config, POINTS)
    generator, critic = gaussian(), parts.critic(config, parts.given_shapes(drawn, POINTS), POINTS)
    optimizers = [parts.optimizer(config, side) for side in ("generator", "critic")]
    game = parts.game(config, drawn, generator, critic, entries=POINTS)
    step = make_step(game, *optimizers, n_critic=1, batch_size=BATCH, ema=config.ema)

    def play(now, key):
        key_batch, key_step = jax.random.split(key)
        return step(now, {"x": draw(mixture, key_batch, (1, BATCH))}, key_step)[0], None

    def one(key):
        key_start, key_play, key_real, key_z = jax.random.split(key, 4)
        begun = state.create(generator, critic, *optimizers, key_start)
        ended, _ = jax.lax.scan(play, begun, jax.random.split(key_play, steps))
        z, real = jax.random.normal(key_z, (EXAMPLES, 1)), draw(mixture, key_real, (EXAMPLES,))
        fake, _ = generator.apply(ended.generator.variables, {"z": z}, train=False)
        outs = (
            critic.apply(ended.critic.variables, x, train=False)[0] for x in ({"x": real}, fake)
        )
        bound = -ADVERSARIAL[f"f_{name}"]().critic(*(out["score"] for out in outs)).mean()
        params = ended.generator.params
        return Learned(params["mean"], jnp.exp(params["log_std"]), bound)

    return jax.device_get(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), seeds)))


def run(names, seeds, steps):
    """Fit under every divergence and measure each fit with all of them; a ``Found``."""
    exact = {name: divergence(name) for name in names}
    learned = {name: learn(name, seeds, steps) for name in names}

    def crossed(fit, at):
        return np.mean([at(*gaussian) for gaussian in zip(fit.mean, fit.std, strict=True)])

    cross = [[crossed(fit, exact[name]) for name in names] for fit in learned.values()]
    return Found({name: best_fit(exact[name]) for name in names}, learned, np.array(cross))


def figure(found):
    """P with the Gaussians that were learned, and the divergences of each."""
    drawn, ((left, right),) = show.panels(1, 2, width=5.5, height=4.2)
    x = np.linspace(-5, 7, 600)
    left.fill_between(x, TARGET.density(x[:, None]), color="0.85", label="P")
    for (name, fit), colour in zip(found.learned.items(), show.COLOURS, strict=False):
        fitted = normal_density(jnp.asarray(fit.mean.mean()), jnp.asarray(fit.std.mean()))
        line = "--" if name == "jeffrey" else "-"  # it lies upon Jensen-Shannon's
        left.plot(x, fitted(x[:, None]), line, color=colour, label=name)
    left.set(title="densities", ylim=(0, None))
    left.legend(fontsize=8)
    right.imshow(np.log(found.cross / found.cross.min(axis=0)), cmap="Blues", vmax=2)
    for (i, j), value in np.ndenumerate(found.cross):
        right.text(j, i, f"{value:.3f}", ha="center", va="center")
    right.set_xticks(range(len(found.learned)), found.learned, rotation=30, ha="right")
    right.set_yticks(range(len(found.learned)), found.learned)
    right.set(title="exact divergence", xlabel="measured with", ylabel="learned under")
    return drawn


def tables(found):
    """Learned beside best, mean and standard error over seeds; then all exact divergences."""
    fits, crossed = [], []
    for (name, fit), row in zip(found.learned.items(), found.cross, strict=True):
        mean, std, least = (f"{number:.4f}" for number in found.best[name])
        bound, *learned = map(show.mean_and_error, (fit.bound, fit.mean, fit.std), (4, 3, 3))
        fits.append([name, least, bound, mean, learned[0], std, learned[1]])
        crossed.append([name, *(f"{value:.4f}" for value in row)])
    header = "divergence", "D at best", "F learned", "mean, best", "learned", "std, best", "learned"
    crossing = show.table(("learned under, measured with", *found.learned), crossed)
    return show.table(header, fits) + "\n\n" + crossing


def main():
    """Print the tables and write the figure."""
    chosen = show.arguments(__doc__, steps=STEPS, seeds=SEEDS)
    found = run(NAMES, chosen.seeds, chosen.steps)
    print(tables(found))
    show.save(figure(found), chosen.out, "fgan_univariate")


if __name__ == "__main__":
    main()
