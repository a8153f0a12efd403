import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan.core.errors import UserError
from jaxgan.data import FORMS, SETS, TOYS, folders, load, load_parts


def test_a_name_of_no_known_form():
    with pytest.raises(UserError, match="unknown data set 'my pictures'") as caught:
        load("my pictures")
    for name in [*SETS, *TOYS, *(f"{form}:PATH" for form in FORMS), "TensorFlow Datasets"]:
        assert name in str(caught.value)


@pytest.mark.parametrize("name", ["mnist10k", *TOYS])
def test_unknown_split(name):
    with pytest.raises(UserError, match=f"{name} has no split 'test'; known: train"):
        load(name, split="test")


@pytest.mark.parametrize("form", FORMS)
def test_a_home_that_is_not_there(form):
    with pytest.raises(UserError, match="~nobody-of-this-name/x: there is no such home"):
        load(f"{form}:~nobody-of-this-name/x")


@pytest.mark.parametrize("form", FORMS)
def test_unknown_split_of_files(form, tmp_path):
    with pytest.raises(UserError, match="has no split 'validation'; known: train"):
        load(f"{form}:{tmp_path}", split="validation")


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("mnist10k", {"options": {"points": 3}}, "mnist10k takes no options"),
        ("mnist10k", {"data_dir": "/data"}, "mnist10k takes no data_dir"),
        ("ring", {"data_dir": "/data"}, "ring takes no data_dir"),
        ("cifar10", {"options": {"points": 3}}, "cifar10 takes no options"),
        ("npz:set.npz", {"options": {"points": 3}}, "npz:set.npz takes no options"),
        ("ring", {"size": 32}, "ring holds points"),
        ("ring", {"channels": 3}, "ring holds points"),
        ("mnist10k", {"fit": "zoom"}, "unknown fit"),
        ("mnist10k", {"size": -1}, "size must be"),
    ],
)
def test_a_setting_that_the_set_does_not_take(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        load(name, **settings)


def test_points_from_a_file_take_no_size(tmp_path):
    np.savez(tmp_path / "set.npz", x=np.zeros((3, 2)))
    with pytest.raises(UserError, match="set.npz holds points"):
        load(f"npz:{tmp_path}/set.npz", size=8)


def test_density_is_differentiable():
    # The gradient of the log-density of a lone Gaussian is (mean - x) / std^2.
    density = load("mixture1d", options={"means": (3.0,), "stds": (2.0,), "points": 1}).density
    score = jax.grad(lambda x: jax.numpy.log(density(x)))(jax.numpy.array([4.0]))
    np.testing.assert_allclose(score, [-0.25], rtol=1e-6)


def test_both_parts_are_of_one_reading(monkeypatch, tmp_path):
    """The files of a folder are found and opened once, whatever share is held out."""
    for i in range(20):
        Image.new("L", (4, 4), i).save(tmp_path / f"{i}.png")
    scans = []
    scan = folders.scan
    monkeypatch.setattr(folders, "scan", lambda *given: scans.append(given) or scan(*given))
    settings = {"name": f"folder:{tmp_path}", "held_out": "0.5"}
    (train,), (held_out,) = load_parts(settings)
    assert train.size + held_out.size == 20 and len(scans) == 1
    for source, part in ((train, "train"), (held_out, "held_out")):
        alone = load(settings["name"], held_out="0.5", part=part)
        np.testing.assert_array_equal(source.arrays()["x"], alone.arrays()["x"])
