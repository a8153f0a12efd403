import jax
import numpy as np
import pytest

from experiments import fgan_univariate as fgan

WEIGHTS, MEANS, STDS = (np.array(fgan.MIXTURE[key]) for key in ("weights", "means", "stds"))
MEAN = WEIGHTS @ MEANS
STD = np.sqrt(WEIGHTS @ (STDS**2 + MEANS**2) - MEAN**2)


@pytest.fixture(scope="module")
def found():
    return fgan.run(("kl", "reverse_kl"), seeds=1, steps=300)


def test_the_best_gaussian_under_kl_has_the_moments(found):
    # KL(P || Q) is least where the exponential family's mean statistics are P's.
    np.testing.assert_allclose(found.best["kl"][:2], (MEAN, STD), rtol=1e-4)


def test_the_divergence_against_a_plain_sum():
    x = np.linspace(-14, 16, 200_001)

    def normal(mean, std):
        return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))

    p = sum(w * normal(m, s) for w, m, s in zip(WEIGHTS, MEANS, STDS, strict=True))
    q = normal(0.5, 2.0)
    step = x[1] - x[0]
    exact = [fgan.divergence(name)(0.5, 2.0) for name in ("kl", "pearson")]
    direct = [np.sum(p * np.log(p / q)) * step, np.sum((p - q) ** 2 / q) * step]
    np.testing.assert_allclose(exact, direct, rtol=1e-6)


def test_draws_have_the_moments():
    points = fgan.draw(fgan.TARGET.mixture, jax.random.key(0), (200_000,))
    np.testing.assert_allclose([points.mean(), points.std()], [MEAN, STD], atol=0.02)


def test_the_game_brings_the_gaussian_nearer_and_its_value_is_a_bound(found):
    for i, (name, fit) in enumerate(found.learned.items()):
        reached, start = found.cross[i, i], fgan.divergence(name)(*fgan.START)
        assert found.best[name][2] < reached < 0.85 * start
        assert fit.bound[0] < reached + 0.03


def test_the_best_is_no_worse_than_any_learned(found):
    best = [found.best[name][2] for name in found.best]
    assert (found.cross >= np.array(best)).all()


def test_the_figure_and_tables(found):
    assert len(fgan.figure(found).axes) == 2
    assert "reverse_kl" in fgan.tables(found)
