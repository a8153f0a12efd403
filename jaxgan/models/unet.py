"""U-Net: from image to image, with what each halving saw carried over to the doubling across.

Reference: Image-to-Image Translation with Conditional Adversarial Networks (arXiv:1611.07004),
appendix 6.1, in the layout of the authors' PyTorch code (``UnetGenerator``).
"""

from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import within
from jaxgan.models import labels, layers, norms
from jaxgan.models.sizes import check_multiples, check_source, image_shape

_DOUBLE = (4, 2, 1)  # (window, stride, padding); as a convolution it halves


class UNetGenerator(nn.Module):
    """conv w - LReLU conv 2w, 4w, 8w, ..., 8w, then as many ReLU convT back, beside each its equal.

    An activation stands before each convolution, so that what is carried over is not rectified yet.
    All layers but the first, the innermost and the last are normalised: one pixel would be
    normalised to a constant.

    Fields:
      halvings: convolutions of stride 2; sides are multiples of 2 ** halvings.
      width: w, channels of the first convolution.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``. With ``batch`` only the last
        layer has a bias. At batch 1 the paper's batch statistics at test are ``instance``.
      dropout: share of the units that the keys drop, this network's noise, on the doublings that
        ``_dropped`` names.
      dropout_at_test: whether keys drop units when not training, too, as the paper's do.
      embedding: length of the learned code of a label; 0: the label is its own.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    halvings: int = 5
    width: int = 64
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.5
    dropout_at_test: bool = True
    embedding: int = 0
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    def multiple(self, height, width):
        """See ``Network.multiple``.

        From innermost images of one pixel the network learns four of the sixteen taps there: the
        others have met nothing but padding, and would add what they were drawn as.
        """
        return 2**self.halvings if min(height, width) >= 2 ** (self.halvings + 1) else 0

    @nn.compact
    def __call__(self, *, source, z=None, label=None, attributes=None, keys=None, train):
        """An image from an image of the same size, by what else is given.

        Args:
          source: [B, H, W, C'].
          z: [B, Z] or None.
          label: one-hot [B, K] or None.
          attributes: [B, K'] or None; all three are joined to the innermost image as planes, behind
            its ReLU, which would cut a half of z.
          keys: [B], of dropout, or None, which drops nothing.
          train: whether batch statistics are those of the batch.

        Returns:
          "x": images [B, H, W, C] in [-1, 1], "code": the innermost image, flat [B, D]; float32.
        """
        colours = self._checked(source)
        bias = self.norm != "batch"  # which shifts by itself
        x, carried = source, []
        for i in range(self.halvings):
            x = layers.ACTIVATIONS["leaky_relu"](x) if i else x
            x = layers.convolve(self, x, self.width * min(2**i, 8), _DOUBLE, bias=bias)
            if 0 < i < self.halvings - 1:
                x = norms.norm(self, x, train=train)
            carried.append(x)
        code = carried.pop()
        if label is not None and self.embedding:
            label = layers.dense(self, label, self.embedding)
        x = nn.relu(code)
        for vector in (z, label, attributes):
            x = labels.join(x, vector)
        for i, across in enumerate(reversed(carried)):
            x = layers.convolve_transpose(self, x, across.shape[3], _DOUBLE, bias=bias)
            x = norms.norm(self, x, train=train)
            if i in _dropped(self.halvings):
                x = layers.dropout(self, x, keys, i, train=train or self.dropout_at_test)
            x = nn.relu(jnp.concatenate([across, x], axis=3))
        x = layers.convolve_transpose(self, x, colours, _DOUBLE)
        return {
            "x": jnp.tanh(layers.as_output(x)),
            "code": layers.as_output(layers.flatten(code)),
        }

    def _checked(self, source):
        """The number of channels to be made; a ``UserError`` if the sizes do not fit."""
        height, width, colours = image_shape(self.shape, "unet")
        within("unet's halvings", self.halvings, 1)
        network = f"generator unet with {self.halvings} halvings"
        check_multiples(height, width, 2**self.halvings, network)
        check_source(source, self.shape, network)
        return colours


def _dropped(halvings):
    """Which doublings drop units, counted from the innermost, which is 0.

    Those to 8 * width channels but the innermost, as in the PyTorch code: three for 8 halvings,
    none for 5 and fewer, where the network would have no noise; there the innermost does.
    """
    return range(1, halvings - 4) or range(1)
