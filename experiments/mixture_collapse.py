"""Mode collapse on a line, its cures, and the five modes of MAD-GAN.

(a) Two narrow, distant modes: the generated density over training, as lectures draw it. (b) The
mixture of MAD-GAN (Ghosh et al. 2018), whose table compares histograms by chi-square and KL.

Cost: 165 s of CPU time, mostly compiling eleven programs (2 minutes on 2 cores).
Expect: (a) of 6 seeds the GAN ends on one mode in 2, or 3 on another machine, with b1 = 0.5 in 2 or
  1, MAD-GAN in 1; DRAGAN, whose modes are the fairest, WGAN-GP, instance noise and RpGAN + R1 + R2
  in none, the last in some after a long stay on one.
  (b) KL(P‖Q) 1.20 of the GAN, 0.78 of MAD-GAN, 0.73 of WGAN-GP, 1.14 of RpGAN + R1 + R2, 0.01 of
  the data: standard errors 0.06 to 0.19, so that the order within the first pairs is not certain.
Run: python -m experiments.mixture_collapse
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments import members, show
from jaxgan import data, defaults, metrics, theory
from jaxgan.build import check

BINS, LOW, HIGH = 160, -1.6, 1.6  # of (b): width 1, from -20 to 140, on the paper's axis
UNIT, ORIGIN = 50.0, 60.0  # the paper's axis is ORIGIN + UNIT x; divergences do not see it
FEW = 0.1  # of its fair share of the samples: a mode with less counts as lost


class Setting(NamedTuple):
    """What all methods of one half have in common: data, sizes, rates."""

    mixture: dict
    width: int  # of the two hidden layers of both networks
    steps: int  # generator updates
    every: int  # steps between two looks
    weight: float  # of every penalty
    rate: float  # of Adam (b1, 0.999), for both
    b1: float
    generators: int  # of MAD-GAN


# Far apart and narrow, with Adam's own b1: at -2 and 2, the defaults, no seed collapsed.
TWO = Setting({"means": (-4.0, 4.0), "stds": (0.3,)}, 32, 4000, 250, 1.0, 1e-3, 0.9, 2)
# Ghosh et al. 2018: means 10, 20, 60, 80, 110, deviations 3, 3, 2, 2, 1, four generators.
PAPER = {"means": (-1.0, -0.8, 0.0, 0.4, 1.0), "stds": (0.06, 0.06, 0.04, 0.04, 0.02)}
FIVE = Setting(PAPER, 64, 6000, 6000, 0.1, 3e-4, 0.5, 4)


METHODS = (
    "GAN",
    "GAN, b1 = 0.5",
    "DRAGAN",
    "WGAN-GP",
    "instance noise",
    "RpGAN + R1 + R2",
    "MAD-GAN",
)
RIVALS = ("GAN", "WGAN-GP", "RpGAN + R1 + R2", "MAD-GAN")  # of (b)


def changes(setting):
    """What each method changes in the non-saturating GAN of Goodfellow et al. 2014."""
    weight, mean = setting.weight, max(setting.mixture["means"])
    near = max(setting.mixture["stds"])
    noise = {"instance_noise.std": mean / 2, "instance_noise.anneal_steps": setting.steps}
    gradients = {"penalties.r1.weight": weight, "penalties.r2.weight": weight}
    slope = {"penalties.gradient_penalty.weight": weight, "n_critic": 5}
    rows = (
        {},
        {"generator.optimizer.b1": 0.5, "critic.optimizer.b1": 0.5},  # Radford et al. 2016
        {"penalties.dragan.weight": weight, "penalties.dragan.std": near},  # Kodali et al. 2017
        {"loss": defaults.loss("wasserstein"), **slope},  # Gulrajani et al. 2017
        noise,  # Soenderby et al. 2017
        {"loss": defaults.loss("relativistic"), **gradients},  # Huang et al. 2024
        {"game": defaults.game("multi_generator", z_dim=2, generators=setting.generators)},
    )
    return dict(zip(METHODS, rows, strict=True))


def configure(name, setting):
    """The config of a method: networks, optimisers and generator updates are those of all."""
    config = defaults.get_config()
    config.steps, config.game.z_dim = setting.steps, 2
    config.ema = 0.0  # the generator as it is: an average would hide how it moves
    config.data.name, config.data.options = "mixture1d", setting.mixture
    for side, build in (("generator", defaults.generator), ("critic", defaults.critic)):
        adam = defaults.optimizer("adam", learning_rate=setting.rate, b1=setting.b1)
        config[side] = build("toy", features=(setting.width,) * 2, optimizer=adam)
    for path, value in changes(setting)[name].items():
        group, key = check.find(config, path)
        group[key] = value
    return config


def run(setting, names, seeds, number):
    """Train methods under all seeds: name -> samples [moments, seeds, number]."""
    found = {}
    for name in names:
        config = configure(name, setting)
        config.population.members = seeds
        stages = members.stages(config, setting.every)
        found[name] = np.stack([members.samples(*stage, number)[..., 0] for stage in stages])
        print(f"{name}: trained", flush=True)
    return found


def shares(samples, mixture):
    """Share of the samples [..., N] within three deviations of each of the K modes, [..., K]."""
    means, stds, _ = data.TOYS["mixture1d"](**mixture).mixture
    rows = jnp.asarray(samples).reshape(-1, samples.shape[-1], 1)
    counts = jax.vmap(lambda row: metrics.mode_coverage(row, means, stds).counts)(rows)
    return np.asarray(counts).reshape(*samples.shape[:-1], -1) / samples.shape[-1]


def lost(share):
    """Which of K equal modes have less than ``FEW`` of what is theirs, by shares [..., K]."""
    return share < FEW / share.shape[-1]


def masses(mixture):
    """Exact mass of each bin, [BINS]."""
    points, weights = theory.quadrature([(LOW, HIGH)], panels=BINS)
    density = data.TOYS["mixture1d"](**mixture).density(points)
    return (np.asarray(density) * weights).reshape(BINS, -1).sum(axis=1)


def compare(samples, mixture):
    """Divergences of the data P and the histograms Q of samples [S, N] -> each [S].

    Half a sample is added to each bin of both, else KL to an empty bin is endless; samples out of
    the range count in the bin at its end.
    """
    number = samples.shape[1]
    inside = np.clip(samples, LOW, HIGH)
    counts = np.stack([np.histogram(row, BINS, (LOW, HIGH))[0] for row in inside])
    expected = number * masses(mixture)
    p, q = ((each + 0.5) / (number + BINS / 2) for each in (expected, counts))
    forth, back = np.asarray(theory.kl(p, q)), np.asarray(theory.reverse_kl(p, q))
    chi2 = np.asarray(theory.f_divergence("pearson", p, q))
    return {"KL(P‖Q)": forth, "KL(Q‖P)": back, "sum": forth + back, "χ²": chi2}


def tables(two, five):
    """Both tables as text; the last row of the second is a perfect sampler."""
    collapse, rivals = [], []
    for name, samples in two.items():
        share = shares(samples, TWO.mixture)
        gone = lost(share).any(axis=-1)
        late = gone[len(gone) // 4 :].mean(axis=0)  # before, no mode need have been found
        cells = map(show.mean_and_error, (late, share[-1].min(axis=-1)))
        collapse.append([name, f"{gone[-1].sum()} of {gone.shape[1]}", *cells])
    _, seeds, number = five["GAN"].shape
    points, _ = data.TOYS["mixture1d"](**PAPER).sample(np.random.default_rng(0), seeds * number)
    for name, samples in {**five, "the data": points.reshape(1, seeds, number)}.items():
        share, told = shares(samples[-1], PAPER), compare(samples[-1], PAPER)
        numbers = (~lost(share)).sum(axis=-1), 100 * share.sum(axis=-1), *told.values()
        rivals.append([name, *map(show.mean_and_error, numbers)])
    heads = [
        "(a) two modes",
        "collapsed at the end",
        "collapsed, of all looks",
        "lesser mode's share",
    ]
    first = show.table(heads, collapse)
    return first + "\n\n" + show.table(["(b) five modes", "modes", "% near one", *told], rivals)


def draw_motion(axis, samples):
    """Density of the samples [moments, N] over training, upwards."""
    counts = np.stack([np.histogram(row, 96, (-6, 6))[0] for row in samples])
    box = (-6, 6, TWO.every / 2, (len(samples) + 0.5) * TWO.every)
    axis.imshow(
        counts**0.5, cmap="magma", origin="lower", extent=box, aspect="auto", interpolation="none"
    )
    for mean in TWO.mixture["means"]:
        axis.axvline(mean, color="white", linewidth=0.8, linestyle=":")


def draw_five(axis, samples, generators):
    """Histogram of samples [N], a colour a generator, and the true one."""
    edges = ORIGIN + UNIT * np.linspace(LOW, HIGH, BINS + 1)
    rows = [ORIGIN + UNIT * samples[i::generators] for i in range(generators)]
    weights = [np.full(row.shape, 1 / len(samples)) for row in rows]
    colours = show.COLOURS[:generators]
    axis.hist(rows, edges, weights=weights, stacked=True, color=colours)
    axis.stairs(masses(PAPER), edges, color="black", linewidth=0.9)
    axis.set(xlim=(-10, 125), ylim=(0, 0.1), xlabel="x, in the paper's units")


def figure(two, five):
    """Above: the density of one seed over training. Below: the five modes, and all seeds."""
    canvas, axes = show.panels(2, len(METHODS), width=2.9, height=3.3)
    lesser, distance, names = axes[1][len(RIVALS) :]
    for i, (name, samples) in enumerate(two.items()):
        draw_motion(axes[0][i], samples[:, 0])
        axes[0][i].set(title=name, xlabel="x")
        least = shares(samples, TWO.mixture).min(axis=-1).mean(axis=1)
        steps = TWO.every * np.arange(1, len(samples) + 1)
        lesser.plot(steps, least, color=show.COLOURS[i], label=name)
    axes[0][0].set_ylabel("generator updates")
    for i, (name, samples) in enumerate(five.items()):
        draw_five(axes[1][i], samples[-1, 0], FIVE.generators if name == "MAD-GAN" else 1)
        axes[1][i].set_title(f"five modes: {name}", fontsize=10)
        told = compare(samples[-1], PAPER)["KL(P‖Q)"]
        colour = show.COLOURS[METHODS.index(name)]
        distance.plot(np.full(len(told), i), told, "o", color=colour, alpha=0.7)
    axes[1][0].set_ylabel("share of the samples in a bin")
    lesser.set(title="lesser mode's share, mean", xlabel="generator updates", ylim=(0, 0.55))
    distance.set(title="KL(P‖Q), each seed", xlim=(-0.5, len(five) - 0.5), ylim=0)
    distance.set_xticks(range(len(five)), [n.replace(" + ", "\n+ ") for n in five], fontsize=7)
    names.legend(*lesser.get_legend_handles_labels(), loc="center")
    names.set_axis_off()
    return canvas


def main():
    """Train, print, draw."""
    options = show.arguments(__doc__, seeds=6, number=4000)
    two = run(TWO, METHODS, options.seeds, options.number)
    five = run(FIVE, RIVALS, options.seeds, options.number)
    print(tables(two, five))
    show.save(figure(two, five), options.out, "mixture_collapse")


if __name__ == "__main__":
    main()
