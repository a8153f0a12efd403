import numpy as np
import pytest

from experiments import parallel_lines


@pytest.fixture(scope="module")
def found():
    return parallel_lines.run((-0.5, 0.0, 0.5), seeds=1, steps=150)


def test_exact_distances_are_those_of_the_paper(found):
    # Arjovsky et al. 2017, example 1.
    expected = {
        "kl": [np.inf, 0, np.inf],
        "reverse_kl": [np.inf, 0, np.inf],
        "js": [np.log(2), 0, np.log(2)],
        "tv": [1, 0, 1],
        "w1": [0.5, 0, 0.5],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found.exact[name], values, rtol=1e-6, atol=1e-7)


def test_critics_estimate_what_they_should(found):
    # The gap of a straight critic under the penalty: |theta| (1 + |theta| / 20) at its best.
    np.testing.assert_allclose(found.estimates["w1"][:, [0, 2]], 0.5 * 1.025, rtol=0.1)
    np.testing.assert_allclose(found.estimates["js"][:, [0, 2]], np.log(2), atol=0.05)
    assert (found.estimates["js"] <= np.log(2)).all()  # it is a lower bound, in samples too
    for name in ("js", "w1"):
        np.testing.assert_allclose(found.estimates[name][:, 1], 0, atol=0.02)


def test_only_the_wasserstein_slope_is_the_way_home(found):
    away = np.array([-1, 1])
    slopes = {name: values[:, [0, 2]] * away for name, values in found.slopes.items()}
    np.testing.assert_allclose(slopes["wasserstein"], 1, atol=0.2)
    assert (np.abs(slopes["minimax"]) < 0.1).all()
    assert (slopes["non_saturating"] > 2).all()


def test_the_figure_draws(found):
    assert len(parallel_lines.figure(found).axes) == 3
