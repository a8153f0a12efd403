"""Modes of the ring and the grid that each objective finds, ten seeds at once.

The data and the measures are PacGAN's (Lin et al. 2018, section 4.1): 8 Gaussians of standard
deviation .01 on a ring of radius 1, 25 of .05 on a grid of spacing 2; 2500 samples; a sample
within three standard deviations of a mode is of high quality; reverse KL is that of the
high-quality samples over modes to the uniform. The grid is divided by 4 for the networks, which
changes none of the measures. Networks and schedule are ours: 3x64 ReLU for both sides, batch 128,
Adam 3e-3 (0, .99) falling to 0, 3000 generator updates and the averaged generator. Rows with five
critic updates a step have a quarter of the steps; WGAN has RMSProp 1e-3 and c = .1, WGAN-CT a
dropout of .1; z has two normal numbers or, where a row says so, 25 of them and 25 clusters; the
last rows are tuned: twice the rate, four or eight times the steps. PacGAN's have 400-wide networks
with batch normalisation and maxout, and 400,000 updates: its rows are beside ours, not against
them.

Cost: 11 to 53 seconds of processor time a row and data set, one and two minutes for the last rows:
about 25 minutes of one CPU core.
Expect: plain GANs lose modes (6 of 8, 15 of 25); a penalty around the data, MAD-GAN or a
relativistic game with R1 and R2 find nearly all; the tuned rows all, with 97 and 93, and 98 and 96
% of high quality. z in clusters loses as many modes as without, and draws less between them.
Run: python -m experiments.coverage
"""

from typing import NamedTuple

import jax
import numpy as np

from experiments import members, show
from jaxgan import data, defaults
from jaxgan.build.overrides import override
from jaxgan.losses import ADVERSARIAL
from jaxgan.metrics import mode_coverage

SAMPLES = 2500
RATE = 3e-3
TOYS = {"ring": {"std": 0.01}, "grid": {"spacing": 0.5, "std": 0.0125}}
# Lin et al. 2018, table 1: mean and standard error of 10 runs.
PUBLISHED = {
    "ring": {
        "PacGAN's GAN": ("6.3 ± .5", "98.2 ± .2", ".45 ± .09"),
        "PacGAN's ALI": ("6.6 ± .3", "97.6 ± .4", ".36 ± .04"),
        "PacGAN2": ("7.9 ± .1", "95.6 ± 2.0", ".07 ± .03"),
        "PacGAN4": ("7.8 ± .1", "95.9 ± 1.4", ".07 ± .02"),
        "perfect sampler": ("8", "98.9", ".001"),
    },
    "grid": {
        "PacGAN's GAN": ("17.3 ± .8", "94.8 ± .7", ".70 ± .07"),
        "PacGAN's ALI": ("24.1 ± .4", "95.7 ± .6", ".14 ± .03"),
        "PacGAN2": ("23.8 ± .7", "91.3 ± .8", ".13 ± .04"),
        "PacGAN4": ("24.8 ± .2", "93.6 ± .6", ".04 ± .01"),
        "perfect sampler": ("25", "98.9", ".005"),
    },
}


class Objective(NamedTuple):
    """What a row of the table plays; all else is common.

    Attributes:
      loss: row of ``ADVERSARIAL``.
      penalties: weight by row of ``PENALTIES``.
      n_critic: critic updates a step; with more than one, a quarter of the steps.
      keys: config key -> the text of its value, as on the command line.
      rate: learning rate.
      long: how many times the steps of the others.
    """

    loss: str
    penalties: dict = {}
    n_critic: int = 1
    keys: dict = {}
    rate: float = RATE
    long: int = 1


ZERO_CENTRED = {"r1": 0.01, "r2": 0.01}
CLUSTERS = {"game.z": "clusters", "game.z_dim": "50"}
OBJECTIVES = {
    **{name: Objective(name) for name in ADVERSARIAL if name not in ("wasserstein", "f_gan")},
    "non_saturating + instance noise": Objective(
        "non_saturating", keys={"instance_noise.std": "0.2", "instance_noise.anneal_steps": "2000"}
    ),
    "DRAGAN": Objective("non_saturating", {"dragan": 1.0}, keys={"penalties.dragan.std": "0.05"}),
    "DRAGAN, authors' code": Objective("non_saturating", {"dragan_code": 1.0}),
    "non_saturating + R1": Objective("non_saturating", {"r1": 0.01}),
    "non_saturating + R1 + R2": Objective("non_saturating", ZERO_CENTRED),
    "WGAN": Objective(
        "wasserstein",
        n_critic=5,
        keys={"critic.optimizer.name": "rmsprop", "critic.optimizer.weight_limit": "0.1"},
        rate=1e-3,
    ),
    "WGAN-GP": Objective("wasserstein", {"gradient_penalty": 0.1}, 5),
    "WGAN-GP, one-sided": Objective("wasserstein", {"gradient_penalty_one_sided": 0.1}, 5),
    "WGAN-GP, linear": Objective("wasserstein", {"gradient_penalty_linear": 1.0}, 5),
    "WGAN-GP, drift": Objective("wasserstein", {"gradient_penalty": 0.1, "drift": 1e-3}, 5),
    "WGAN-SN": Objective("wasserstein", n_critic=5, keys={"critic.norm": "spectral"}),
    "WGAN-CT": Objective(
        "wasserstein",
        {"gradient_penalty": 0.1, "consistency": 0.1},
        5,
        keys={"critic.dropout": "0.1"},
    ),
    "MAD-GAN, 4 generators": Objective("non_saturating", keys={"game": "multi_generator"}),
    "non_saturating, z in clusters": Objective("non_saturating", keys=CLUSTERS),
    "non_saturating + R1 + R2, z in clusters": Objective(
        "non_saturating", ZERO_CENTRED, keys=CLUSTERS
    ),
    "relativistic + R1 + R2": Objective("relativistic", ZERO_CENTRED),
    **{
        f"the same, twice the rate, {long} x the steps": Objective(
            "relativistic", ZERO_CENTRED, rate=6e-3, long=long
        )
        for long in (4, 8)
    },
}


