"""Convolution and its transpose as pure functions that are fast on every platform.

The three bilinear maps below are the three partial derivatives of one trilinear form,

    L(x, k, y) = sum  x[n, s*i + r*a - p, c] * k[a, c, d] * y[n, i, d]    (i, a: two-dimensional)

``correlate`` = dL/dy (convolution), ``spread`` = dL/dx (transposed convolution) and ``weigh`` =
dL/dk (weight gradient). So the gradient of each is made of the other two, and the three
``custom_vjp`` are closed under reverse differentiation of every order; a gradient penalty needs the
second.

GPUs and TPUs run the native convolution. XLA's CPU backend runs the native weight gradients, and
the transposes of strided convolutions, in a naive loop, 10 to 50 times slower than a matrix
product, so there each map is one matrix product between patches and kernel, with shifted slices
around it. Without a stride there are better forms: the first two maps are native convolutions of
large images, by rows of the kernel where the result has few channels, the third is one of narrow
images, and all three are Winograd's where both sides have many channels.

Other programs know none of this: ``plain`` has networks traced with one operator a convolution.
"""

import contextlib
import contextvars
import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan.models import winograd

# Channels times the kernel's width, from which on a weight gradient is better one product for each
# row of the kernel: the patches of all rows together are kh times the memory to write and read.
_WIDE = 16
# Pixels of the result, from which on XLA's own convolution without a stride is the faster.
_LARGE = 64
# Channels that are few: of a result by rows of the kernel, of an image that has them for its batch.
_NARROW = 4
# Channels of the other side, up to which the latter is the faster.
_THIN = 16
# What Winograd's form has to save, see ``_saved``, to be the faster: that of 32 channels to 128.
_MUCH = 25
# Pixels of all results together, from which on it is.
_PIXELS = 256
_DIMENSIONS = ("NHWC", "HWIO", "NHWC")
_PLAIN = contextvars.ContextVar("plain", default=False)


class Geometry(NamedTuple):
    """Static sizes of one convolution from ``size`` (the larger image) to ``out``.

    ``swapped``: the kernel's channels lie in memory in the other order, as those of a transposed
    convolution; it changes no result.
    """

    size: tuple[int, int]
    window: tuple[int, int]
    stride: int
    padding: int
    dilation: int = 1
    swapped: bool = False

    @property
    def out(self):
        """Height and width after the convolution."""
        return tuple(
            (n + 2 * self.padding - self.dilation * (k - 1) - 1) // self.stride + 1
            for n, k in zip(self.size, self.window, strict=True)
        )


def conv(x, kernel, stride, padding, dilation=1):
    """Convolve as PyTorch's ``Conv2d`` does (no kernel flip, zero padding on all four sides).

    Args:
      x: [B, H, W, C].
      kernel: [kh, kw, C, D].
      stride: int, for both axes.
      padding: int, for all sides.
      dilation: int, the step between the taps of the kernel.

    Returns:
      [B, (H + 2p - r(kh - 1) - 1) // s + 1, the same of W, D] with r the dilation.
    """
    sizes = (x.shape[1:3], kernel.shape[:2])
    form = _correlate_native if _PLAIN.get() else _correlate
    return form(x, *_trimmed(kernel, Geometry(*sizes, stride, padding, dilation)))


def conv_transpose(x, kernel, stride, padding, output_padding=0):
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
    form = _spread_plain if _PLAIN.get() else _spread
    return form(x, *_trimmed(kernel.swapaxes(2, 3), geometry))


@contextlib.contextmanager
def plain():
    """Inside, what is traced has each convolution as one operator that every program knows.

    The numbers are the same, to rounding; they are slower to learn by on a CPU.
    """
    token = _PLAIN.set(True)
    try:
        yield
    finally:
        _PLAIN.reset(token)


