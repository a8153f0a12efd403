"""R3GAN's networks: residual, without any normalisation, for images of any size.

Both are stages of blocks, one for each size of the images inside; sizes double from that of a
learned basis, of sides 4 to 7, to the images' own. The ``wide`` smallest stages have ``width``
channels, each further one half of those of the one before.

Reference: The GAN is dead; long live the GAN! A Modern GAN Baseline (Huang et al. 2024,
arXiv:2501.05441), section 4, and the authors' ``R3GAN/Networks.py``: grouped convolutions inside of
an inverted bottleneck, and weights scaled as by Fix-up (Zhang et al. 2019), so that every block
begins as the identity.
"""

import math
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from flax.linen import initializers

from jaxgan.core.errors import UserError
from jaxgan.models import conv, inits, labels, layers
from jaxgan.models.resize import double_smooth, halve_smooth
from jaxgan.models.sizes import check_multiples, image_shape

_GAIN = math.sqrt(2 / (1 + 0.2**2))  # of a leaky rectifier of slope 0.2 (He et al. 2015)
_GROUP = 16  # channels of a group; a block has twice as many inside as outside


class R3GANGenerator(nn.Module):
    """z - a basis scaled by linear(z) - blocks, enlarged between stages - linear C, no tanh.

    Fields:
      width: channels of the small stages, a multiple of 8; the paper's are 768.
      wide: how many these are; the paper's are 4, and fewer are cheaper for as many weights.
      blocks: of each stage.
      embedding: length of the code of a label, which is joined to z.
    """

    shape: tuple[int, ...]
    width: int = 768
    wide: int = 4
    blocks: int = 2
    embedding: int = 64
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, keys=None, train):
        """z [B, Z], one-hot label [B, K] -> {"x": [B, H, W, C]}, any numbers; H, W see above."""
        height, width, colours = image_shape(self.shape, "r3gan")
        widths = _widths((height, width), self.width, self.wide, "generator r3gan")
        side = 2 ** (len(widths) - 1)
        if label is not None:
            z = labels.join(z, _linear(self, label, self.embedding))
        shape = (height // side, width // side, widths[0])
        basis = self.param("basis", initializers.normal(1.0), shape, inits.FLOAT)
        x = basis.astype(self.dtype) * _linear(self, z, widths[0])[:, None, None]
        for i, features in enumerate(widths):
            if i:
                x = double_smooth(_widened(self, x, features))
            x = _stage(self, x, len(widths))
        return {"x": layers.as_output(_linear(self, x, colours))}


class R3GANCritic(nn.Module):
    """linear - blocks, halved between stages - a window for each channel - linear 1, no biases.

    With a label the score is the product of a linear code of the features with that of the label,
    and nothing beside it (Miyato and Koyama 2018).

    Fields: as the generator's; ``outputs`` (scores an example), ``heads`` (name, width).
    """

    width: int = 768
    wide: int = 4
    blocks: int = 2
    embedding: int = 64
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, keys=None, train):
        """x [B, H, W, C], label [B, K] -> as ``heads.scores``; H, W see above."""
        height, width, _ = image_shape(x.shape[1:], "r3gan")
        widths = _widths((height, width), self.width, self.wide, "critic r3gan")
        x = _linear(self, x, widths[-1])
        for i, features in reversed(tuple(enumerate(widths))):
            if i < len(widths) - 1:
                x = _widened(self, halve_smooth(x), features)
            x = _stage(self, x, len(widths))
        fan_in = math.prod(x.shape[1:3])
        window = self.param("window", _normal(1.0, fan_in), x.shape[1:], inits.FLOAT)
        x = (x * window.astype(self.dtype)).sum(axis=(1, 2))
        out = {"features": x}
        if label is None:
            score = _linear(self, x, self.outputs)
            out["score"] = score if self.outputs > 1 else score[:, 0]
        else:
            code = _linear(self, label, self.embedding, self.embedding**-0.5)
            out["score"] = (_linear(self, x, self.embedding) * code).sum(axis=1)
        out |= {name: _linear(self, x, features) for name, features in self.heads}
        return {name: layers.as_output(value) for name, value in out.items()}


class Block(nn.Module):
    """x + f(x), f: 1x1 to 2C - bias, LReLU - 3x3 in groups of 16 channels - bias, LReLU - 1x1 to C.

    The last product begins as 0. ``gain``: of the two others, over the root of their fan-in.
    """

    gain: float
    dtype: Any

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H, W, C]; C is a multiple of 8."""
        activate, wide = layers.ACTIVATIONS["leaky_relu"], 2 * x.shape[-1]
        y = activate(_linear(self, x, wide, self.gain, bias=True))
        kernel = self.param(
            "kernel", _normal(self.gain, 9 * _GROUP), (3, 3, _GROUP, wide), inits.FLOAT
        )
        bias = self.param("bias", initializers.zeros, (wide,), inits.FLOAT)
        y = conv.conv(y, kernel.astype(self.dtype), 1, 1, groups=wide // _GROUP)
        y = activate(y + bias.astype(self.dtype))
        return x + _linear(self, y, x.shape[-1], 0.0)


def _widths(size, channels, wide, network):
    """The channels of each stage of images of that height and width, from the smallest on."""
    if channels % (_GROUP // 2):
        raise UserError(
            f"{network} has a width that is a multiple of {_GROUP // 2}, not {channels}."
        )
    if min(size) < 4:
        height, width = size
        raise UserError(f"{network} is for images of 4x4 and more, not {height}x{width}.")
    stages = int(math.log2(min(size) / 4)) + 1
    check_multiples(*size, 2 ** (stages - 1), network)
    groups = channels // (_GROUP // 2)
    halvings = [max(0, i - wide + 1) for i in range(stages)]
    return [max(groups >> i, 1) * (_GROUP // 2) for i in halvings]


def _stage(module, x, stages):
    """The blocks of one of so many stages, the more of which there are the less each adds."""
    for _ in range(module.blocks):
        x = Block(_GAIN * (module.blocks * stages) ** -0.25, module.dtype)(x)
    return x


def _widened(module, x, features):
    """x [..., C], by a linear layer [..., features] where it has not so many channels."""
    return x if x.shape[-1] == features else _linear(module, x, features)


def _linear(module, x, features, gain=1.0, *, bias=False):
    """A linear layer of the last axis; its weights begin as N(0, gain^2 / fan-in)."""
    init = _normal(gain, x.shape[-1]) if gain else initializers.zeros
    return nn.Dense(features, use_bias=bias, dtype=module.dtype, kernel_init=init)(x)


def _normal(gain, fan_in):
    return inits.flat(initializers.normal(gain * fan_in**-0.5))