class Found(NamedTuple):
    """Measures of one row: arrays [seeds], and the samples of the first seed [SAMPLES, 2]."""

    modes: np.ndarray
    high_quality: np.ndarray
    reverse_kl: np.ndarray
    samples: np.ndarray


def config_of(objective, toy, steps, width=64, batch_size=128):
    """The config of a row."""
    config = defaults.get_config()
    config.batch_size, config.n_critic, config.game.z_dim = batch_size, objective.n_critic, 2
    config.steps = steps * objective.long // (1 if objective.n_critic == 1 else 4)
    config.data.name = toy
    config.data.options = data.options_of(toy)
    config.data.options.update(TOYS[toy])
    config.loss = defaults.loss(objective.loss)
    for name, weight in objective.penalties.items():
        config.penalties[name].weight = weight
    network = {"features": (width,) * 3}
    config.generator = defaults.generator("toy", **network, optimizer=adam(objective))
    config.critic = defaults.critic("toy", **network, optimizer=adam(objective))
    for key, value in objective.keys.items():
        override(config, key, value)
    return config


def adam(objective):
    """A side's optimiser."""
    return defaults.optimizer("adam", learning_rate=objective.rate, anneal=True, b1=0.0, b2=0.99)


def measure(objective, toy, seeds, steps, **sizes):
    """Train all seeds of a row and measure each."""
    config = config_of(objective, toy, steps, **sizes)
    config.population.members = seeds
    run, state = members.train(config)
    samples, (source,) = members.samples(run, state, SAMPLES), run.sources
    mixture = source.mixture
    coverage = jax.vmap(lambda points: mode_coverage(points, mixture.means, mixture.stds))(samples)
    measures = [coverage.modes, coverage.high_quality, coverage.reverse_kl, samples[0]]
    return Found(*map(np.asarray, measures))


def cells(found):
    """Modes, share of high quality in percent, reverse KL: mean and standard error."""
    captured = np.isfinite(found.reverse_kl)
    kl = show.mean_and_error(found.reverse_kl[captured]) if captured.any() else "none captured"
    if captured.any() and not captured.all():
        kl += f" ({captured.sum()} of {len(captured)})"
    quality = show.mean_and_error(100 * found.high_quality, 1)
    return (show.mean_and_error(found.modes.astype(float), 1), quality, kl)


def figure(found, toys):
    """Bars of quality by row and toy, with the number of modes at their ends."""
    picture, axes = show.panels(1, len(toys), width=6.5, height=0.24 * len(found) + 1)
    for axis, toy in zip(axes[0], toys, strict=True):
        total = {"ring": 8, "grid": 25}[toy]
        names = list(found)[::-1]
        for y, name in enumerate(names):
            row = found[name][toy]
            share, modes = 100 * row.high_quality.mean(), row.modes.mean()
            whole = show.COLOURS[0] if modes > total - 0.05 else show.COLOURS[7]
            axis.barh(y, share, color=whole, alpha=0.85)
            axis.plot(100 * row.high_quality, [y] * len(row.modes), ".", color="#111827", ms=3)
            axis.text(101, y, f"{modes:.1f}", va="center", fontsize=8)
        axis.set_yticks(range(len(names)), names if axis is axes[0][0] else [], fontsize=8)
        axis.set_xlim(0, 109)
        axis.set_title(f"{toy}: % of high quality, and modes of {total} (blue: all)", fontsize=9)
    return picture


def main():
    """Train and measure every row; print the tables, write the figure."""
    flags = show.arguments(__doc__, seeds=10, steps=3000)
    found = {}
    for name, objective in OBJECTIVES.items():
        found[name] = {}
        for toy in TOYS:
            found[name][toy] = row = measure(objective, toy, flags.seeds, flags.steps)
            print(f"{toy:5} {name:40} {' | '.join(cells(row))}", flush=True)
    header = ("objective", "modes", "% high quality", "reverse KL")
    for toy, published in PUBLISHED.items():
        ours = [(name, *cells(rows[toy])) for name, rows in found.items()]
        theirs = [(f"*{name}*", *row) for name, row in published.items()]
        print(f"\n{toy}\n\n{show.table(header, [*ours, *theirs])}")
    show.save(figure(found, list(TOYS)), flags.out, "coverage")


if __name__ == "__main__":
    main()
