import numpy as np
import pytest
from PIL import Image

from jaxgan.core.errors import UserError
from jaxgan.data import view
from jaxgan.data.view import FITS, apply, apply_all, make_view, shape_after

LANCZOS = Image.Resampling.LANCZOS


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def by_pillow(image, height, width):
    return np.asarray(Image.fromarray(image).resize((width, height), LANCZOS))


def test_crop_takes_the_middle_square_and_resizes_it():
    image = noise(11, 20, 3)
    out = apply(make_view(6, "crop", None), image)
    np.testing.assert_array_equal(out, by_pillow(np.ascontiguousarray(image[:, 4:15]), 6, 6))


def test_crop_alone_moves_no_pixel():
    image = noise(9, 6, 3)
    np.testing.assert_array_equal(apply(make_view(6, "crop", None), image), image[1:7])


def test_stretch_resizes_both_sides():
    image = noise(11, 20, 3)
    out = apply(make_view(6, "stretch", None), image)
    np.testing.assert_array_equal(out, by_pillow(image, 6, 6))


def test_pad_centres_on_black():
    image = noise(28, 28, 1)
    out = apply(make_view(32, "pad", None), image)
    np.testing.assert_array_equal(out, np.pad(image, ((2, 2), (2, 2), (0, 0))))


def test_pad_shrinks_what_is_too_large_and_keeps_its_proportions():
    image = noise(10, 20, 3)
    out = apply(make_view(8, "pad", None), image)
    np.testing.assert_array_equal(out[2:6], by_pillow(image, 4, 8))
    assert not out[:2].any() and not out[6:].any()


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
def test_each_channel_is_resized_by_itself(channels):
    image = noise(7, 9, channels)
    out = apply(make_view(5, "stretch", None), image)
    for c in range(channels):
        np.testing.assert_array_equal(out[..., c], by_pillow(image[..., c].copy(), 5, 5))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [4, 9, 30])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_many_at_once_is_one_at_a_time_and_has_the_foreseen_shape(fit, size, channels):
    images, view = noise(3, 9, 13, 3), make_view(size, fit, channels)
    out = apply_all(view, images)
    np.testing.assert_array_equal(out, [apply(view, image) for image in images])
    assert out.shape[1:] == shape_after(view, images.shape[1:])
    assert out.dtype == np.uint8


def test_nothing_asked_nothing_done():
    images = noise(2, 5, 7, 5)
    assert apply_all(make_view(None, "crop", None), images) is images


def test_grey_of_colours_is_pillows():
    image = noise(16, 16, 3)
    out = apply(make_view(None, "crop", 1), image)
    np.testing.assert_array_equal(out[..., 0], np.asarray(Image.fromarray(image).convert("L")))


def test_colours_of_grey():
    image = noise(4, 4, 1)
    out = apply(make_view(None, "crop", 3), image)
    assert out.shape == (4, 4, 3) and np.all(out == image)


def test_full_alpha_changes_nothing():
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    opaque = np.concatenate([every] * 3 + [np.full_like(every, 255)], axis=-1)
    assert np.all(apply(make_view(None, "crop", 3), opaque) == every)


def test_alpha_is_laid_on_black():
    image = noise(16, 16, 4)
    black = Image.new("RGBA", (16, 16), (0, 0, 0, 255))
    expected = Image.alpha_composite(black, Image.fromarray(image)).convert("RGB")
    out = apply(make_view(None, "crop", 3), image)
    np.testing.assert_allclose(out.astype(int), np.asarray(expected).astype(int), atol=1)
    grey = np.asarray(Image.fromarray(out).convert("L"))
    np.testing.assert_array_equal(apply(make_view(None, "crop", 1), image)[..., 0], grey)


@pytest.mark.parametrize(
    "size, fit, channels, sentence",
    [
        (0, "crop", None, "size must be"),
        (2.5, "crop", None, "size must be"),
        (True, "crop", None, "size must be"),
        (None, "zoom", None, "unknown fit 'zoom'; known: crop, pad, stretch"),
        (None, "crop", 2, "channels must be 1 or 3"),
    ],
)
def test_bad_settings(size, fit, channels, sentence):
    with pytest.raises(UserError, match=sentence):
        make_view(size, fit, channels)


def test_channels_that_cannot_be_converted():
    with pytest.raises(UserError, match="images with 5 channels cannot be converted to 3"):
        view.to_channels(noise(4, 4, 5), 3)
