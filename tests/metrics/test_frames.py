"""Sharpness and the futures of a past, by hand."""

import numpy as np

from jaxgan.metrics import futures, sharpness


def image(rows):
    return np.asarray(rows, float)[None, :, :, None]


def test_sharpness_by_hand():
    """In [0, 1] the truth is 0 1 / 0 0: at the one pixel with both neighbours, the lower right,
    |dx| + |dy| = 0 + 1 = 1; what is made, 0 .5 / 0 .25 there, has .25 + .25 = .5. The difference
    .5 is 10 log10(1 / .5) = 3.0103 dB; not its square (6.02), nor the axes apart (.25 and .75,
    their sum 1: 0 dB)."""
    truth, made = image([[-1, 1], [-1, -1]]), image([[-1, 0], [-1, -0.5]])
    np.testing.assert_allclose(sharpness(made, truth), 3.0103, atol=1e-4)
    np.testing.assert_allclose(sharpness(truth, truth), 100)
    np.testing.assert_allclose(sharpness(truth / 2 + 0.3, truth / 2), 100)  # a shift has no edges
    both = sharpness(np.concatenate([made, truth]), np.concatenate([truth, truth]))
    np.testing.assert_allclose(both, (3.0103 + 100) / 2, atol=1e-4)  # of the decibels, the mean


def test_futures_by_hand():
    """Two pasts with futures 0 and 4 (square 16 apart); a third has one future and is left out.

    Samples 0.5, 3.9 | 2, 0.9 -> errors .25/16 = .0156, .01/16; 4/16 = .25, .81/16 = .0506. Three of
    four are below 1/16 = .0625; both futures are met in the first past alone. The median of
    .000625, .0156, .0506, .25 is .0331.
    """
    given = np.array([[1, 1], [1, 1], [2, 1], [2, 1], [3, 3]])
    truth = np.array([[0.0], [4], [4], [0], [7]])
    made = np.array([[0.5], [3.9], [2], [0.9], [7]])
    near, error, taken = futures(made, truth, given)
    assert (near, taken) == (0.75, 0.5)
    np.testing.assert_allclose(error, (0.25 / 16 + 0.81 / 16) / 2)
    assert futures(made[4:], truth[4:], given[4:]) is None
    mean = np.full_like(truth, 2)
    assert futures(mean, truth, given) == (0, 0.25, 0)  # the mean of both is near none
