"""Layers: initial distributions, batch statistics, compute types."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import heads, inits, layers, norms

WINDOW = 4


class Stack(nn.Module):
    """One of each layer, the fields as the networks have them."""

    initializer: str = "torch"
    norm: str = "batch"
    norm_eps: float = 0.5
    outputs: int = 1
    heads: tuple = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, *, train):
        x = layers.Conv(24, WINDOW, 2, 1, self.initializer, self.dtype)(x)
        x = norms.norm(self, x, train=train)
        x = layers.ConvTranspose(16, WINDOW, 2, 1, self.initializer, self.dtype)(x)
        return heads.scores(self, layers.flatten(x))


class Norm(nn.Module):
    """Batch normalisation alone."""

    initializer: str = "torch"
    norm: str = "batch"
    norm_eps: float = 0.5
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, *, train):
        return norms.norm(self, x, train=train)


@cache
def parameters(initializer):
    stack = Stack(initializer=initializer)
    init = jax.jit(lambda key: stack.init(key, jnp.zeros((2, 8, 8, 32)), train=True))
    return init(jax.random.key(0))["params"]


# 32 * 4 * 4 of the convolution; 16 * 4 * 4 of the transposed one, which PyTorch counts from the
# output channels; 8 * 8 * 16 of the linear layer.
FAN_INS = {"Conv_0": 512, "ConvTranspose_0": 256, "Dense_0": 1024}


@pytest.mark.parametrize("layer", FAN_INS)
def test_torch_initialisation(layer):
    found, bound = parameters("torch")[layer], FAN_INS[layer] ** -0.5
    for values in found["kernel"], found["bias"]:
        assert np.abs(values).max() <= bound
    # The largest of n uniform draws is within a few bound / n of the bound.
    assert np.abs(found["kernel"]).max() > bound * (1 - 10 / found["kernel"].size)
    # U(-b, b) has standard deviation b / sqrt(3); 6 % are four errors of 1024 draws.
    np.testing.assert_allclose(found["kernel"].std(), bound / 3**0.5, rtol=0.06)
    assert np.any(found["bias"] != 0)


@pytest.mark.parametrize("initializer, scale", [("dcgan", None), ("he", 2)])
@pytest.mark.parametrize("layer", FAN_INS)
def test_normal_initialisation(layer, initializer, scale):
    found = parameters(initializer)[layer]
    expected = 0.02 if scale is None else (scale / FAN_INS[layer]) ** 0.5
    # The standard deviation of n normal draws has the relative error 1 / sqrt(2n).
    tolerance = 4 / (2 * found["kernel"].size) ** 0.5
    np.testing.assert_allclose(found["kernel"].std(), expected, rtol=tolerance)
    assert np.abs(found["kernel"]).max() > 2.5 * expected  # no truncation
    assert not found["bias"].any()


@pytest.mark.parametrize("name", sorted(set(inits.INITS) - {"orthogonal"}))
def test_initial_kernels_are_the_draws_of_their_shape(name):
    key, shape, fan_in = jax.random.key(3), (3, 4, 5, 6), 8
    draws = {
        "dcgan": lambda: 0.02 * jax.random.normal(key, shape),
        "torch": lambda: jax.random.uniform(key, shape, minval=-(8**-0.5), maxval=8**-0.5),
        "he": lambda: 0.5 * jax.random.normal(key, shape),
        "unit": lambda: jax.random.normal(key, shape),
        # (6 * 2 / (12 * 5 + 12 * 6))^1/2, of a window of 3x4.
        "glorot": lambda: jax.random.uniform(key, shape, minval=-(11**-0.5), maxval=11**-0.5),
    }
    kernel = inits.INITS[name].kernel(fan_in)(key, shape)
    np.testing.assert_allclose(kernel, draws[name](), rtol=1e-6)


def test_kernels_by_their_whole_shape():
    """Glorot's bound where there is no window, (6 / (30 + 24))^1/2; orthogonal rows or columns."""
    flat = inits.INITS["glorot"].kernel(30)(jax.random.key(0), (30, 24))
    assert 0.32 < np.abs(flat).max() <= 1 / 3
    for shape in ((2, 2, 3, 5), (2, 2, 3, 40)):
        kernel = inits.INITS["orthogonal"].kernel(12)(jax.random.key(0), shape).reshape(12, -1)
        gram = kernel.T @ kernel if shape[-1] < 12 else kernel @ kernel.T
        np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5)


def test_norm_initialisation():
    scales = {name: parameters(name)["BatchNorm_0"]["scale"] for name in ("dcgan", "torch")}
    assert np.all(scales["torch"] == 1)
    assert all(inits.INITS[name].scale is nn.initializers.ones for name in ("he", "glorot"))
    assert 0 < np.abs(scales["dcgan"] - 1).max() < 0.1  # five standard deviations of 0.02


