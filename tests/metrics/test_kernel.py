import numpy as np
import pytest

from jaxgan.metrics import kernel, kernel_distance, kernel_mmd2


def naive(x, y):
    """Gretton et al. 2012, eq. 3, term by term."""

    def k(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    within_x = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    within_y = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    across = sum(k(a, b) for a in x for b in y)
    return within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * across / (n * m)


def samples(n, m, width, shift=0.5):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, width)), rng.standard_normal((m, width)) + shift


def test_by_hand():
    # k(x, y) = (x y + 1)^3. real 0, 1: k(0, 1) = 1. fake 2, 3: k(2, 3) = 343.
    # Across: k(0, .) = 1, 1; k(1, 2) = 27, k(1, 3) = 64; mean 93 / 4. 1 + 343 - 2 * 23.25.
    assert kernel_mmd2([[0.0], [1]], [[2.0], [3]]) == 1 + 343 - 46.5
    # On the line (0, 1) against itself: 1 + 1 - 2 (1 + 1 + 1 + 8) / 4 < 0: unbiased, not >= 0.
    assert kernel_mmd2([[0], [1]], [[0], [1]]) == -3.5


def test_agrees_with_its_definition(monkeypatch):
    real, fake = samples(23, 31, 7)
    found = kernel_mmd2(real, fake)
    np.testing.assert_allclose(found, naive(real, fake), rtol=1e-11)
    np.testing.assert_allclose(kernel_mmd2(fake, real), found, rtol=1e-12)
    monkeypatch.setattr(kernel, "BLOCK", 100)  # three or four rows at once
    np.testing.assert_allclose(kernel_mmd2(real, fake), found, rtol=1e-12)


def test_expectation_has_a_closed_form():
    # x = 0 always and y ~ N(d, s^2) on the line, k(y, y') = (y y' + 1)^3. With the moments
    # m1 = d, m2 = d^2 + s^2, m3 = d^3 + 3 d s^2 of y, E k(y, y') = m3^2 + 3 m2^2 + 3 m1^2 + 1;
    # k(0, .) = 1: the distance is m3^2 + 3 m2^2 + 3 m1^2. It must not depend on n.
    d, s, rng = 0.5, 0.5, np.random.default_rng(1)
    expected = (d**3 + 3 * d * s**2) ** 2 + 3 * (d**2 + s**2) ** 2 + 3 * d**2
    for n in (3, 50):
        draws = rng.normal(d, s, (2000, n, 1))
        found = [kernel_mmd2(np.zeros((2, 1)), fake) for fake in draws]
        assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(2000) < 0.5


def test_subsets():
    real, fake = samples(400, 300, 5)
    whole = kernel_mmd2(real, fake)
    found = kernel_distance(real, fake, subset_size=60, subsets=200)
    assert abs(found.mean - whole) < 4 * found.standard_error < 0.2 * whole
    assert found == kernel_distance(real, fake, 60, 200) != kernel_distance(real, fake, 60, 200, 1)
    # Without replacement a subset of all is the whole.
    every = kernel_distance(real[:300], fake, subset_size=300, subsets=3)
    np.testing.assert_allclose(every, (kernel_mmd2(real[:300], fake), 0), rtol=1e-11, atol=1e-12)
    same = kernel_distance(real[:200], real[200:], 60, 200)
    assert abs(same.mean) < 0.05 * whole


def test_agrees_with_torch_fidelity(torchvision):
    fidelity = pytest.importorskip(
        "torch_fidelity.metric_kid", reason="the extra `parity` brings it"
    )
    import torch

    real, fake = samples(150, 150, 16)
    # A subset of all rows: nothing random is left.
    expected = fidelity.kid_features_to_metric(
        *(torch.from_numpy(x) for x in (real, fake)),
        kid_subset_size=150,
        kid_subsets=2,
        verbose=False,
    )["kernel_inception_distance_mean"]
    np.testing.assert_allclose(kernel_mmd2(real, fake), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda x: kernel_mmd2(x, x[:1]), "fake has 1 rows"),
        (lambda x: kernel_mmd2(x, x[:, :2]), "one feature width"),
        (
            lambda x: kernel_distance(x, x),
            "subset_size is 1000; it must be from 2 to 9, the rows of real",
        ),
        (lambda x: kernel_distance(x, x, 5, 1), "subsets is 1"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(np.zeros((9, 4)))