def _trimmed(kernel, geometry):
    """The kernel without the outer taps that meet nothing but padding, and the geometry then.

    At a U-Net's innermost image they are twelve of sixteen.
    """
    axes = zip(geometry.size, geometry.out, geometry.window, strict=True)
    lost = min(_idle(*axis, geometry) for axis in axes)
    if lost == 0:
        return kernel, geometry
    window = tuple(k - 2 * lost for k in geometry.window)
    padding = geometry.padding - geometry.dilation * lost
    small = geometry._replace(window=window, padding=padding)
    return kernel[lost:-lost, lost:-lost], small


def _idle(size, out, window, geometry):
    """How many taps at either end of an axis meet nothing but padding."""
    starts = geometry.stride * np.arange(out)[:, None]
    met = starts + geometry.dilation * np.arange(window) - geometry.padding
    (useful,) = np.nonzero(((met >= 0) & (met < size)).any(axis=0))
    return int(min(useful[0], window - 1 - useful[-1])) if useful.size else 0


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
    dilations = (geometry.dilation,) * 2
    return lax.conv_general_dilated(
        x, k, strides, padding, rhs_dilation=dilations, dimension_numbers=_DIMENSIONS
    )


def _spread_native(y, k, geometry):
    x = jax.ShapeDtypeStruct((y.shape[0], *geometry.size, k.shape[2]), y.dtype)
    (x,) = jax.linear_transpose(lambda x: _correlate_native(x, k, geometry), x)(y)
    return x


def _spread_plain(y, k, geometry):
    """The convolution, by the turned kernel, of the image with zeros between its pixels."""
    stride, dilation = geometry.stride, geometry.dilation
    padding = []
    for size, out, window in zip(geometry.size, geometry.out, geometry.window, strict=True):
        span = dilation * (window - 1)
        before = span - geometry.padding
        reached = (out - 1) * stride + 1 + before - geometry.padding
        padding.append((before, before + size - reached))
    return lax.conv_general_dilated(
        y,
        _turned(k),
        (1, 1),
        padding,
        lhs_dilation=(stride,) * 2,
        rhs_dilation=(dilation,) * 2,
        dimension_numbers=_DIMENSIONS,
    )


def _weigh_native(x, y, geometry):
    k = jax.ShapeDtypeStruct((*geometry.window, x.shape[3], y.shape[3]), x.dtype)
    (k,) = jax.linear_transpose(lambda k: _correlate_native(x, k, geometry), k)(y)
    return k


def _correlate_cpu(x, k, geometry):
    if _saved(geometry, x.shape[0], *k.shape[2:]) >= _MUCH:
        return winograd.correlate(x, k, geometry.padding)
    if geometry.stride == 1 and _large(geometry):
        return _correlate_large(x, k, geometry)
    if opposite := _opposite(geometry, *k.shape[2:]):
        return _laid(x, _turned(k), opposite)
    return _gathered(x, k, geometry)


def _spread_cpu(y, k, geometry):
    if _saved(geometry, y.shape[0], *k.shape[2:]) >= _MUCH:
        return winograd.spread(y, k, geometry.padding)
    if (back := _transposed(geometry)) and _large(back):
        return _correlate_large(y, _turned(k), back)
    if opposite := _opposite(geometry, *k.shape[2:]):
        return _gathered(y, _turned(k), opposite)
    return _laid(y, k, geometry)


def _weigh_cpu(x, y, geometry):
    if _saved(geometry, x.shape[0], x.shape[3], y.shape[3]) >= _MUCH:
        return winograd.weigh(x, y, geometry.padding)
    if opposite := _opposite(geometry, x.shape[3], y.shape[3]):
        return _turned(_weighed(y, x, opposite))
    return _weighed(x, y, geometry)


def _large(geometry):
    """Whether XLA's own convolution is the faster, and takes no small image for the kernel."""
    fits = all(k <= n for k, n in zip(geometry.window, geometry.size, strict=True))
    return fits and math.prod(geometry.out) >= _LARGE


def _correlate_large(x, k, geometry):
    if k.shape[3] <= _NARROW and geometry.window[0] > 1 == geometry.dilation:
        return _correlate_by_row(x, k, geometry)
    return _correlate_native(x, k, geometry)


