from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from jaxgan.metrics import wasserstein


def normals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_by_hand():
    # 3-4-5: (0, 0) -> (3, 4) costs 5, (10, 0) stays.
    real, fake = [[0.0, 0], [10, 0]], [[10.0, 0], [3, 4]]
    np.testing.assert_allclose(wasserstein(real, fake), 2.5, rtol=1e-15)
    np.testing.assert_allclose(wasserstein(real, fake, order=2), np.sqrt(25 / 2), rtol=1e-15)
    # On a line, two points against three: masses 1/3 : 0 -> 0, 1/6 : 0 -> 1, 1/6 : 5 -> 1,
    # 1/3 : 5 -> 8.
    line = [[5.0], [0]], [[1.0], [8], [0]]
    np.testing.assert_allclose(wasserstein(*line), 1 / 6 + 4 / 6 + 1, rtol=1e-15)
    np.testing.assert_allclose(wasserstein(*line, 2), np.sqrt(1 / 6 + 16 / 6 + 3), rtol=1e-15)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_is_the_best_of_all_pairings(order):
    real, fake = normals(2, 6, 3)
    costs = [
        np.mean(np.linalg.norm(real - fake[list(p)], axis=1) ** order)
        for p in permutations(range(6))
    ]
    np.testing.assert_allclose(wasserstein(real, fake, order), min(costs) ** (1 / order))


@pytest.mark.parametrize("n, m", [(40, 40), (40, 27), (12, 30)])
def test_on_a_line(n, m):
    real, fake = normals(n, 1), 2 * normals(m, 1, seed=1) + 1
    expected = stats.wasserstein_distance(real[:, 0], fake[:, 0])
    np.testing.assert_allclose(wasserstein(real, fake), expected, rtol=1e-12)
    np.testing.assert_allclose(wasserstein(fake, real), expected, rtol=1e-12)
    # Both doors to one number: a constant second coordinate sends it to the assignment.
    if n == m:
        flat = [np.pad(x, ((0, 0), (0, 1))) for x in (real, fake)]
        np.testing.assert_allclose(wasserstein(*flat, 2), wasserstein(real, fake, 2), rtol=1e-12)


def test_laws():
    real, fake = normals(2, 50, 4)
    shift = np.array([1, -2, 0, 2.0])  # of length 3
    for order in (1, 2):
        np.testing.assert_allclose(wasserstein(real, real[::-1] + shift, order), 3, rtol=1e-12)
        assert wasserstein(real, real[::-1], order) == 0
        distance = wasserstein(real, fake, order)
        np.testing.assert_allclose(wasserstein(fake, real, order), distance, rtol=1e-12)
        np.testing.assert_allclose(wasserstein(3 * real, 3 * fake, order), 3 * distance)
    assert wasserstein(real, fake) < wasserstein(real, fake, 2)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda x: wasserstein(x, x[:5]), "one number of rows in 2 dimensions; got 9 and 5"),
        (lambda x: wasserstein(x, x[:, :1]), "one feature width"),
        (lambda x: wasserstein(x, x, 0.5), "order is 0.5"),
        (lambda x: wasserstein(x, x + np.inf), "not finite"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(normals(9, 2))
