"""Networks from a caption to an image: Reed's, and StackGAN's first stage, one skeleton.

References: Generative Adversarial Text to Image Synthesis (Reed et al. 2016, arXiv:1605.05396);
StackGAN (Zhang et al. 2017, arXiv:1612.03242); both in the layout of the authors' code, whose
images have 64x64 pixels: other sides have more or fewer doublings, and channels to match.
"""

from math import log2
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, choose
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.dcgan import UPSAMPLES
from jaxgan.models.sizes import image_shape

START = 4  # side of the first image
_DOUBLE, _KEEP, _POINT = (4, 2, 1), (3, 1, 1), (1, 1, 0)  # (window, stride, padding)
RECTIFY = layers.ACTIVATIONS["leaky_relu"]


class TextGenerator(nn.Module):
    """[z, caption's code] - linear 4x4 8w - BN + residual - ReLU - 4w, 2w, w, 3 - tanh, for 64x64.

    The second image has a residual block, too. The first linear layer and the residual blocks have
    no bias in front of a normalisation.

    Fields:
      width: w, the channels of the last image inside.
      code: numbers that the caption becomes, 128 in the papers.
      augmented: whether the code is drawn about its mean, by conditioning augmentation.
      upsample: a row of ``dcgan.UPSAMPLES``: "transposed" is Reed's, "nearest" StackGAN's.
      norm, initializer: rows of ``norms.NORMS`` and ``INITS``.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    width: int = 64
    code: int = 128
    augmented: bool = False
    upsample: str = "transposed"
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "dcgan"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, caption, keys=None, train):
        """An image of noise and a caption.

        Args:
          z: [B, Z].
          caption: its vector [B, D].
          keys: [B], of the augmented code; None: it is its mean.
          train: whether batch statistics are those of the batch.

        Returns:
          "x": [B, H, W, C] in [-1, 1]; of an augmented code its "mean" and "log_std" [B, code].
        """
        doublings = _doublings(self.shape, "generator text")
        enlarge = choose(UPSAMPLES, self.upsample, "upsample")
        code, moments = coded(self, caption, keys)
        channels = [self.width * 2**i for i in reversed(range(doublings))]
        bias = self.norm != "batch"
        x = layers.dense(self, labels.join(z, code), START**2 * channels[0], bias=bias)
        x = x.reshape(len(x), START, START, channels[0])
        x = norms.norm(self, x, train=train)
        for i, features in enumerate(channels):
            if i > 0:
                x = enlarge(self, x, features, _DOUBLE)
                x = norms.norm(self, x, train=train)
            if i < 2:
                x += residual(self, x, max(features // 4, 1), train)
            x = nn.relu(x)
        x = enlarge(self, x, self.shape[-1], _DOUBLE)
        return {"x": jnp.tanh(layers.as_output(x)), **moments}


class TextCritic(nn.Module):
    """conv w - LReLU - 2w, 4w, 8w, BN LReLU - + residual - [, caption's code] - 8w - linear 1.

    The caption, linear and rectified, stands at each of the last 4x4 places, in front of a
    convolution of 1x1.

    Fields: as those of ``DCGAN32Critic`` and ``TextGenerator``.
    """

    width: int = 64
    code: int = 128
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "dcgan"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, caption=None, keys=None, train):
        """Scores of images beside their captions.

        Args:
          x: images [B, H, W, C], of 8x8, 16x16, 32x32, ...
          caption: vectors [B, D], or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          see ``heads.scores``.
        """
        doublings = _doublings(x.shape[1:], "critic text")
        for i in range(doublings):
            x = layers.convolve(self, x, self.width * 2**i, _DOUBLE)
            if i > 0:
                x = norms.norm(self, x, train=train)
            if i < doublings - 1:
                x = layers.dropout(self, RECTIFY(x), keys, i, train=train)
        features = x.shape[-1]
        x = RECTIFY(x + residual(self, x, max(features // 4, 1), train, RECTIFY))
        if caption is not None:
            code = norms.norm(self, layers.dense(self, caption, self.code), train=train)
            x = labels.join(x, RECTIFY(code))
        x = norms.norm(self, layers.convolve(self, x, features, _POINT), train=train)
        x = layers.dropout(self, RECTIFY(x), keys, doublings, train=train)
        return heads.scores(self, layers.flatten(x))


def coded(module: nn.Module, caption: jax.Array, keys: jax.Array | None) -> tuple:
    """A caption's code [B, module.code], and of an augmented one its moments, by name.

    Conditioning augmentation: mean + exp(log std) * noise, normal within two deviations, where the
    rectifier stands behind both, as in the authors' code.
    Reference: StackGAN (arXiv:1612.03242), sec. 3.2.
    """
    if not module.augmented:
        return RECTIFY(layers.dense(module, caption, module.code)), {}
    both = RECTIFY(layers.dense(module, caption, 2 * module.code))
    mean, log_std = jnp.split(both, 2, axis=1)
    code = mean
    if keys is not None:
        noise = jax.vmap(lambda key: jax.random.truncated_normal(key, -2, 2, mean.shape[1:]))(keys)
        code = mean + jnp.exp(log_std) * noise.astype(mean.dtype)
    return code, {"mean": layers.as_output(mean), "log_std": layers.as_output(log_std)}


def residual(module: nn.Module, x: jax.Array, inner: int, train: bool, rectify=nn.relu):
    """What is added to x: conv 1x1 inner - BN ReLU - conv 3x3 inner - BN ReLU - conv 3x3 - BN."""
    wide = x.shape[-1]
    for features, geometry in ((inner, _POINT), (inner, _KEEP), (wide, _KEEP)):
        if geometry != _POINT:
            x = rectify(x)
        bias = module.norm != "batch"
        x = layers.convolve(module, x, features, geometry, bias=bias)
        x = norms.norm(module, x, train=train)
    return x


def _doublings(shape, network):
    height, width, _ = image_shape(shape, network)
    doublings = round(log2(height / START)) if height else 0
    if height != width or START * 2**doublings != height or doublings < 1:
        raise UserError(
            f"{network} is for square images of 8, 16, 32, ... pixels, not {height}x{width}; set "
            "data.size."
        )
    return doublings
