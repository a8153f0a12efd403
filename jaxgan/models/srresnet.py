"""SRResNet, from a small image to a large one, and the critic that SRGAN sets against it.

Reference: Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network
(arXiv:1609.04802), figure 4.
"""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, within
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.sizes import check_multiples, image_shape

# (window, stride, padding)
_WIDE, _KEEP, _HALVE = (9, 1, 4), (3, 1, 1), (3, 2, 1)


class SRResNetGenerator(nn.Module):
    """conv 9x9 w - PReLU - blocks - conv w BN + the first - doublings - conv 9x9 - tanh.

    A block is conv 3x3 w - BN - PReLU - conv 3x3 w - BN + its input; a doubling conv 3x3 4w, whose
    channels are laid out as 2x2 pixels, - PReLU. How often it doubles follows from the sizes. The
    paper's last layer is linear; the tanh keeps images in their range.

    Fields:
      blocks: how many, 16 in the paper.
      width: w.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``. With ``batch`` what is
        normalised has no bias.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    blocks: int = 16
    width: int = 64
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    def multiple(self, height, width):
        """See ``Network.multiple``: any size will do, if it fills the windows of 9."""
        return 1 if min(height, width) >= 5 else 0

    @nn.compact
    def __call__(self, *, source, label=None, keys=None, train):
        """source [B, h, w, C'], label [B, K] as planes -> {"x": [B, H, W, C] in [-1, 1]}.

        H and W are h and w times one power of 2, which may be 1.
        """
        within("srresnet's blocks", self.blocks, 0)
        height, _, colours = image_shape(self.shape, "srresnet")
        doublings = _doublings(source.shape[1:], self.shape)

        def block(x, features):
            x = layers.convolve(self, x, features, _KEEP, bias=self.norm != "batch")
            return norms.norm(self, x, train=train)

        x = labels.join(source, label)
        first = x = layers.prelu(layers.convolve(self, x, self.width, _WIDE))
        for _ in range(self.blocks):
            x = x + block(layers.prelu(block(x, self.width)), self.width)
        x = first + block(x, self.width)
        for _ in range(doublings):
            x = layers.convolve(self, x, 4 * self.width, _KEEP)
            x = layers.prelu(pixel_shuffle(x))
        x = layers.convolve(self, x, colours, _WIDE)
        return {"x": jnp.tanh(layers.as_output(x))}


class SRGANCritic(nn.Module):
    """conv 3x3 w - LReLU - seven more, each BN LReLU - linear - LReLU - linear 1.

    w, w, 2w, 2w, 4w, 4w, 8w, 8w channels; every second convolution halves.

    Fields: as those of ``dcgan.DCGAN32Critic``, and
      width: w.
      hidden: units of the first linear layer, 1024 in the paper.
    """

    width: int = 64
    hidden: int = 1024
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "dcgan"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], sides multiples of 16, label [B, K] -> see ``heads.scores``."""
        shape = image_shape(x.shape[1:], "srgan")
        check_multiples(*shape[:2], 16, "critic srgan")
        x = labels.join(x, label)
        for i in range(8):
            geometry = _HALVE if i % 2 else _KEEP
            bias = self.norm != "batch" or i == 0
            x = layers.convolve(self, x, self.width * 2 ** (i // 2), geometry, bias=bias)
            if i > 0:
                x = norms.norm(self, x, train=train)
            x = layers.ACTIVATIONS["leaky_relu"](x)
            x = layers.dropout(self, x, keys, i, train=train)
        x = layers.ACTIVATIONS["leaky_relu"](layers.dense(self, layers.flatten(x), self.hidden))
        return heads.scores(self, layers.dropout(self, x, keys, 8, train=train))


def pixel_shuffle(x: jax.Array) -> jax.Array:
    """[B, H, W, 4C] -> [B, 2H, 2W, C]: channel 4c + 2i + j is pixel (i, j) (Shi et al. 2016)."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height, width, channels // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(batch, 2 * height, 2 * width, channels // 4)


def _doublings(small, large):
    """How often [h, w] is doubled to [H, W]; a ``UserError`` if that is no whole number."""
    factor = large[0] // small[0]
    doublings = factor.bit_length() - 1
    if factor < 1 or tuple(2**doublings * n for n in small[:2]) != tuple(large[:2]):
        raise UserError(
            "generator srresnet enlarges by 1, 2, 4, 8, ..., height and width alike, not "
            f"{small[0]}x{small[1]} to {large[0]}x{large[1]}."
        )
    return doublings
