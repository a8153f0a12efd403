"""Resizing in one with a convolution is what it is in two."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models import conv, resize


def draw(padding, height=6, width=4):
    rng = np.random.default_rng(0)
    window = 2 * padding + 1
    return rng.standard_normal((2, height, width, 3)), rng.standard_normal((window, window, 3, 5))


def test_sizes_by_hand():
    x = jnp.arange(1.0, 5).reshape(1, 2, 2, 1)
    doubled = resize.double(x)[0, :, :, 0]
    np.testing.assert_array_equal(doubled, [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]])
    np.testing.assert_array_equal(resize.halve(x)[0, :, :, 0], [[2.5]])
    np.testing.assert_array_equal(resize.halve_max(x)[0, :, :, 0], [[4]])


IN_TWO = {
    "up": lambda x, k, p: conv.conv(resize.double(x), k, 1, p),
    "down": lambda x, k, p: resize.halve(conv.conv(x, k, 1, p)),
}


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("name", resize.CONVOLUTIONS)
def test_in_one_is_in_two(name, padding):
    with jax.enable_x64(True):
        x, kernel = draw(padding)
        actual = jax.jit(resize.CONVOLUTIONS[name], static_argnums=2)(x, kernel, padding)
        expected = jax.jit(IN_TWO[name], static_argnums=2)(x, kernel, padding)
        assert actual.shape == expected.shape
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)
