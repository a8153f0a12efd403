"""Static sizes of a convolution, and what follows from them before any number is known."""

from typing import NamedTuple

import jax
import numpy as np


class Geometry(NamedTuple):
    """Static sizes of one convolution from ``size`` (the larger image) to ``out``.

    ``swapped``: the kernel's channels lie in memory in the other order, as those of a transposed
    convolution; it changes no result. ``groups``: as many parts of the channels of either image,
    each of which is convolved by itself; then C in a kernel [kh, kw, C, D] is of a part.
    """

    size: tuple[int, int]
    window: tuple[int, int]
    stride: int
    padding: int
    dilation: int = 1
    swapped: bool = False
    groups: int = 1

    @property
    def out(self):
        """Height and width after the convolution."""
        return tuple(
            (n + 2 * self.padding - self.dilation * (k - 1) - 1) // self.stride + 1
            for n, k in zip(self.size, self.window, strict=True)
        )


def trimmed(kernel: jax.Array, geometry: Geometry) -> tuple[jax.Array, Geometry]:
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


def _idle(size: int, out: int, window: int, geometry: Geometry) -> int:
    """How many taps at either end of an axis meet nothing but padding."""
    starts = geometry.stride * np.arange(out)[:, None]
    met = starts + geometry.dilation * np.arange(window) - geometry.padding
    (useful,) = np.nonzero(((met >= 0) & (met < size)).any(axis=0))
    return int(min(useful[0], window - 1 - useful[-1])) if useful.size else 0


def transposed(geometry: Geometry) -> Geometry | None:
    """The geometry of the convolution that is the transpose of one without a stride, or None.

    The two differ by padding and by a turned kernel alone.
    """
    span = tuple(geometry.dilation * (k - 1) for k in geometry.window)
    padding = span[0] - geometry.padding
    if geometry.stride > 1 or span[0] != span[1] or padding < 0:
        return None
    return geometry._replace(size=geometry.out, padding=padding, swapped=not geometry.swapped)
