"""A convolution of stride 2 as one without a stride, of four times the channels.

Every second pixel of an image, from the first or from the second on, along both axes, is an image
of half the sides: four of them, side by side, are the channels of one. So are the taps of a kernel,
[2m, 2m, C, D] and [m, m, 4C, D], and

    sum over a of x[2 i + a] k[a]  =  sum over s = 0, 1 and b of x[2 (i + b) + s] k[2 b + s].
"""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.models.geometry import Geometry

_ALL = (0, 0, 0)  # of an axis, for ``lax.pad``


def of(geometry: Geometry) -> Geometry:
    """The geometry without a stride, of images padded already."""
    window = tuple(k // 2 for k in geometry.window)
    size = tuple(n + k - 1 for n, k in zip(geometry.out, window, strict=True))
    return Geometry(size, window, 1, 0)


def image(x: jax.Array, geometry: Geometry) -> jax.Array:
    """x [B, H, W, C] -> [B, h + m - 1, w + m - 1, 4C], padded as ``geometry`` has it."""
    (height, width), p = of(geometry).size, geometry.padding
    batch, *sides, channels = x.shape
    # What no window meets is cut away: a last row and column, of an odd size.
    rows, columns = (
        (p, 2 * n - p - side, 0) for n, side in zip((height, width), sides, strict=True)
    )
    x = lax.pad(x, jnp.zeros((), x.dtype), (_ALL, rows, columns, _ALL))
    x = x.reshape(batch, height, 2, width, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height, width, 4 * channels)


def to_image(x: jax.Array, geometry: Geometry) -> jax.Array:
    """The adjoint of ``image``."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height, width, 2, 2, channels // 4).transpose(0, 1, 3, 2, 4, 5)
    x = x.reshape(batch, 2 * height, 2 * width, channels // 4)
    p = geometry.padding
    rows, columns = (
        (-p, side + p - 2 * n, 0) for n, side in zip((height, width), geometry.size, strict=True)
    )
    return lax.pad(x, jnp.zeros((), x.dtype), (_ALL, rows, columns, _ALL))


def kernel(k: jax.Array) -> jax.Array:
    """k [2m, 2m, C, D] -> [m, m, 4C, D]."""
    side, _, channels, depth = k.shape
    k = k.reshape(side // 2, 2, side // 2, 2, channels, depth).transpose(0, 2, 1, 3, 4, 5)
    return k.reshape(side // 2, side // 2, 4 * channels, depth)


def to_kernel(k: jax.Array) -> jax.Array:
    """The adjoint of ``kernel``, and its inverse."""
    side, _, channels, depth = k.shape
    k = k.reshape(side, side, 2, 2, channels // 4, depth).transpose(0, 2, 1, 3, 4, 5)
    return k.reshape(2 * side, 2 * side, channels // 4, depth)
