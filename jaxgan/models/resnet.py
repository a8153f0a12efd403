"""Residual networks for 32x32 images: those of WGAN-GP's best results on CIFAR-10.

Reference: Improved Training of Wasserstein GANs (arXiv:1704.00028), appendix F, and the authors'
``gan_cifar_resnet.py``, without labels of its own: they are joined as in the other networks, and
every layer is initialised alike.
"""

from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.models import layers
from jaxgan.models.resize import double, halve
from jaxgan.models.sizes import check_count, check_multiples, image_shape

# (window, stride, padding)
_SAME = (3, 1, 1)
_POINT = (1, 1, 0)


class ResNet32Generator(nn.Module):
    """z - linear 4x4x128 - three residual blocks, each doubling - BN ReLU - conv C - tanh.

    Fields:
      channels: of the images inside, of sides 4, 8, 16, 32; the first from the linear layer.
      norm, initializer: rows of ``layers.NORMS`` and ``layers.INITS``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    channels: tuple[int, ...] = (128, 128, 128, 128)
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C] in [-1, 1]}; H, W multiples of 8."""
        check_count(self.channels, 4, "generator resnet32")
        height, width, colours = image_shape(self.shape, "resnet32")
        check_multiples(height, width, 8, "generator resnet32")
        first, *others = self.channels
        x = layers.dense(self, layers.join(z, label), height // 8 * (width // 8) * first)
        x = x.reshape(x.shape[0], height // 8, width // 8, first)
        for features in others:
            x = _block(self, x, features, train, resize="up")
        x = nn.relu(layers.norm(self, x, train=train))
        x = layers.convolve(self, x, colours, _SAME)
        return {"x": jnp.tanh(layers.as_output(x))}


class ResNet32Critic(nn.Module):
    """Four residual blocks, the first two halving - ReLU - mean over the pixels - linear 1.

    Fields:
      channels: of the blocks' results.
      norm: a row of ``layers.NORMS``; of all blocks but the first, spectral of all layers.
      dropout: share of the units that are dropped, of each block's result but the last and of the
        mean over the pixels.
      initializer, outputs: as those of ``DCGAN32Critic``.
    """

    channels: tuple[int, ...] = (128, 128, 128, 128)
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "he"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], H, W multiples of 4; label [B, K], keys [B] -> see ``layers.scores``."""
        check_count(self.channels, 4, "critic resnet32")
        height, width, _ = image_shape(x.shape[1:], "resnet32")
        check_multiples(height, width, 4, "critic resnet32")
        x = layers.join_planes(x, label)
        x = _first_block(self, x, self.channels[0])
        for i, features in enumerate(self.channels[1:]):
            x = layers.dropout(self, x, keys, i, train=train)
            x = _block(self, x, features, train, resize="" if i else "down")
        x = nn.relu(x).mean(axis=(1, 2))
        return layers.scores(self, layers.dropout(self, x, keys, 3, train=train))


def _first_block(module, x, features):
    """conv - ReLU - conv - halve, beside halve - conv 1x1: nothing is rectified before pixels."""
    shortcut = layers.convolve(module, halve(x), features, _POINT)
    x = nn.relu(layers.convolve(module, x, features, _SAME))
    return shortcut + layers.convolve(module, x, features, _SAME, "down")


def _block(module, x, features, train, resize):
    """Twice norm - ReLU - conv; the first doubles ("up") or the second halves ("down").

    The shortcut is resized with a convolution 1x1 at the smaller size, or is x itself where both
    are the same size and width.
    """
    shortcut = x
    if resize or x.shape[3] != features:
        small = halve(x) if resize == "down" else x
        shortcut = layers.convolve(module, small, features, _POINT)
        shortcut = double(shortcut) if resize == "up" else shortcut
    inner = x.shape[3] if resize == "down" else features
    before, after = ("up" if resize == "up" else ""), ("down" if resize == "down" else "")
    x = nn.relu(layers.norm(module, x, train=train))
    x = layers.convolve(module, x, inner, _SAME, before)
    x = nn.relu(layers.norm(module, x, train=train))
    return shortcut + layers.convolve(module, x, features, _SAME, after)
