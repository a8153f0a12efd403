"""Where holes lie, how large they are, and that an example's own key decides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from jaxgan.core.errors import UserError
from jaxgan.data.holes import HOLES
from jaxgan.data.tasks import TASKS

KEYS = jax.random.split(jax.random.key(0), 400)
X = jnp.linspace(-1, 1, 12 * 16 * 3).reshape(1, 12, 16, 3).repeat(400, axis=0)


def drawn(holes, **options):
    task = TASKS["inpaint"](holes=holes, **options).apply
    return jax.jit(task)({"x": X}, KEYS, 0)


@pytest.mark.parametrize("holes", sorted(set(HOLES) - {"centre"}))
def test_a_hole_is_filled_and_nothing_else(holes):
    made = drawn(holes, fill=1.0)
    mask, source = np.asarray(made["mask"]), np.asarray(made["source"])
    assert mask.shape == (400, 12, 16, 1) and set(np.unique(mask)) == {0, 1}
    np.testing.assert_array_equal(source, np.where(mask == 1, 1.0, X))
    np.testing.assert_array_equal(made["x"], X)
    counts = mask.sum(axis=(1, 2, 3))
    assert counts.min() >= 1 and counts.max() < 12 * 16
    # Holes anywhere: every pixel is in some and out of others.
    share = mask.mean(axis=0)
    assert share.min() > 0 and share.max() < 1
    # Each from its own key, and no two alike but by chance.
    again = TASKS["inpaint"](holes=holes, fill=1.0).apply({"x": X[:2]}, KEYS[5:7], 99)
    np.testing.assert_array_equal(again["mask"], mask[5:7])
    assert len(np.unique(mask.reshape(400, -1), axis=0)) > 100


def test_sides_of_rectangles():
    """Sides of 12 and 16 from a quarter to a half: 3 to 6 and 4 to 8, with equal odds."""
    mask = np.asarray(drawn("rectangle")["mask"])[..., 0]
    heights, widths = mask.max(axis=2).sum(axis=1), mask.max(axis=1).sum(axis=1)
    assert set(heights) == {3, 4, 5, 6} and set(widths) == {4, 5, 6, 7, 8}
    np.testing.assert_array_equal(mask.sum(axis=(1, 2)), heights * widths)
    for sides, kinds in ((heights, 4), (widths, 5)):
        counts = np.unique(sides, return_counts=True)[1]
        assert np.abs(counts - 400 / kinds).max() < 4 * (400 / kinds) ** 0.5
    # A hole of one size alone, in the only place that it has.
    whole = drawn("rectangle", smallest=0.95, largest=0.99)["mask"]
    assert set(np.asarray(whole).sum(axis=(1, 2, 3))) == {11 * 15}


def test_a_hole_in_the_middle():
    """Of 12 and 16 pixels 5 and 7: three and four before it, four and five behind."""
    mask = np.asarray(drawn("centre", smallest=0.42, largest=0.42)["mask"])[..., 0]
    expected = np.zeros((12, 16))
    expected[3:8, 4:11] = 1
    np.testing.assert_array_equal(mask, expected[None].repeat(400, axis=0))
    heights = np.asarray(drawn("centre")["mask"]).max(axis=(2, 3)).sum(axis=1)
    assert set(heights) == {3, 4, 5, 6}


def test_a_stroke_is_as_wide_as_its_brush():
    """A radius of 64 / 4 times a share from .125 to .1875: 2 to 3 pixels.

    So far from the hole's inmost pixel is the nearest known one, and up to twice as far where the
    stroke turns back beside itself.
    """
    draw = jax.jit(lambda key: HOLES["stroke"](key, 64, 64, 0.125, 0.1875))
    for key in KEYS[:20]:
        reach = distance_transform_edt(np.pad(draw(key), 1, mode="edge")).max()
        assert 1.5 < reach < 7


@pytest.mark.parametrize(
    "options, sentence",
    [
        (
            {"holes": "circle"},
            "unknown data.task.holes 'circle'; known: centre, either, rectangle, stroke",
        ),
        ({"smallest": 0.5, "largest": 0.25}, "data.task.largest is 0.25; it must lie in .0.5, 1"),
        ({"fill": 2.0}, "data.task.fill is 2.0"),
    ],
)
def test_holes_that_cannot_be(options, sentence):
    with pytest.raises(UserError, match=sentence):
        TASKS["inpaint"](**options)


def test_a_users_mask_stays():
    given = {"source": X[:2], "mask": jnp.ones((2, 12, 16, 1))}
    made = TASKS["inpaint"]().apply(given, KEYS[:2], 0)
    assert made is given
