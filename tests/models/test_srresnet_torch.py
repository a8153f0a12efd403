"""SRResNet and SRGAN's critic against the same networks in PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.srresnet import SRGANCritic, SRResNetGenerator, pixel_shuffle

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")

from benchmarks import torch_translators  # noqa: E402 - only where there is PyTorch
from tests.models import modules  # noqa: E402

EPS = 0.1  # so large that a wrong one shows
FIELDS = {"width": 4, "norm_eps": EPS, "dtype": jnp.float64}
SOURCE = (4, 6, 3)
# name -> (network, its twin, its input, shape of that, its output)
CASES = {
    "generator": (
        SRResNetGenerator(shape=(16, 24, 2), blocks=2, **FIELDS),
        torch_translators.srresnet(2, 4, 3, 2, 2, eps=EPS),
        "source",
        SOURCE,
        "x",
    ),
    "critic": (
        SRGANCritic(hidden=6, **FIELDS),
        torch_translators.srgan(4, 6, 3, 32, 32, eps=EPS),
        "x",
        (32, 32, 3),
        "score",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    network, twin, name, shape, of = CASES[case]
    inputs = {name: np.random.default_rng(0).standard_normal((3, *shape))}
    modules.compare(network, twin, inputs, of)


def test_pixel_shuffle_is_pytorchs():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 8)).astype(np.float32)
    expected = torch.nn.PixelShuffle(2)(torch.from_numpy(x).permute(0, 3, 1, 2))
    np.testing.assert_array_equal(pixel_shuffle(x), expected.permute(0, 2, 3, 1))


def test_as_many_parameters_as_the_paper_gives():
    """Sixteen blocks of 64: 1.55 million without biases before a normalisation; by hand below."""
    block = 2 * (9 * 64 * 64 + 2 * 64) + 1  # two convolutions, their scales and shifts, a PReLU
    ends = 2 * 81 * 3 * 64 + 64 + 3 + 1
    doubling = 9 * 64 * 256 + 256 + 1
    expected = 16 * block + 9 * 64 * 64 + 2 * 64 + ends + 2 * doubling
    network = SRResNetGenerator(shape=(96, 96, 3))
    source = jnp.zeros((1, 24, 24, 3))
    made = jax.eval_shape(lambda: network.init(jax.random.key(0), source=source, train=True))
    assert sum(leaf.size for leaf in jax.tree.leaves(made["params"])) == expected


@pytest.mark.parametrize("small", [(8, 7), (5, 5), (32, 32), (4, 8)])
def test_sizes_that_no_doubling_leads_to(small):
    network = SRResNetGenerator(shape=(16, 16, 1), blocks=0, width=2)
    source = jnp.zeros((1, *small, 1))
    with pytest.raises(UserError, match=f"1, 2, 4, 8, .* not {small[0]}x{small[1]} to 16x16"):
        jax.eval_shape(lambda: network.init(jax.random.key(0), source=source, train=True))
