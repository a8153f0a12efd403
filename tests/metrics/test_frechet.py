from functools import reduce

import numpy as np
import pytest
from scipy.linalg import sqrtm

from jaxgan.metrics import (
    Moments,
    TooFew,
    fd_infinity,
    frechet_distance,
    frechet_from_moments,
    merge_moments,
    moments,
    update_moments,
)


def features(n, width, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return scale * rng.standard_normal((n, width)) @ rng.standard_normal((width, width)) + 2


def gaussian(mean, covariance):
    return Moments(10_000, np.array(mean, float), np.array(covariance, float))


def naive(real, fake):
    """The formula as it is printed."""
    (m, c), (n, d) = ((x.mean(0), np.cov(x, rowvar=False)) for x in (real, fake))
    return np.sum((m - n) ** 2) + np.trace(c + d - 2 * sqrtm(c @ d).real)


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (([1, 2], np.eye(2)), ([4, -2], np.eye(2)), 25),  # a shift d: |d|^2
        # Diagonal: sum of (s_a - s_b)^2, here (2 - 1)^2 + (3 - 5)^2.
        (([0, 0], np.diag([4, 9])), ([0, 0], np.diag([1, 25])), 5),
        # Rank one each, v v^T and w w^T: |v|^2 + |w|^2 - 2 |v.w|, with v = (3, 4), w = (2, 0).
        (([0, 0], [[9, 12], [12, 16]]), ([1, 0], [[4, 0], [0, 0]]), 1 + 25 + 4 - 12),
        # Orthogonal supports: nothing is shared, the traces add up.
        (([0, 0], np.diag([4, 0])), ([0, 0], np.diag([0, 9])), 13),
        # A generator that returns one point: |d|^2 + tr C.
        (([0, 0], [[2, 1], [1, 2]]), ([3, 0], np.zeros((2, 2))), 13),
        (([5, 0], np.zeros((2, 2))), ([0, 0], np.zeros((2, 2))), 25),
    ],
)
def test_closed_forms(a, b, expected):
    a, b = gaussian(*a), gaussian(*b)
    np.testing.assert_allclose(frechet_from_moments(a, b), expected, rtol=1e-13)
    np.testing.assert_allclose(frechet_from_moments(a, a), 0, atol=1e-13)


@pytest.mark.filterwarnings("ignore:.*singular")
@pytest.mark.parametrize("n, width", [(400, 20), (60, 200)])
def test_laws(n, width):
    real, fake = features(n, width), features(n, width, seed=1, scale=0.7)
    distance = frechet_distance(real, fake)
    assert distance == frechet_distance(fake, real)  # to the bit
    np.testing.assert_allclose(frechet_distance(real[::-1], fake), distance, rtol=1e-11)
    np.testing.assert_allclose(frechet_distance(3 * real, 3 * fake), 9 * distance, rtol=1e-11)
    np.testing.assert_allclose(frechet_distance(real + 7, fake + 7), distance, rtol=1e-11)
    turn, _ = np.linalg.qr(np.random.default_rng(2).standard_normal((width, width)))
    np.testing.assert_allclose(frechet_distance(real @ turn, fake @ turn), distance, rtol=1e-11)
    # Where n < width both covariances have rank n - 1: 0 stays 0, and a shift stays a shift.
    total = np.trace(np.cov(real, rowvar=False))
    assert frechet_distance(real, real) <= 1e-13 * total
    np.testing.assert_allclose(frechet_distance(real, real + 1), width, rtol=1e-12)


def test_singular_covariances_that_share_nothing():
    # Orthogonal supports in a turned basis: eigenvalues that should be 0 are 1e-16, their roots
    # 1e-8, and 100 of those would be seen beside tr A + tr B.
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((100, 100)))
    a, b = turn[:, :40] * np.arange(1, 41), turn[:, 40:80] * np.arange(3, 43)
    found = frechet_from_moments(gaussian(np.zeros(100), a @ a.T), gaussian(np.ones(100), b @ b.T))
    np.testing.assert_allclose(found, 100 + np.sum(a**2) + np.sum(b**2), rtol=1e-13)


def test_agrees_with_the_printed_formula():
    real, fake = features(500, 32), features(700, 32, seed=1)
    np.testing.assert_allclose(frechet_distance(real, fake), naive(real, fake), rtol=1e-9)
    low = frechet_distance(real.astype(np.float32), fake.astype(np.float32))
    np.testing.assert_allclose(low, naive(real, fake), rtol=1e-5)


