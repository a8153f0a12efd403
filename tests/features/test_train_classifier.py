import jax
import numpy as np
import pytest

from experiments import train_classifier


@pytest.fixture(scope="module")
def moved():
    """A white square of 6x6 in the middle of black, moved by 64 keys."""
    image = np.full((28, 28), -1.0, np.float32)
    image[11:17, 11:17] = 1
    return np.asarray(
        jax.jit(jax.vmap(train_classifier.bent, (0, None)))(
            jax.random.split(jax.random.key(0), 64), image
        )
    )


def test_a_moved_digit_stays_what_it_was(moved):
    assert np.abs(moved).max() < 1 + 1e-5  # black comes in from outside, and nothing else
    mass = (moved + 1).sum((1, 2)) / 2
    assert 18 < mass.min() and mass.max() < 72  # between half and twice its area
    np.testing.assert_allclose(mass.mean(), 36, rtol=0.1)


def test_every_key_moves_it_elsewhere_and_none_far(moved):
    weight = (moved + 1) / (moved + 1).sum((1, 2), keepdims=True)
    places = np.stack([(weight.sum(axis) * np.arange(28)).sum(1) - 13.5 for axis in (2, 1)], 1)
    assert np.abs(places).max() < 4  # two pixels by the shift, the rest by the bend
    assert (places.std(0) > 0.8).all()  # of a uniform shift alone it would be 4 / sqrt(12) = 1.15
    assert (np.abs(places.mean(0)) < 0.5).all()
