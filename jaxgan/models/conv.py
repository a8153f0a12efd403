"""Convolution and its transpose as pure functions that are fast on every platform.

The three bilinear maps below are the three partial derivatives of one trilinear form,

    L(x, k, y) = sum  x[n, s*i + a - p, c] * k[a, c, d] * y[n, i, d]    (i, a: two-dimensional)

``correlate`` = dL/dy (convolution), ``spread`` = dL/dx (transposed convolution) and ``weigh`` =
dL/dk (weight gradient). So the gradient of each is made of the other two, and the three
``custom_vjp`` are closed under reverse differentiation of every order; a gradient penalty needs the
second.

GPUs and TPUs run the native convolution. XLA's CPU backend runs the native weight gradients of
strided and transposed convolutions in a naive loop, 10 to 50 times slower than a matrix product, so
there each map is one matrix product between patches and kernel, with shifted slices around it.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

_DIMENSIONS = ("NHWC", "HWIO", "NHWC")


class Geometry(NamedTuple):
    """Static sizes of one convolution from ``size`` (the larger image) to ``out``."""

    size: tuple[int, int]
    window: tuple[int, int]
    stride: int
    padding: int

    @property
    def out(self):
        """Height and width after the convolution."""
        return tuple(
            (n + 2 * self.padding - k) // self.stride + 1
            for n, k in zip(self.size, self.window, strict=True)
        )


def conv(x, kernel, stride, padding):
    """Convolve as PyTorch's ``Conv2d`` does (no kernel flip, zero padding on all four sides).

    Args:
      x: [B, H, W, C].
      kernel: [kh, kw, C, D].
      stride: int, for both axes.
      padding: int, for all sides.

    Returns:
      [B, (H + 2p - kh) // s + 1, (W + 2p - kw) // s + 1, D].
    """
    return _correlate(x, kernel, Geometry(x.shape[1:3], kernel.shape[:2], stride, padding))


def conv_transpose(x, kernel, stride, padding):
    """Transposed convolution as PyTorch's ``ConvTranspose2d`` does: the adjoint of ``conv``.

    Args:
      x: [B, H, W, C].
      kernel: [kh, kw, C, D].
      stride: int, for both axes.
      padding: int, cut off on all sides.

    Returns:
      [B, (H - 1) * s - 2p + kh, (W - 1) * s - 2p + kw, D].
    """
    window = kernel.shape[:2]
    size = tuple(
        (n - 1) * stride - 2 * padding + k for n, k in zip(x.shape[1:3], window, strict=True)
    )
    return _spread(x, kernel.swapaxes(2, 3), Geometry(size, window, stride, padding))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _correlate(x, k, geometry):
    return _by_platform(_correlate_cpu, _correlate_native, x, k, geometry)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _spread(y, k, geometry):
    return _by_platform(_spread_cpu, _spread_native, y, k, geometry)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _weigh(x, y, geometry):
    return _by_platform(_weigh_cpu, _weigh_native, x, y, geometry)


def _by_platform(cpu, native, a, b, geometry):
    """Chosen when lowered, not when traced: a program may be compiled for another device."""
    return lax.platform_dependent(
        a,
        b,
        cpu=partial(cpu, geometry=geometry),
        default=partial(native, geometry=geometry),
    )


def _define_gradient(bilinear, first, second):
    """The cotangents of ``bilinear(a, b)`` are ``first(a, b, d)`` and ``second(a, b, d)``."""

    def forward(a, b, geometry):
        return bilinear(a, b, geometry), (a, b)

    def backward(geometry, saved, d):
        return first(*saved, d, geometry), second(*saved, d, geometry)

    bilinear.defvjp(forward, backward)


_define_gradient(
    _correlate,
    first=lambda x, k, d, geometry: _spread(d, k, geometry),
    second=lambda x, k, d, geometry: _weigh(x, d, geometry),
)
_define_gradient(
    _spread,
    first=lambda y, k, d, geometry: _correlate(d, k, geometry),
    second=lambda y, k, d, geometry: _weigh(d, y, geometry),
)
_define_gradient(
    _weigh,
    first=lambda x, y, d, geometry: _spread(y, d, geometry),
    second=lambda x, y, d, geometry: _correlate(x, d, geometry),
)


def _correlate_native(x, k, geometry):
    strides = (geometry.stride,) * 2
    padding = ((geometry.padding,) * 2,) * 2
    return lax.conv_general_dilated(x, k, strides, padding, dimension_numbers=_DIMENSIONS)


def _spread_native(y, k, geometry):
    x = jax.ShapeDtypeStruct((y.shape[0], *geometry.size, k.shape[2]), y.dtype)
    (x,) = jax.linear_transpose(lambda x: _correlate_native(x, k, geometry), x)(y)
    return x


def _weigh_native(x, y, geometry):
    k = jax.ShapeDtypeStruct((*geometry.window, x.shape[3], y.shape[3]), x.dtype)
    (k,) = jax.linear_transpose(lambda k: _correlate_native(x, k, geometry), k)(y)
    return k


def _correlate_cpu(x, k, geometry):
    out = _patches(x, geometry) @ k.reshape(-1, k.shape[3])
    return out.reshape(x.shape[0], *geometry.out, k.shape[3])


def _weigh_cpu(x, y, geometry):
    k = _patches(x, geometry).T @ y.reshape(-1, y.shape[3])
    return k.reshape(*geometry.window, x.shape[3], y.shape[3])


def _patches(x, geometry):
    """What each output pixel sees: [B * out_h * out_w, kh * kw * C]."""
    (out_h, out_w), (kh, kw), s, p = (
        geometry.out,
        geometry.window,
        geometry.stride,
        geometry.padding,
    )
    x = jnp.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
    taps = [
        x[:, a : a + s * (out_h - 1) + 1 : s, b : b + s * (out_w - 1) + 1 : s]
        for a in range(kh)
        for b in range(kw)
    ]
    return jnp.concatenate(taps, axis=3).reshape(-1, kh * kw * x.shape[3])


def _spread_cpu(y, k, geometry):
    """One product, then the overlap-add of its kh * kw taps, phase by phase.

    Tap a = s*m + r of input row i lands on row s*(i + m) + r: the s*s phases (r, t) of the output
    are sums of shifted taps, without the zeros that dilating the input would multiply.
    """
    batch, depth, channels = y.shape[0], y.shape[3], k.shape[2]
    taps = y.reshape(-1, depth) @ k.reshape(-1, depth).T
    taps = taps.reshape(batch, *geometry.out, *geometry.window, channels)
    s, p, (height, width) = geometry.stride, geometry.padding, geometry.size
    rows = [[_phase(taps, r, t, geometry) for t in range(s)] for r in range(s)]
    full = jnp.stack([jnp.stack(row, axis=3) for row in rows], axis=2)
    full = full.reshape(batch, s * full.shape[1], s * full.shape[3], channels)
    return full[:, p : p + height, p : p + width]


def _phase(taps, r, t, geometry):
    """Rows r, r + s, ... and columns t, t + s, ... of the uncropped overlap-add."""
    s, p, (kh, kw) = geometry.stride, geometry.padding, geometry.window
    high, wide = (-(-(n + p) // s) for n in geometry.size)
    (out_h, out_w), zero = geometry.out, jnp.zeros((), taps.dtype)
    total = jnp.zeros((taps.shape[0], high, wide, taps.shape[5]), taps.dtype)
    for m, a in enumerate(range(r, kh, s)):
        for n, b in enumerate(range(t, kw, s)):
            shift = ((0, 0, 0), (m, high - out_h - m, 0), (n, wide - out_w - n, 0), (0, 0, 0))
            total += lax.pad(taps[:, :, :, a, b], zero, shift)
    return total
