"""The four scales of Mathieu et al. 2016 against the same networks in PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.multiscale import MultiscaleCritic, MultiscaleGenerator

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn, F = torch.nn, torch.nn.functional

from tests.models import modules  # noqa: E402 - only where there is PyTorch

BATCH, SIDE, FRAMES, COLOURS = 2, 32, 4, 1
WIDTH = 2
SHAPE = (SIDE, SIDE, COLOURS)


def convolutions(channels, features, windows, same):
    layers = []
    for n, m, window in zip([channels, *features[:-1]], features, windows, strict=True):
        layers += [nn.Conv2d(n, m, window, padding=window // 2 if same else 0), nn.ReLU()]
    return layers


class Generator(nn.Module):
    """The paper's table 1, by its sizes in units of 1/128."""

    SCALES = (
        ((1, 2, 1), (3, 3, 3, 3)),
        ((1, 2, 1), (5, 3, 3, 5)),
        ((1, 2, 4, 2, 1), (5, 3, 3, 3, 3, 5)),
        ((1, 2, 4, 2, 1), (7, 5, 5, 5, 5, 7)),
    )

    def __init__(self, added):
        super().__init__()
        self.added, channels, scales = added, FRAMES * COLOURS, []
        for features, windows in self.SCALES:
            features = [*(WIDTH * f for f in features), COLOURS]
            *layers, _ = convolutions(channels, features, windows, True)
            scales.append(nn.Sequential(*layers))
            channels = (FRAMES + 1) * COLOURS
        self.scales = nn.ModuleList(scales)

    def forward(self, frames):
        guess = None
        for level, scale in enumerate(self.scales):
            seen = F.avg_pool2d(frames, 2 ** (3 - level)) if level < 3 else frames
            if guess is None:
                guess = torch.tanh(scale(seen))
                continue
            guess = F.interpolate(guess, scale_factor=2, mode="nearest")
            out = scale(torch.cat([seen, guess], 1))
            guess = torch.tanh(out + guess if self.added else out)
        return guess


class Critic(nn.Module):
    """The critics of dyelax's code, by its sizes in units of 1/64, with the frames in front."""

    SCALES = (
        ((1,), (3,), (8, 4), 1),
        ((1, 2, 2), (3, 3, 3), (16, 8), 1),
        ((2, 4, 4), (5, 5, 5), (16, 8), 2),
        ((2, 4, 8, 2), (7, 7, 5, 5), (16, 8), 6),
    )

    def __init__(self):
        super().__init__()
        self.scales = nn.ModuleList()
        for features, windows, hidden, side in self.SCALES:
            features = [WIDTH * f for f in features]
            units = [features[-1] * side**2, *(WIDTH * h for h in hidden)]
            dense = []
            for n, m in zip(units[:-1], units[1:], strict=True):
                dense += [nn.Linear(n, m), nn.ReLU()]
            layers = convolutions((FRAMES + 1) * COLOURS, features, windows, False)
            last = nn.Linear(units[-1], 1)
            self.scales.append(nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), *dense, last))

    def forward(self, seen):
        seen = torch.cat([seen[:, COLOURS:], seen[:, :COLOURS]], 1)  # the image is behind
        each = [
            s(F.avg_pool2d(seen, 2 ** (3 - k)) if k < 3 else seen)
            for k, s in enumerate(self.scales)
        ]
        return torch.stack([torch.cat(each, 1)], 1)


@pytest.mark.parametrize("added", [False, True])
def test_the_generator_is_pytorchs(added):
    frames = np.random.default_rng(0).standard_normal((BATCH, SIDE, SIDE, FRAMES * COLOURS))
    network = MultiscaleGenerator(shape=SHAPE, width=WIDTH, added=added, dtype=jnp.float64)
    modules.compare(network, Generator(added), {"source": frames}, "x")


def test_the_critic_is_pytorchs():
    rng = np.random.default_rng(0)
    x, frames = (rng.standard_normal((BATCH, SIDE, SIDE, c * COLOURS)) for c in (1, FRAMES))
    network = MultiscaleCritic(width=WIDTH, dtype=jnp.float64)
    modules.compare(network, Critic(), {"x": x, "source": frames}, "score")


def test_parameters_of_the_papers_widths():
    """By hand, of 4 grey frames: a layer of n x n windows has (n^2 c + 1) m parameters.

    Generator, smallest scale: 37 * 128 + 1153 * 256 + 2305 * 128 + 1153 = 596 097; critic, without
    frames: 10 * 64 + 65 * 512 + 513 * 256 + 257 = 165 505.
    """
    source, x = jnp.zeros((1, SIDE, SIDE, FRAMES)), jnp.zeros((1, *SHAPE))
    keys = jax.random.key(0)
    made = jax.eval_shape(
        lambda: MultiscaleGenerator(shape=SHAPE).init(keys, source=source, train=False)
    )["params"]
    judged = jax.eval_shape(lambda: MultiscaleCritic().init(keys, x=x, train=False))["params"]

    def count(params, kind, numbers):
        leaves = jax.tree.leaves([params[f"{kind}_{number}"] for number in numbers])
        return sum(leaf.size for leaf in leaves)

    assert count(made, "Conv", range(4)) == 596_097
    assert count(judged, "Conv", [0]) + count(judged, "Dense", range(3)) == 165_505


def test_other_sizes():
    with pytest.raises(UserError, match="multiples of 8, not 20x32"):
        _shape((20, 32, 1))
    with pytest.raises(UserError, match="32x32 or more, not of 24x32; set data.size=32"):
        jax.eval_shape(
            lambda: MultiscaleCritic().init(
                jax.random.key(0), x=jnp.zeros((1, 24, 32, 1)), train=False
            )
        )


def _shape(shape):
    source = jnp.zeros((1, *shape[:2], FRAMES))
    network = MultiscaleGenerator(shape=shape, width=1)
    return jax.eval_shape(lambda: network.init(jax.random.key(0), source=source, train=False))
