import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data import load
from jaxgan.data.source import Entry, category, from_arrays, pixels

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


@pytest.mark.parametrize(
    "shape", [(10, 4, 4, 8), (4, 4, 4, 8), (100, 2, 2, 16), (9, 8, 16, 16), (9, 4, 8, 16)]
)
def test_small_images_with_many_channels(tmp_path, shape):
    images = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    source = load(save(tmp_path / "set.npz", images=images))
    assert (source.size, *source.shape) == shape
    assert from_arrays("s", images).shape == shape[1:]


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
        ({"pictures": IMAGES}, "no array named images, x or samples; found: pictures"),
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
        ({"images": IMAGES, "labels": np.array([None] * 6)}, "not a sound .npz file"),
        ({"x": np.array([[1e300, 1.0]])}, "not all finite"),
        ({"x": np.ones((3, 4), complex)}, "which are no numbers"),
        ({"images": np.zeros((32, 32, 3), np.uint8)}, r"one image: write images\[None\]"),
        ({"images": np.zeros((9, 2, 8, 8, 3), np.uint8)}, r"reshape\(-1, H, W, C\)"),
        ({"images": IMAGES / np.nan}, "not all finite"),
        ({"images": IMAGES * 1e5}, "bring it to 0..255"),
        ({"images": IMAGES, "labels": np.eye(6)[LABELS]}, r"labels.argmax\(axis=1\)"),
        ({"images": IMAGES, "labels": LABELS[:, None]}, r"labels\[:, 0\]"),
        ({"images": IMAGES, "labels": LABELS * 1.0}, r"labels.astype\(np.int64\)"),
        ({"images": IMAGES, "labels": LABELS - 1}, "from -1: leave out .* or add 1"),
        ({"images": IMAGES, "y": LABELS, "class_names": np.array(["a"])}, "class_names must be"),
        ({"samples": np.full((2, 4, 4, 1), np.nan)}, "not all finite"),
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


WIDE = np.random.default_rng(1).integers(0, 256, (7, 12, 9, 3), np.uint8)
SQUARE = WIDE[:, :6, :6]
FLAT = SQUARE[..., 0].reshape(7, 36)


@pytest.mark.parametrize(
    "stored, images",
    [
        (WIDE.transpose(0, 3, 1, 2), WIDE),
        (WIDE[..., :1].transpose(0, 3, 1, 2), WIDE[..., :1]),
        (WIDE.transpose(0, 3, 1, 2) / 255, WIDE),
        (SQUARE.transpose(0, 3, 1, 2), SQUARE),
        (SQUARE.transpose(1, 2, 3, 0), SQUARE),
        (WIDE / np.float32(255), WIDE),
        (WIDE[..., 0] / 127.5 - 1, WIDE[..., 0]),
        (WIDE.astype(np.float64), WIDE),
        (WIDE.astype(np.int64), WIDE),
        (WIDE.astype(np.uint16) * 257, WIDE),
        (WIDE.astype(np.uint16) * 16, WIDE),
        (WIDE > 99, 255 * (WIDE > 99)),
        (FLAT, SQUARE[..., 0]),
    ],
)
def test_the_sentence_tells_the_conversion(tmp_path, stored, images):
    with pytest.raises(UserError, match="images must be uint8") as caught:
        load(save(tmp_path / "set.npz", images=stored))
    code = str(caught.value).rpartition(": write ")[2].removesuffix(".").partition(" for images")[0]
    mended = eval(code, {"images": stored, "np": np})
    np.testing.assert_array_equal(mended, images)
    assert load(save(tmp_path / "set.npz", images=mended)).size == len(images)


@pytest.mark.parametrize(
    "labels, numbers, names",
    [
        ([1, 3, 1, 6, 3, 1], [0, 1, 0, 2, 1, 0], "136"),
        (np.arange(2019, 2025, dtype=np.uint16), range(6), [str(y) for y in range(2019, 2025)]),
        (["b10", "b9", "B", "b9", "a", "B"], [3, 2, 0, 2, 1, 0], ["B", "a", "b9", "b10"]),
        ([b"cat", b"dog", b"cat", b"cat", b"dog", b"dog"], [0, 1, 0, 0, 1, 1], ["cat", "dog"]),
        ([True, False, True, True, False, True], [1, 0, 1, 1, 0, 1], ["False", "True"]),
    ],
)
def test_labels_are_numbered_and_named(tmp_path, labels, numbers, names):
    name = save(tmp_path / "set.npz", images=IMAGES, labels=np.asarray(labels))
    for held_out, part in (("", "train"), ("0.5", "train"), ("0.5", "held_out")):
        source = load(name, held_out=held_out, part=part)
        assert source.entries["label"] == category(len(names), names)
    np.testing.assert_array_equal(load(name).arrays()["label"], numbers)


def test_labels_that_number_the_examples(tmp_path):
    points = np.zeros((300, 2))
    assert load(save(tmp_path / "set.npz", x=points, y=np.arange(300) // 2)).classes == 150
    with pytest.raises(UserError, match="200 values for 300 examples, and seem to number"):
        load(save(tmp_path / "set.npz", x=points, y=np.arange(300) % 200 * 7))


def test_samples_are_read_back(tmp_path):
    samples = WIDE.astype(np.float32) / 127.5 - 1
    more = {"label": np.array([0, 2, 0, 2, 0, 0, 0]), "class_names": np.array(["a", "b", "c"])}
    more |= {"seed": 0, "step": 9}
    source = load(save(tmp_path / "set.npz", samples=samples, **more))
    assert source.entries == {"x": pixels(WIDE.shape[1:]), "label": category(3, "abc")}
    assert source.remarks == ()
    np.testing.assert_array_equal(source.arrays()["x"], WIDE)
    np.testing.assert_array_equal(source.arrays()["label"], more["label"])
    points = load(save(tmp_path / "set.npz", samples=3 * samples[:, 0, :, 0], generator=LABELS))
    assert points.entries == {"x": Entry((9,), np.float32)} and points.remarks == ()


def test_what_is_not_read_or_looks_wrong_is_told(tmp_path):
    samples = np.full((3, 8, 8, 1), -2, np.float32)
    samples[0, 0, 0] = 0.5
    source = load(save(tmp_path / "set.npz", samples=samples, ids=LABELS, class_names=["a"]))
    assert source.remarks == (
        "Arrays that are not read: ids, class_names.",
        "Values of samples beyond [-1, 1], clipped: 191.",
        "Of 3 pictures looked at, of one colour: 2.",
    )
