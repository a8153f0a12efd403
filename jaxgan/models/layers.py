"""Layers that the networks share: dense and convolutional ones, activations, dropout."""

from collections.abc import Callable
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import choose
from jaxgan.models import conv, resize
from jaxgan.models.inits import FLOAT, INITS


def prelu(x: jax.Array) -> jax.Array:
    """max(x, 0) + a min(x, 0) with one learned a for all units, 0.25 at first (He et al. 2015).

    Called within a module, to which it adds the parameter.
    """
    return nn.PReLU(negative_slope_init=0.25)(x)


ACTIVATIONS = {
    "relu": nn.relu,
    "prelu": prelu,
    "leaky_relu": lambda x: nn.leaky_relu(x, 0.2),
    "tanh": jnp.tanh,
    # A smooth rectifier of the WGAN-GP paper's random architectures (arXiv:1704.00028), table 1.
    "softplus": lambda x: nn.softplus(2 * x + 2) / 2 - 1,
}


class Conv(nn.Module):
    """Convolution [B, H, W, C] -> [B, H', W', features]; see ``conv.conv`` for the geometry.

    ``resize``: empty, or a row of ``resize.CONVOLUTIONS`` for a stride of 1. ``bias``: whether one
    is added; in front of a normalisation that shifts by itself it does nothing. ``dilation``: the
    step between the taps, 1 where there is a ``resize``.
    """

    features: int
    window: int
    stride: int
    padding: int
    initializer: str
    dtype: Any
    resize: str = ""
    bias: bool = True
    dilation: int = 1

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H', W', features]."""
        kernel, bias = _kernel_and_bias(self, x.shape[-1], x.shape[-1] * self.window**2)
        x = x.astype(self.dtype)
        if self.resize:
            return resize.CONVOLUTIONS[self.resize](x, kernel, self.padding) + bias
        return conv.conv(x, kernel, self.stride, self.padding, self.dilation) + bias


class ConvTranspose(nn.Module):
    """Transposed convolution [B, H, W, C] -> [B, H', W', features]; see ``conv.conv_transpose``."""

    features: int
    window: int
    stride: int
    padding: int
    initializer: str
    dtype: Any
    bias: bool = True
    output_padding: int = 0

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H', W', features]."""
        # PyTorch takes the fan-in of a transposed convolution from its *output* channels.
        fan_in = self.features * self.window**2
        kernel, bias = _kernel_and_bias(self, x.shape[-1], fan_in)
        geometry = (self.stride, self.padding, self.output_padding)
        return conv.conv_transpose(x.astype(self.dtype), kernel, *geometry) + bias


class ClassTable(nn.Module):
    """A row of parameters a class: one-hot labels [B, K] -> [B, features], linear between them."""

    features: int
    initializer: Callable
    dtype: Any

    @nn.compact
    def __call__(self, label):
        """label [B, K] -> [B, features]."""
        table = self.param("table", self.initializer, (label.shape[1], self.features), FLOAT)
        return label.astype(self.dtype) @ table.astype(self.dtype)


def _kernel_and_bias(module, channels, fan_in):
    init = choose(INITS, module.initializer, "initializer")
    shape = (module.window, module.window, channels, module.features)
    kernel = module.param("kernel", init.kernel(fan_in), shape, FLOAT)
    if not module.bias:
        return kernel.astype(module.dtype), jnp.zeros((), module.dtype)
    bias = module.param("bias", init.bias(fan_in), (module.features,), FLOAT)
    return kernel.astype(module.dtype), bias.astype(module.dtype)


# The functions below add a layer to the module that calls them; its fields say which.


def dense(module: nn.Module, x: jax.Array, features: int, bias: bool = True) -> jax.Array:
    """A linear layer [B, D] -> [B, features]."""
    init, fan_in = choose(INITS, module.initializer, "initializer"), x.shape[-1]
    layer = nn.Dense(
        features,
        use_bias=bias,
        dtype=module.dtype,
        kernel_init=init.kernel(fan_in),
        bias_init=init.bias(fan_in),
    )
    return constrained(module, layer, x)


def class_table(module: nn.Module, classes: int, features: int) -> ClassTable:
    """A table of classes that is drawn as the module's other weights are."""
    init = choose(INITS, module.initializer, "initializer").kernel(classes)
    return ClassTable(features, init, module.dtype)


def convolve(
    module: nn.Module,
    x: jax.Array,
    features: int,
    geometry: tuple,
    resize: str = "",
    bias: bool = True,
    dilation: int = 1,
) -> jax.Array:
    """A convolution [B, H, W, C] -> [B, H', W', features] of (window, stride, padding)."""
    layer = Conv(features, *geometry, module.initializer, module.dtype, resize, bias, dilation)
    return constrained(module, layer, x)


def convolve_transpose(
    module: nn.Module,
    x: jax.Array,
    features: int,
    geometry: tuple,
    bias: bool = True,
    output_padding: int = 0,
) -> jax.Array:
    """A transposed convolution [B, H, W, C] -> [B, H', W', features] of the same geometry."""
    own = (module.initializer, module.dtype, bias, output_padding)
    layer = ConvTranspose(features, *geometry, *own)
    return constrained(module, layer, x)


def constrained(module, layer, x):
    """``layer(x)``, its kernel divided by its spectral norm where the module's ``norm`` says so.

    A module whose ``norm`` is of what flows says so by a field ``spectral``, and may tell the eps
    of its unit vectors by one called ``spectral_eps``.

    One power iteration a call; u is a mutable of the network, and the gradient runs through the
    estimated norm too. Reference: Spectral Normalization (arXiv:1802.05957), algorithm 1.
    """
    if module.norm != "spectral" and not getattr(module, "spectral", False):
        return layer(x)
    moving = module.is_mutable_collection("spectral")
    eps = getattr(module, "spectral_eps", nn.SpectralNorm.epsilon)
    normed = nn.SpectralNorm(layer, epsilon=eps, collection_name="spectral")
    return normed(x, update_stats=moving)


def dropout(
    module: nn.Module, x: jax.Array, keys: jax.Array | None, number: int, *, train: bool
) -> jax.Array:
    """Drop units of [B, ...] with the module's probability ``dropout``, each example by its key.

    ``number`` tells the layers of a network apart; without keys nothing is dropped. A generator
    whose noise this is says ``train`` in sampling, too.
    Reference: Dropout (Srivastava et al. 2014), scaled so that the mean stays.
    """
    if keys is None or not (train and module.dropout):
        return x

    def kept(key):
        return jax.random.bernoulli(
            jax.random.fold_in(key, number), 1 - module.dropout, x.shape[1:]
        )

    return jnp.where(jax.vmap(kept)(keys), x / (1 - module.dropout), 0)


def flatten(x: jax.Array) -> jax.Array:
    """[B, ...] -> [B, D]."""
    return x.reshape(x.shape[0], prod(x.shape[1:]))


def pad_reflect(x: jax.Array, border: int) -> jax.Array:
    """[B, H, W, C] with ``border`` more pixels on every side, mirrored at the outermost ones."""
    return jnp.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect")


def as_output(x: jax.Array) -> jax.Array:
    """Losses and metrics are computed in float32 (or wider), whatever the compute type."""
    return x.astype(jnp.promote_types(x.dtype, FLOAT))
