"""Convolution and its transpose as pure functions that are fast on every platform.

The three bilinear maps below are the three partial derivatives of one trilinear form,

    L(x, k, y) = sum  x[n, s*i + r*a - p, c] * k[a, c, d] * y[n, i, d]    (i, a: two-dimensional)

``correlate`` = dL/dy (convolution), ``spread`` = dL/dx (transposed convolution) and ``weigh`` =
dL/dk (weight gradient). So the gradient of each is made of the other two, and the three
``custom_vjp`` are closed under reverse differentiation of every order; a gradient penalty needs the
second.

GPUs and TPUs run ``conv_native``, a CPU runs ``conv_cpu``. Other programs know none of this:
``plain`` has networks traced with one operator a convolution.
"""

from contextlib import AbstractContextManager
from functools import partial

import jax
from jax import lax

from jaxgan.models import conv_cpu as cpu
from jaxgan.models import conv_native as native
from jaxgan.models.geometry import Geometry, trimmed

# Part of the key of every ``jit``: what was traced with one form is not run for the other.
_PLAIN = jax.make_user_context(False)


def conv(
    x: jax.Array,
    kernel: jax.Array,
    stride: int,
    padding: int,
    dilation: int = 1,
    groups: int = 1,
) -> jax.Array:
    """Convolve as PyTorch's ``Conv2d`` does (no kernel flip, zero padding on all four sides).

    Args:
      x: [B, H, W, groups * C].
      kernel: [kh, kw, C, D].
      stride: int, for both axes.
      padding: int, for all sides.
      dilation: int, the step between the taps of the kernel.
      groups: int; each part of x's channels gives a part of the D (Xie et al. 2017).

    Returns:
      [B, (H + 2p - r(kh - 1) - 1) // s + 1, the same of W, D] with r the dilation.
    """
    sizes = (x.shape[1:3], kernel.shape[:2])
    form = native.correlate if _PLAIN.value else _correlate
    geometry = Geometry(*sizes, stride, padding, dilation, groups=groups)
    return form(x, *trimmed(kernel, geometry))


def conv_transpose(
    x: jax.Array, kernel: jax.Array, stride: int, padding: int, output_padding: int = 0
) -> jax.Array:
    """Transposed convolution as PyTorch's ``ConvTranspose2d`` does: the adjoint of ``conv``.

    Args:
      x: [B, H, W, C].
      kernel: [kh, kw, C, D].
      stride: int, for both axes.
      padding: int, cut off on all sides.
      output_padding: int below the stride, by which less is cut off below and on the right: of the
        sizes that a convolution brings to [H, W] it chooses one.

    Returns:
      [B, (H - 1) * s - 2p + kh + output_padding, the same of W, D].
    """
    if not 0 <= output_padding < stride:
        raise ValueError(f"output_padding {output_padding} is not below the stride {stride}")
    window = kernel.shape[:2]
    size = tuple(
        (n - 1) * stride - 2 * padding + k + output_padding
        for n, k in zip(x.shape[1:3], window, strict=True)
    )
    geometry = Geometry(size, window, stride, padding, swapped=True)
    form = native.spread_plain if _PLAIN.value else _spread
    return form(x, *trimmed(kernel.swapaxes(2, 3), geometry))


def plain() -> AbstractContextManager:
    """A context: what is traced in it has each convolution as one operator that all programs know.

    The numbers are the same, to rounding; they are slower to learn by on a CPU.
    """
    return _PLAIN(True)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _correlate(x, k, geometry):
    return _by_platform(cpu.correlate, native.correlate, x, k, geometry)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _spread(y, k, geometry):
    return _by_platform(cpu.spread, native.spread, y, k, geometry)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _weigh(x, y, geometry):
    return _by_platform(cpu.weigh, native.weigh, x, y, geometry)


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
