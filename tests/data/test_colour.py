"""Lab against values by hand and against scikit-image."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.data import colour

# L of a grey of level v is 116 f(Y) - 16: of black 0, of white 100, of the middle 53.585.
GREYS = {-1.0: 0.0, 1.0: 100.0, 0.0: 53.3890}
RGB = np.random.default_rng(0).uniform(-1, 1, (50, 60, 3)).astype(np.float32)


@pytest.mark.parametrize("level", GREYS)
def test_greys_by_hand(level):
    """Of 0.5: linear ((.5 + .055) / 1.055)^2.4 = .214041, its cube root .598188, L = 53.3898."""
    found = colour.to_lab(jnp.full((1, 3), level))
    np.testing.assert_allclose(found, [[GREYS[level], 0, 0]], atol=2e-3)


def test_lab_is_scikit_images():
    skimage = pytest.importorskip("skimage.color")
    expected = skimage.rgb2lab((RGB + 1) / 2)
    np.testing.assert_allclose(colour.to_lab(RGB), expected, atol=0.02)
    lab = np.stack([np.full((9, 9), 60.0), *np.mgrid[-40:41:10, -40:41:10]], axis=-1)
    expected = 2 * np.clip(skimage.lab2rgb(lab), 0, 1) - 1
    np.testing.assert_allclose(colour.to_rgb(jnp.float32(lab)), expected, atol=2e-3)


def test_there_and_back():
    np.testing.assert_allclose(colour.to_rgb(colour.to_lab(RGB)), RGB, atol=2e-4)


def test_slopes_are_finite():
    corners = jnp.array([[-1.0, -1, -1], [1, 1, 1], [-1, 1, -1], [1, -1, 1]])
    for function, x in (
        (colour.to_lab, corners),
        (colour.to_rgb, colour.to_lab(corners)),
        (colour.to_rgb, jnp.array([[50.0, 200, -200]])),  # no colour of sRGB
    ):
        slope = jax.grad(lambda x, function=function: function(x).sum())(x)
        assert np.isfinite(slope).all()
        assert np.abs(function(x)).max() <= 120
