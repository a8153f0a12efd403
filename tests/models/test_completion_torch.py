"""The completion network and its critic against the same networks in PyTorch."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models.completion import CompletionGenerator, GlobalLocalCritic

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

from tests.models import modules  # noqa: E402 - only where there is PyTorch

BATCH, SIDE, EPS = 3, 16, 0.1
FIELDS = {"width": 4, "norm_eps": EPS, "dtype": jnp.float64}


def holes():
    """[B, H, W, 1]: at a corner, at two borders, and in the middle."""
    mask = np.zeros((BATCH, SIDE, SIDE, 1))
    mask[0, :3, :5] = mask[1, 12:, 4:6] = mask[1, 6, 15] = mask[2, 7:9, 6:11] = 1
    return mask


class Completion(nn.Module):
    """Iizuka et al. 2017, table 1, at a width of 4, with two of its four dilations."""

    def __init__(self):
        super().__init__()

        def after(n):
            return [nn.BatchNorm2d(n, EPS), nn.ReLU()]

        def conv(n, m, window=3, stride=1, dilation=1):
            padding = dilation * (window // 2)
            return [nn.Conv2d(n, m, window, stride, padding, dilation, bias=False), *after(m)]

        def up(n, m):
            return [nn.ConvTranspose2d(n, m, 4, 2, 1, bias=False), *after(m)]

        self.layers = nn.Sequential(
            *conv(4, 4, 5),
            *(conv(4, 8, stride=2) + conv(8, 8)),
            *(conv(8, 16, stride=2) + conv(16, 16) + conv(16, 16)),
            *(conv(16, 16, dilation=2) + conv(16, 16, dilation=4)),
            *(conv(16, 16) + conv(16, 16)),
            *(up(16, 8) + conv(8, 8)),
            *(up(8, 4) + conv(4, 2)),
            nn.Conv2d(2, 3, 3, 1, 1),
            nn.Tanh(),
        )

    def forward(self, seen):
        return torch.where(seen[:, 3:] > 0.5, self.layers(seen), seen[:, :3])


class GlobalLocal(nn.Module):
    """Tables 2 and 3, of three and two convolutions; windows of 8 around the boxes of the holes."""

    STARTS = ((0, 0), (7, 6), (4, 4))  # by hand: middles (1, 2), (11, 10) and (8, 8.5) less 4

    def __init__(self):
        super().__init__()

        def stack(*widths):
            layers = []
            for n, m in zip(widths[:-1], widths[1:], strict=True):
                layers += [nn.Conv2d(n, m, 5, 2, 2, bias=False), nn.BatchNorm2d(m, EPS), nn.ReLU()]
            return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * 4, 6), nn.ReLU())

        self.whole, self.part = stack(3, 4, 8, 16), stack(3, 4, 8)
        self.score = nn.Linear(12, 1)

    def forward(self, seen):
        x = seen[:, :3]
        cuts = [x[i, :, a : a + 8, b : b + 8] for i, (a, b) in enumerate(self.STARTS)]
        return self.score(torch.cat([self.whole(x), self.part(torch.stack(cuts))], 1))


# name -> (network, its twin, the image's name, which of its outputs)
CASES = {
    "generator": (
        CompletionGenerator(shape=(SIDE, SIDE, 3), dilations=(2, 4), **FIELDS),
        Completion(),
        "source",
        "x",
    ),
    "critic": (
        GlobalLocalCritic(layers=3, hidden=6, window=8, **FIELDS),
        GlobalLocal(),
        "x",
        "score",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    network, twin, name, of = CASES[case]
    x = np.random.default_rng(0).standard_normal((BATCH, SIDE, SIDE, 3))
    modules.compare(network, twin, {name: x, "mask": holes()}, of)
