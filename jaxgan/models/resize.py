"""Images at twice and at half their size, alone and in one with a convolution.

A convolution of an image of doubled pixels, and the means of 2x2 pixels after a convolution, are
each *one* convolution of stride 2, transposed in the first case, whose kernel is a sum of shifted
copies of the given one. For a window of 3 that is 16 products a pixel of the small image where 36
would be.
"""

import jax
import jax.numpy as jnp

from jaxgan.models import conv


def double(x: jax.Array) -> jax.Array:
    """Every pixel four times: [B, H, W, C] -> [B, 2H, 2W, C]."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def halve(x: jax.Array) -> jax.Array:
    """Means of 2x2 pixels: [B, H, W, C] -> [B, H / 2, W / 2, C]; H and W are even."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def halve_max(x: jax.Array) -> jax.Array:
    """The greatest of 2x2 pixels: [B, H, W, C] -> [B, H / 2, W / 2, C]; H and W are even."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def double_conv(x: jax.Array, kernel: jax.Array, padding: int) -> jax.Array:
    """``conv.conv(double(x), kernel, 1, padding)`` for a kernel that keeps the size.

    Pixel 2j + d of the doubled image reaches pixel 2j + d + p - a through tap a, that is tap
    m = d + 2p - a of a transposed convolution: each m is met by one a for d = 0 and d = 1.

    Args:
      x: [B, H, W, C].
      kernel: [k, k, C, D], k = 2 * padding + 1.
      padding: int.

    Returns:
      [B, 2H, 2W, D].
    """
    return conv.conv_transpose(x, _twice(kernel[::-1, ::-1]), 2, padding)


def conv_halve(x: jax.Array, kernel: jax.Array, padding: int) -> jax.Array:
    """``halve(conv.conv(x, kernel, 1, padding))`` for a kernel that keeps the size.

    Output i is the mean over d of sum_a x[2i + d + a - p] k[a], that is tap m = d + a.

    Args:
      x: [B, H, W, C], H and W even.
      kernel: [k, k, C, D], k = 2 * padding + 1.
      padding: int.

    Returns:
      [B, H / 2, W / 2, D].
    """
    return conv.conv(x, _twice(kernel) / 4, 2, padding)


def _twice(kernel):
    """The sum of the kernel and its copies one further along each axis and along both."""
    for axis in (0, 1):
        after, before = ([(0, 0)] * 4 for _ in range(2))
        after[axis], before[axis] = (0, 1), (1, 0)
        kernel = jnp.pad(kernel, after) + jnp.pad(kernel, before)
    return kernel


CONVOLUTIONS = {"up": double_conv, "down": conv_halve}
