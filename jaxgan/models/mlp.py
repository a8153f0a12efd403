"""Fully connected networks: those of the classic MLP GANs, and those for two-dimensional toys."""

from math import prod
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, choose
from jaxgan.models import heads, labels, layers, norms


class MLPGenerator(nn.Module):
    """z - 128 - LReLU - 256 - BN - LReLU - 512 - BN - LReLU - prod(shape) - tanh.

    Fields:
      features: widths of the hidden layers; all but the first are normalised.
      norm: a row of ``norms.NORMS``.
      norm_eps: the classic code writes ``BatchNorm1d(n, 0.8)``, which sets PyTorch's eps where a
        momentum was meant; the slip is kept, as the known results were made with it.
      initializer: a row of ``inits.INITS``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    features: tuple[int, ...] = (128, 256, 512)
    norm: str = "batch"
    norm_eps: float = 0.8
    initializer: str = "torch"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, *shape] in [-1, 1]}."""
        x = labels.joined(self, z, label)
        x = _hidden(self, x, "leaky_relu", train, label=label)
        return {"x": jnp.tanh(_points(self, x))}


class MLPCritic(nn.Module):
    """x flattened - 512 - LReLU - 256 - LReLU - scores.

    Fields:
      features: widths of the hidden layers.
      norm: a row of ``norms.NORMS``; of all hidden layers but the first, spectral of all layers.
      dropout: share of the hidden units that are dropped.
      projection: whether the label comes by it, and is not joined; see ``heads.scores``.
      initializer: a row of ``inits.INITS``.
      outputs: scores an example.
      heads: (name, width) of further linear layers beside the score.
    """

    features: tuple[int, ...] = (512, 256)
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "torch"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, ...], one-hot label [B, K], keys [B] -> see ``heads.scores``."""
        x = labels.joined(self, layers.flatten(x), label)
        return heads.scores(self, _hidden(self, x, "leaky_relu", train, keys), label)


class ToyGenerator(nn.Module):
    """z - 512 - ReLU - 512 - ReLU - 512 - ReLU - prod(shape), without a final tanh.

    Fields:
      features: widths of the hidden layers.
      activation: a row of ``layers.ACTIVATIONS``.
      norm: a row of ``norms.NORMS``; of all hidden layers.
      initializer: a row of ``inits.INITS``.

    Reference: Improved Training of Wasserstein GANs (arXiv:1704.00028), sec. 3.2 and its toy code.
    """

    shape: tuple[int, ...]
    features: tuple[int, ...] = (512, 512, 512)
    activation: str = "relu"
    norm: str = "none"
    norm_eps: float = 1e-5
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": points [B, *shape]}."""
        x = labels.joined(self, z, label)
        x = _hidden(self, x, self.activation, train, first=0, label=label)
        return {"x": _points(self, x)}


class ToyCritic(nn.Module):
    """x - 512 - ReLU - 512 - ReLU - 512 - ReLU - scores.

    Fields: as ``ToyGenerator`` and ``MLPCritic`` have them.
    """

    features: tuple[int, ...] = (512, 512, 512)
    activation: str = "relu"
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "he"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, ...], one-hot label [B, K], keys [B] -> see ``heads.scores``."""
        x = labels.joined(self, layers.flatten(x), label)
        return heads.scores(self, _hidden(self, x, self.activation, train, keys), label)


def _hidden(module, x, activation, train, keys=None, *, first=1, label=None):
    """Hidden layers, normalised from number ``first`` on, units dropped by the keys [B]."""
    activate = choose(layers.ACTIVATIONS, activation, "activation")
    if module.norm == norms.CONDITIONAL and len(module.features) <= first:
        raise UserError(
            f"norm {norms.CONDITIONAL!r} begins at hidden layer {first + 1}, and features "
            f"{module.features} has none there: the label would be lost."
        )
    for i, width in enumerate(module.features):
        x = layers.dense(module, x, width)
        if i >= first:
            x = norms.norm(module, x, train=train, code=label)
        x = layers.dropout(module, activate(x), keys, i, train=train)
    return x


def _points(module, x):
    x = layers.as_output(layers.dense(module, x, prod(module.shape)))
    return x.reshape(x.shape[0], *module.shape)
