"""Convolutions of 3x3 windows without a stride by fewer products: 16 for 4 pixels, 36 for 16.

Winograd's minimal filtering F(m, 3) gets m neighbours of a line by n = m + 2 products, not 3 m:

    sum over i, a of x[i + a] k[a] y[i] = sum over l of X[l] K[l] Y[l],    l: 0 to n - 1

The numbers k[a] y[i] that meet one x[j] are the coefficients of a product of two polynomials, which
is known by its values at n points: K and Y are the values of k and y there, K divided as Lagrange
does, and X has in its rows the coefficients of Lagrange's polynomials. So, along both axes, tiles
of m x m pixels have n x n products. X, K and Y are linear: in them the trilinear form of
``conv.py`` is one of matrices. So each of its three derivatives is two of the transforms, products
of matrices, and the adjoint of the third.

Reference: Fast Algorithms for Convolutional Neural Networks (Lavin and Gray 2016,
arXiv:1509.09308), sections 4.1 and 4.3.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

WINDOW = (3, 3)
# Pixels of a tile's side -> the points. A last one, infinity, goes without saying.
# Of those for 4, 1/2 in place of 2 takes a third of the rounding error away.
POINTS = {2: (0, 1, -1), 4: (0, 1, -1, 0.5, -2)}


class Matrices(NamedTuple):
    """Of the transforms of one line: [n, n], [n, 3] and [n, m]."""

    image: np.ndarray
    kernel: np.ndarray
    result: np.ndarray


def matrices(points: Sequence[float]) -> Matrices:
    """The matrices of F(m, 3) by m + 1 different points, and infinity."""
    points = np.array(points, float)
    others = [np.delete(points, i) for i in range(len(points))]
    scale = [np.prod(p - rest) for p, rest in zip(points, others, strict=True)] + [1]
    image = [np.append(np.poly(rest)[::-1], 0) for rest in others] + [np.poly(points)[::-1]]

    def powers(size):  # of each point; of infinity the highest alone
        return np.vstack([np.vander(points, size, increasing=True), np.eye(size)[-1]])

    kernel = powers(3) / np.array(scale)[:, None]
    return Matrices(np.array(image), kernel, powers(len(points) - 1))


MATRICES = {tile: matrices(points) for tile, points in POINTS.items()}


def correlate(x: jax.Array, k: jax.Array, padding: int, tile: int) -> jax.Array:
    """x [B, H, W, C] and k [3, 3, C, D] -> y [B, H + 2p - 2, W + 2p - 2, D], by a tile's side."""
    out = _shrunk(x, padding)
    product = jnp.einsum("mtc,mcd->mtd", _image(x, padding, tile), _kernel(k, tile))
    return _to_result(product, out, tile)


def spread(y: jax.Array, k: jax.Array, padding: int, tile: int) -> jax.Array:
    """y [B, h, w, D] and k [3, 3, C, D] -> x [B, h + 2 - 2p, w + 2 - 2p, C]."""
    product = jnp.einsum("mtd,mcd->mtc", _result(y, tile), _kernel(k, tile))
    return _to_image(product, y.shape[1:3], padding, tile)


def weigh(x: jax.Array, y: jax.Array, padding: int, tile: int) -> jax.Array:
    """x [B, H, W, C] and y [B, h, w, D] -> k [3, 3, C, D]."""
    product = jnp.einsum("mtc,mtd->mcd", _image(x, padding, tile), _result(y, tile))
    return _to_kernel(product, tile)


def tiles(out: Sequence[int], tile: int) -> tuple[int, ...]:
    """Rows and columns of tiles of a result; what is left over at the end has tiles of its own."""
    return tuple(-(-n // tile) for n in out)


def _shrunk(x, padding):
    return tuple(n + 2 * padding - 2 for n in x.shape[1:3])


# The three transforms, each of the rows and then of the columns, and their adjoints: JAX's own
# would take a pass over memory for each place of a tile.


def _image(x, padding, tile):
    """[B, H, W, C] -> X [n * n, tiles, C]."""
    axes = zip(x.shape[1:3], tiles(_shrunk(x, padding), tile), strict=True)
    padded = ((padding, (count + 1) * tile - padding - size) for size, count in axes)
    x = jnp.pad(x, ((0, 0), *padded, (0, 0)))

    def line(x, axis):
        places = _places(x, axis, tile)
        last = places[0].shape[axis] - 1
        seen = [(places[j % tile], j // tile) for j in range(tile + 2)]
        parts = [lax.slice_in_dim(part, i, i + last, axis=axis) for part, i in seen]
        return jnp.stack(_mixed(MATRICES[tile].image, parts))

    return _joined(line(line(x, 1), 3))


def _to_image(product, out, padding, tile):
    """[n * n, tiles, C] -> [B, H, W, C], tiles laid over one another."""

    def line(product, axis, size):
        parts = _mixed(MATRICES[tile].image.T, product)
        places = [_shifted(part, axis, 0) for part in parts[:tile]]
        for j, part in enumerate(parts[tile:]):
            places[j] += _shifted(part, axis, 1)
        x = _interleaved(places, axis)
        return lax.slice_in_dim(x, padding, size + 2 - padding, axis=axis)

    height, width = out
    return line(line(_parted(product, out, tile), 3, width), 1, height)


def _result(y, tile):
    """[B, h, w, D] -> Y [n * n, tiles, D]."""
    y = jnp.pad(y, ((0, 0), *((0, -n % tile) for n in y.shape[1:3]), (0, 0)))

    def line(y, axis):
        return jnp.stack(_mixed(MATRICES[tile].result, _places(y, axis, tile)))

    return _joined(line(line(y, 1), 3))


def _to_result(product, out, tile):
    """[n * n, tiles, D] -> [B, h, w, D]."""

    def line(product, axis):
        return _interleaved(_mixed(MATRICES[tile].result.T, product), axis)

    height, width = out
    return line(line(_parted(product, out, tile), 3), 1)[:, :height, :width]


def _kernel(k, tile):
    """[3, 3, C, D] -> K [n * n, C, D]."""
    return _by_both(MATRICES[tile].kernel, k).reshape(-1, *k.shape[2:])


def _to_kernel(product, tile):
    """[n * n, C, D] -> [3, 3, C, D]."""
    product = product.reshape(tile + 2, tile + 2, *product.shape[1:])
    return _by_both(MATRICES[tile].kernel.T, product)


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


def _parted(x, out, tile):
    """[n * n, tiles, C] -> [n, n, B, rows, columns, C]."""
    return x.reshape(tile + 2, tile + 2, -1, *tiles(out, tile), x.shape[-1])
