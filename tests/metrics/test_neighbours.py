import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu, norm

from jaxgan.metrics import (
    TooFew,
    density_coverage,
    memorisation,
    neighbours,
    precision_recall,
)
from jaxgan.metrics.neighbours import nearest

pytestmark = pytest.mark.filterwarnings("ignore:.*below 1000 the balls", "ignore:the closest")

REAL = np.array([[0.0], [1], [4], [10]])
FAKE = np.array([[3.0], [5], [14.5]])


def normals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def naive(real, fake, k):
    """All four by their definitions, from full matrices."""
    radius_real, radius_fake = (np.sort(cdist(x, x), axis=1)[:, k] for x in (real, fake))
    across = cdist(real, fake)
    in_real, in_fake = across <= radius_real[:, None], across <= radius_fake
    return (
        (np.mean(in_real.any(0)), np.mean(in_fake.any(1))),
        (in_real.sum() / (k * len(fake)), np.mean(in_real.any(1))),
    )


def test_by_hand():
    # Balls up to the nearest neighbour, real: [-1, 1], [0, 2], [1, 7], [4, 16]; fake: [1, 5],
    # [3, 7], [5, 24]. All of 3, 5 and 14.5 are in a real ball, 5 in two: precision 1, density 4/3.
    # Two of the four real balls hold a fake: coverage 1/2. Of the reals 1 (at the rim of [1, 5]),
    # 4 and 10 lie in fake balls: recall 3/4.
    assert precision_recall(REAL, FAKE, k=1) == (1, 0.75)
    assert density_coverage(REAL, FAKE, k=1) == (4 / 3, 0.5)
    assert precision_recall(FAKE, REAL, k=1) == (0.75, 1)
    # For k = 2 the real balls are [-4, 4], [-2, 4], [0, 8], [1, 19].
    # Fakes inside: 3 in all four, 5 in two, 14.5 in one: 7 / (2 * 3).
    assert density_coverage(REAL, FAKE, k=2) == (7 / 6, 1)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_agrees_with_the_definitions(k, monkeypatch):
    real, fake = normals(130, 6), 1.2 * normals(90, 6, seed=1) + 0.3
    expected = naive(real, fake, k)
    assert precision_recall(real, fake, k) == pytest.approx(expected[0], rel=1e-12)
    assert density_coverage(real, fake, k) == pytest.approx(expected[1], rel=1e-12)
    monkeypatch.setattr(neighbours, "BLOCK", 1000)
    assert precision_recall(real + 1e5, fake + 1e5, k) == pytest.approx(expected[0], rel=1e-12)
    assert density_coverage(real + 1e5, fake + 1e5, k) == pytest.approx(expected[1], rel=1e-12)


def test_agrees_with_prdc():
    prdc = pytest.importorskip("prdc", reason="the extra `parity` brings it")
    real, fake = normals(300, 8), 1.2 * normals(200, 8, seed=1)
    expected = prdc.compute_prdc(real, fake, nearest_k=5)
    assert precision_recall(real, fake, k=5) == (expected["precision"], expected["recall"])
    found = density_coverage(real, fake, k=5)
    assert found == pytest.approx((expected["density"], expected["coverage"]), rel=1e-12)


def test_collapse_is_lack_of_recall_and_noise_is_lack_of_precision():
    real = normals(300, 4)
    collapsed = 0.01 * normals(300, 4, seed=1)
    found = precision_recall(real, collapsed)
    assert found.precision == 1 and found.recall < 0.01
    assert density_coverage(real, collapsed).coverage < 0.1
    spread = 5 * normals(300, 4, seed=1)
    found = precision_recall(real, spread)
    assert found.precision < 0.2 and found.recall > 0.9
    # One point, again and again: its balls have radius 0 and hold only that point.
    assert precision_recall(real, np.repeat(real[:1], 300, axis=0)) == (1, 1 / 300)
    assert precision_recall(real, real) == (1, 1)
    assert density_coverage(real, real).coverage == 1
    far = normals(300, 4, seed=1) + 100
    assert precision_recall(real, far) == (0, 0) == density_coverage(real, far)


def test_density_and_coverage_of_a_perfect_generator():
    # A fake is in a real ball as often as a further real row: k in N of them, so density is 1. All
    # k nearest of the 2 N - 1 others are real with probability prod (N - i) / (2 N - i), i = 1..k
    # (Naeem et al. 2020, eq. 9): what coverage lacks.
    n, k = 200, 5
    halves = normals(40, 2, n, 3)
    found = np.array([density_coverage(*one, k=k) for one in halves])
    missing = np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    deviations = 4 * found.std(0) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(0) - (1, 1 - missing)) < deviations)
    assert np.all(deviations < (0.1, 0.02)) and abs(missing - 2**-k) < 0.01


