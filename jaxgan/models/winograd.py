"""Convolutions of 3x3 windows without a stride by 16 products for four pixels, where 36 were.

Winograd's minimal filtering F(2, 3) gets two neighbours of a line by four products, not six:

    sum over i, a of x[i + a] k[a] y[i] = sum over m of X[m] K[m] Y[m],    i: 0 to 1, m: 0 to 3,
    X = (x0 - x2, x1 + x2, x2 - x1, x1 - x3)
    K = (k0, (k0 + k1 + k2) / 2, (k0 - k1 + k2) / 2, k2)
    Y = (y0, y0 + y1, y0 - y1, -y1)

and so, along both axes, tiles of 2x2 pixels by 4x4 products. X, K and Y are linear: in them the
trilinear form of ``conv.py`` is one of matrices, 16 of each. So each of its three derivatives is
two of the transforms, 16 products of matrices, and the adjoint of the third.

Reference: Fast Algorithms for Convolutional Neural Networks (Lavin and Gray 2016,
arXiv:1509.09308), section 4.1.
"""

import jax
import jax.numpy as jnp
from jax import lax

WINDOW = (3, 3)


def correlate(x: jax.Array, k: jax.Array, padding: int) -> jax.Array:
    """x [B, H, W, C] and k [3, 3, C, D] -> y [B, H + 2p - 2, W + 2p - 2, D]."""
    shrunk = (n + 2 * padding - 2 for n in x.shape[1:3])
    shape = (x.shape[0], *shrunk, k.shape[3])
    product = jnp.einsum("mtc,mcd->mtd", _image(x, padding), _kernel(k))
    return _adjoint(_result, shape, product)


def spread(y: jax.Array, k: jax.Array, padding: int) -> jax.Array:
    """y [B, h, w, D] and k [3, 3, C, D] -> x [B, h + 2 - 2p, w + 2 - 2p, C]."""
    grown = (n + 2 - 2 * padding for n in y.shape[1:3])
    shape = (y.shape[0], *grown, k.shape[2])
    product = jnp.einsum("mtd,mcd->mtc", _result(y), _kernel(k))
    return _adjoint(lambda x: _image(x, padding), shape, product)


def weigh(x: jax.Array, y: jax.Array, padding: int) -> jax.Array:
    """x [B, H, W, C] and y [B, h, w, D] -> k [3, 3, C, D]."""
    shape = (*WINDOW, x.shape[3], y.shape[3])
    product = jnp.einsum("mtc,mtd->mcd", _image(x, padding), _result(y))
    return _adjoint(_kernel, shape, product)


def _adjoint(transform, shape, transformed):
    whole = jax.ShapeDtypeStruct(shape, transformed.dtype)
    (whole,) = jax.linear_transpose(transform, whole)(transformed)
    return whole


def _image(x, padding):
    """[B, H, W, C] -> X [16, tiles, C]; an odd last row or column gets a tile of its own."""
    padded = ((padding, padding + n % 2) for n in x.shape[1:3])
    x = jnp.pad(x, ((0, 0), *padded, (0, 0)))

    def line(x, axis):
        even, odd = _pairs(x, axis)
        tiles = even.shape[axis] - 1
        x0, x1 = (lax.slice_in_dim(half, 0, tiles, axis=axis) for half in (even, odd))
        x2, x3 = (lax.slice_in_dim(half, 1, None, axis=axis) for half in (even, odd))
        return jnp.stack([x0 - x2, x1 + x2, x2 - x1, x1 - x3])

    return _matrices(line(line(x, 1), 3))


def _result(y):
    """[B, h, w, D] -> Y [16, tiles, D]."""
    y = jnp.pad(y, ((0, 0), *((0, n % 2) for n in y.shape[1:3]), (0, 0)))

    def line(y, axis):
        y0, y1 = _pairs(y, axis)
        return jnp.stack([y0, y0 + y1, y0 - y1, -y1])

    return _matrices(line(line(y, 1), 3))


def _kernel(k):
    """[3, 3, C, D] -> K [16, C, D]."""

    def line(k, axis):
        k0, k1, k2 = (lax.index_in_dim(k, a, axis, keepdims=False) for a in range(3))
        return jnp.stack([k0, (k0 + k1 + k2) / 2, (k0 - k1 + k2) / 2, k2])

    k = line(line(k, 0), 1)
    return k.reshape(-1, *k.shape[2:])


def _pairs(x, axis):
    """What lies at the even and at the odd places of an axis."""
    x = x.reshape(*x.shape[:axis], -1, 2, *x.shape[axis + 1 :])
    return (lax.index_in_dim(x, i, axis + 1, keepdims=False) for i in (0, 1))


def _matrices(x):
    """[4, 4, B, rows, columns, C] -> [16, tiles, C]."""
    return x.reshape(16, -1, x.shape[-1])
