import numpy as np
import pytest
from scipy.stats import norm

from experiments import mixture_collapse as experiment

TINY = experiment.TWO._replace(width=8, steps=250, every=250)


def test_masses_are_those_of_the_normal_distribution():
    edges = np.linspace(experiment.LOW, experiment.HIGH, experiment.BINS + 1)
    means, stds = (np.array(experiment.PAPER[key])[:, None] for key in ("means", "stds"))
    expected = np.diff(norm.cdf(edges, means, stds), axis=1).mean(axis=0)
    np.testing.assert_allclose(experiment.masses(experiment.PAPER), expected, rtol=1e-4, atol=1e-8)


def test_the_paper_s_modes_are_where_it_has_them():
    means, stds = (np.array(experiment.PAPER[key]) for key in ("means", "stds"))
    np.testing.assert_allclose(experiment.ORIGIN + experiment.UNIT * means, [10, 20, 60, 80, 110])
    np.testing.assert_allclose(experiment.UNIT * stds, [3, 3, 2, 2, 1])


def test_shares_and_lost_modes_by_hand():
    # Of 12, twice: eight near 4, one near -4 (3 deviations are 0.9), three near none.
    samples = np.array(2 * ([4.0] * 6 + [4.8, 3.2, -4.8, -3.0, 0.0, 5.0]))
    share = experiment.shares(samples[None, None], experiment.TWO.mixture)
    np.testing.assert_allclose(share, [[[1 / 12, 8 / 12]]], rtol=1e-6)
    assert not experiment.lost(share).any()  # a tenth of a half is less than a twelfth
    np.testing.assert_array_equal(experiment.lost(np.array([0.049, 0.3])), [True, False])


def test_comparison_knows_the_data_from_a_collapse():
    rng = np.random.default_rng(0)
    toy = experiment.data.TOYS["mixture1d"](**experiment.PAPER)
    points, modes = toy.sample(rng, 25_000)
    fair, collapsed = points[:4000, 0], points[modes == 2, 0][:4000]
    told = experiment.compare(np.stack([fair, collapsed]), experiment.PAPER)
    for values in told.values():
        assert values[0] < 0.05
    # One mode of five: KL(Q || P) is log 5 but for the half samples, KL(P || Q) pays for the rest.
    assert told["KL(Q‖P)"][1] == pytest.approx(np.log(5), abs=0.1)
    assert told["KL(P‖Q)"][1] > 2
    np.testing.assert_allclose(told["sum"], told["KL(P‖Q)"] + told["KL(Q‖P)"])


@pytest.mark.parametrize("name", ["GAN", "MAD-GAN"])
def test_training_leaves_the_start(name):
    # After 250 steps the samples are on the scale of the data, of mean square 16.09.
    samples = experiment.run(TINY, [name], seeds=2, number=600)[name]
    assert samples.shape == (1, 2, 600)
    assert not np.array_equal(samples[:, 0], samples[:, 1])
    assert np.all(np.mean(samples**2, axis=-1) > 1)
