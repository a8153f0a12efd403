import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data import load
from jaxgan.data.source import Entry, category, pixels

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 5), np.uint8)
LABELS = np.array([0, 2, 1, 2, 0, 1])


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return f"npz:{path}"


@pytest.mark.parametrize("x, y", [("images", "labels"), ("x", "y"), ("images", "y")])
def test_npz_round_trip_with_any_channels(tmp_path, x, y):
    source = load(save(tmp_path / "set.npz", **{x: IMAGES, y: LABELS}))
    assert source[1:3] == (6, {"x": pixels((5, 4, 5)), "label": category(3)})
    np.testing.assert_array_equal(source.arrays()["x"], IMAGES)
    np.testing.assert_array_equal(source.arrays()["label"], LABELS)
    assert source.density is None and source.mixture is None


def test_npz_of_grey_images_without_labels(tmp_path):
    source = load(save(tmp_path / "set.npz", images=IMAGES[..., 0]), size=8)
    assert (source.shape, source.classes) == ((8, 8, 1), 0)
    assert set(source.arrays()) == set(source.read(0)) == {"x"}


def test_npz_of_points(tmp_path):
    points = np.random.default_rng(0).normal(size=(7, 3))
    source = load(save(tmp_path / "set.npz", x=points, y=np.arange(7)))
    assert source[1:3] == (7, {"x": Entry((3,), np.float32), "label": category(7)})
    np.testing.assert_array_equal(source.arrays()["x"], points.astype(np.float32))


@pytest.mark.parametrize(
    "arrays, sentence",
    [
        ({"pictures": IMAGES}, "no array named images or x; found: pictures"),
        ({"images": IMAGES.astype(np.float32)}, r"found float32 of shape \(6, 5, 4, 5\)"),
        ({"images": IMAGES.astype(np.int64)}, "must be uint8"),
        ({"x": IMAGES[0, 0]}, "must be uint8"),
        ({"images": IMAGES[:0]}, "holds no example"),
        ({"images": np.uint8(3)}, "holds no example"),
        ({"x": np.array([[1.0, np.nan]])}, "not all finite"),
        ({"images": IMAGES, "labels": LABELS[:-1]}, "labels must be .* each of the 6"),
        ({"images": IMAGES, "labels": LABELS - 1}, "whole numbers from 0"),
        ({"images": IMAGES, "labels": LABELS / 2}, "found float64"),
        ({"images": np.array([None, {}])}, "not a sound .npz file"),
    ],
)
def test_npz_that_does_not_fit(tmp_path, arrays, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        load(save(tmp_path / "set.npz", **arrays))
    assert "set.npz" in str(caught.value)


def overwritten(data):
    return data[:60] + b"\xff" * 10 + data[70:]  # the first array's compressed bytes


def compressed_by_method_99(data):
    directory = data.index(
        b"PK\x01\x02"
    )  # the entry in the archive's directory; the method is at 10
    return data[: directory + 10] + bytes([99]) + data[directory + 11 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK?",
        lambda data: data[: len(data) // 2],
        overwritten,
        compressed_by_method_99,
    ],
)
def test_damaged_npz(tmp_path, damage):
    name = save(tmp_path / "set.npz", images=IMAGES)
    file = tmp_path / "set.npz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UserError, match="set.npz"):
        load(name)


def test_missing_npz_and_plain_array(tmp_path):
    with pytest.raises(UserError, match="nowhere.npz: no such file"):
        load(f"npz:{tmp_path}/nowhere.npz")
    np.save(tmp_path / "plain.npy", IMAGES)
    with pytest.raises(UserError, match="plain.npy"):
        load(f"npz:{tmp_path}/plain.npy")
