"""Convolutions by fewer products: F(4x4, 3x3) has 36 for 16 pixels, where 144 were.

Winograd's minimal filtering F(m, r) gets m neighbours of a line by n = m + r - 1 products, not r m:

    sum over i, a of x[i + a] k[a] y[i] = sum over l of X[l] K[l] Y[l],    l: 0 to n - 1

The numbers k[a] y[i] that meet one x[j] are the coefficients of a product of two polynomials, which
is known by its values at n points: K and Y are the values of k and y there, K divided as Lagrange
does, and X has in its rows the coefficients of Lagrange's polynomials. So, along both axes, tiles
of m x m pixels have n x n products. X, K and Y are linear: in them the trilinear form of
``conv.py`` is one of matrices. So each of its three derivatives is two of the transforms, products
of matrices, and the adjoint of the third. Windows of 4x4 and stride 2 are those of 2x2 without one
(``halves.py``).

Reference: Fast Algorithms for Convolutional Neural Networks (Lavin and Gray 2016,
arXiv:1509.09308), sections 4.1 and 4.3.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan.models import halves
from jaxgan.models.geometry import Geometry


class Form(NamedTuple):
    """F(m, r): windows of ``window`` = r, tiles of ``tile`` = m, and the matrices of one line.

    ``image`` [n, n], ``kernel`` [n, r], ``result`` [n, m], n = m + r - 1.
    """

    window: int
    tile: int
    image: np.ndarray
    kernel: np.ndarray
    result: np.ndarray

    @property
    def points(self) -> int:
        """n: of the products of one line."""
        return len(self.image)

    @property
    def plain(self) -> bool:
        """Whether numbers of 16 bits bear it: the images' transform makes none of them larger."""
        return bool(np.abs(self.image).max() <= 1)


def form(window: int, points: Sequence[float]) -> Form:
    """F(m, window) by m + window - 2 different points, and infinity; window - 1 is at most m."""
    points = np.array(points, float)
    tile = len(points) + 2 - window
    others = [np.delete(points, i) for i in range(len(points))]
    scale = [np.prod(p - rest) for p, rest in zip(points, others, strict=True)] + [1]
    image = [np.append(np.poly(rest)[::-1], 0) for rest in others] + [np.poly(points)[::-1]]

    def powers(size):  # of each point; of infinity the highest alone
        return np.vstack([np.vander(points, size, increasing=True), np.eye(size)[-1]])

    kernel = powers(window) / np.array(scale)[:, None]
    return Form(window, tile, np.array(image), kernel, powers(tile))


# Side of a window -> its forms, by their points. A last one, infinity, goes without saying. Of five
# others, 1/2 in place of 2 takes a third of the rounding error away.
FORMS = {
    2: (form(2, (0, 1)), form(2, (0, 1, -1, 0.5))),
    3: (form(3, (0, 1, -1)), form(3, (0, 1, -1, 0.5, -2))),
    4: (form(4, (0, 1, -1, 0.5, -2)),),
}


def forms(geometry: Geometry) -> tuple[Form, ...]:
    """Those that a convolution can take."""
    (height, width), stride = geometry.window, geometry.stride
    if height != width or geometry.dilation > 1:
        return ()
    if stride == 1:
        return FORMS.get(height, ())
    return FORMS[2] if stride == 2 and height == 4 else ()


def correlate(x: jax.Array, k: jax.Array, geometry: Geometry, form: Form) -> jax.Array:
    """As ``conv_native.correlate``, of a geometry that has the form."""
    if geometry.stride == 2:
        x, k, geometry = halves.image(x, geometry), halves.kernel(k), halves.of(geometry)
    image = _image(x, geometry, form)
    product = jnp.einsum("mtc,mcd->mtd", image, _kernel(k, form))
    return _to_result(product, geometry.out, form)


def spread(y: jax.Array, k: jax.Array, geometry: Geometry, form: Form) -> jax.Array:
    """As ``conv_native.spread``."""
    if geometry.stride == 2:
        half = spread(y, halves.kernel(k), halves.of(geometry), form)
        return halves.to_image(half, geometry)
    product = jnp.einsum("mtd,mcd->mtc", _result(y, form), _kernel(k, form))
    return _to_image(product, geometry, form)


def weigh(x: jax.Array, y: jax.Array, geometry: Geometry, form: Form) -> jax.Array:
    """As ``conv_native.weigh``."""
    if geometry.stride == 2:
        half = weigh(halves.image(x, geometry), y, halves.of(geometry), form)
        return halves.to_kernel(half)
    image = _image(x, geometry, form)
    return _to_kernel(jnp.einsum("mtc,mtd->mcd", image, _result(y, form)), form)


