"""The half of the joint embedding that sees images: how near a picture is to a sentence.

The other half, and the bundled weights of both, are in ``text``.
"""

from functools import cache

import jax
import numpy as np
from flax import linen as nn

from jaxgan.core.pixels import eight_bits
from jaxgan.features.classifier import halved, hidden
from jaxgan.text import char_cnn_rnn, joint

SIDE = 32
# Channels, window, stride and padding of each convolution: sides 16, 8, 4.
_CONVOLUTIONS = ((32, 5, 2, 2), (64, 4, 2, 1), (96, 3, 2, 1))


class ImageEncoder(nn.Module):
    """conv 32, 64, 96, each leaky ReLU - linear 128 - leaky ReLU - linear, for 32x32 in colour."""

    @nn.compact
    def __call__(self, x, *, dropped=None):
        """x [B, 32, 32, 3] in [-1, 1] -> vectors [B, D]; ``dropped``: as of ``Classifier``."""
        return nn.Dense(char_cnn_rnn.WIDTH)(halved(hidden(x, _CONVOLUTIONS), dropped))


@cache
def _forward():
    def vectors(params, x):
        x = jax.image.resize(eight_bits(x), (len(x), SIDE, SIDE, 3), "linear")
        with jax.default_matmul_precision("highest"):
            return ImageEncoder().apply({"params": params}, x)

    return jax.jit(vectors)


def see(x, params=None) -> np.ndarray:
    """The vectors float32 [N, D] of images [N, H, W, 3] in [-1, 1].

    ``params``: others than the bundled ones.
    """
    params = joint.weights()["images"] if params is None else params
    return joint.in_chunks(_forward(), params, np.asarray(x, np.float32))
