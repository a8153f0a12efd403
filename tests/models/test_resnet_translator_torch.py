"""The residual translator against the same network in PyTorch, as CycleGAN and StarGAN have it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.network import network
from jaxgan.models.resnet_translator import ResNetTranslator

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")

from benchmarks import torch_translators  # noqa: E402 - only where there is PyTorch
from tests.models import modules  # noqa: E402

EPS = 0.1  # so large that a wrong one shows


@pytest.mark.parametrize("halvings, window, padding", [(1, 3, "reflect"), (2, 4, "zero")])
def test_network_is_pytorchs(halvings, window, padding):
    shared = {"halvings": halvings, "window": window}
    fields = {"blocks": 2, "width": 2, "padding": padding, "norm_eps": EPS, **shared}
    module = ResNetTranslator(shape=(8, 12, 2), dtype=jnp.float64, **fields)
    options = {"reflect": padding == "reflect", "eps": EPS, **shared}
    twin = torch_translators.resnet_translator(2, 2, 3, 2, **options)
    inputs = {"source": np.random.default_rng(0).standard_normal((3, 8, 12, 3))}
    modules.compare(module, twin, inputs, "x")


@pytest.mark.parametrize("blocks, millions", [(9, 11.378), (6, 7.838)])
def test_as_many_parameters_as_the_authors_count(blocks, millions):
    module = ResNetTranslator(shape=(256, 256, 3), blocks=blocks)
    source = jnp.zeros((1, 256, 256, 3))
    made = jax.eval_shape(lambda: module.init(jax.random.key(0), source=source, train=True))
    count = sum(leaf.size for leaf in jax.tree.leaves(made["params"]))
    assert round(count / 1e6, 3) == millions


def test_a_label_needs_zeros_at_the_border():
    """Under reflection a plane stays flat, and the normalisation would take it away."""
    source, labels = jax.random.normal(jax.random.key(0), (1, 16, 16, 1)), jnp.eye(2)[:, None]
    zeros, reflected = (
        ResNetTranslator(shape=(16, 16, 1), blocks=1, width=4, padding=padding)
        for padding in ("zero", "reflect")
    )
    player = network(zeros, ("source", "label"), {"source": (16, 16, 1), "label": (2,)})
    made = jax.jit(lambda v, label: player.apply(v, {"source": source, "label": label}, train=True))
    variables = player.init(jax.random.key(1))
    a, b = (made(variables, label)[0]["x"] for label in labels)
    assert jnp.abs(a - b).max() > 1e-3
    for given in ("label", "attributes"):
        with pytest.raises(UserError, match="set generator.padding=zero"):
            reflected.init(jax.random.key(1), source=source, train=True, **{given: labels[0]})


@pytest.mark.parametrize("size", [(6, 8), (8, 10)])
def test_other_sizes_are_refused(size):
    module = ResNetTranslator(shape=(*size, 1), blocks=0, width=2)
    with pytest.raises(UserError, match="sides are multiples of 4"):
        module.init(jax.random.key(0), source=jnp.zeros((1, *size, 1)), train=True)
