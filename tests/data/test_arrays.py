from importlib import resources

import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.core.files import read_bundled
from jaxgan.data import load
from jaxgan.data.arrays import MNIST10K_SHA256

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 5), np.uint8)
LABELS = np.array([0, 2, 1, 2, 0, 1])


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return f"npz:{path}"


def test_mnist10k():
    source = load("mnist10k")
    assert source[:5] == ("mnist10k", 10_000, (28, 28, 1), 10, np.uint8)
    counts = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    whole = source.arrays()
    assert np.bincount(whole["label"]).tolist() == counts
    assert whole["label"].dtype == np.int32
    one = source.read(4321)
    np.testing.assert_array_equal(one["x"], whole["x"][4321])
    assert one["label"] == whole["label"][4321]
    # White ink on black: the border is black and some pixel is white.
    assert not whole["x"][:, 0].any() and whole["x"].max() == 255


def test_mnist10k_in_another_size():
    whole = load("mnist10k").arrays()["x"]
    padded = load("mnist10k", size=32, fit="pad")
    assert padded.shape == (32, 32, 1)
    np.testing.assert_array_equal(padded.arrays()["x"][:, 2:30, 2:30], whole)
    assert load("mnist10k", channels=3).shape == (28, 28, 3)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"\0", None])
def test_damaged_bundle(tmp_path, damage):
    file = tmp_path / "digits.npz"
    if damage:
        whole = (resources.files("jaxgan.data") / "mnist10k.npz").read_bytes()
        file.write_bytes(damage(whole))
    with pytest.raises(UserError, match="digits.npz"):
        read_bundled(file, MNIST10K_SHA256)


@pytest.mark.parametrize("x, y", [("images", "labels"), ("x", "y"), ("images", "y")])
def test_npz_round_trip_with_any_channels(tmp_path, x, y):
    source = load(save(tmp_path / "set.npz", **{x: IMAGES, y: LABELS}))
    assert source[1:5] == (6, (5, 4, 5), 3, np.uint8)
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
    assert source[1:5] == (7, (3,), 7, np.float32)
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
