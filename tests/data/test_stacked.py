import numpy as np
import pytest

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data.bundled import digits as bundled_digits

OPTIONS = {"points": 4000, "seed": 3}


def test_three_digits_and_their_label():
    source = data.load("stacked_digits", options=OPTIONS)
    whole = source.arrays()
    assert (source.size, source.shape, source.classes) == (4000, (28, 28, 3), 1000)
    x, label = whole["x"], whole["label"]
    assert x.dtype == np.uint8 and label.dtype == np.int32
    images, labels = bundled_digits()
    known = {image.tobytes(): digit for image, digit in zip(images, labels, strict=True)}
    for row, number in zip(x[:100], label[:100], strict=True):
        digits = [known[np.ascontiguousarray(row[..., c]).tobytes()] for c in range(3)]
        assert number == int("".join(map(str, digits)))
    # 4000 draws of 1000 labels, nearly even: all but about 1000 e^-4 = 18 are there.
    assert 950 < len(np.unique(label)) <= 1000


def test_a_draw_is_its_seed():
    first, again, other = (
        data.load("stacked_digits", options={"points": 50, "seed": seed}).arrays()["x"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_sizes_and_mistakes():
    assert data.load("stacked_digits", size=32, options={"points": 3}).shape == (32, 32, 3)
    assert data.options_of("stacked_digits") == {"points": 50_000, "seed": 0}
    for settings, sentence in (
        ({"channels": 1}, "a digit in each of 3 channels"),
        ({"options": {"points": 0}}, "points is 0; it must be at least 1"),
        ({"options": {"modes": 9}}, "no option 'modes'; known: points, seed"),
        ({"split": "test"}, "has no split 'test'"),
    ):
        with pytest.raises(UserError, match=sentence):
            data.load("stacked_digits", **settings)
