"""Fully connected networks: those of the classic MLP GANs, and those for two-dimensional toys."""

from math import prod
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.errors import choose
from jaxgan.models import layers


class MLPGenerator(nn.Module):
    """z - 128 - LReLU - 256 - BN - LReLU - 512 - BN - LReLU - prod(shape) - tanh.

    Fields:
      features: widths of the hidden layers; all but the first are normalised.
      norm: a row of ``layers.NORMS``.
      norm_eps: the classic code writes ``BatchNorm1d(n, 0.8)``, which sets PyTorch's eps where a
        momentum was meant; the slip is kept, as the known results were made with it.
      initializer: a row of ``layers.INITS``.
    """

    shape: tuple[int, ...]
    features: tuple[int, ...] = (128, 256, 512)
    norm: str = "batch"
    norm_eps: float = 0.8
    initializer: str = "torch"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, z, label=None, *, train):
        """z [B, Z], one-hot label [B, K] -> [B, *shape] in [-1, 1]."""
        x = layers.join(z, label)
        for i, width in enumerate(self.features):
            x = layers.dense(self, x, width)
            if i > 0:
                x = layers.norm(self, x, train=train)
            x = layers.ACTIVATIONS["leaky_relu"](x)
        return jnp.tanh(_points(self, x))


class MLPCritic(nn.Module):
    """x flattened - 512 - LReLU - 256 - LReLU - 1."""

    features: tuple[int, ...] = (512, 256)
    initializer: str = "torch"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, label=None, *, train):
        """x [B, ...], one-hot label [B, K] -> scores [B]."""
        return layers.scores(
            self, _hidden(self, layers.join(layers.flatten(x), label), "leaky_relu")
        )


class ToyGenerator(nn.Module):
    """z - 512 - ReLU - 512 - ReLU - 512 - ReLU - prod(shape), without a final tanh.

    Reference: Improved Training of Wasserstein GANs (arXiv:1704.00028), sec. 3.2 and its toy code.
    """

    shape: tuple[int, ...]
    features: tuple[int, ...] = (512, 512, 512)
    activation: str = "relu"
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, z, label=None, *, train):
        """z [B, Z], one-hot label [B, K] -> points [B, *shape]."""
        return _points(self, _hidden(self, layers.join(z, label), self.activation))


class ToyCritic(nn.Module):
    """x - 512 - ReLU - 512 - ReLU - 512 - ReLU - 1."""

    features: tuple[int, ...] = (512, 512, 512)
    activation: str = "relu"
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, label=None, *, train):
        """x [B, ...], one-hot label [B, K] -> scores [B]."""
        return layers.scores(
            self, _hidden(self, layers.join(layers.flatten(x), label), self.activation)
        )


def _hidden(module, x, activation):
    activate = choose(layers.ACTIVATIONS, activation, "activation")
    for width in module.features:
        x = activate(layers.dense(module, x, width))
    return x


def _points(module, x):
    x = layers.as_output(layers.dense(module, x, prod(module.shape)))
    return x.reshape(x.shape[0], *module.shape)
