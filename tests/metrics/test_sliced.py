import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import gamma

from jaxgan.metrics import sliced_wasserstein

KEY = jax.random.key(0)


def samples(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=(2, *shape)).astype(np.float32)


def test_on_a_line_it_is_the_wasserstein_distance():
    # There are two directions, +1 and -1, and both give the same distance.
    real, fake = samples(50, 1)
    expected = stats.wasserstein_distance(real[:, 0], 2 * fake[:, 0] + 1)
    np.testing.assert_allclose(sliced_wasserstein(real, 2 * fake + 1, KEY, 3), expected, rtol=1e-5)


@pytest.mark.parametrize("dimension", [2, 3, 10])
def test_a_shift_has_a_closed_form(dimension):
    # Each projection moves by |<v, u>|; for u uniform on the sphere of R^D,
    # E|u_1| = gamma(D / 2) / (sqrt(pi) gamma((D + 1) / 2)): 2 / pi in the plane, 1/2 in space.
    real, _ = samples(16, dimension)
    v = np.linspace(-1, 2, dimension, dtype=np.float32)
    mean = gamma(dimension / 2) / np.sqrt(np.pi) / gamma((dimension + 1) / 2)
    expected = np.linalg.norm(v) * mean
    # Var|<v, u>| = |v|^2 (1 / D - mean^2); four standard errors of 20 000 directions.
    error = 4 * np.linalg.norm(v) * np.sqrt((1 / dimension - mean**2) / 20_000)
    found = sliced_wasserstein(real, real + v, KEY, 20_000)
    assert abs(found - expected) < error < 0.03 * expected


def test_order_of_rows_and_of_arguments_does_not_matter():
    real, fake = samples(30, 2, 2, 1)
    distance = sliced_wasserstein(real, fake, KEY)
    assert distance.shape == () and distance.dtype == jnp.float32 and distance > 0
    np.testing.assert_allclose(sliced_wasserstein(fake, real, KEY), distance, rtol=1e-6)
    np.testing.assert_allclose(sliced_wasserstein(real, fake[::-1], KEY), distance, rtol=1e-6)
    np.testing.assert_allclose(sliced_wasserstein(3 * real, 3 * fake, KEY), 3 * distance, rtol=1e-5)
    flat = [x.reshape(30, 4) for x in (real, fake)]
    np.testing.assert_array_equal(sliced_wasserstein(*flat, KEY), distance)
    assert sliced_wasserstein(real, real, KEY) == 0
    assert sliced_wasserstein(real, fake, jax.random.key(1)) != distance


def test_shapes_must_agree():
    real, fake = samples(4, 2)
    with pytest.raises(ValueError, match="must have one shape"):
        sliced_wasserstein(real, fake[:3], KEY)
