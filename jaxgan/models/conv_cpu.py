"""The three maps of a convolution in the forms that are fast on a CPU, chosen by its sizes.

XLA's CPU backend runs the native weight gradients, and the transposes of strided convolutions, in a
naive loop, 10 to 50 times slower than a matrix product, so each map is one matrix product between
patches and kernel, with shifted slices around it. Without a stride there are better forms: the
first two maps are native convolutions of large images, by rows of the kernel where the result has
few channels, the third is one of narrow images. Windows of 3x3 and 4x4 between many channels are
Winograd's, the latter with a stride of 2 as well. Groups are gone through one after the other, each
in the form of its own size.
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.models import conv_native as native
from jaxgan.models import patches, winograd
from jaxgan.models.geometry import Geometry, transposed

# Pixels of the result, from which on XLA's own convolution without a stride is the faster.
_LARGE = 64
# Stride -> what Winograd's form has to save, see ``_form``, to be the faster: without one as much
# as 32 channels to 128; 16 to 16 where the other form of a weight gradient is one of patches.
_MUCH = {1: 25, 2: 10}
_MUCH_BY_KERNEL = {1: 8, 2: 5}
# Pixels of all results together, from which on it is.
_PIXELS = 256
# What the transform of the kernel takes, in tiles.
_KERNEL = 32


def correlate(x: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """As ``conv_native.correlate``."""
    if geometry.groups > 1:
        return _by_group(correlate, x, k, geometry)
    if form := _form(geometry, x, *k.shape[2:], _MUCH):
        return winograd.correlate(x, k, geometry, form)
    if geometry.stride == 1 and _large(geometry):
        return _correlate_large(x, k, geometry)
    if opposite := _opposite(geometry, *k.shape[2:]):
        return patches.laid(x, native.turned(k), opposite)
    return patches.gathered(x, k, geometry)


def spread(y: jax.Array, k: jax.Array, geometry: Geometry) -> jax.Array:
    """As ``conv_native.spread``."""
    if geometry.groups > 1:
        return _by_group(spread, y, k, geometry)
    if form := _form(geometry, y, *k.shape[2:], _MUCH):
        return winograd.spread(y, k, geometry, form)
    if (back := transposed(geometry)) and _large(back):
        return _correlate_large(y, native.turned(k), back)
    if opposite := _opposite(geometry, *k.shape[2:]):
        return patches.gathered(y, native.turned(k), opposite)
    return patches.laid(y, k, geometry)


def weigh(x: jax.Array, y: jax.Array, geometry: Geometry) -> jax.Array:
    """As ``conv_native.weigh``."""
    if geometry.groups > 1:
        return _by_group(weigh, x, y, geometry)
    if form := _form(geometry, x, x.shape[3], y.shape[3], _MUCH_BY_KERNEL):
        return winograd.weigh(x, y, geometry, form)
    if opposite := _opposite(geometry, x.shape[3], y.shape[3]):
        return native.turned(patches.weighed(y, x, opposite))
    return patches.weighed(x, y, geometry)


def _by_group(one, a, b, geometry):
    """One of the maps for each group; channels of images and of results lie at the last axis."""
    own = geometry._replace(groups=1)

    def split(array):
        return jnp.moveaxis(array.reshape(*array.shape[:-1], geometry.groups, -1), -2, 0)

    each = lax.map(lambda pair: one(*pair, own), (split(a), split(b)))
    joined = jnp.moveaxis(each, 0, -2)
    return joined.reshape(*joined.shape[:-2], -1)


def _large(geometry):
    """Whether XLA's own convolution is the faster, and takes no small image for the kernel."""
    fits = all(k <= n for k, n in zip(geometry.window, geometry.size, strict=True))
    return fits and math.prod(geometry.out) >= _LARGE


def _correlate_large(x, k, geometry):
    if k.shape[3] <= patches.NARROW and geometry.window[0] > 1 == geometry.dilation:
        return _correlate_by_row(x, k, geometry)
    return native.correlate(x, k, geometry)


def _correlate_by_row(x, k, geometry):
    """Without a stride: the kernel's rows are more channels of a result, which are then added.

    A vector of the processor holds more numbers than an image in colour has channels.
    """
    (kh, kw), channels, depth = geometry.window, k.shape[2], k.shape[3]
    p = geometry.padding
    rows = k.transpose(1, 2, 0, 3).reshape(1, kw, channels, kh * depth)
    x = jnp.pad(x, ((0, 0), (p, p), (0, 0), (0, 0)))
    padding = ((0, 0), (p, p))
    y = lax.conv_general_dilated(x, rows, (1, 1), padding, dimension_numbers=native.DIMENSIONS)
    y = y.reshape(*y.shape[:3], kh, depth)
    return sum(y[:, a : a + geometry.out[0], :, a] for a in range(kh))


def _form(geometry, image, channels, depth, much):
    """Winograd's form that is the fastest, or None where it is not the faster.

    What its products save, as many of them for each number that is transformed, has to be ``much``,
    and no kernel's own transform may take the time, as it does where few pixels meet it. The fewer
    products of all tiles and of the kernel choose among several; tiles that hang over count as
    others do. Numbers of 16 bits lose too much in larger tiles.
    """
    forms = winograd.forms(geometry)
    if image.dtype.itemsize < 4:
        forms = [form for form in forms if form.plain]
    # The batch of an exported function is any: it counts as one image.
    batch = image.shape[0] if isinstance(image.shape[0], int) else 1
    few = batch * math.prod(geometry.out) < _PIXELS
    if not forms or few or channels * depth / (channels + depth) < much[geometry.stride]:
        return None

    def cost(form):
        tiles = batch * math.prod(winograd.tiles(geometry.out, form.tile))
        return form.points**2 * (tiles + _KERNEL)

    return min(forms, key=cost)


def _opposite(geometry, channels, depth):
    """The geometry by which a convolution to few channels is better done: the transposed one's.

    Patches have the channels of the image that they are cut from, which should be the one that has
    few: those of the other take much memory, and a product of them with a vector runs in a naive
    loop.
    """
    return transposed(geometry) if channels >= 4 * depth else None