def test_agrees_with_torch_fidelity(torchvision):
    fidelity = pytest.importorskip(
        "torch_fidelity.metric_fid", reason="the extra `parity` brings it"
    )
    real, fake = features(500, 32), features(700, 32, seed=1)
    stats = [{"mu": x.mean(0), "sigma": np.cov(x, rowvar=False)} for x in (real, fake)]
    found = fidelity.fid_statistics_to_metric(*stats, verbose=False)
    expected = found["frechet_inception_distance"]
    np.testing.assert_allclose(frechet_distance(real, fake), expected, rtol=1e-6)


def test_streaming_is_the_batch():
    # A mean of 1e4 deviations, where E x^2 - (E x)^2 would keep eight digits fewer.
    x = np.random.default_rng(0).standard_normal((1000, 5)) * [1, 2, 3, 4, 5] + 1e4
    at_once = moments(x)
    np.testing.assert_allclose(at_once.covariance, np.cov(x, rowvar=False), rtol=1e-12, atol=1e-12)
    batches = np.split(x, [1, 2, 300, 999])  # single rows, too
    state = None
    for batch in batches:
        state = update_moments(state, batch)
    halves = [reduce(merge_moments, map(moments, part)) for part in (batches[:2], batches[2:])]
    for found in (state, merge_moments(*halves), merge_moments(*halves[::-1])):
        assert found.count == 1000
        np.testing.assert_allclose(found.mean, at_once.mean, rtol=1e-14)
        np.testing.assert_allclose(found.covariance, at_once.covariance, rtol=1e-12, atol=1e-12)


def test_bias_and_its_removal():
    # Both from N(0, I): the mean's part is 2 D / n; the covariances' is |E_1 - E_2|^2 / 4, and
    # E |E|^2 = D (D + 1) / n each: D (D + 5) / (2 n) in all. With ever more real rows half of it.
    width, n, rng = 8, 2000, np.random.default_rng(0)
    pairs = [rng.standard_normal((2, n, width)) for _ in range(60)]
    found = [frechet_distance(*one) for one in pairs]
    bias = width * (width + 5) / (2 * n)
    assert abs(np.mean(found) / bias - 1) < 4 * np.std(found) / np.sqrt(60) / bias < 0.15
    many = rng.standard_normal((100_000, width))
    extrapolated = [fd_infinity(many, fake, points=6, smallest=400) for _, fake in pairs[:30]]
    remaining = np.array([one.distance for one in extrapolated])
    assert abs(remaining.mean()) < 0.2 * bias / 2
    assert abs(np.mean([one.slope for one in extrapolated]) / (n * bias / 2) - 1) < 0.2
    one = extrapolated[0]
    np.testing.assert_array_equal(one.sizes, [400, 720, 1040, 1360, 1680, 2000])
    np.testing.assert_allclose(one.distances[-1], frechet_distance(many, pairs[0][1]), rtol=1e-12)
    np.testing.assert_array_equal(fd_infinity(many, pairs[0][1], 6, 400).distances, one.distances)
    # Subsets are random: rows that are sorted (by class, say) do no harm.
    in_order = pairs[0][1][np.argsort(pairs[0][1][:, 0])]
    assert np.all(fd_infinity(many, in_order, 6, 400).distances < 0.2)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda x: frechet_distance(x, x[:, :3]), "one feature width; got 4 and 3"),
        (lambda x: frechet_distance(x[:1], x), "real has 1 rows; at least 2"),
        (lambda x: frechet_distance(x, np.where(x > 1, np.nan, x)), "fake holds .* not finite"),
        (lambda x: frechet_distance(x, x[:, 0]), "fake must be"),
        (lambda x: frechet_distance(x, x > 0), "dtype is bool"),
        (lambda x: frechet_distance(x, x + 0j), "dtype is complex128"),
        (lambda x: frechet_from_moments(moments(x), moments(x[:1])), "fake has 1 rows"),
        (lambda x: merge_moments(moments(x), moments(x[:, :2])), "one feature width"),
        (lambda x: fd_infinity(x, x, smallest=9), "at least 2 subsets"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(np.random.default_rng(0).standard_normal((9, 4)))


def test_too_few_are_warned_of():
    with pytest.warns(UserWarning, match="real has 4 rows for 4 features"):
        frechet_distance(features(4, 4), features(5, 4))
    with pytest.warns(TooFew, match="subsets from 4 of fake's 50 rows are too few"):
        fd_infinity(features(50, 4), features(50, 4), smallest=4)
