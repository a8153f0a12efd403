"""Winograd's products against the sums that they stand for, taken in float64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models import conv, conv_cpu, conv_native, winograd
from jaxgan.models.geometry import Geometry

# (height, width, padding): odd and even, tiles that hang over, one pixel, padding past the window.
SIZES = [(8, 6, 1), (7, 10, 0), (5, 4, 2), (4, 4, 0), (2, 3, 1), (4, 5, 4)]
# (window, stride)
WINDOWS = [(2, 1), (3, 1), (4, 1), (4, 2)]
FORMS = [
    pytest.param(window, stride, form, id=f"{window}x{window} stride {stride} tile {form.tile}")
    for window, stride in WINDOWS
    for form in winograd.forms(Geometry((9, 9), (window, window), stride, 0))
]
# n -> the error that is allowed, of the largest number
PRECISION = {3: 2e-6, 4: 1e-6, 5: 6e-6, 6: 4e-6}


def taps(x, geometry):
    """What each tap of the padded image meets: pairs of its place and [B, h, w, C]."""
    p, stride, (height, width) = geometry.padding, geometry.stride, geometry.out
    x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))

    def met(a, b):
        return x[:, a : a + stride * height : stride, b : b + stride * width : stride]

    return [((a, b), met(a, b)[:, :height, :width]) for a, b in np.ndindex(geometry.window)]


def test_matrices_are_the_papers():
    """Lavin and Gray's, sections 4.1 (up to two signs of a row) and 4.3, with points to 2.

    Those in use have 1/2 in place of a 2: by the sums, below.
    """
    small = winograd.form(3, (0, 1, -1))
    np.testing.assert_array_equal(
        small.image, [[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]
    )
    np.testing.assert_array_equal(
        small.kernel, [[-1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    )
    np.testing.assert_array_equal(small.result, [[1, 0], [1, 1], [1, -1], [0, 1]])
    large = winograd.form(3, (0, 1, -1, 2, -2))
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


def test_the_smallest_is_karatsubas():
    """x0 k0 + x1 k1 and x1 k0 + x2 k1 by three products: those of k0, of k0 + k1 and of k1.

    They are (x0 - x1) k0 + x1 (k0 + k1), and x1 (k0 + k1) + (x2 - x1) k1.
    """
    form = winograd.form(2, (0, 1))
    # The points are divided by 0 - 1, 1 - 0 and, at infinity, 1.
    np.testing.assert_array_equal(form.image, [[-1, 1, 0], [0, 1, 0], [0, -1, 1]])
    np.testing.assert_array_equal(form.kernel, [[-1, 0], [1, 1], [0, 1]])
    np.testing.assert_array_equal(form.result, [[1, 0], [1, 1], [0, 1]])


@pytest.mark.parametrize(("window", "stride", "form"), FORMS)
@pytest.mark.parametrize("size", SIZES)
def test_three_maps_are_the_sums(size, window, stride, form):
    """To the precision of float32, nearly."""
    height, width, padding = size
    geometry = Geometry((height, width), (window, window), stride, padding)
    rng = np.random.default_rng(0)
    x, k = rng.standard_normal((2, height, width, 5)), rng.standard_normal((window, window, 5, 6))
    y = rng.standard_normal((2, *geometry.out, 6))
    seen = taps(x, geometry)
    correlated = sum(part @ k[tap] for tap, part in seen)
    products = [np.einsum("nijc,nijd->cd", part, y) for _, part in seen]
    weighed = np.reshape(products, k.shape)
    # The adjoint, from its definition: every pixel's share in the sum.
    pixels = np.eye(x[0].size).reshape(-1, *x.shape[1:])
    of_pixels = sum(part @ k[tap] for tap, part in taps(pixels, geometry))
    spread = np.einsum("phwd,nhwd->np", of_pixels, y).reshape(x.shape)

    @jax.jit
    def maps(x, k, y):
        spread, weighed = (
            f(*a, geometry, form) for f, a in ((winograd.spread, (y, k)), (winograd.weigh, (x, y)))
        )
        return winograd.correlate(x, k, geometry, form), spread, weighed

    found = maps(*(np.float32(a) for a in (x, k, y)))
    for ours, exact in zip(found, (correlated, spread, weighed), strict=True):
        assert ours.shape == exact.shape
        allowed = PRECISION[form.points] * np.abs(exact).max()
        np.testing.assert_allclose(ours, exact, rtol=0, atol=allowed)


@pytest.mark.parametrize(("window", "stride", "form"), FORMS)
def test_both_orders_of_gradients(monkeypatch, window, stride, form):
    """Of ``conv.conv`` in this form, against the native one."""
    monkeypatch.setattr(conv_cpu, "_form", lambda *_: form)
    rng = np.random.default_rng(0)
    x, k = (jnp.float32(rng.standard_normal(s)) for s in ((2, 5, 4, 5), (window, window, 5, 6)))
    geometry = Geometry((5, 4), (window, window), stride, 1)

    def gradients(function, x, k):
        def penalty(x, k):
            first = jax.grad(lambda *a: jnp.sin(function(*a)).sum(), argnums=(0, 1))(x, k)
            return sum(jnp.cos(g).sum() for g in first), first

        return jax.grad(penalty, argnums=(0, 1), has_aux=True)(x, k)

    ours = jax.jit(partial(gradients, lambda x, k: conv.conv(x, k, stride, 1)))
    native = jax.jit(partial(gradients, lambda x, k: conv_native.correlate(x, k, geometry)))
    assert "stablehlo.convolution" not in ours.lower(x, k).as_text()
    for a, b in zip(jax.tree.leaves(ours(x, k)), jax.tree.leaves(native(x, k)), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=5e-5 * np.abs(b).max())


def test_form_is_that_of_fewest_products():
    """The kernel counts as 32 tiles: 1536 for 1728 at (4, 8), 4608 for 3456 at (16, 8)."""
    tiles = {(16, 8): 4, (16, 16): 4, (1, 16): 2, (1, 32): 4, (4, 8): 2, (64, 4): 4, (64, 6): 2}

    def tile(batch, n, geometry, dtype=jnp.float32):
        image = jax.ShapeDtypeStruct((batch, n, n, 64), dtype)
        form = conv_cpu._form(geometry(n), image, 64, 64, conv_cpu._MUCH)
        return form and form.tile

    def three(n):
        return Geometry((n, n), (3, 3), 1, 1)

    assert {size: tile(*size, three) for size in tiles} == tiles
    # An error of .008 of the result's deviation, not .036; of 4x4 there is none of few points.
    assert tile(16, 8, three, jnp.bfloat16) == 2
    assert tile(16, 8, lambda n: Geometry((n, n), (4, 4), 1, 1), jnp.bfloat16) is None

    # Of stride 2, at (16, 16): 9 (256 + 32) for 25 (64 + 32); at (64, 16) 9 (1024 + 32) for 7200.
    def halving(n):
        return Geometry((n, n), (4, 4), 2, 1)

    assert [tile(b, n, halving) for b, n in ((16, 16), (64, 16), (16, 4))] == [4, 4, None]


# (window, stride), (batch, side, channels in and out) -> which of the maps take the form
CHOICES = [
    ((3, 1), (16, 8, 64, 64), "all"),
    ((3, 1), (16, 8, 32, 128), "all"),  # saves 25.6, and the next 24.9
    ((3, 1), (16, 8, 32, 112), "by kernel"),
    ((3, 1), (16, 8, 16, 16), "by kernel"),  # 8, and the next 7.5
    ((3, 1), (16, 8, 15, 15), "none"),
    ((3, 1), (1, 8, 64, 64), "none"),
    ((3, 1), (16, 8, 3, 512), "none"),
    ((4, 1), (16, 8, 64, 128), "all"),
    ((4, 2), (16, 16, 16, 32), "all"),  # 10.7
    ((4, 2), (16, 16, 16, 16), "by kernel"),
    ((4, 2), (16, 16, 3, 64), "none"),
    ((4, 2), (16, 4, 256, 256), "none"),
    ((5, 1), (16, 8, 64, 64), "none"),
    ((3, 2), (16, 16, 64, 64), "none"),
]


@pytest.mark.parametrize("layer, shape, expected", CHOICES)
def test_form_is_chosen_by_size(layer, shape, expected):
    (window, stride), (batch, side, channels, depth) = layer, shape
    geometry = Geometry((side, side), (window, window), stride, 1)
    x = jax.ShapeDtypeStruct((batch, side, side, channels), jnp.float32)
    y = jax.ShapeDtypeStruct((batch, *geometry.out, depth), jnp.float32)
    k = jax.ShapeDtypeStruct((window, window, channels, depth), jnp.float32)
    maps = ((conv_cpu.correlate, (x, k)), (conv_cpu.spread, (y, k)), (conv_cpu.weigh, (x, y)))
    texts = [jax.jit(partial(f, geometry=geometry)).lower(*a).as_text() for f, a in maps]
    known = {"all": [True] * 3, "by kernel": [False, False, True], "none": [False] * 3}
    assert ["batching_dims" in text for text in texts] == known[expected]


@pytest.mark.parametrize("window, stride", [(3, 1), (4, 1), (4, 2)])
def test_a_batch_that_is_left_open(window, stride):
    """An exported function has the form of one image, and does with three what it does with one."""
    (batch,) = jax.export.symbolic_shape("batch")
    convolve = jax.jit(lambda x, k: conv_cpu.correlate(x, k, geometry))
    geometry = Geometry((32, 32), (window, window), stride, 1)
    x = jax.ShapeDtypeStruct((batch, 32, 32, 64), jnp.float32)
    k = jnp.float32(np.random.default_rng(0).standard_normal((window, window, 64, 64)))
    exported = jax.export.export(convolve, platforms=["cpu"])(x, k)
    assert "batching_dims" in exported.mlir_module()
    x = jnp.float32(np.random.default_rng(1).standard_normal((3, 32, 32, 64)))
    expected = conv_native.correlate(x, k, geometry)
    np.testing.assert_allclose(exported.call(x, k), expected, rtol=0, atol=2e-3)
