"""PatchGAN: a critic with a score for every patch of an image.

Reference: Image-to-Image Translation with Conditional Adversarial Networks (arXiv:1611.07004),
appendix 6.1, in the layout of the authors' PyTorch code (``NLayerDiscriminator`` and
``PixelDiscriminator``), without the sigmoid.
"""

from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, within
from jaxgan.models import labels, layers, norms
from jaxgan.models.sizes import check_source, image_shape

# (window, stride, padding)
_HALVE = (4, 2, 1)
_SLIDE = (4, 1, 1)  # a side of n becomes n - 1
_POINT = (1, 1, 0)


class PatchCritic(nn.Module):
    """conv w - LReLU - conv 2w, 4w, ... at most 8w, each BN LReLU - conv 1, all 4x4.

    Fields:
      layers: convolutions of stride 2, followed by two of stride 1; 0 is the critic of single
        pixels, conv 1x1 w - LReLU - conv 1x1 2w - BN LReLU - conv 1x1 1. ``receptive_field`` tells
        the side of a patch.
      width: w.
      norm: a row of ``norms.NORMS``; of all layers but the first and last, spectral of all. With
        ``batch`` the normalised layers have no bias.
      dropout: share of the hidden units that are dropped.
      initializer: a row of ``inits.INITS``.
    """

    layers: int = 3
    width: int = 64
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, source=None, label=None, mask=None, keys=None, train):
        """Scores of the patches of an image, seen beside what else is given.

        Args:
          x: images [B, H, W, C].
          source: what they were made from [B, H, W, C'], in front of their channels, or None.
          label: one-hot [B, K], as planes, or None.
          mask: [B, H, W, M], behind their channels, or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          "score": [B, h, w], h = H // 2 ** layers - 2 (H for single pixels), "features": the last
          hidden layer, flat [B, F]; float32.
        """
        shape = image_shape(x.shape[1:], "patch")
        _check_fits(self.layers, shape)
        for planes in (source, mask):
            if planes is not None:
                check_source(planes, shape, "critic patch")
        given = [planes for planes in (source, x, mask) if planes is not None]
        x = labels.join(jnp.concatenate(given, axis=3), label)
        bias = self.norm != "batch"  # which shifts by itself
        first, *others = _geometries(self.layers)
        for i, geometry in enumerate([first, *others[:-1]]):
            features = self.width * min(2**i, 8)
            x = layers.convolve(self, x, features, geometry, bias=bias or i == 0)
            if i > 0:
                x = norms.norm(self, x, train=train)
            x = layers.ACTIVATIONS["leaky_relu"](x)
            x = layers.dropout(self, x, keys, i, train=train)
        # The PyTorch code leaves the bias out of the last layer of single pixels, too.
        score = layers.convolve(self, x, 1, others[-1], bias=bias or self.layers > 0)
        return {
            "score": layers.as_output(score[..., 0]),
            "features": layers.as_output(layers.flatten(x)),
        }


def receptive_field(layers: int) -> int:
    """The side of the patch that one score of a ``PatchCritic`` sees: 1, 16, 34, 70, ... pixels."""
    side = 1
    for window, stride, _ in reversed(_geometries(layers)):
        side = stride * (side - 1) + window
    return side


def _geometries(layers):
    return (_HALVE,) * layers + (_SLIDE,) * 2 if layers else (_POINT,) * 3


def _check_fits(layers, shape):
    within("patch's layers", layers, 0)
    height, width, _ = shape
    # Two convolutions of stride 1 leave n - 2 pixels of a side of n.
    fits = max(0, (min(height, width) // 3).bit_length() - 1)
    if layers > fits:
        raise UserError(
            f"critic patch with {layers} layers needs images of at least "
            f"{3 * 2**layers}x{3 * 2**layers}, not {height}x{width}; the largest number of layers "
            f"that fits is {fits}."
        )
