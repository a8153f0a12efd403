"""Images at twice and at half their size, alone and in one with a convolution.

A convolution of an image of doubled pixels, and the means of 2x2 pixels after a convolution, are
each *one* convolution of stride 2, transposed in the first case, whose kernel is a sum of shifted
copies of the given one. For a window of 3 that is 16 products a pixel of the small image where 36
would be.
"""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.models import conv


def double(x: jax.Array) -> jax.Array:
    """Every pixel four times: [B, H, W, C] -> [B, 2H, 2W, C]."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def halve(x: jax.Array) -> jax.Array:
    """Means of 2x2 pixels: [B, H, W, C] -> [B, H / 2, W / 2, C]; H and W are even."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def halve_max(x: jax.Array) -> jax.Array:
    """The greatest of 2x2 pixels: [B, H, W, C] -> [B, H / 2, W / 2, C]; H and W are even.

    In pairs: the slope of a maximum of four divides by how many are greatest, which are none where
    a program computes them twice and rounds them differently.
    """
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // 2, 2, width // 2, 2, channels)
    x = jnp.maximum(x[:, :, 0], x[:, :, 1])
    return jnp.maximum(x[:, :, :, 0], x[:, :, :, 1])


def double_smooth(x: jax.Array) -> jax.Array:
    """Twice the size by the filter [1, 3, 3, 1], as StyleGAN2 has it: zeros lie around the image.

    Of pixels x_i of a line (x_{i-1} + 3 x_i) / 4 and (3 x_i + x_{i+1}) / 4, along both axes.

    Returns:
      [B, 2H, 2W, C] of x [B, H, W, C].
    """
    for axis in (1, 2):
        pairs = (_moved(x, axis, 1) + 3 * x, 3 * x + _moved(x, axis, -1))
        shape = [n * (1 + (i == axis)) for i, n in enumerate(x.shape)]
        x = jnp.stack(pairs, axis + 1).reshape(shape) / 4
    return x


def halve_smooth(x: jax.Array) -> jax.Array:
    """Half the size by the same filter, a quarter of the adjoint: (x_{2i-1} + 3 x_{2i} + ...) / 8.

    Returns:
      [B, H / 2, W / 2, C] of x [B, H, W, C]; H and W are even.
    """
    for axis in (1, 2):
        x = x.reshape(*x.shape[:axis], -1, 2, *x.shape[axis + 1 :])
        even, odd = (lax.index_in_dim(x, i, axis + 1, keepdims=False) for i in (0, 1))
        x = (_moved(odd, axis, 1) + 3 * even + 3 * odd + _moved(even, axis, -1)) / 8
    return x


def _moved(x, axis, by):
    """x by one place further along an axis, or back (-1); a zero comes in."""
    padding = [(0, 0, 0)] * x.ndim
    padding[axis] = (by, -by, 0)
    return lax.pad(x, jnp.zeros((), x.dtype), padding)


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
