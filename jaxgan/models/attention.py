"""Self-attention: every pixel of a map looks at all others.

Reference: Self-Attention Generative Adversarial Networks (arXiv:1805.08318), section 3, in the
layout of the authors' code, which pools keys and values.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.linen import initializers

from jaxgan.core.errors import UserError
from jaxgan.models import inits, layers
from jaxgan.models.resize import halve_max

_POINT = (1, 1, 0)  # (window, stride, padding)


def attend(module: nn.Module, x: jax.Array) -> jax.Array:
    """Add to x [B, H, W, C] what its pixels see of one another, at first none of it.

    x + gamma * conv(softmax(query key^T) value): query and key have C / 8 channels, value C / 2,
    all by convolutions 1x1 without a bias; keys and values are the greatest of 2x2 pixels, the
    products are not scaled, and gamma is learned, 0 at first.

    Raises:
      UserError: C is no multiple of 8, or H or W is odd.
    """
    batch, height, width, channels = x.shape
    if channels % 8 or height % 2 or width % 2:
        raise UserError(
            "attention is for maps of even sides whose channels are a multiple of 8, not of "
            f"{height}x{width} with {channels}; set the side where it stands, or the width."
        )

    def seen(features):
        return layers.convolve(module, x, features, _POINT, bias=False)

    query, key = seen(channels // 8), halve_max(seen(channels // 8))
    value = halve_max(seen(channels // 2))
    query, key, value = (each.reshape(batch, -1, each.shape[3]) for each in (query, key, value))
    share = nn.softmax(layers.as_output(jnp.einsum("bqc,bkc->bqk", query, key)))
    found = jnp.einsum("bqk,bkc->bqc", share.astype(value.dtype), value)
    found = found.reshape(batch, height, width, channels // 2)
    gamma = module.param("gamma", initializers.zeros, (), inits.FLOAT).astype(x.dtype)
    return x + gamma * layers.convolve(module, found, channels, _POINT, bias=False)
