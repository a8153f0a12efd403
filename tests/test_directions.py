"""Directions of z: by hand, and samples that are moved along them."""

import numpy as np
import pytest
from PIL import Image

from jaxgan import sample
from jaxgan.core.errors import UserError
from jaxgan.inference import directions
from jaxgan.inference.directions import closed_form, principal, regressed
from tests import test_sample


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return test_sample.write_run(tmp_path_factory.mktemp("run"), ("zero", "one", "two"))


def test_principal_directions_are_those_that_the_images_follow():
    # z whose columns are orthogonal; the images vary with its third number by 5, with its first by
    # 2 and with the others not at all.
    rng = np.random.default_rng(0)
    z = rng.standard_normal((200, 5))
    z, _ = np.linalg.qr(z - z.mean(axis=0))
    images = np.zeros((200, 2, 2, 1))
    images[:, 0, 0, 0], images[:, 1, 1, 0] = -5 * z[:, 2], 2 * z[:, 0]
    found = principal(z.reshape(200, 1, 5), images, 2)
    assert found.shape == (2, 1, 5)
    np.testing.assert_allclose(found[:, 0], [[0, 0, 1, 0, 0], [1, 0, 0, 0, 0]], atol=1e-6)
    # What differs between classes alone is of no direction of z.
    label = np.arange(200) % 2
    images[:, 0, 1, 0] = 100 * label
    np.testing.assert_allclose(principal(z, images, 1, label), [[0, 0, 1, 0, 0]], atol=0.02)


def test_a_closed_form_by_hand():
    """Outputs (3, 0), (0, 4) and (0, -1) of norm 1: W W^T = diag(1, 2), the second number first."""
    found = closed_form(np.array([[3.0, 0, 0], [0, 4, -1]]))
    np.testing.assert_allclose(found, [[0, 1], [1, 0]], atol=1e-7)


def test_a_regression_finds_along_which_a_class_grows():
    """Log odds 3 z0 - 4 z2 of the second of two classes: (3, 0, -4) / 5, of the first less it."""
    z = np.random.default_rng(0).standard_normal((50, 3))
    logits = np.stack([np.ones(50), 1 + 3 * z[:, 0] - 4 * z[:, 2]], axis=1)
    np.testing.assert_allclose(regressed(z, logits, 1), [0.6, 0, -0.8], atol=1e-6)
    np.testing.assert_allclose(regressed(z, logits, 0), [-0.6, 0, 0.8], atol=1e-6)


@pytest.mark.parametrize("along", ["principal:1", "sefa:0", "class:7"])
def test_samples_are_moved_along(along, run):
    """Each way is of one z and class; in its middle lies what is not moved."""
    generate = sample.load(run)
    found = directions.moved(generate, along, 2 * directions.STEPS, seed=3, reach=1.0)
    direction = directions.KINDS[along.split(":")[0]](generate, along.split(":")[1], "")
    np.testing.assert_allclose(np.linalg.norm(direction), 1, rtol=1e-5)
    z = generate.sampler.z_of(3, [1]) + direction / 7  # of the amounts -1, -5/7, ..., 1 the fifth
    expected = generate(z=z, rows=[1], seed=3)
    np.testing.assert_allclose(found.x[directions.STEPS + 4], expected[0], atol=1e-5)
    assert list(found.label) == [0] * 8 + [1] * 8 and found.columns == 8


def test_the_command_draws_a_way_a_row(run, tmp_path):
    out = tmp_path / "ways.png"
    assert sample.main([f"--workdir={run}", "--along=sefa:1", "--num=24", f"--out={out}"]) == 0
    with Image.open(out) as picture:
        assert picture.size[0] / picture.size[1] == 8 / 3


MISTAKES = {
    "ganspace:0": "unknown kind of direction 'ganspace'; known: class, principal, sefa",
    "principal": "along must be KIND:NUMBER, as principal:0; kinds: principal, sefa, class",
    "sefa:99": "the number of along is 99; it must lie in",
    "class:12": "the number of along is 12; it must lie in",
}


@pytest.mark.parametrize("along", MISTAKES)
def test_mistakes(along, run):
    with pytest.raises(UserError, match=MISTAKES[along]):
        directions.moved(sample.load(run), along)


@pytest.mark.parametrize("other", ["--interpolate", "--truncation=0"])
def test_what_along_does_not_go_with(other, run, tmp_path, capsys):
    words = ["--along=sefa:0", other, f"--out={tmp_path / 'a.png'}"]
    assert sample.main([f"--workdir={run}", *words]) == 2
    assert "--along goes with none of --interpolate, --direction" in capsys.readouterr().err
