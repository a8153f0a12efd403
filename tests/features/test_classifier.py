import hashlib
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data import feed
from jaxgan.features import FEATURES, classifier


@pytest.fixture(scope="module")
def extract():
    return FEATURES["mnist10k_cnn"]()


def digits(**view):
    """Images and labels that no training saw."""
    whole = data.load("mnist10k", **view).arrays()
    unseen = classifier.held_out(whole["label"])
    return np.asarray(feed.to_float({"x": whole["x"][unseen]})["x"]), whole["label"][unseen]


# 28x28 as stored; 32x32 enlarged, and 32x32 on black, where the digits come out smaller. Beside
# each the share told right, and the mean feature: a distance of last year must mean the same today.
VIEWS = [
    ({}, 0.985, 0.48154),
    ({"size": 32, "fit": "crop"}, 0.985, 0.47487),
    ({"size": 32, "fit": "pad"}, 0.98, 0.43490),
]


@pytest.mark.parametrize("view, least, mean", VIEWS)
def test_unseen_digits_are_told_apart(extract, view, least, mean):
    images, labels = digits(**view)
    assert len(images) == 1996
    features, logits = extract.run(images)
    assert features.shape == (1996, extract.width) == (1996, 128)
    assert logits.shape == (1996, extract.classes) == (1996, 10)
    assert (logits.argmax(1) == labels).mean() >= least
    assert features.std(0).min() > 0.1  # no dead unit
    np.testing.assert_allclose(features.mean(), mean, rtol=1e-4)


def test_clothes_are_told_apart():
    """Of Fashion-MNIST's test images the first ten of every class; of all 10,000 it has 91.3 %."""
    with np.load(Path(__file__).parent / "clothes.npz") as stored:
        images, labels = stored["images"][..., None], stored["labels"]
    images = np.asarray(feed.to_float({"x": images})["x"])
    features, logits = FEATURES["fashion_cnn"]().run(images)
    assert (logits.argmax(1) == labels).sum() == 88
    np.testing.assert_allclose(features.mean(), 0.57986, rtol=1e-4)


@pytest.mark.parametrize("name", classifier.BUNDLED)
def test_the_hash_is_that_of_the_file(name):
    file = Path(classifier.__file__).parent / f"weights/{name}.msgpack"
    content = file.read_bytes()
    wanted = hashlib.sha256(content).hexdigest()
    assert FEATURES[name]().hash == classifier.BUNDLED[name] == wanted
    assert len(content) < 2_000_000


def test_the_same_images_have_the_same_features(extract):
    images = digits()[0][:30]
    whole = extract.features(images)
    np.testing.assert_array_equal(extract.features(images), whole)
    parts = FEATURES["mnist10k_cnn"](chunk=7).features(images)
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(28, 28, 3), (27, 28, 1), (64, 64, 1)])
def test_other_sizes_are_refused(extract, shape):
    with pytest.raises(UserError, match=r"28x28 or 32x32, \(H, W, 1\), not " + f"\\{shape}"[:-1]):
        extract.run(np.zeros((2, *shape), np.float32))


def test_held_out_are_the_last_of_every_class():
    labels = [7, 7, 3, 7, 7, 3, 7, 7, 3, 3, 7, 7, 7, 7, 3]  # ten of 7, five of 3
    (where,) = np.nonzero(classifier.held_out(labels))
    np.testing.assert_array_equal(where, [12, 13, 14])


def test_weights_come_back_from_a_file(tmp_path):
    x = np.linspace(-1, 1, 2 * 28 * 28, dtype=np.float32).reshape(2, 28, 28, 1)
    variables = jax.jit(classifier.Classifier().init)(jax.random.key(0), x)
    halves = jax.tree.map(lambda a: a.astype(np.float16).astype(np.float32), variables)
    seen = np.round((x + 1) * 127.5) / 127.5 - 1
    expected = jax.jit(classifier.Classifier().apply)(halves, seen)
    file = tmp_path / "new" / "mine.msgpack"
    classifier.save(file, variables["params"])
    extract = classifier.from_file("mine", file, chunk=2)
    assert extract.name == "mine"
    for got, wanted in zip(extract.run(x), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_damaged_weights_are_a_sentence(tmp_path, monkeypatch):
    file = tmp_path / "weights"
    with pytest.raises(UserError, match="cannot read .*: No such file"):
        classifier.from_file("mine", file)
    classifier.save(file, {"Dense_0": {"kernel": np.ones((2, 3))}})
    for content in (b"", b"\xc1 no msgpack", file.read_bytes()[:-1], file.read_bytes()):
        file.write_bytes(content)
        with pytest.raises(UserError, match="no weights of this classifier"):
            classifier.from_file("mine", file)
    monkeypatch.setitem(classifier.BUNDLED, "mnist10k_cnn", "0" * 64)
    with pytest.raises(UserError, match="missing or damaged: install jaxgan again"):
        FEATURES["mnist10k_cnn"]()
