import gzip

import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data import load, load_sources
from jaxgan.data.source import category, pixels

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
LABELS = np.array([3, 0, 2, 1, 1], np.uint8)
IMAGE_FILE, LABEL_FILE = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx_bytes(values):
    """An IDX file by hand: 0, 0, 8 for unsigned bytes, the rank, big-endian sizes, the values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()


def write(directory, prefix="train", images=IMAGES, labels=LABELS):
    (directory / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(images))
    (directory / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return f"idx:{directory}"


def test_round_trip_plain_and_both_splits(tmp_path):
    write(tmp_path)
    name = write(tmp_path, "t10k", IMAGES[:2], LABELS[:2])
    source = load(name)
    assert source[1:3] == (5, {"x": pixels((4, 3, 1)), "label": category(4)})
    np.testing.assert_array_equal(source.arrays()["x"][..., 0], IMAGES)
    np.testing.assert_array_equal(source.arrays()["label"], LABELS)
    np.testing.assert_array_equal(load(name, split="test").arrays()["x"][..., 0], IMAGES[:2])
    assert load(name, size=8, channels=3).shape == (8, 8, 3)


@pytest.mark.parametrize("suffix", [".gz", ""])  # some copies are gzipped without saying so
def test_round_trip_gzipped(tmp_path, suffix):
    name = write(tmp_path)
    for file in list(tmp_path.iterdir()):
        data = gzip.compress(file.read_bytes())
        file.unlink()
        file.with_name(file.name + suffix).write_bytes(data)
    np.testing.assert_array_equal(load(name).arrays()["x"][..., 0], IMAGES)


@pytest.mark.parametrize("file", [IMAGE_FILE, LABEL_FILE])
@pytest.mark.parametrize(
    "damage, sentence",
    [
        (lambda data: b"", "begins with nothing"),
        (lambda data: data[:6], "not an IDX file"),
        (lambda data: b"\0\0\x0d" + data[3:], "begins with 00000d"),
        (lambda data: data[:-1], "announces"),
        (lambda data: data + b"\0", "announces"),
        (lambda data: data[:4] + bytes(4) + data[8:-5], "announces|holds no example"),
        (lambda data: gzip.compress(data)[:-9], "damaged gzip"),
        (lambda data: gzip.compress(data)[:10] + b"\xff" * 20, "damaged gzip.*invalid block"),
    ],
)
def test_damaged_file(tmp_path, file, damage, sentence):
    name = write(tmp_path)
    (tmp_path / file).write_bytes(damage((tmp_path / file).read_bytes()))
    with pytest.raises(UserError, match=sentence) as caught:
        load(name)
    assert str(tmp_path / file) in str(caught.value)


@pytest.mark.parametrize("file", [IMAGE_FILE, LABEL_FILE])
def test_missing_file(tmp_path, file):
    name = write(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(UserError, match=f"{file}: no such file"):
        load(name)


def test_sizes_too_great_to_be_true(tmp_path):
    name = write(tmp_path)
    header = bytes([0, 0, 8, 3]) + b"\xff" * 12
    (tmp_path / IMAGE_FILE).write_bytes(header + IMAGES.tobytes())
    with pytest.raises(UserError, match="announces .4294967295, "):
        load(name)


def test_labels_and_images_that_differ_in_number(tmp_path):
    name = write(tmp_path, labels=LABELS[:4])
    with pytest.raises(
        UserError, match=f"{LABEL_FILE}: 4 labels for the 5 images of .*{IMAGE_FILE}"
    ):
        load(name)


def test_images_where_labels_belong(tmp_path):
    name = write(tmp_path, labels=IMAGES)
    with pytest.raises(UserError, match=f"{LABEL_FILE}: not an IDX file of 1-dimensional"):
        load(name)


def test_an_empty_pair(tmp_path):
    name = write(tmp_path, images=IMAGES[:0], labels=LABELS[:0])
    with pytest.raises(UserError, match=f"{IMAGE_FILE}: holds no example"):
        load(name)


def test_the_other_split_is_held_out_with_the_same_classes(tmp_path):
    write(tmp_path)
    name = write(tmp_path, "t10k", IMAGES[:2], np.array([5, 0], np.uint8))
    parts = {part: load(name, held_out="test", part=part) for part in ("train", "held_out")}
    assert {part: source.size for part, source in parts.items()} == {"train": 5, "held_out": 2}
    # Of 0, 1, 2, 3 and 5, whichever split is loaded.
    kinds = [source.entries["label"] for source in (*parts.values(), load(name))]
    assert kinds == 3 * [category(5, "01235")]
    np.testing.assert_array_equal(parts["held_out"].arrays()["label"], [4, 0])
    assert parts["train"].remarks == ("Classes without an example in train: 5.",)
    assert parts["held_out"].remarks == ("Classes without an example in test: 1, 2, 3.",)
    with pytest.raises(UserError, match="no split 'valid'; known: train, test"):
        load(name, held_out="valid")
    with pytest.raises(UserError, match="cannot hold out the split 'train' that it trains on"):
        load(name, held_out="train")


@pytest.mark.parametrize("names", [(), "0123456"])
def test_a_run_keeps_the_classes_without_an_example(tmp_path, names):
    settings = {"name": write(tmp_path, labels=np.array([3, 1, 6, 1, 2], np.uint8))}
    older = category(7, names)  # older versions counted from 0 to the greatest label
    (source,) = load_sources(settings, entries={"label": older})
    assert source.entries["label"] == older
    assert source.arrays()["label"].tolist() == [3, 1, 6, 1, 2]
    assert source.read(2)["label"] == 6
    new = load_sources(settings)[0].entries["label"]
    assert new == category(4, "1236")
    for other in (category(6, names[:6]), category(7, "abcdefg")):  # not those of this run
        assert load_sources(settings, entries={"label": other})[0].entries["label"] == new