def _correlate_by_row(x, k, geometry):
    """Without a stride: the kernel's rows are more channels of a result, which are then added.

    A vector of the processor holds more numbers than an image in colour has channels.
    """
    (kh, kw), channels, depth = geometry.window, k.shape[2], k.shape[3]
    p = geometry.padding
    rows = k.transpose(1, 2, 0, 3).reshape(1, kw, channels, kh * depth)
    x = jnp.pad(x, ((0, 0), (p, p), (0, 0), (0, 0)))
    padding = ((0, 0), (p, p))
    y = lax.conv_general_dilated(x, rows, (1, 1), padding, dimension_numbers=_DIMENSIONS)
    y = y.reshape(*y.shape[:3], kh, depth)
    return sum(y[:, a : a + geometry.out[0], :, a] for a in range(kh))


def _saved(geometry, batch, channels, depth):
    """What Winograd's products save: as many of them for each number that he transforms.

    Nothing where his form does not apply, or where so few pixels meet the kernel that its own
    transform is what takes the time.
    """
    applies = geometry.window == winograd.WINDOW and geometry.stride == geometry.dilation == 1
    if not applies or batch * math.prod(geometry.out) < _PIXELS:
        return 0
    return channels * depth / (channels + depth)


def _transposed(geometry):
    """The geometry of the convolution that is the transpose of one without a stride, or None.

    The two differ by padding and by a turned kernel alone.
    """
    span = tuple(geometry.dilation * (k - 1) for k in geometry.window)
    padding = span[0] - geometry.padding
    if geometry.stride > 1 or span[0] != span[1] or padding < 0:
        return None
    return geometry._replace(size=geometry.out, padding=padding, swapped=not geometry.swapped)


def _opposite(geometry, channels, depth):
    """The geometry by which a convolution to few channels is better done: the transposed one's.

    Patches have the channels of the image that they are cut from, which should be the one that has
    few: those of the other take much memory, and a product of them with a vector runs in a naive
    loop.
    """
    return _transposed(geometry) if channels >= 4 * depth else None


def _turned(k):
    return k[::-1, ::-1].swapaxes(2, 3)


def _gathered(x, k, geometry):
    out = _patches(x, geometry) @ _matrix(k, geometry)
    return out.reshape(x.shape[0], *geometry.out, k.shape[3])


def _weighed(x, y, geometry):
    thin = x.shape[3] <= _NARROW and y.shape[3] <= _THIN
    # A window of one pixel has no patches to save.
    if geometry.stride == 1 < max(geometry.window) and thin:
        return _weighed_by_channel(x, y, geometry)
    y = y.reshape(-1, y.shape[3])
    (kh, kw), channels, depth = geometry.window, x.shape[3], y.shape[1]
    many = kw * channels >= _WIDE
    parts = _patches_by_row(x, geometry) if many else [_patches(x, geometry)]
    if geometry.swapped:
        k = jnp.stack([y.T @ part for part in parts], axis=1)
        return k.reshape(depth, kh, kw, channels).transpose(1, 2, 3, 0)
    return jnp.stack([part.T @ y for part in parts]).reshape(kh, kw, channels, depth)


def _weighed_by_channel(x, y, geometry):
    """The convolution of which the channels are the batch, and the batch the channels.

    The image is padded before it is transposed: what XLA takes for the padding of a convolution
    with so large a kernel makes a naive loop of it.
    """
    p, strides = geometry.padding, (geometry.dilation,) * 2
    x = jnp.pad(x, ((0, 0), (p, p), (p, p), (0, 0))).transpose(3, 1, 2, 0)
    y = y.transpose(1, 2, 0, 3)
    k = lax.conv_general_dilated(x, y, strides, "VALID", dimension_numbers=_DIMENSIONS)
    return k.transpose(1, 2, 0, 3)