def tiles(out: Sequence[int], tile: int) -> tuple[int, ...]:
    """Rows and columns of tiles of a result; what is left over at the end has tiles of its own."""
    return tuple(-(-n // tile) for n in out)


# The three transforms, each of the rows and then of the columns, and their adjoints: JAX's own
# would take a pass over memory for each place of a tile.


def _image(x, geometry, form):
    """[B, H, W, C] -> X [n * n, tiles, C]."""
    p, axes = geometry.padding, zip(geometry.size, tiles(geometry.out, form.tile), strict=True)
    padded = ((p, (count + 1) * form.tile - p - size) for size, count in axes)
    x = jnp.pad(x, ((0, 0), *padded, (0, 0)))

    def line(x, axis):
        places = _places(x, axis, form.tile)
        last = places[0].shape[axis] - 1
        seen = [(places[j % form.tile], j // form.tile) for j in range(form.points)]
        parts = [lax.slice_in_dim(part, i, i + last, axis=axis) for part, i in seen]
        return jnp.stack(_mixed(form.image, parts))

    return _joined(line(line(x, 1), 3))


def _to_image(product, geometry, form):
    """[n * n, tiles, C] -> [B, H, W, C], tiles laid over one another."""
    p, (height, width) = geometry.padding, geometry.size

    def line(product, axis, size):
        parts = _mixed(form.image.T, product)
        places = [_shifted(part, axis, 0) for part in parts[: form.tile]]
        for j, part in enumerate(parts[form.tile :]):
            places[j] += _shifted(part, axis, 1)
        x = _interleaved(places, axis)
        return lax.slice_in_dim(x, p, p + size, axis=axis)

    return line(line(_parted(product, geometry.out, form), 3, width), 1, height)


def _result(y, form):
    """[B, h, w, D] -> Y [n * n, tiles, D]."""
    y = jnp.pad(y, ((0, 0), *((0, -n % form.tile) for n in y.shape[1:3]), (0, 0)))

    def line(y, axis):
        return jnp.stack(_mixed(form.result, _places(y, axis, form.tile)))

    return _joined(line(line(y, 1), 3))


def _to_result(product, out, form):
    """[n * n, tiles, D] -> [B, h, w, D]."""

    def line(product, axis):
        return _interleaved(_mixed(form.result.T, product), axis)

    height, width = out
    return line(line(_parted(product, out, form), 3), 1)[:, :height, :width]


def _kernel(k, form):
    """[r, r, C, D] -> K [n * n, C, D]."""
    return _by_both(form.kernel, k).reshape(-1, *k.shape[2:])


def _to_kernel(product, form):
    """[n * n, C, D] -> [r, r, C, D]."""
    product = product.reshape(form.points, form.points, *product.shape[1:])
    return _by_both(form.kernel.T, product)


def _by_both(matrix, k):
    """A matrix times the first axis and the second, which change places."""
    rows = jnp.stack(_mixed(matrix, k))
    return jnp.stack(_mixed(matrix, rows.swapaxes(0, 1)))


def _places(x, axis, tile):
    """What lies at each place of the tiles of an axis."""
    x = x.reshape(*x.shape[:axis], -1, tile, *x.shape[axis + 1 :])
    return [lax.index_in_dim(x, i, axis + 1, keepdims=False) for i in range(tile)]


def _interleaved(places, axis):
    """The axis again, of what lies at each place of its tiles."""
    x = jnp.stack(places, axis + 1)
    return x.reshape(*x.shape[:axis], -1, *x.shape[axis + 2 :])


def _shifted(x, axis, before):
    """An axis that is longer by one, with a zero before or behind."""
    shift = [(0, 0, 0)] * x.ndim
    shift[axis] = (before, 1 - before, 0)
    return lax.pad(x, jnp.zeros((), x.dtype), shift)


def _mixed(matrix, parts):
    """The sums of the parts by the rows of a matrix, zeros left out."""
    parts = list(parts)
    return [
        sum(float(weight) * part for weight, part in zip(row, parts, strict=True) if weight)
        for row in matrix
    ]


def _joined(x):
    """[n, n, B, rows, columns, C] -> [n * n, tiles, C]."""
    return x.reshape(x.shape[0] ** 2, -1, x.shape[-1])


def _parted(x, out, form):
    """[n * n, tiles, C] -> [n, n, B, rows, columns, C]."""
    return x.reshape(form.points, form.points, -1, *tiles(out, form.tile), x.shape[-1])
