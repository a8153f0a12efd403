"""What a student's first proof meets: densities on a grid in float32, whose tails underflow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm
from numpy import log
from scipy.special import ndtr

from jaxgan import theory
from jaxgan.theory.f_divergences import F_DIVERGENCES, SWAPPED

pytestmark = pytest.mark.usefixtures("strict_ranks")
# N(0, 1) and N(3, 1). With d = 3: KL = d^2 / 2, chi^2 = e^(d^2) - 1, squared Hellinger distance
# 2 - 2 e^(-d^2 / 8), TV = 2 Phi(d / 2) - 1; JS has no closed form and is by float64's quadrature.
D, JS = 3.0, 0.5267773065
VALUES = {
    "total_variation": 2 * ndtr(D / 2) - 1,
    "kl": D**2 / 2,
    "reverse_kl": D**2 / 2,
    "jeffrey": D**2,
    "pearson": np.expm1(D**2),
    "neyman": np.expm1(D**2),
    "squared_hellinger": 2 - 2 * np.exp(-(D**2) / 8),
    "jensen_shannon": 2 * JS,
    "jensen_shannon_weighted": JS,
    "gan": 2 * JS - log(4),
    "alpha": 4 - 4 * np.exp(-(D**2) / 8),
}
BOXES = pytest.mark.parametrize("box", [(-12, 12), (-12, 15), (-15, 15), (-25, 25)])


def grid(box, mean=D, points=2001):
    """Masses of N(0, 1) and N(mean, 1), float32, and the logarithms of both."""
    x = jnp.linspace(*box, points)
    step = (box[1] - box[0]) / (points - 1)
    logs = norm.logpdf(x) + log(step), norm.logpdf(x, mean) + log(step)
    masses = norm.pdf(x) * step, norm.pdf(x, mean) * step
    assert {array.dtype for array in (*logs, *masses)} == {jnp.dtype("float32")}
    return masses, logs


@BOXES
def test_every_divergence_of_densities_that_underflow(box):
    p, q = grid(box)[0]
    assert np.any((p > 0) & (q == 0))

    @jax.jit
    def measure(p, q):
        pairs = (p, q), (q, p)  # all of them are symmetric for equal variances
        return {name: [theory.f_divergence(name, *pair) for pair in pairs] for name in VALUES}

    assert VALUES.keys() == F_DIVERGENCES.keys()
    for name, found in measure(p, q).items():
        np.testing.assert_allclose(found, VALUES[name], rtol=1e-4, err_msg=name)


@pytest.mark.parametrize("name", VALUES)
def test_quadrature_is_accurate_to_the_float(name):
    found = theory.divergence_of_densities(
        name, lambda x: norm.pdf(x[:, 0]), lambda x: norm.pdf(x[:, 0], D), [(-12, 15)]
    )
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, VALUES[name], rtol=2e-6)


@BOXES
def test_the_first_proof(box):
    """V(D*) = 2 JS - log 4, though D* is rounded to 1 where q still has mass."""
    (p, q), (log_p, log_q) = grid(box)
    best = theory.optimal_discriminator(p, q)
    assert np.any((best == 1) & (q > 0))
    value = 2 * JS - log(4)
    np.testing.assert_allclose(theory.game_value(best, p, q), value, rtol=1e-4)
    np.testing.assert_allclose(theory.best_game_value(p, q), value, rtol=1e-4)
    score = theory.optimal_score(log_p, log_q)
    np.testing.assert_allclose(theory.game_value_of_scores(score, p, q), value, rtol=1e-4)
    # E_q[-log D*] = KL(q || p) - KL(q || m) + log 2, and KL(q || m) = JS by symmetry.
    found = theory.non_saturating_value(best, q)
    np.testing.assert_allclose(found, D**2 / 2 - JS + log(2), rtol=1e-4)
    assert theory.least_error(p, q) == pytest.approx(ndtr(-D / 2), abs=1e-4)


def test_far_apart_by_logarithms():
    # N(0, 1) and N(10, 1): KL = 50, of which float32 loses q under a thousandth of p's mass.
    (p, q), (log_p, log_q) = grid((-10, 20), 10.0)
    assert theory.kl(p, q) == np.inf
    np.testing.assert_allclose(theory.kl_of_logs(log_p, log_q), 50, rtol=1e-4)
    np.testing.assert_allclose(theory.kl_of_logs(log_q, log_p), 50, rtol=1e-4)
    # Disjoint supports are infinitely apart, a place without p is free, and the slopes are finite.
    certain = jnp.log(jnp.array([1.0, 0.0]))
    assert theory.kl_of_logs(certain, certain[::-1]) == np.inf
    found, slope = jax.value_and_grad(theory.kl_of_logs)(certain, jnp.log(jnp.array([0.5, 0.5])))
    assert found == pytest.approx(log(2)) and np.all(np.isfinite(slope))


def test_ratios_beyond_the_largest_square():
    """q f(p / q) where f(p / q) itself overflows; each by hand."""
    p, q = jnp.array([0.5, 0.5]), jnp.array([1.0, 2e-38])
    kl = -0.5 * log(2) + 0.5 * log(0.5 / 2e-38)
    np.testing.assert_allclose(theory.kl(p, q), kl, rtol=1e-6)
    np.testing.assert_allclose(theory.reverse_kl(q, p), kl, rtol=1e-6)
    p, q = jnp.array([1.0, 1e-10]), jnp.array([1.0, 1e-31])
    np.testing.assert_allclose(theory.f_divergence("pearson", p, q), 1e11, rtol=1e-6)
    np.testing.assert_allclose(theory.f_divergence("neyman", q, p), 1e11, rtol=1e-6)


def followed(p, q):
    return theory.game_value(theory.optimal_discriminator(p, q), p, q)


def test_true_zeros_still_cost_without_bound():
    p, q = jnp.array([1 - 1e-6, 1e-6, 0]), jnp.array([1 - 1e-6, 0, 1e-6])
    assert theory.kl(p, q) == theory.reverse_kl(p, q) == np.inf
    sure = jnp.array([0.5, 1, 0])
    assert theory.game_value(sure, p, q) > -1.4  # it is sure, and right
    assert theory.game_value(sure, q, p) == -np.inf
    # A certain score has no price where nothing is, and none where it is right.
    halves = jnp.array([0.5, 0.5, 0, 0]), jnp.array([0.5, 0, 0.5, 0])
    scores = theory.optimal_score(*map(jnp.log, halves))
    assert theory.game_value_of_scores(scores, *halves) == pytest.approx(-log(2))
    # Slopes stay finite also through what was overlooked.
    (p, q), _ = grid((-15, 15))
    for slopes in (jax.grad(theory.kl, (0, 1))(p, q), jax.grad(followed, (0, 1))(p, q)):
        assert np.all(np.isfinite(slopes))


@pytest.mark.parametrize(
    "name, options",
    [(name, {}) for name in VALUES]
    + [("alpha", {"alpha": 3.0}), ("alpha", {"alpha": -1.0})]
    + [("jensen_shannon_weighted", {"pi": 0.3})],
)
def test_swapped_rows(name, options):
    """u f(1 / u) is the f of the divergence with p and q exchanged."""
    u = np.geomspace(0.1, 10, 20).astype(np.float32)
    row, swapped = F_DIVERGENCES[name], SWAPPED.get(name, F_DIVERGENCES[name])
    row, swapped = row(**options), swapped(**options)
    np.testing.assert_allclose(swapped.f(u), u * row.f(1 / u), rtol=2e-5, atol=2e-5)
