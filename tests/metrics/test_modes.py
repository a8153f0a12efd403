import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.data.toy import grid, ring
from jaxgan.metrics import mode_coverage, stacked_modes

LINE = (np.array([[0.0, 0], [10, 0], [20, 0], [30, 0]]), np.array([1.0, 1, 2, 1]))
PLENTY = 40  # copies of each point, so that no count is small


def coverage(points, **options):
    points = np.repeat(np.asarray(points, np.float32), PLENTY, axis=0)
    return mode_coverage(points, *LINE, **options)


def test_by_hand():
    # Two points at mode 0, one at mode 2 (5 units away, 2.5 of its own standard deviations, and
    # nearer to no other), one nowhere: 3.2 standard deviations from mode 1. p = (2/3, 0, 1/3, 0),
    # KL = 2/3 log(8/3) + 1/3 log(4/3).
    found = coverage([[0, 0], [2, -2], [25, 0], [10, 3.2]])
    assert int(found.modes) == 2 and found.high_quality == 0.75
    np.testing.assert_array_equal(found.counts, [2 * PLENTY, 0, PLENTY, 0])
    expected = 2 / 3 * np.log(8 / 3) + 1 / 3 * np.log(4 / 3)
    np.testing.assert_allclose(found.reverse_kl, expected, rtol=1e-6)
    assert coverage([[10, 3.2], [10, 9]], threshold=4).high_quality == 0.5


def test_nearest_is_meant_in_standard_deviations():
    # 5.2 from mode 2 is 2.6 of its standard deviations; mode 1 is nearer (4.8), but 4.8 of its own.
    np.testing.assert_array_equal(coverage([[14.8, 0]]).counts, [0, 0, PLENTY, 0])


def test_collapse_and_nothing():
    np.testing.assert_allclose(coverage([[10, 0]]).reverse_kl, np.log(4), rtol=1e-6)
    for nowhere in ([[5, 5]], [[np.nan, 0]], [[np.inf, 0]]):
        found = coverage(nowhere)
        assert (found.modes, found.high_quality, found.reverse_kl) == (0, 0, np.inf)
    half = coverage([[0, 0], [np.nan, 0]])
    assert half.high_quality == 0.5 and np.isfinite(half.reverse_kl)


@pytest.mark.parametrize("toy, kl, deviation", [(ring, 0.0014, 0.0007), (grid, 0.0049, 0.0014)])
def test_floor_of_a_perfect_sampler(toy, kl, deviation):
    # High quality: a chi-square with two degrees of freedom is below 9 with probability
    # 1 - exp(-4.5). KL: 2 N KL is a chi-square with K - 1 degrees of freedom, so its mean is
    # (K - 1) / (2 N) with N = 2500 * 0.9889 and its deviation sqrt(2 (K - 1)) / (2 N).
    toy, seeds = toy(), 40
    points = np.stack([toy.sample(np.random.default_rng(s), 2500)[0] for s in range(seeds)])
    means, stds, _ = toy.mixture
    found = jax.jit(jax.vmap(lambda p: mode_coverage(p, means, stds)))(points)
    share = 1 - np.exp(-4.5)
    error = 4 * np.sqrt(share * (1 - share) / (2500 * seeds))
    assert abs(np.mean(found.high_quality) - share) < error < 0.002
    assert abs(np.mean(found.reverse_kl) - kl) < 4 * deviation / np.sqrt(seeds)
    np.testing.assert_allclose(np.std(found.reverse_kl), deviation, rtol=0.4)
    assert np.all(found.modes == len(means))
    alone = mode_coverage(points[3], means, stds)
    jax.tree.map(lambda all, one: np.testing.assert_allclose(all[3], one, rtol=1e-5), found, alone)


def test_stacked_modes_by_hand():
    # 26 000 labels: half are 012, a quarter 999, a quarter 012 backwards.
    labels = np.repeat([[0, 1, 2], [0, 1, 2], [9, 9, 9], [2, 1, 0]], 6500, axis=0)
    found = stacked_modes(labels)
    assert found.modes == 3 and found.counts.sum() == 26_000
    assert found.counts[0, 1, 2] == 13_000 and found.counts[2, 1, 0] == 6500
    # sum p log(1000 p) = log 1000 - entropy, and the entropy is log 2 / 2 + log 4 / 2.
    np.testing.assert_allclose(found.kl, np.log(1000) - 1.5 * np.log(2), rtol=1e-12)
    every = np.stack(np.unravel_index(np.arange(1000).repeat(10), (10, 10, 10)), axis=1)
    assert stacked_modes(every)[:2] == (1000, 0.0)


def test_floor_of_stacked_modes():
    labels = np.random.default_rng(0).integers(10, size=(20, 26_000, 3))
    found = [stacked_modes(jnp.asarray(one)) for one in labels]
    assert {one.modes for one in found} == {1000}
    assert abs(np.mean([one.kl for one in found]) - 0.0193) < 4 * 0.001 / np.sqrt(20)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: mode_coverage(np.zeros((90, 3)), *LINE), "must be"),
        (lambda: mode_coverage(np.zeros(90), *LINE), "must be"),
        (lambda: mode_coverage(np.zeros((0, 2)), *LINE), "must be"),
        (lambda: mode_coverage(np.zeros((90, 2)), LINE[0], np.ones(3)), "one for each of 4 modes"),
        (lambda: stacked_modes(np.zeros(9, int)), "must be"),
        (lambda: stacked_modes(np.full((9, 3), 10)), "from 0 to 9"),
        (lambda: stacked_modes(np.zeros((9, 3))), "whole numbers"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_too_few_are_warned_of():
    with pytest.warns(UserWarning, match="39 points are fewer than 10 for each of 4"):
        mode_coverage(np.zeros((39, 2)), *LINE)
    with pytest.warns(UserWarning, match="9999 examples are fewer than 10 for each of 1000"):
        stacked_modes(np.zeros((9999, 3), int))