def _matrix(k, geometry):
    """The kernel as [kh * kw * C, D], whose memory no product has to reorder entry by entry.

    Of a swapped one rows of C entries move together: XLA would otherwise transpose the kernel or
    its gradient inside every loop that reads it, an optimiser's too, none of which is then fast.
    """
    if geometry.swapped:
        return k.transpose(3, 0, 1, 2).reshape(k.shape[3], -1).T
    return k.reshape(-1, k.shape[3])


def _laid(y, k, geometry):
    batch, depth, channels = y.shape[0], y.shape[3], k.shape[2]
    (kh, kw), (height, width) = geometry.window, geometry.size
    taps = y.reshape(-1, depth) @ _matrix(k, geometry).T
    taps = taps.reshape(batch, *geometry.out, kh, kw * channels)
    rows = _overlap_add(taps, 1, height, geometry)
    taps = rows.reshape(batch, height, geometry.out[1], kw, channels)
    return _overlap_add(taps, 2, width, geometry)


def _patches(x, geometry):
    """What each output pixel sees: [B * out_h * out_w, kh * kw * C]."""
    (out_h, out_w), (kh, kw), p = geometry.out, geometry.window, geometry.padding
    x = jnp.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
    x = _windows(x, 2, out_w, kw, geometry)
    x = _windows(x, 1, out_h, kh, geometry)
    return x.reshape(-1, x.shape[3])


def _patches_by_row(x, geometry):
    """What each output pixel sees in each row of the kernel, kh of [B * out_h * out_w, kw * C]."""
    (out_h, out_w), (kh, kw), p = geometry.out, geometry.window, geometry.padding
    x = jnp.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
    x = _windows(x, 2, out_w, kw, geometry)
    return [rows.reshape(-1, x.shape[3]) for rows in _slices(x, 1, out_h, kh, geometry)]


def _windows(x, axis, out, window, geometry):
    """The ``out`` windows along one axis of x [B, H, W, C], laid side by side in the channels."""
    return jnp.concatenate(_slices(x, axis, out, window, geometry), axis=3)


def _slices(x, axis, out, window, geometry):
    """What each tap along one axis meets in the ``out`` windows."""
    stride, dilation = geometry.stride, geometry.dilation
    last = stride * (out - 1) + 1
    starts = range(0, dilation * window, dilation)
    return [lax.slice_in_dim(x, a, a + last, stride, axis) for a in starts]


def _overlap_add(taps, axis, size, geometry):
    """Lay overlapping windows along one axis: the adjoint of ``_windows`` and its padding.

    Tap a with dilation * a = stride * m + phase of window i lands at stride * (i + m) + phase -
    padding. So each phase of the result is a sum of shifted taps, and no zeros are put between the
    windows.

    Args:
      taps: [B, H, W, window, C].
      axis: 1 or 2, the axis that the windows are laid along; it becomes ``size`` long.

    Returns:
      [B, H', W', C].
    """
    stride, padding = geometry.stride, geometry.padding
    length = -(-(size + padding) // stride)
    shifted = [[] for _ in range(stride)]  # of each phase, pairs of a tap and its m
    for a in range(taps.shape[3]):
        m, phase = divmod(geometry.dilation * a, stride)
        shifted[phase].append((taps[:, :, :, a], m))
    shape = [*taps.shape[:3], taps.shape[4]]
    shape[axis] = length
    phases = [_phase(pairs, axis, shape, taps.dtype) for pairs in shifted]
    full = jnp.stack(phases, axis + 1)
    full = full.reshape(*full.shape[:axis], length * stride, *full.shape[axis + 2 :])
    return lax.slice_in_dim(full, padding, padding + size, axis=axis)


def _phase(pairs, axis, shape, dtype):
    """Sum over (tap, m) of the tap shifted by m along ``axis``, cut or filled to ``shape``."""
    total = jnp.zeros(shape, dtype)
    for tap, m in pairs:
        shift = [(0, 0, 0)] * 4
        shift[axis] = (m, shape[axis] - tap.shape[axis] - m, 0)
        total += lax.pad(tap, jnp.zeros((), dtype), shift)
    return total
