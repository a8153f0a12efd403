"""What is seen of a state: points, the critic's surface, the warped z, pushes, slopes, distances.

Nothing here trains. All is drawn from fixed noise, so that what moves has been learned.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.losses.penalties import input_gradient_norms, interpolate
from jaxgan.metrics.modes import mode_coverage
from jaxgan.metrics.transport import wasserstein
from jaxgan.theory import js

SHOWN = 400  # points that are drawn
MEASURED = 2000  # points that are measured
PAIRED = 400  # of these by the exact distance, whose time grows with the cube
PUSHES = 120  # arrows
SURFACE = {1: 200, 2: 40}  # points along each axis, by dimension
BINS = {1: 100, 2: 24}  # of the histograms behind JS, likewise
THREADS = 21  # lines of the grid of z, each way
# Of that grid, by the distribution of z.
SPREAD = {"normal": (-2, 2), "uniform": (-1, 1), "bernoulli": (0, 1), "clusters": (-2, 2)}


def frame_of(x):
    """The square, or the interval, that holds points x [N, D] and 0, where generators begin.

    Returns:
      (low, high), float64 [D] each.
    """
    low, high = np.minimum(np.min(x, axis=0), 0.0), np.maximum(np.max(x, axis=0), 0.0)
    reach = 0.7 * np.max(high - low) + 0.1
    return (low + high) / 2 - reach, (low + high) / 2 + reach


def plane(low, high):
    """The points [P, D] of the surface, the last axis fastest."""
    lines = [np.linspace(*ends, SURFACE[len(low)]) for ends in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, len(low)).astype("f4")


def threads(z_dim, distribution):
    """z [T * T, Z] on a grid of its last two numbers, the others 0; on a line where there is one.

    Of zeros and ones: 0.5 where they are in between. Of clusters: in the first of them.
    """
    line = np.linspace(*SPREAD[distribution], THREADS)
    if z_dim == 1:
        return np.linspace(*SPREAD[distribution], THREADS**2)[:, None].astype("f4")
    z = np.zeros((THREADS**2, z_dim), "f4")
    z[:, -2:] = np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    if distribution == "clusters":
        z[:, 0] = (z_dim // 2) ** 0.5
    return z


def sample(game, variables, batch, keys):
    """What the generator makes of a batch's labels and of z from the keys, and what it was given.

    Returns:
      given, and points [G, B, D] of G generators.
    """
    given = game.draw(batch, keys, 0)
    made, _ = game.generate(variables, given, keys, train=False)
    shown = game.show(given, made)
    return given, made, jnp.stack([each.made for each in shown.values()])


def measured(game, variables, batch, keys):
    """Points [B, D] to be measured: of several generators in turn."""
    _, _, points = sample(game, variables, batch, keys)
    turn = jnp.arange(points.shape[1]) % len(points)
    return points[turn, jnp.arange(points.shape[1])]


def look(game, generator, critic, batch, keys, probes, z, label):
    """All that is drawn of one state.

    Args:
      game: ``Game`` of points.
      generator, critic: their variables.
      batch: {"x": [B, D], maybe "label": [B]}, real.
      keys: [B].
      probes: [P, D], where the critic is asked.
      z: [T, Z], what is warped.
      label: int [], the class that the critic and the warped z are told, where they are.

    Returns:
      {"fake": [G, B, D], "push": [G, A, D], "surface": [P], "warp": [G, T, D], "slopes": [B]}.
      ``push`` is minus the slope of one example's part in the generator's loss: the way it is sent.
    """
    given, made, fake = sample(game, generator, batch, keys)

    def loss(x):
        return game.generator_loss(critic, given, {**made, "x": x}, 0, keys)[0]

    push = -len(keys) * jax.grad(loss)(made["x"])
    push = jnp.stack([each.made for each in game.show(given, {**made, "x": push}).values()])

    def told(count):
        label_of_all = jnp.full((count,), label, jnp.int32)
        return {"label": label_of_all} if "label" in batch else {}

    def among(count, **more):
        rows = jnp.broadcast_to(keys[0], (count,))
        return game.draw({**told(count), **more}, rows, 0)

    surface = game.realness(critic, among(len(probes), x=probes))
    each = z if given["z"].ndim == 2 else jnp.repeat(z[:, None], len(fake), axis=1)
    warped = among(len(z), z=each)
    made_of_z, _ = game.generate(generator, warped, jnp.broadcast_to(keys[0], len(z)), train=False)
    warp = jnp.stack([shown.made for shown in game.show(warped, made_of_z).values()])
    between = interpolate(given["x"], fake[0], noise.fold_each(keys, noise.AGAIN))
    slopes = input_gradient_norms(lambda x: game.realness(critic, {**given, "x": x}), between)
    return {
        "fake": fake,
        "push": push[:, :PUSHES],
        "surface": surface,
        "warp": warp,
        "slopes": slopes,
    }


_js = jax.jit(js)
_coverage = jax.jit(mode_coverage)


def distances(real, fake, frame, mixture=None):
    """How far samples are from the data: {name: number}.

    Args:
      real, fake: [MEASURED, D].
      frame: from ``frame_of``; what lies beyond is counted at its edge.
      mixture: the data's modes, or None.

    Returns:
      ``w1``: exact, of the first PAIRED; ``js`` of histograms, in nats, at most log 2; of a mixture
      ``modes`` found and ``good``, the share within three standard deviations of one. NaN where a
      point is not finite.
    """
    if not np.isfinite(fake).all():
        return dict.fromkeys(("w1", "js", *(("modes", "good") if mixture else ())), float("nan"))
    found = {
        "w1": wasserstein(real[:PAIRED], fake[:PAIRED]),
        "js": float(_js(*map(partial(_shares, frame), (real, fake)))),
    }
    if mixture:
        coverage = _coverage(fake, mixture.means, mixture.stds)
        found |= {"modes": int(coverage.modes), "good": float(coverage.high_quality)}
    return found


def _shares(frame, x):
    """The histogram of points, summing to 1, flat."""
    low, high = frame
    edges = [np.linspace(*ends, BINS[len(low)] + 1) for ends in zip(low, high, strict=True)]
    counts, _ = np.histogramdd(np.clip(x, low, high), edges)
    return (counts / len(x)).ravel().astype("f4")