def test_batch_norm_by_hand():
    # Column means 2 and 20, biased variances 1 and 100, eps 0.5.
    x = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    module = Norm()
    variables = module.init(jax.random.key(0), x, train=True)
    out, moved = module.apply(variables, x, train=True, mutable=["batch_stats"])
    row = np.array([1 / 1.5**0.5, 10 / 100.5**0.5])
    np.testing.assert_allclose(out, [-row, row], rtol=1e-6)
    statistics = moved["batch_stats"]["BatchNorm_0"]
    np.testing.assert_allclose(statistics["mean"], [0.2, 2.0], rtol=1e-6)  # 0.9 * 0 + 0.1 * mean
    np.testing.assert_allclose(statistics["var"], [1.0, 10.9], rtol=1e-6)  # 0.9 * 1 + 0.1 * var
    out = module.apply({**variables, **moved}, x, train=False)
    np.testing.assert_allclose(out[0], [0.8 / 1.5**0.5, 8 / 11.4**0.5], rtol=1e-6)


def test_batch_norm_over_devices():
    """With ``axis_name`` the statistics are those of the batch of all devices together."""
    x = jax.random.normal(jax.random.key(0), (8, 3, 3, 2)) * jnp.arange(1.0, 9)[:, None, None, None]
    alone, together = Norm(), Norm(axis_name="devices")
    variables = alone.init(jax.random.key(0), x, train=True)
    expected, moved = alone.apply(variables, x, train=True, mutable=["batch_stats"])

    def apply(part):
        return together.apply(variables, part, train=True, mutable=["batch_stats"])

    out, parts = jax.vmap(apply, axis_name="devices")(x.reshape(4, 2, 3, 3, 2))
    np.testing.assert_allclose(out.reshape(x.shape), expected, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a[3], b, rtol=1e-5), parts, moved)


def test_instance_norm_by_hand():
    # Channels 1, 3 and 10, 30 of each image: means 2 and 20, variances 1 and 100, eps 0.5.
    x = jnp.array([[[1.0, 10.0], [3.0, 30.0]]]).reshape(1, 1, 2, 2)
    x = jnp.concatenate([x, x + 5, jnp.zeros_like(x)])
    out, variables = Norm(norm="instance").init_with_output(jax.random.key(0), x, train=True)
    assert not variables
    row = np.array([1 / 1.5**0.5, 10 / 100.5**0.5])
    expected = np.stack([-row, row])[None]
    np.testing.assert_allclose(out, [expected, expected, 0 * expected], rtol=1e-6)
    point = Norm(norm="instance").apply({}, x[:, :, :1], train=False)
    np.testing.assert_array_equal(point, jnp.zeros((3, 1, 1, 2)))
    with pytest.raises(UserError, match="for images"):
        Norm(norm="instance").init(jax.random.key(0), x[:, 0, 0], train=True)


def test_reflection_by_hand():
    x = jnp.arange(6.0).reshape(1, 2, 3, 1)
    expected = [[4, 3, 4, 5, 4], [1, 0, 1, 2, 1], [4, 3, 4, 5, 4], [1, 0, 1, 2, 1]]
    np.testing.assert_array_equal(layers.pad_reflect(x, 1)[0, :, :, 0], expected)


def test_no_norm_has_no_state():
    x = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    out, variables = Norm(norm="none").init_with_output(jax.random.key(0), x, train=True)
    assert not variables
    np.testing.assert_array_equal(out, x)


def test_bfloat16_computes_in_bfloat16_and_keeps_float32():
    x = jax.random.normal(jax.random.key(0), (4, 8, 8, 3))
    heads = (("label", 3),)
    half, full = Stack(heads=heads, dtype=jnp.bfloat16), Stack(heads=heads)

    @jax.jit
    def both(x):
        variables = full.init(jax.random.key(1), x, train=True)
        return [m.apply(variables, x, train=True, mutable=["batch_stats"]) for m in (half, full)]

    (out, moved), (full_out, _) = both(x)
    made = jax.eval_shape(lambda: half.init(jax.random.key(1), x, train=True))
    assert out.keys() == {"score", "features", "label"}
    assert {leaf.dtype for leaf in jax.tree.leaves((made, moved, out))} == {jnp.dtype("float32")}
    scores, expected = out["score"], full_out["score"]
    error = np.abs(scores - expected).max() / np.abs(expected).max()
    assert 0 < error < 0.05  # eight bits of mantissa a product: different, but not by much


@pytest.mark.parametrize(
    "field, known",
    [
        ("norm", "batch, conditional_batch, instance, layer, none, spectral"),
        ("initializer", "dcgan, glorot, he, orthogonal, torch"),
    ],
)
def test_unknown_names_are_told(field, known):
    with pytest.raises(UserError, match=f"unknown {field} 'x'; known: {known}"):
        Stack(**{field: "x"}).init(jax.random.key(0), jnp.zeros((1, 8, 8, 1)), train=True)
