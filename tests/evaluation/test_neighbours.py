"""Samples beside their nearest training examples, where these are known."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data.source import from_arrays
from jaxgan.evaluation import grid, neighbours
from jaxgan.evaluation.encode import NO_NETWORK, Encoded, Encoder
from jaxgan.evaluation.examples import examples_of
from jaxgan.games import Shown


def encode(x, labels=None, progress=None, keep=False):
    """Two features: the mean and the first pixel."""
    features = np.stack([x.mean(axis=(1, 2, 3)), x[:, 0, 0, 0]], axis=1, dtype=np.float64)
    return Encoded(x, features, None, labels)


ENCODER = Encoder("two", {}, encode)


def source(count, seed=0, side=4):
    images = np.random.default_rng(seed).integers(0, 256, (count, side, side, 1), np.uint8)
    return from_arrays("noise", images)


def flat(source):
    return data.read((source,), np.arange(source.size))["x"].reshape(source.size, -1)


def test_copies_are_their_own_neighbours(monkeypatch):
    """A generator that gives training examples back: distance 0, and the picture shows them."""
    monkeypatch.setattr(neighbours, "CHUNK", 7)  # parts of 7, the last of them of 5
    train = source(40)
    copied = [39, 5, 7, 6]
    samples = data.read((train,), copied)["x"]
    examples = examples_of((train,), ())
    found = neighbours.find(samples, examples, ENCODER, seed=0)
    assert found.found.keys() == found.floor.keys() == {"pixels", "two"}
    for every in found.found.values():
        np.testing.assert_array_equal(every.indices[:, 0], copied)
        assert (every.distances[:, 0] == 0).all() and (every.distances[:, 1] > 0).all()
    (sample, own), (pixels, near), (two, _) = neighbours.panels(found, examples)
    assert (sample, pixels, two) == ("sample", "nearest in pixels", "nearest in two")
    np.testing.assert_array_equal(own, grid.image_grid(samples, columns=1))
    np.testing.assert_array_equal(near[:, : own.shape[1]], own)
    # The floor is of all examples, each to the nearest that is another one.
    across = cdist(flat(train), flat(train)) + np.diag([np.inf] * 40)
    np.testing.assert_allclose(np.sort(found.floor["pixels"]), np.sort(across.min(axis=1)))


def test_by_hand():
    """Images of one grey, 2x2: the distance of two greys is 2 * |a - b| / 127.5."""
    greys = np.array([0, 255, 100, 130], np.uint8)
    train = from_arrays("greys", np.tile(greys[:, None, None, None], (1, 2, 2, 1)))
    held_out = from_arrays("greys", np.full((3, 2, 2, 1), [[[[110]]], [[[90]]], [[[0]]]], np.uint8))
    samples = np.float32([[[[105 / 127.5 - 1]] * 2] * 2, [[[200 / 127.5 - 1]] * 2] * 2])
    alone = neighbours.find(samples, examples_of((train,), ()), NO_NETWORK, seed=0)
    np.testing.assert_array_equal(alone.found["pixels"].indices, [[2, 3, 0], [1, 3, 2]])
    steps = np.array([[5, 25, 105], [55, 70, 100]])
    np.testing.assert_allclose(alone.found["pixels"].distances * 127.5 / 2, steps, rtol=1e-5)
    # To another training example 0 has 100, 255 has 125, 100 and 130 have 30: a median of 65.
    told = alone.described()
    assert told["median_distance"]["pixels"] == pytest.approx(
        {"samples": 30 * 2 / 127.5, "floor": 65 * 2 / 127.5}, rel=1e-5
    )
    assert told["counts"] == {"samples": 2, "floor": 4}
    apart = neighbours.find(samples, examples_of((train,), (held_out,)), NO_NETWORK, seed=0)
    assert sorted(apart.floor["pixels"] * 127.5 / 2) == pytest.approx([0, 10, 10], abs=1e-5)
    assert apart.origin == "held-out examples"


def test_large_images_are_fewer(monkeypatch):
    """Sixteen values each, and room for 160: ten samples, ten real examples, ten at a time."""
    train, taken = source(25), []
    monkeypatch.setattr(neighbours, "VALUES", 160)
    monkeypatch.setattr(neighbours, "read", lambda s, i: taken.append(len(i)) or data.read(s, i))
    samples = data.read((train,), np.arange(12))["x"]
    found = neighbours.find(samples, examples_of((train,), ()), ENCODER, seed=0)
    assert found.described()["counts"] == {"samples": 10, "floor": 10}
    assert taken == [10, 10, 10, 5]


def test_points_have_no_such_picture():
    with pytest.raises(UserError, match="ring holds points, and neighbours are pictured of images"):
        neighbours.check(examples_of((data.load("ring"),), ()))


def test_a_generator_gone_bad_is_told_and_not_pictured(tmp_path, capsys):
    looks = {"": {"": Shown(np.full((3, 4, 4, 1), np.nan))}}
    sides = {"": examples_of((source(5),), ())}
    assert not neighbours.picture(tmp_path / "a.png", looks, sides, {"": ENCODER}, 0, None)
    assert "Samples are not finite" in capsys.readouterr().err and not list(tmp_path.iterdir())
