"""Convolutions as every other program has them: one operator each, and no gradient.

A transposed convolution is the convolution of its image with zeros between the pixels, by the
turned kernel. ``models.conv`` computes the same numbers in forms that are fast to learn by, which
programs without JAX do not know.
"""

import contextlib
from unittest import mock

from jax import lax

from jaxgan.models import conv

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def correlate(x, k, geometry):
    """``conv``'s form of a convolution, as one operator."""
    return lax.conv_general_dilated(
        x,
        k,
        (geometry.stride,) * 2,
        ((geometry.padding,) * 2,) * 2,
        rhs_dilation=(geometry.dilation,) * 2,
        dimension_numbers=DIMENSIONS,
    )


def spread(y, k, geometry):
    """``conv``'s form of a transposed convolution, as one operator."""
    padding = []
    for size, out, window in zip(geometry.size, geometry.out, geometry.window, strict=True):
        span = geometry.dilation * (window - 1)
        reached = (out - 1) * geometry.stride + 1 + span - 2 * geometry.padding
        before = span - geometry.padding
        padding.append((before, before + size - reached))
    return lax.conv_general_dilated(
        y,
        k[::-1, ::-1].swapaxes(2, 3),
        (1, 1),
        padding,
        lhs_dilation=(geometry.stride,) * 2,
        rhs_dilation=(geometry.dilation,) * 2,
        dimension_numbers=DIMENSIONS,
    )


@contextlib.contextmanager
def plain_convolutions():
    """Inside, networks are traced with these forms."""
    forms = {"_correlate": correlate, "_spread": spread}
    with mock.patch.multiple(conv, **forms):
        yield
