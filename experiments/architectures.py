"""Random architectures: which games need the right network? After WGAN-GP, tables 1 and 2.

Gulrajani et al. 2017 draw 200 architectures for 32x32 images and count those at which a method
passes a score; this does it in small, on eight Gaussians on a ring. Every method meets the same
architectures.

Cost: 580 s of CPU time for 20 programs, most of it compiling, in two threads (13 minutes on 2
  cores at load 7); --number draws more architectures.
Expect: at 5 architectures, 4 seeds each, all 8 modes with 20 % of the samples near one in all runs
  of WGAN-GP, 60 % of the GAN's, 45 % of clipping's, 40 % of WGAN-SN's. The last succeeds in every
  run with a (leaky) ReLU critic and in none with tanh or softplus; their slopes below 1, which no
  layer may make up for, are the likely reason. A GAN's runs differ by rounding alone.
Run: python -m experiments.architectures
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import numpy as np

from experiments import members, show
from jaxgan import data, defaults, metrics

RING = {"modes": 8, "radius": 1.0, "std": 0.05}
DEPTHS, WIDTHS = range(2, 7), (16, 32, 64)
ACTIVATIONS = ("relu", "leaky_relu", "softplus", "tanh")  # the paper's four
NORMS = {"generator": ("none", "batch"), "critic": ("none", "layer")}  # batch norm breaks a penalty
QUALITY = 0.2  # least share of samples near a mode; points spread evenly have about a tenth
SAMPLES = 2500  # VEEGAN (Srivastava et al. 2017)
WORKERS = 2  # threads that compile and train: most of the time goes into compilation


class Side(NamedTuple):
    """A drawn network."""

    depth: int
    width: int
    activation: str
    norm: str

    def __str__(self):
        return f"{self.depth}x{self.width} {self.activation}, {self.norm}"

    def options(self):
        """As the networks of ``jaxgan.models`` have them."""
        widths = (self.width,) * self.depth
        return {"features": widths, "activation": self.activation, "norm": self.norm}


def draw_architectures(number, seed):
    """So many pairs {"generator": Side, "critic": Side}."""
    rng = np.random.default_rng(seed)

    def draw(norms):
        lists = DEPTHS, WIDTHS, ACTIVATIONS, norms
        return Side(*(row[rng.integers(len(row))] for row in lists))

    return [{side: draw(norms) for side, norms in NORMS.items()} for _ in range(number)]


def adam(b2):
    """Ten times the papers' rates, for runs of a tenth of theirs or less."""
    return defaults.optimizer("adam", learning_rate=1e-3, b1=0.5, b2=b2)


def gan(config):
    """Non-saturating (Goodfellow et al. 2014)."""


def wgan(config):
    """Clipped at 0.1, where the slope survives depth best (``clipping_and_penalty``)."""
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("rmsprop", learning_rate=5e-4)
    config.critic.optimizer.weight_limit = 0.1
    _wasserstein(config)


def wgan_gp(config):
    """Gulrajani et al. 2017; lambda as in the authors' code for toys."""
    for side in (config.generator, config.critic):
        side.optimizer = adam(b2=0.9)
    config.penalties.gradient_penalty.weight = 0.1
    _wasserstein(config)


def wgan_sn(config):
    """Every layer of the critic divided by its spectral norm, in place of the drawn norm."""
    for side in (config.generator, config.critic):
        side.optimizer = adam(b2=0.9)
    config.critic.norm = "spectral"
    _wasserstein(config)


def _wasserstein(config):
    config.loss, config.n_critic = defaults.loss("wasserstein"), 5


METHODS = {"GAN": gan, "WGAN, clipping": wgan, "WGAN-GP": wgan_gp, "WGAN-SN": wgan_sn}


def configure(method, architecture, steps, batch):
    """The config of a method at an architecture."""
    config = defaults.get_config()
    config.batch_size, config.game.z_dim = batch, 2
    config.data.name, config.data.options = "ring", RING
    for side, build in (("generator", defaults.generator), ("critic", defaults.critic)):
        drawn = architecture[side].options()
        config[side] = build("toy", optimizer=adam(b2=0.999), **drawn)
    config.steps = steps
    METHODS[method](config)
    return config


