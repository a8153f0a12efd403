"""Residual networks for 32x32 images and larger ones: those of WGAN-GP and SN-GAN.

Reference: Improved Training of Wasserstein GANs (arXiv:1704.00028), appendix F, and the authors'
``gan_cifar_resnet.py``, without labels of its own: they are joined as in the other networks, and
every layer is initialised alike. Spectral Normalization (arXiv:1802.05957), appendix B.4, has the
same blocks: its networks are options of these, ``configs/sngan.py``.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, choose
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.attention import attend
from jaxgan.models.resize import double, halve
from jaxgan.models.sizes import check_multiples, image_shape

# (window, stride, padding)
_SAME = (3, 1, 1)
_POINT = (1, 1, 0)

# What becomes of the pixels of a critic's last map.
POOLS = {"mean": lambda x: x.mean(axis=(1, 2)), "sum": lambda x: x.sum(axis=(1, 2))}


class ResNet32Generator(nn.Module):
    """z - linear 4x4x128 - three residual blocks, each doubling - BN ReLU - conv C - tanh.

    Fields:
      channels: of the images inside, of sides 4, 8, 16, 32; the first from the linear layer. With
        two more of them it is one for 128x128.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``; of all blocks, a conditional
        one not of the last layer.
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
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C] in [-1, 1]}.

        H and W are multiples of 2 to the number of blocks, which is 8 for three.
        """
        height, width, _ = image_shape(self.shape, "resnet32")
        if len(self.channels) < 2:
            raise UserError(
                f"generator resnet32 takes two channels or more, one more than blocks; it has "
                f"{self.channels}."
            )
        first, *others = self.channels
        check_multiples(height, width, 2 ** len(others), "generator resnet32")
        start = (height >> len(others), width >> len(others), first)
        x = from_vector(self, labels.joined(self, z, label), start)
        return grow(self, x, others, [label] * len(others), train)


class ResNet32Critic(nn.Module):
    """Four residual blocks, the first two halving - ReLU - mean over the pixels - linear 1.

    Fields:
      channels: of the blocks' results.
      halvings: how many blocks halve.
      pool: a row of ``POOLS``; SN-GAN's is the sum.
      norm: a row of ``norms.NORMS``; of all blocks but the first, spectral of all layers.
      dropout: share of the units that are dropped, of each block's result but the last and of the
        pooled pixels.
      projection: whether the label comes by it, and not as planes; see ``heads.scores``.
      initializer, outputs: as those of ``DCGAN32Critic``.
    """

    channels: tuple[int, ...] = (128, 128, 128, 128)
    halvings: int = 2
    pool: str = "mean"
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
        """x [B, H, W, C], label [B, K], keys [B] -> see ``heads.scores``.

        H and W are multiples of 2 ** halvings.
        """
        height, width, _ = image_shape(x.shape[1:], "resnet32")
        if not 1 <= self.halvings <= len(self.channels):
            raise UserError(
                f"critic resnet32 with {len(self.channels)} channels halves 1 to "
                f"{len(self.channels)} times, not {self.halvings}."
            )
        check_multiples(height, width, 2**self.halvings, "critic resnet32")
        x = labels.joined(self, x, label)
        x = shrink(self, x, self.channels, self.halvings, keys, train)
        x = choose(POOLS, self.pool, "pool")(x)
        x = layers.dropout(self, x, keys, len(self.channels) - 1, train=train)
        return heads.scores(self, x, label)


def from_vector(module: nn.Module, z: jax.Array, start: tuple[int, int, int]) -> jax.Array:
    """A linear layer: vectors [B, Z] -> images [B, *start]."""
    height, width, features = start
    return layers.dense(module, z, height * width * features).reshape(len(z), *start)


def grow(
    module: nn.Module,
    x: jax.Array,
    channels: Sequence[int],
    codes: Sequence[jax.Array | None],
    train: bool,
    attention: int = 0,
) -> dict[str, jax.Array]:
    """Residual blocks, each doubling, behind which norm - ReLU - conv - tanh make an image.

    Args:
      module: the generator; its ``shape`` is (H, W, C).
      x: [B, h, w, C'].
      channels: of the blocks' results.
      codes: of each block, for a conditional norm.
      train: as the network has it.
      attention: side of the map behind which stands self-attention; 0: none.

    Returns:
      {"x": [B, H, W, C] in [-1, 1]}.
    """
    for features, code in zip(channels, codes, strict=True):
        x = _block(module, x, features, train, "up", code=code)
        if x.shape[1] == attention:
            x = attend(module, x)
    x = nn.relu(norms.norm_of_all(module, x, train=train))
    return {"x": jnp.tanh(layers.as_output(layers.convolve(module, x, module.shape[-1], _SAME)))}


def shrink(
    module: nn.Module,
    x: jax.Array,
    channels: Sequence[int],
    halvings: int,
    keys: jax.Array | None,
    train: bool,
    *,
    wide: bool = False,
    attention: int = 0,
) -> jax.Array:
    """Residual blocks of which the first ones halve, and a ReLU: [B, H, W, C] -> [B, h, w, C'].

    Args:
      module: the critic.
      x: images.
      channels: of the blocks' results.
      halvings: how many blocks halve, at least one.
      keys, train: as the network has them.
      wide: whether a block that halves is as wide within as its result, not as what it is given.
      attention: side of the map behind which stands self-attention; 0: none.
    """
    for i, features in enumerate(channels):
        resize = "down" if i < halvings else ""
        if i == 0:
            x = _first_block(module, x, features)
        else:
            x = layers.dropout(module, x, keys, i - 1, train=train)
            x = _block(module, x, features, train, resize, wide=wide)
        if resize and x.shape[1] == attention:
            x = attend(module, x)
    return nn.relu(x)


def _first_block(module, x, features):
    """conv - ReLU - conv - halve, beside halve - conv 1x1: nothing is rectified before pixels."""
    shortcut = layers.convolve(module, halve(x), features, _POINT)
    x = nn.relu(layers.convolve(module, x, features, _SAME))
    return shortcut + layers.convolve(module, x, features, _SAME, "down")


def _block(module, x, features, train, resize, *, wide=False, code=None):
    """Twice norm - ReLU - conv; the first doubles ("up") or the second halves ("down").

    The shortcut is resized with a convolution 1x1 at the smaller size, or is x itself where both
    are the same size and width.
    """
    shortcut = x
    if resize or x.shape[3] != features:
        small = halve(x) if resize == "down" else x
        shortcut = layers.convolve(module, small, features, _POINT)
        shortcut = double(shortcut) if resize == "up" else shortcut
    inner = x.shape[3] if resize == "down" and not wide else features
    before, after = ("up" if resize == "up" else ""), ("down" if resize == "down" else "")
    x = nn.relu(norms.norm(module, x, train=train, code=code))
    x = layers.convolve(module, x, inner, _SAME, before)
    x = nn.relu(norms.norm(module, x, train=train, code=code))
    return shortcut + layers.convolve(module, x, features, _SAME, after)
