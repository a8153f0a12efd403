"""The three maps of a convolution as one matrix product each, between patches and kernel."""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.models.conv_native import DIMENSIONS
from jaxgan.models.geometry import Geometry

# Channels times the kernel's width, from which on a weight gradient is better one product for each
# row of the kernel: the patches of all rows together are kh times the memory to write and read.
_WIDE = 16
# Channels that are few: of a result by rows of the kernel, of an image that has them for its batch.
NARROW = 4
# Channels of the other side, up to which the latter is the faster.
_THIN = 16


def gathered(x: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """The convolution of x [B, H, W, C] by k [kh, kw, C, D], by patches of x: [B, h, w, D]."""
    out = _patches(x, geometry) @ _matrix(k, geometry)
    return out.reshape(x.shape[0], *geometry.out, k.shape[3])


def weighed(x: jax.Array, y: jax.Array, geometry: Geometry) -> jax.Array:
    """Its transpose by the kernel, by patches of x: [kh, kw, C, D]."""
    thin = x.shape[3] <= NARROW and y.shape[3] <= _THIN
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
    k = lax.conv_general_dilated(x, y, strides, "VALID", dimension_numbers=DIMENSIONS)
    return k.transpose(1, 2, 0, 3)


def _matrix(k, geometry):
    """The kernel as [kh * kw * C, D], whose memory no product has to reorder entry by entry.

    Of a swapped one rows of C entries move together: XLA would otherwise transpose the kernel or
    its gradient inside every loop that reads it, an optimiser's too, none of which is then fast.
    """
    if geometry.swapped:
        return k.transpose(3, 0, 1, 2).reshape(k.shape[3], -1).T
    return k.reshape(-1, k.shape[3])


def laid(y: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """Its transpose by x, by overlapping windows: of y [B, h, w, D], [B, H, W, C]."""
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
