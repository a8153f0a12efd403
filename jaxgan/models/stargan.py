"""The critic of StarGAN: how real each patch of an image is, and which attributes it has.

Reference: StarGAN (Choi et al. 2018, arXiv:1711.09020), table 5.
"""

from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, within
from jaxgan.models import labels, layers, norms
from jaxgan.models.sizes import check_multiples, image_shape

_HALVE, _KEEP = (4, 2, 1), (3, 1, 1)  # (window, stride, padding)


class StarGANCritic(nn.Module):
    """conv 4x4 w, 2w, 4w, ..., each of stride 2 - LReLU(.01); then conv 3x3 1, and the heads.

    A head is a convolution over all that is left of the image. Neither has a bias.

    Fields:
      layers: how many halve; 6 in the paper, for 128x128.
      width: w, 64 in the paper.
      norm: none in the paper, which penalises gradients; a row of ``norms.NORMS``.
      dropout: share of the hidden units that are dropped.
      initializer: a row of ``inits.INITS``; the authors leave it to PyTorch.
    """

    layers: int = 6
    width: int = 64
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "torch"
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """Scores of the patches of an image, and logits of its attributes.

        Args:
          x: images [B, N, N, C], N a multiple of 2 ** layers.
          label: one-hot [B, K], as planes, or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          "score": [B, n, n], n = N / 2 ** layers, "features": the last hidden layer, flat [B, F],
          and [B, width] for each (name, width) of ``heads``; float32.
        """
        within("stargan's layers", self.layers, 1)
        height, width, _ = image_shape(x.shape[1:], "stargan")
        check_multiples(height, width, 2**self.layers, f"critic stargan with {self.layers} layers")
        if height != width:
            raise UserError(
                f"critic stargan is for square images, not {height}x{width}; set data.size."
            )
        x = labels.join(x, label)
        for i in range(self.layers):
            x = layers.convolve(self, x, self.width * 2**i, _HALVE, bias=self.norm != "batch")
            if i > 0:
                x = norms.norm(self, x, train=train)
            x = nn.leaky_relu(x, 0.01)
            x = layers.dropout(self, x, keys, i, train=train)
        score = layers.convolve(self, x, 1, _KEEP, bias=False)
        whole = (height // 2**self.layers, 1, 0)
        told = {
            name: layers.as_output(layers.convolve(self, x, classes, whole, bias=False)[:, 0, 0])
            for name, classes in self.heads
        }
        return {
            "score": layers.as_output(score[..., 0]),
            "features": layers.as_output(layers.flatten(x)),
            **told,
        }
