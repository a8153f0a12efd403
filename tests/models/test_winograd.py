"""Winograd's products against the sums that they stand for, taken in float64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models import conv, conv_cpu, conv_native, winograd
from jaxgan.models.geometry import Geometry

# (height, width, padding): odd and even, tiles that hang over, one pixel, padding past the window.
SIZES = [(8, 6, 1), (7, 10, 0), (5, 4, 2), (3, 3, 0), (2, 1, 1), (4, 5, 3)]
# tile -> the error that is allowed, of the largest number
PRECISION = {2: 1e-6, 4: 4e-6}


def taps(x, padding):
    """What each of the nine taps of the padded image meets: pairs of its place and [B, h, w, C]."""
    x = np.pad(x, ((0, 0), (padding,) * 2, (padding,) * 2, (0, 0)))
    height, width = x.shape[1] - 2, x.shape[2] - 2
    return [((a, b), x[:, a : a + height, b : b + width]) for a, b in np.ndindex(3, 3)]


def test_matrices_are_the_papers():
    """Lavin and Gray's, sections 4.1 (up to two signs of a row) and 4.3, with points to 2.

    Those in use have 1/2 in place of a 2: by the sums, below.
    """
    small = winograd.matrices((0, 1, -1))
    np.testing.assert_array_equal(
        small.image, [[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]
    )
    np.testing.assert_array_equal(
        small.kernel, [[-1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    )
    np.testing.assert_array_equal(small.result, [[1, 0], [1, 1], [1, -1], [0, 1]])
    large = winograd.matrices((0, 1, -1, 2, -2))
    image = [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
    kernel = [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
    result = [
        [1, 0, 0, 0],
        [1, 1, 1, 1],
        [1, -1, 1, -1],
        [1, 2, 4, 8],
        [1, -2, 4, -8],
        [0, 0, 0, 1],
    ]
    np.testing.assert_allclose(large.image, image, rtol=0, atol=1e-12)
    np.testing.assert_allclose(24 * large.kernel, kernel, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(large.result, result)


@pytest.mark.parametrize("tile", winograd.POINTS)
@pytest.mark.parametrize("size", SIZES)
def test_three_maps_are_the_sums(size, tile):
    """To the precision of float32, nearly."""
    height, width, padding = size
    rng = np.random.default_rng(0)
    x, k = rng.standard_normal((2, height, width, 5)), rng.standard_normal((3, 3, 5, 6))
    seen = taps(x, padding)
    y = rng.standard_normal((*seen[0][1].shape[:3], 6))
    correlated = sum(part @ k[tap] for tap, part in seen)
    products = [np.einsum("nijc,nijd->cd", part, y) for _, part in seen]
    weighed = np.reshape(products, k.shape)
    # The adjoint, from its definition: every pixel's share in the sum.
    pixels = np.eye(x[0].size).reshape(-1, *x.shape[1:])
    of_pixels = sum(part @ k[tap] for tap, part in taps(pixels, padding))
    spread = np.einsum("phwd,nhwd->np", of_pixels, y).reshape(x.shape)

    @jax.jit
    def maps(x, k, y):
        spread, weighed = winograd.spread(y, k, padding, tile), winograd.weigh(x, y, padding, tile)
        return winograd.correlate(x, k, padding, tile), spread, weighed

    found = maps(*(np.float32(a) for a in (x, k, y)))
    for ours, exact in zip(found, (correlated, spread, weighed), strict=True):
        assert ours.shape == exact.shape
        allowed = PRECISION[tile] * np.abs(exact).max()
        np.testing.assert_allclose(ours, exact, rtol=0, atol=allowed)


@pytest.mark.parametrize("tile", winograd.POINTS)
def test_both_orders_of_gradients(monkeypatch, tile):
    """Of ``conv.conv`` in this form, against the native one."""
    for limit in ("_MUCH", "_PIXELS"):
        monkeypatch.setattr(conv_cpu, limit, 0)
    monkeypatch.setattr(conv_cpu, "_tile", lambda geometry, image: tile)
    rng = np.random.default_rng(0)
    x, k = (jnp.float32(rng.standard_normal(s)) for s in ((2, 5, 4, 5), (3, 3, 5, 6)))
    geometry = Geometry((5, 4), (3, 3), 1, 1)

    def gradients(function, x, k):
        def penalty(x, k):
            first = jax.grad(lambda *a: jnp.sin(function(*a)).sum(), argnums=(0, 1))(x, k)
            return sum(jnp.cos(g).sum() for g in first), first

        return jax.grad(penalty, argnums=(0, 1), has_aux=True)(x, k)

    ours = jax.jit(partial(gradients, lambda x, k: conv.conv(x, k, 1, 1)))
    native = jax.jit(partial(gradients, lambda x, k: conv_native.correlate(x, k, geometry)))
    assert "stablehlo.convolution" not in ours.lower(x, k).as_text()
    for a, b in zip(jax.tree.leaves(ours(x, k)), jax.tree.leaves(native(x, k)), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * np.abs(b).max())


def test_tile_is_that_of_fewest_products():
    """The kernel counts as 32 tiles: 1536 for 1728 at (4, 8), 4608 for 3456 at (16, 8)."""
    tiles = {(16, 8): 4, (16, 16): 4, (1, 16): 2, (1, 32): 4, (4, 8): 2, (64, 4): 4, (64, 6): 2}

    def tile(batch, n, dtype=jnp.float32):
        image = jax.ShapeDtypeStruct((batch, n, n, 64), dtype)
        return conv_cpu._tile(Geometry((n, n), (3, 3), 1, 1), image)

    assert {size: tile(*size) for size in tiles} == tiles
    assert tile(16, 8, jnp.bfloat16) == 2  # an error of .008 of the result's deviation, not .036


# (batch, side, channels in and out) -> whether they take the form
CHOICES = [
    ((16, 8, 64, 64), True),
    ((16, 8, 32, 128), True),  # saves 25.6, and the next 24.9
    ((16, 8, 32, 112), False),
    ((1, 8, 64, 64), False),
    ((16, 8, 32, 32), False),
    ((16, 8, 3, 512), False),
]


@pytest.mark.parametrize("shape, expected", CHOICES)
def test_form_is_chosen_by_size(shape, expected):
    batch, side, channels, depth = shape
    geometry = Geometry((side, side), (3, 3), 1, 1)
    x = jax.ShapeDtypeStruct((batch, side, side, channels), jnp.float32)
    y = jax.ShapeDtypeStruct((batch, side, side, depth), jnp.float32)
    k = jax.ShapeDtypeStruct((3, 3, channels, depth), jnp.float32)
    maps = ((conv_cpu.correlate, (x, k)), (conv_cpu.spread, (y, k)), (conv_cpu.weigh, (x, y)))
    texts = [jax.jit(partial(f, geometry=geometry)).lower(*a).as_text() for f, a in maps]
    assert ["batching_dims" in text for text in texts] == [expected] * 3
