"""prepare_tiny_tfds.py made the set in tests/data/tfds; nothing here needs TensorFlow."""

import importlib.util
import pickle
import runpy
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data import load, tfds
from jaxgan.data.source import category, pixels
from jaxgan.data.tfds import find_builder, pick_features

HERE = Path(__file__).parent
PREPARED = HERE / "tfds"
script = runpy.run_path(str(HERE / "prepare_tiny_tfds.py"))


@pytest.fixture(autouse=True)
def no_network_and_no_tensorflow(monkeypatch):
    find_spec = importlib.util.find_spec

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    def find_other_spec(name, package=None):
        return None if name == "tensorflow" else find_spec(name, package)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(importlib.util, "find_spec", find_other_spec)
    yield
    assert "tensorflow" not in sys.modules


def tiny(name="tiny_shapes", data_dir=PREPARED, **settings):
    return load(name, data_dir=str(data_dir), **settings)


@pytest.mark.parametrize("split, numbers", [("train", range(80)), ("test", range(80, 100))])
def test_every_image_and_label_is_read_back(split, numbers):
    source = tiny(split=split)
    assert source[:2] == ("tiny_shapes", len(numbers))
    assert source.entries == {
        "x": pixels((16, 16, 3)),
        "label": category(3, ("red", "green", "blue")),
    }
    whole = source.arrays()
    assert whole["label"].dtype == np.int32
    # TFDS shuffles when it prepares, so images are matched by what they hold.
    found = {
        image.tobytes(): label for image, label in zip(whole["x"], whole["label"], strict=True)
    }
    assert found == {script["pixels"](number).tobytes(): number % 3 for number in numbers}
    one = pickle.loads(pickle.dumps(source)).read(7)
    np.testing.assert_array_equal(one["x"], whole["x"][7])
    assert one["label"] == whole["label"][7] and one["label"].dtype == np.int32


def test_slices_versions_and_views():
    assert tiny("tiny_shapes/square:1.0.0", split="train[:25%]+test").size == 40
    source = tiny(split="test", size=8, channels=1)
    assert source.arrays()["x"].shape == (20, 8, 8, 1)


def test_images_of_differing_sizes():
    source = tiny("tiny_shapes/ragged", size=32, fit="pad")
    assert source.shape == (32, 32, 3)
    heights = sorted(int(image.any((1, 2)).sum()) for image in source.arrays()["x"])
    # The gradient is 0 in its first pixel only, and every row has others.
    assert heights == sorted(script["ragged_size"](number)[0] for number in range(6))
    with pytest.raises(UserError, match="tiny_shapes/ragged differ in size or channels.*set size"):
        tiny("tiny_shapes/ragged")


@pytest.mark.parametrize("split", ["validation", "train[", "train[:9000000%%]"])
def test_unknown_split(split):
    with pytest.raises(UserError, match="has no split .*; known: train, test, and slices"):
        tiny(split=split)


def test_known_to_tfds_but_not_prepared(tmp_path):
    sentence = f"cifar10 is not prepared in {tmp_path}/cifar10/.*needs TensorFlow.*jaxgan.tfds"
    with pytest.raises(UserError, match=sentence):
        tiny("cifar10", data_dir=tmp_path)


@pytest.mark.parametrize(
    "name, near",
    [("cifr10", "cifar10"), ("mnist10", "mnist10k"), ("rnig", "ring"), ("tiny_shapes:9.0.0", "")],
)
def test_unknown_name(tmp_path, name, near):
    with pytest.raises(UserError, match=f"unknown data set '{name}'") as caught:
        tiny(name, data_dir=tmp_path)
    sentence = str(caught.value)
    assert (
        "known: mnist10k, stacked_digits, emoji, glyphs, line_art, moving_digits, two_futures, ring"
        in sentence
        and str(tmp_path) in sentence
    )
    assert "TensorFlow Datasets does not know it either" in sentence
    assert near in sentence.partition("Near it: ")[2]


def test_unknown_configuration():
    with pytest.raises(UserError, match="cannot open 'lsun/kitchn': .*kitchn"):
        tiny("lsun/kitchn")


def edited(tmp_path, file, old, new):
    """A copy of the prepared set with one word of one of its descriptions replaced."""
    shutil.copytree(PREPARED, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "tiny_shapes" / "square" / "1.0.0" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return tmp_path


def test_prepared_in_a_format_without_random_access(tmp_path):
    copy = edited(tmp_path, "dataset_info.json", '"array_record"', '"tfrecord"')
    with pytest.raises(
        UserError, match="prepared as tfrecord.*again with file_format='array_record'"
    ):
        tiny(data_dir=copy)


def test_images_of_more_than_eight_bits(tmp_path):
    copy = edited(tmp_path, "features.json", '"uint8"', '"uint16"')
    with pytest.raises(UserError, match="tiny_shapes has no single feature that is an 8-bit image"):
        tiny(data_dir=copy)


def test_other_names_for_the_features(tmp_path):
    copy = edited(tmp_path, "features.json", '"label": {', '"kind": {')
    features = find_builder("tiny_shapes", copy, ()).info.features
    assert pick_features(features, "tiny_shapes") == ("image", "kind")


def test_classes_that_are_numbers_without_an_example_are_left_out(tmp_path):
    copy = edited(tmp_path, "features.json", '"numClasses": "3"', '"numClasses": "5"')
    (copy / "tiny_shapes/square/1.0.0/label.labels.txt").unlink()
    source = tiny(data_dir=copy, split="test[:1]")
    assert source.entries["label"] == category(3, ("0", "1", "2"))
    assert source.remarks == (
        "Features that are not read: number.",
        "Classes without an example, left out: 2.",
    )
    assert tiny().remarks == ("Features that are not read: number.",)


def test_examples_without_a_class_are_refused(monkeypatch):
    known = tfds._read_rows

    def unlabelled(examples, image, label, number, view, indices):
        found = [example | {label: -1} for example in examples.__getitems__(indices)]
        stub = SimpleNamespace(
            __getitems__=lambda _: found, dataset_info=examples.dataset_info, split="train"
        )
        return known(stub, image, label, number, view, indices)

    monkeypatch.setattr(tfds, "_read_rows", unlabelled)
    with pytest.raises(
        UserError, match="split train: has examples without a class .label -1: 1 of 1"
    ):
        tiny()


def test_a_split_a_slice_or_a_share_is_held_out():
    for settings, sizes in (
        ({"held_out": "test"}, (80, 20)),
        ({"split": "train[:75%]", "held_out": "train[75%:]"}, (60, 20)),
        ({"held_out": "0.25"}, (64, 16)),
    ):
        parts = [tiny(part=part, **settings) for part in ("train", "held_out")]
        assert tuple(source.size for source in parts) == sizes
        images = [{x.tobytes() for x in source.arrays()["x"]} for source in parts]
        assert not images[0] & images[1] and parts[0].entries == parts[1].entries
    with pytest.raises(UserError, match="'train' and 'train.90%:.' of tiny_shapes share examples"):
        tiny(held_out="train[90%:]")
    with pytest.raises(
        UserError, match="has no split 'validation'; known: train, test, and slices"
    ):
        tiny(held_out="validation")
