"""A residual network from image to image of the same size: the generator of CycleGAN and StarGAN.

References: Perceptual Losses for Real-Time Style Transfer (Johnson et al. 2016, arXiv:1603.08155)
in the layout of CycleGAN's authors (Zhu et al. 2017, arXiv:1703.10593, appendix 7.2), and StarGAN
(Choi et al. 2018, arXiv:1711.09020), table 4.
"""

from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, choose, within
from jaxgan.models import labels, layers, norms
from jaxgan.models.sizes import check_multiples, check_source, image_shape

# (window, stride, padding)
_WIDE, _KEEP = (7, 1, 3), (3, 1, 1)


def _reflected(module, x, features, geometry, bias):
    window, stride, padding = geometry
    x = layers.pad_reflect(x, padding)
    return layers.convolve(module, x, features, (window, stride, 0), bias=bias)


def _bordered(module, x, features, geometry, bias):
    return layers.convolve(module, x, features, geometry, bias=bias)


PADDINGS = {"reflect": _reflected, "zero": _bordered}


class ResNetTranslator(nn.Module):
    """conv 7x7 w - conv 2w, 4w of stride 2 - blocks - convT 2w, w - conv 7x7 - tanh.

    All but the last are normalised and end in a ReLU. A block is conv 3x3 - norm - ReLU - conv 3x3
    - norm + its input, without a ReLU after the sum, all of 4w channels.

    Fields:
      blocks: how many; the authors of CycleGAN take 9 for 256x256 and 6 for 128x128.
      width: w, 64 in the papers.
      halvings: of the image before the blocks, each with twice the channels; 2 in the papers, whose
        images are larger.
      window: of what halves and doubles: 3 (CycleGAN) or 4 (StarGAN).
      padding: of the blocks and of both ends: "reflect" (CycleGAN) or "zero" (StarGAN). Under
        reflection a constant plane, as a label's, stays constant and ``instance`` removes it: a
        network that is told a label needs "zero", where the border tells it.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``. With ``batch`` what is
        normalised has no bias.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    blocks: int = 9
    width: int = 64
    halvings: int = 2
    window: int = 3
    padding: str = "reflect"
    norm: str = "instance"
    norm_eps: float = 1e-5
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    def multiple(self, height, width):
        """See ``Network.multiple``: any multiples will do."""
        return 2**self.halvings

    @nn.compact
    def __call__(self, *, source, label=None, attributes=None, keys=None, train):
        """source [B, H, W, C'] -> {"x": [B, H, W, C] in [-1, 1]}; H, W: multiples of 2^halvings.

        ``label`` and ``attributes`` [B, K] join the source as planes.
        """
        height, width, colours = image_shape(self.shape, "resnet_translator")
        within("resnet_translator's blocks", self.blocks, 0)
        within("resnet_translator's halvings", self.halvings, 0)
        within("resnet_translator's window", self.window, 3, 5)
        check_multiples(height, width, 2**self.halvings, "generator resnet_translator")
        check_source(source, self.shape, "generator resnet_translator")
        padded = choose(PADDINGS, self.padding, "padding")
        bias, halve = self.norm != "batch", (self.window, 2, 1)

        def normed(x):
            return norms.norm(self, x, train=train)

        def doubled(x, features):
            # Of a window of 3 the doubled size is one of two.
            more = 4 - self.window
            x = layers.convolve_transpose(self, x, features, halve, bias, output_padding=more)
            return nn.relu(normed(x))

        x = labels.join(labels.join(source, label), attributes)
        if self.padding == "reflect" and x is not source and self.norm == "instance":
            raise UserError(
                "generator resnet_translator would not see what it is told: reflection keeps a "
                "plane constant and generator.norm=instance removes it; set generator.padding=zero."
            )
        x = nn.relu(normed(padded(self, x, self.width, _WIDE, bias)))
        widths = [self.width * 2**i for i in range(self.halvings + 1)]
        inner = widths[-1]
        for features in widths[1:]:
            x = nn.relu(normed(layers.convolve(self, x, features, halve, bias=bias)))
        for _ in range(self.blocks):
            y = nn.relu(normed(padded(self, x, inner, _KEEP, bias)))
            x = x + normed(padded(self, y, inner, _KEEP, bias))
        for features in reversed(widths[:-1]):
            x = doubled(x, features)
        x = padded(self, x, colours, _WIDE, True)
        return {"x": jnp.tanh(layers.as_output(x))}
