"""The critic of zi2zi: how real a character is beside its source, and of which typeface.

Reference: zi2zi, Master Chinese Calligraphy with Conditional Adversarial Networks (Yuchen Tian,
2017), which has no paper: the layout is that of the author's code (``Discriminator``).
"""

from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.sizes import check_multiples, check_source, image_shape

_HALVE, _KEEP = (5, 2, 2), (5, 1, 2)  # (window, stride, padding)


class Zi2ziCritic(nn.Module):
    """conv w - LReLU - conv 2w, 4w, each BN LReLU - conv 8w of stride 1 - BN LReLU - linear.

    One score for the whole image and, from the same layer, logits for each head.

    Fields: as those of ``DCGAN32Critic``, and ``width``, w.
    """

    width: int = 64
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "dcgan"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, source=None, label=None, keys=None, train):
        """Scores of images, seen beside what else is given.

        Args:
          x: images [B, H, W, C], sides multiples of 8.
          source: what they were made from [B, H, W, C'], in front of their channels, or None.
          label: one-hot [B, K], as planes, or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          see ``heads.scores``.
        """
        shape = image_shape(x.shape[1:], "zi2zi")
        check_multiples(*shape[:2], 8, "critic zi2zi")
        if source is not None:
            check_source(source, shape, "critic zi2zi")
            x = jnp.concatenate([source, x], axis=3)
        x = labels.join(x, label)
        for i, geometry in enumerate((_HALVE, _HALVE, _HALVE, _KEEP)):
            x = layers.convolve(self, x, self.width * 2**i, geometry)
            if i > 0:
                x = norms.norm(self, x, train=train)
            x = layers.ACTIVATIONS["leaky_relu"](x)
            x = layers.dropout(self, x, keys, i, train=train)
        return heads.scores(self, layers.flatten(x))