def test_memorisation_by_hand():
    train = [[0.0], [100]]
    held_out, fake = [[1.0], [102], [97], [4]], [[0.0], [100], [2]]
    # Distances: held-out 1, 2, 3, 4; fakes 0, 0 and 2. Of the 12 pairs the fake is farther in one
    # (2 > 1), equal in one: 1.5 / 12.
    found = memorisation(train, held_out, fake)
    assert found.auc == 1.5 / 12 and found.median_ratio == 0
    assert found.copies == 2 / 3  # below the first percentile, 1.03
    assert memorisation(train, held_out, held_out) == (0.5, 0, 1, 0.25)
    # Held-out examples that were trained on: nothing lies closer, the fakes seem far away.
    assert memorisation(train, train, fake)[2:] == (1, 0)
    assert memorisation(train, train, held_out).median_ratio == np.inf
    assert memorisation(train, train, train) == (0.5, 0, 1, 0)


def test_memorisation_is_a_calibrated_test():
    train, held_out, fresh = normals(3, 500, 4)
    unseen, made = (cdist(x, train).min(1) for x in (held_out, fresh))
    found = memorisation(train, held_out, fresh)
    test = mannwhitneyu(made, unseen, method="asymptotic", use_continuity=False)
    np.testing.assert_allclose(found.auc, test.statistic / 500**2, rtol=1e-12)
    np.testing.assert_allclose(2 * norm.sf(abs(found.z)), test.pvalue, rtol=1e-9)
    assert abs(found.z) < 3 and found.copies < 0.03 and abs(found.median_ratio - 1) < 0.1
    # A tenth of the fakes are copies, exact but for features far from the origin.
    fresh[:50] = train[:50]
    assert memorisation(train, held_out, fresh).copies >= 0.1
    assert memorisation(train + 1e6, held_out + 1e6, fresh + 1e6).copies >= 0.1
    copied = memorisation(train, held_out, train[::2] + 1e-3)
    assert copied.z < -10 and copied.copies == 1 and copied.auc < 0.01
    far = memorisation(train, held_out, 3 * fresh)
    assert far.z > 10 and far.median_ratio > 2
    # Many ties: SciPy corrects the spread, too.
    lattice = [np.round(x) for x in (train, held_out, fresh)]
    unseen, made = (cdist(x, lattice[0]).min(1) for x in lattice[1:])
    test = mannwhitneyu(made, unseen, method="asymptotic", use_continuity=False)
    z = memorisation(*lattice).z
    np.testing.assert_allclose(2 * norm.sf(abs(z)), test.pvalue, rtol=1e-9)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda x: precision_recall(x, x[:3]), "fake has 3 rows; at least 4"),
        (lambda x: density_coverage(x, x[:5]), "fake has 5 rows; at least 6"),
        (lambda x: density_coverage(x, x, k=0), "k is 0"),
        (lambda x: precision_recall(x, x[:, :1]), "one feature width"),
        (lambda x: memorisation(x, x[:, :1], x), "train and held_out must have one"),
        (lambda x: memorisation(x, x, x[:, :1]), "train and fake must have one"),
        (lambda x: memorisation(x, x[:1], x), "held_out has 1 rows"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(np.zeros((9, 2)))


def test_too_few_are_warned_of():
    few, many = np.zeros((99, 1)), np.zeros((1000, 1))
    for metric in (precision_recall, density_coverage):
        with pytest.warns(
            TooFew, match="^too few of fake, in 1000 real and 99 fake rows: below 1000"
        ):
            metric(many, few)
    with pytest.warns(TooFew, match="hundredth of 99 held-out"):
        memorisation(many, few, many)


def test_nearest_by_hand():
    """From (3, 4) to (0, 0) and (6, 8) it is 5, to (0, 1) the root of 18; the first of equals."""
    x, others = [[0.0, 0], [3, 4]], [[0.0, 1], [3, 4], [0, 0], [6, 8]]
    found = nearest(x, others, 3)
    np.testing.assert_array_equal(found.indices, [[2, 0, 1], [1, 0, 2]])
    np.testing.assert_allclose(found.distances, [[0, 1, 5], [0, 18**0.5, 5]], atol=1e-12)
    assert nearest(x, others, 9).indices.shape == (2, 4)


def test_nearest_of_a_set_in_parts_is_that_of_the_whole(monkeypatch):
    x, others = normals(30, 6) + 1e5, normals(50, 6, seed=1) + 1e5
    others[41] = x[3]  # a copy has distance 0 far from the origin, too
    found = None
    for first, last in ((0, 2), (2, 40), (40, 50)):
        found = nearest(x, others[first:last], 4, first, found)
    across = cdist(x, others)
    np.testing.assert_array_equal(found.indices, np.argsort(across, axis=1)[:, :4])
    np.testing.assert_allclose(found.distances, np.sort(across, axis=1)[:, :4], rtol=1e-9)
    monkeypatch.setattr(neighbours, "BLOCK", 100)  # two rows at once
    np.testing.assert_array_equal(nearest(x, others, 4).indices, found.indices)
