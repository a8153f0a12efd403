"""Convolutional networks: the lecture's small DCGAN for 32x32 images and the paper's DCGAN.

Reference: Unsupervised Representation Learning with Deep Convolutional GANs (arXiv:1511.06434).
"""

from math import prod
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, choose
from jaxgan.models import heads, labels, layers, norms, resize
from jaxgan.models.sizes import check_count, check_multiples, image_shape

# (window, stride, padding) of each layer.
_GROW_32 = ((3, 2, 0), (3, 2, 1), (4, 2, 2))  # sides 4, 9, 17, 32; in general n, 2n+1, 4n+1, 8n
_SHRINK_32 = ((3, 2, 1), (3, 2, 1), (3, 2, 1), (4, 1, 0))  # sides 32, 16, 8, 4, 1
_DOUBLE = (4, 2, 1)  # as a convolution it halves
_SAME = (3, 1, 1)

# How a layer of stride 2 is made: the paper's way, or one of those that it replaced.
UPSAMPLES = {
    "transposed": layers.convolve_transpose,
    "nearest": lambda module, x, features, geometry: layers.convolve(
        module, x, features, _SAME, "up"
    ),
}
DOWNSAMPLES = {
    "stride": layers.convolve,
    "mean_pool": lambda module, x, features, geometry: layers.convolve(
        module, x, features, _SAME, "down"
    ),
    "max_pool": lambda module, x, features, geometry: resize.halve_max(
        layers.convolve(module, x, features, _SAME)
    ),
}


class DCGAN32Generator(nn.Module):
    """z - linear 4x4x256 - convT 128 - BN ReLU - convT 64 - BN ReLU - convT C - tanh, for 32x32.

    Fields:
      channels: of the three images inside; the first comes from the linear layer.
      first_norm: normalise and rectify the first image too; the paper does, the lecture does not.
      upsample: a row of ``UPSAMPLES``; "nearest" doubles pixels in front of a convolution of 3x3.
      activation, norm, initializer: rows of ``layers.ACTIVATIONS``, ``NORMS`` and ``INITS``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    channels: tuple[int, ...] = (256, 128, 64)
    first_norm: bool = False
    upsample: str = "transposed"
    activation: str = "relu"
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C] in [-1, 1]}; H, W multiples of 8."""
        check_count(self.channels, 3, "generator dcgan32")
        height, width, _ = image_shape(self.shape, "dcgan32")
        check_multiples(height, width, 8, "generator dcgan32")
        start = (height // 8, width // 8)
        return _grow(self, z, label, start, _GROW_32, self.first_norm, train)


class DCGAN32Critic(nn.Module):
    """conv 16 - LReLU - conv 32 - BN LReLU - conv 64 - BN LReLU - conv 128 - BN LReLU - linear 1.

    Fields: as the generator's, ``downsample`` (a row of ``DOWNSAMPLES``; pools stand behind a
    convolution of 3x3), ``dropout`` (share of the hidden units that are dropped), ``projection``
    (whether the label comes by it, and not as planes), ``outputs`` (scores an example) and
    ``heads`` (name, width). ``norm="none"`` is the variant for gradient penalties.
    """

    channels: tuple[int, ...] = (16, 32, 64, 128)
    downsample: str = "stride"
    activation: str = "leaky_relu"
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "dcgan"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], sides at least 25, label [B, K], keys [B] -> see ``heads.scores``."""
        check_count(self.channels, 4, "critic dcgan32")
        height, width, _ = image_shape(x.shape[1:], "dcgan32")
        if min(height, width) < 25:
            raise UserError(
                f"critic dcgan32 needs images of at least 25x25, not {height}x{width}; "
                "resize the data, for example to 32x32."
            )
        if self.downsample != "stride":
            check_multiples(height, width, 8, "critic dcgan32 with pools")
        return _shrink(self, x, label, _SHRINK_32, train, keys)


class DCGANGenerator(nn.Module):
    """z - linear 4x4x1024 - BN ReLU - convT 512, 256, 128 with BN ReLU - convT C - tanh, for 64x64.

    Fields:
      channels: of the images inside, of sides 4, 8, ...; the side made is 4 * 2 ** len(channels).
      upsample, activation, norm, initializer: as those of ``DCGAN32Generator``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    channels: tuple[int, ...] = (1024, 512, 256, 128)
    upsample: str = "transposed"
    activation: str = "relu"
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C] in [-1, 1]}."""
        _check_power(self.shape, self.channels, "generator dcgan")
        geometries = (_DOUBLE,) * len(self.channels)
        return _grow(self, z, label, (4, 4), geometries, True, train)


class DCGANCritic(nn.Module):
    """conv 128 - LReLU - conv 256, 512, 1024, each BN LReLU - linear 1, for 64x64.

    Fields: as those of ``DCGAN32Critic``.
    """

    channels: tuple[int, ...] = (128, 256, 512, 1024)
    downsample: str = "stride"
    activation: str = "leaky_relu"
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "dcgan"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], one-hot label [B, K], keys [B] -> see ``heads.scores``."""
        _check_power(x.shape[1:], self.channels, "critic dcgan")
        geometries = (_DOUBLE,) * len(self.channels)
        return _shrink(self, x, label, geometries, train, keys)


def _grow(module, z, label, start, geometries, first_norm, train):
    """Vectors to ``start``-sized images, then one layer that enlarges a geometry, then tanh."""
    *inner, last = geometries
    activate = choose(layers.ACTIVATIONS, module.activation, "activation")
    enlarge = choose(UPSAMPLES, module.upsample, "upsample")
    x = labels.joined(module, z, label)
    x = layers.dense(module, x, prod(start) * module.channels[0])
    x = x.reshape(x.shape[0], *start, module.channels[0])
    if first_norm:
        x = activate(norms.norm(module, x, train=train, code=label))
    for features, geometry in zip(module.channels[1:], inner, strict=True):
        x = enlarge(module, x, features, geometry)
        x = activate(norms.norm(module, x, train=train, code=label))
    x = enlarge(module, x, module.shape[-1], last)
    return {"x": jnp.tanh(layers.as_output(x))}


def _shrink(module, x, label, geometries, train, keys):
    """One convolution a geometry, all but the first normalised, then a linear score."""
    activate = choose(layers.ACTIVATIONS, module.activation, "activation")
    shrink = choose(DOWNSAMPLES, module.downsample, "downsample")
    x = labels.joined(module, x, label)
    for i, (features, geometry) in enumerate(zip(module.channels, geometries, strict=True)):
        layer = shrink if geometry[1] == 2 else layers.convolve
        x = layer(module, x, features, geometry)
        if i > 0:
            x = norms.norm(module, x, train=train)
        x = activate(x)
        x = layers.dropout(module, x, keys, i, train=train)
    return heads.scores(module, layers.flatten(x), label)


def _check_power(shape, channels, network):
    height, width, _ = image_shape(shape, "dcgan")
    side = 4 * 2 ** len(channels)
    if (height, width) != (side, side):
        raise UserError(
            f"{network} with {len(channels)} channels is for images of {side}x{side} "
            f"(4 * 2^channels), not {height}x{width}; resize the data or change channels."
        )
