"""BigGAN's networks, for images of any side from 8 on.

Reference: Large Scale GAN Training for High Fidelity Natural Image Synthesis (arXiv:1809.11096),
appendix B, in the layout of the authors' PyTorch code, whose 32x32 networks these are, too.
"""

from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.resnet import POOLS, from_vector, grow, shrink
from jaxgan.models.sizes import check_multiples, image_shape

# How often an image can be halved until its shorter side is 4 to 7 -> channels in multiples of the
# width, of the generator's maps from the smallest on, and of the critic's blocks.
GROWN = {
    1: (4, 4),
    2: (4, 4, 4),
    3: (4, 4, 4, 4),  # 32x32
    4: (16, 16, 8, 4, 2),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
SHRUNK = {
    1: (4, 4, 4, 4),
    2: (4, 4, 4, 4),
    3: (4, 4, 4, 4),  # of which two halve, those of larger images all but the last
    4: (1, 2, 4, 8, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
    7: (1, 1, 2, 4, 8, 8, 16, 16),
}


class BigGANGenerator(nn.Module):
    """z - linear - residual blocks, each doubling - BN ReLU - conv C - tanh, by ``GROWN``.

    Fields:
      width: what the multiples are of; 96 for ImageNet, 64 for CIFAR-10.
      attention: side of the map behind which stands self-attention, 64 for ImageNet; 0: none.
      shared: length of a code of the classes from which all norms take theirs, 128 for ImageNet;
        0: each has a table of the classes.
      split: whether each block's norms are given a piece of z beside that code, and the linear
        layer the first one alone.
      norm: a row of ``norms.NORMS``, conditional_batch in the paper; of all blocks.
      spectral: whether the weights of all layers but tables of classes are divided by their
        spectral norm.
      spectral_eps: of its unit vectors; 1e-6 for ImageNet.
      initializer: a row of ``inits.INITS``; the CIFAR-10 script has dcgan.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    width: int = 64
    attention: int = 0
    shared: int = 0
    split: bool = False
    norm: str = "batch"
    norm_eps: float = 1e-5
    spectral: bool = True
    spectral_eps: float = 1e-8
    initializer: str = "orthogonal"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C] in [-1, 1]}.

        With ``split`` Z is a multiple of the number of blocks and one more.
        """
        doublings = _halvings(self.shape, "generator biggan")
        height, width, _ = self.shape
        first, *channels = (self.width * multiple for multiple in GROWN[doublings])
        sides = [height >> i for i in range(doublings)]
        _check_attention(self.attention, sides, "generator biggan")
        z, codes = self._codes(z, label, doublings)
        start = (height >> doublings, width >> doublings, first)
        x = from_vector(self, labels.joined(self, z, label), start)
        return grow(self, x, channels, codes, train, self.attention)

    def _codes(self, z, label, blocks):
        """What the linear layer is given of z, and what the norms of each block are."""
        conditional = self.norm == norms.CONDITIONAL
        if (self.shared or self.split) and not conditional:
            raise UserError(
                "generator biggan with shared or split is one whose norms are given a code; set "
                f"generator.norm={norms.CONDITIONAL}."
            )
        if self.split and not self.shared:
            raise UserError(
                "generator biggan joins the pieces of z to the code that is shared; set "
                "generator.shared, as 32."
            )
        if not self.shared or label is None:
            return z, [label] * blocks
        code = layers.class_table(self, label.shape[1], self.shared)(label)
        if not self.split:
            return z, [code] * blocks
        if z.shape[1] % (blocks + 1):
            raise UserError(
                f"generator biggan with split cuts z into {blocks + 1} pieces; game.z_dim must be "
                f"a multiple of that, not {z.shape[1]}."
            )
        z, *pieces = jnp.split(z.astype(code.dtype), blocks + 1, axis=1)
        return z, [jnp.concatenate([code, piece], axis=1) for piece in pieces]


class BigGANCritic(nn.Module):
    """Residual blocks by ``SHRUNK`` - ReLU - sum over the pixels - linear 1.

    Fields:
      width, attention, spectral_eps, initializer: as those of ``BigGANGenerator``.
      norm: a row of ``norms.NORMS``; of all blocks but the first, spectral of all layers.
      dropout, projection, outputs: as those of ``ResNet32Critic``.
    """

    width: int = 64
    attention: int = 0
    norm: str = "spectral"
    norm_eps: float = 1e-5
    spectral_eps: float = 1e-8
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "orthogonal"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], label [B, K], keys [B] -> see ``heads.scores``."""
        halvings = _halvings(x.shape[1:], "critic biggan")
        channels = [self.width * multiple for multiple in SHRUNK[halvings]]
        halvings = min(halvings, 2) if halvings <= 3 else halvings
        sides = [x.shape[1] >> i for i in range(1, halvings + 1)]
        _check_attention(self.attention, sides, "critic biggan")
        x = labels.joined(self, x, label)
        x = shrink(self, x, channels, halvings, keys, train, wide=True, attention=self.attention)
        x = layers.dropout(self, POOLS["sum"](x), keys, len(channels) - 1, train=train)
        return heads.scores(self, x, label)


def _halvings(shape, network):
    """The key of ``GROWN`` and ``SHRUNK`` that images of this shape have."""
    height, width, _ = image_shape(shape, "biggan")
    count = min(height, width).bit_length() - 3
    if count not in GROWN:
        greatest = 2 ** (max(GROWN) + 3)
        raise UserError(
            f"{network} is for images whose shorter side is at least 8 and less than {greatest}, "
            f"not {height}x{width}; resize the data, for example to 32x32."
        )
    check_multiples(height, width, 2**count, network)
    return count


def _check_attention(side, sides, network):
    if side and side not in sides:
        known = ", ".join(map(str, sorted(sides)))
        raise UserError(f"{network} has no map of side {side} for attention; it has {known}.")
