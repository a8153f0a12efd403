"""U-Net and patch critic against the same networks in PyTorch, laid out as the authors' are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models.patch import PatchCritic
from jaxgan.models.unet import UNetGenerator, _dropped

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

from benchmarks import torch_translators  # noqa: E402 - only where there is PyTorch
from tests.models import modules  # noqa: E402

BATCH, SIDE, WIDTH = 3, 16, 4
EPS = 0.1  # so large that a wrong one shows


# name -> (network, its twin, channels of its inputs, which of its outputs)
FIELDS = {"width": WIDTH, "norm_eps": EPS, "dtype": jnp.float64}
CASES = {
    **{
        f"unet, {norm}": (
            UNetGenerator(shape=(SIDE, SIDE, 2), halvings=3, norm=norm, **FIELDS),
            torch_translators.unet(norm, 3, WIDTH, 3, 2, eps=EPS),
            {"source": 3},
            "x",
        )
        for norm in ("batch", "instance")
    },
    **{
        f"patch, {norm}, {strided} strided": (
            PatchCritic(layers=strided, norm=norm, **FIELDS),
            torch_translators.patch(norm, strided, WIDTH, 5, eps=EPS),
            {"source": 3, "x": 2},
            "score",
        )
        for norm, strided in (
            ("batch", 2),
            ("batch", 1),
            ("batch", 0),
            ("instance", 2),
            ("instance", 0),
        )
    },
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    network, twin, channels, name = CASES[case]
    rng = np.random.default_rng(0)
    inputs = {k: rng.standard_normal((BATCH, SIDE, SIDE, n)) for k, n in channels.items()}
    modules.compare(network, twin, inputs, name)


@pytest.mark.parametrize("halvings", [5, 6, 7, 8])
def test_drops_where_pytorch_does(halvings):
    levels = [
        m
        for m in torch_translators.unet("batch", halvings, 1, 3, 3).modules()
        if isinstance(m, torch_translators.Level)
    ]
    drops = [any(isinstance(layer, nn.Dropout) for layer in level.levels) for level in levels]
    expected = [i for i, drop in enumerate(reversed(drops)) if drop]
    assert list(_dropped(halvings)) == (expected or [0])
    assert len(expected) == halvings - 5


IMAGE = jnp.zeros((1, 256, 256, 3))


@pytest.mark.parametrize(
    "network, twin, inputs, millions",
    [
        (
            UNetGenerator(shape=(256, 256, 3), halvings=8),
            lambda: torch_translators.unet("batch", 8, 64, 3, 3),
            {"source": IMAGE},
            54.414,
        ),
        (
            PatchCritic(),
            lambda: torch_translators.patch("batch", 3, 64, 6),
            {"x": IMAGE, "source": IMAGE},
            2.769,
        ),
    ],
    ids=["unet", "patch"],
)
def test_as_many_parameters_as_the_authors(network, twin, inputs, millions):
    made = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))
    count = sum(leaf.size for leaf in jax.tree.leaves(made["params"]))
    with torch.device("meta"):
        assert count == sum(p.numel() for p in twin().parameters())
    assert round(count / 1e6, 3) == millions