def play(config, seeds):
    """Train under all seeds -> modes found and share of good samples, [seeds] each."""
    config.population.members = seeds
    samples = members.samples(*members.train(config), SAMPLES)
    mixture = data.TOYS["ring"](**RING).mixture

    def judge(points):
        found = metrics.mode_coverage(points, mixture.means, mixture.stds)
        return found.modes, found.high_quality

    return [np.asarray(part) for part in jax.vmap(judge)(samples)]


def run(number, seeds, steps, batch, methods=tuple(METHODS), seed=0):
    """Every method at every architecture.

    Returns:
      the architectures; method -> modes and quality, [2, architectures, seeds].
    """
    architectures = draw_architectures(number, seed)

    def one(job):
        method, i = job
        modes, quality = play(configure(method, architectures[i], steps, batch), seeds)
        print(f"{method}, number {i}: {modes} modes, {np.round(quality, 2)} good", flush=True)
        return modes, quality

    jobs = [(method, i) for i in range(number) for method in methods]
    with ThreadPoolExecutor(WORKERS) as pool:
        results = dict(zip(jobs, pool.map(one, jobs), strict=True))
    found = {m: np.stack([results[m, i] for i in range(number)], axis=1) for m in methods}
    return architectures, found


def success(modes, quality, least, good=0.0):
    """Share of the runs with at least so many modes and good samples."""
    return np.mean((modes >= least) & (quality >= good))


def tables(architectures, found):
    """Both tables as text: shares of success, and what each architecture gave."""
    needs = [(4, 0), (6, 0), (8, 0), (8, QUALITY), (8, 0.5)]
    heads = ["method", *(f"≥ {least} modes" for least, _ in needs[:3])]
    heads += [f"and ≥ {100 * good:.0f} % good" for _, good in needs[3:]]
    rows = [
        [method, *(f"{100 * success(*one, *need):.0f} %" for need in needs)]
        for method, one in found.items()
    ]
    each = []
    for i, pair in enumerate(architectures):
        cells = [f"{m[i].mean():.1f}, {100 * q[i].mean():.0f} %" for m, q in found.values()]
        each.append([i, pair["generator"], pair["critic"], *cells])
    return "\n\n".join(
        [show.table(heads, rows), show.table(["", "generator", "critic", *found], each)]
    )


def figure(architectures, found):
    """Share of success against modes and against quality; quality architecture by architecture."""
    canvas, (axes,) = show.panels(1, 3, width=4.6, height=4.2)
    goods = np.linspace(0, 1, 101)
    for colour, (method, (modes, quality)) in zip(show.COLOURS, found.items(), strict=False):
        least = range(1, RING["modes"] + 1)
        counts = [success(modes, quality, need) for need in least]
        axes[0].plot(least, counts, "o-", color=colour, label=method)
        shares = [success(modes, quality, RING["modes"], good) for good in goods]
        axes[1].step(100 * goods, shares, color=colour, label=method)
    axes[0].set(xlabel="least modes")
    axes[1].set(xlabel="least % of good samples (and all 8 modes)", xlim=(0, 100))
    for axis in axes[:2]:
        axis.set(ylabel="share of runs that succeed", ylim=(-0.03, 1.03))
        axis.legend(fontsize=8)
    heat = 100 * np.stack([quality.mean(axis=1) for _, quality in found.values()], axis=1)
    axes[2].imshow(heat, cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for (i, j), value in np.ndenumerate(heat):
        text = f"{value:.0f} %\n{list(found.values())[j][0][i].mean():.1f}"
        colour = "black" if value > 60 else "white"
        axes[2].text(j, i, text, ha="center", va="center", fontsize=7, color=colour)
    names = [f"G {pair['generator']}\nD {pair['critic']}" for pair in architectures]
    axes[2].set_yticks(range(len(names)), names, fontsize=6)
    axes[2].set_xticks(range(len(found)), [name.replace(", ", ",\n") for name in found], fontsize=7)
    axes[2].set_title("good samples, and modes of 8", fontsize=10)
    return canvas


def main():
    """Train, print, draw."""
    options = show.arguments(__doc__, number=5, seeds=4, steps=1000, batch=64)
    architectures, found = run(options.number, options.seeds, options.steps, options.batch)
    print(tables(architectures, found))
    show.save(figure(architectures, found), options.out, "architectures")


if __name__ == "__main__":
    main()
