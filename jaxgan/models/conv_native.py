"""The three maps of a convolution as XLA's own operator, which is fast on GPUs and TPUs."""

import jax
from jax import lax

from jaxgan.models.geometry import Geometry

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def correlate(x: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """The convolution of x [B, H, W, groups * C] by k [kh, kw, C, D]: [B, h, w, D]."""
    strides = (geometry.stride,) * 2
    padding = ((geometry.padding,) * 2,) * 2
    dilations = (geometry.dilation,) * 2
    return lax.conv_general_dilated(
        x,
        k,
        strides,
        padding,
        rhs_dilation=dilations,
        dimension_numbers=DIMENSIONS,
        feature_group_count=geometry.groups,
    )


def spread(y: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """Its transpose by x: of y [B, h, w, D], [B, H, W, groups * C]."""
    channels = geometry.groups * k.shape[2]
    x = jax.ShapeDtypeStruct((y.shape[0], *geometry.size, channels), y.dtype)
    (x,) = jax.linear_transpose(lambda x: correlate(x, k, geometry), x)(y)
    return x


def spread_plain(y: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """As ``spread``, without groups: zeros between the pixels, convolved by the turned kernel."""
    stride, dilation = geometry.stride, geometry.dilation
    padding = []
    for size, out, window in zip(geometry.size, geometry.out, geometry.window, strict=True):
        span = dilation * (window - 1)
        before = span - geometry.padding
        reached = (out - 1) * stride + 1 + before - geometry.padding
        padding.append((before, before + size - reached))
    return lax.conv_general_dilated(
        y,
        turned(k),
        (1, 1),
        padding,
        lhs_dilation=(stride,) * 2,
        rhs_dilation=(dilation,) * 2,
        dimension_numbers=DIMENSIONS,
    )


def weigh(x: jax.Array, y: jax.Array, geometry: Geometry) -> jax.Array:
    """Its transpose by the kernel: [kh, kw, C, D]."""
    channels = x.shape[3] // geometry.groups
    k = jax.ShapeDtypeStruct((*geometry.window, channels, y.shape[3]), x.dtype)
    (k,) = jax.linear_transpose(lambda k: correlate(x, k, geometry), k)(y)
    return k


def turned(k: jax.Array) -> jax.Array:
    """The kernel of the transpose of a convolution without a stride."""
    return k[::-1, ::-1].swapaxes(2, 3)
