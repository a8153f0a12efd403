import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import log

from jaxgan.theory import (
    best_game_value,
    error_rates,
    game_value,
    js,
    kl,
    least_error,
    non_saturating_value,
    optimal_discriminator,
    optimal_score,
    total_variation,
)

pytestmark = pytest.mark.usefixtures("strict_ranks")
P = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
Q = np.array([0.1, 0.2, 0.3, 0.0, 0.4])
DATA = P, Q


@pytest.fixture(autouse=True)
def x64():
    with jax.enable_x64(True):
        yield


def test_optimal_discriminator_by_hand():
    d = optimal_discriminator(jnp.append(P, 0), jnp.append(Q, 0))
    np.testing.assert_allclose(d, [5 / 6, 3 / 5, 1 / 3, 1, 0, 1 / 2], rtol=1e-12)
    score = optimal_score(log(P[:3]), log(Q[:3]))
    np.testing.assert_allclose(jax.nn.sigmoid(score), d[:3], rtol=1e-12)
    assert optimal_score(jnp.array(-2000.0), jnp.array(-2001.0)) == 1  # densities of exp(-2000)


def test_the_value_of_the_game_is_the_jensen_shannon_divergence():
    best = optimal_discriminator(*DATA)
    value, slope = jax.jit(jax.value_and_grad(game_value))(best, *DATA)
    np.testing.assert_allclose(value, 2 * js(*DATA) - log(4), rtol=1e-12)
    # Every other discriminator has less, and at the best one the slope is 0 where both have mass.
    others = np.random.default_rng(0).uniform(size=(100, 5))
    assert np.all(jax.vmap(lambda d: game_value(d, *DATA))(others) < value)
    np.testing.assert_allclose(slope[:3], 0, atol=1e-12)
    assert np.all(np.isfinite(slope))
    p, q = np.array([P, P, [1, 0, 0, 0, 0]]), np.array([Q, P, [0, 1, 0, 0, 0]])
    bests = jax.jit(best_game_value)(p, q)
    np.testing.assert_allclose(bests, [value, -log(4), 0], rtol=1e-12, atol=1e-12)


def test_a_sure_and_wrong_discriminator_has_no_value():
    assert game_value(jnp.array([0.0, 1.0]), jnp.array([0.5, 0.5]), jnp.array([1.0, 0])) == -np.inf


def test_the_non_saturating_value_at_the_optimum():
    p, q = P[:3] / P[:3].sum(), Q[:3] / Q[:3].sum()
    best, m = optimal_discriminator(p, q), (p + q) / 2
    value = non_saturating_value(best, q)
    np.testing.assert_allclose(value, np.sum(q * log((p + q) / p)), rtol=1e-12)
    np.testing.assert_allclose(value, kl(q, p) - kl(q, m) + log(2), rtol=1e-12)

    # Arjovsky and Bottou 2017, theorem 2.5: with D* held, the slope of KL(q || p) - 2 JS, along
    # every direction that keeps the sum of q.
    @jax.jit
    def slopes(q):
        held = jax.grad(lambda q: non_saturating_value(best, q))(q)
        true = jax.grad(lambda q: kl(q, p) - 2 * js(p, q))(q)
        return (
            held,
            true,
            jax.grad(lambda q: non_saturating_value(optimal_discriminator(p, q), q))(q),
        )

    held, true, followed = slopes(q)
    np.testing.assert_allclose(held - held.mean(), true - true.mean(), atol=1e-12)
    # With D* following q it is another.
    assert np.max(np.abs((followed - followed.mean()) - (true - true.mean()))) > 0.1


def test_error_rates_by_hand():
    # D* = 5/6, 3/5, 1/3, 1, 0: at 1/2 the third of p is refused, the first two of q accepted.
    rates = error_rates(optimal_discriminator(*DATA), *DATA)
    np.testing.assert_allclose(rates, [0.15, 0.3], rtol=1e-12)
    np.testing.assert_allclose(
        error_rates(optimal_discriminator(*DATA), *DATA, threshold=0.9), [0.95, 0], atol=1e-12
    )


def test_no_test_errs_less_than_one_minus_total_variation():
    # Every test of five entries: accept any of the 32 subsets.
    subsets = (np.arange(32)[:, None] >> np.arange(5)) & 1
    rates = jax.vmap(lambda d: jnp.stack(error_rates(d, *DATA)))(subsets.astype(float))
    sums = rates.sum(-1)
    np.testing.assert_allclose(sums.min(), 1 - total_variation(*DATA), rtol=1e-12)
    best = sum(error_rates(optimal_discriminator(*DATA), *DATA))
    np.testing.assert_allclose([best / 2, sums.min() / 2], least_error(*DATA), rtol=1e-12)
    assert least_error(P, P) == 0.5 and least_error(*jnp.eye(2)) == 0
