from itertools import permutations

import numpy as np
import pytest
import scipy.stats

from jaxgan.core.errors import UserError
from jaxgan.theory import (
    assignment,
    distances,
    enumerate_plans,
    kantorovich_rubinstein,
    optimal_transport,
    wasserstein_on_a_line,
)


def histograms(n, m, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), rng


def test_on_a_line_against_scipy():
    p, q, rng = histograms(9, 13)
    x, y = rng.normal(size=9), rng.normal(size=13) + 0.4
    np.testing.assert_allclose(
        wasserstein_on_a_line(x, y, x_weights=p, y_weights=q),
        scipy.stats.wasserstein_distance(x, y, p, q),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        wasserstein_on_a_line(x, y), scipy.stats.wasserstein_distance(x, y), rtol=1e-12
    )


@pytest.mark.parametrize("order", [1, 2, 3.5])
def test_on_a_line_is_the_linear_programme(order):
    p, q, rng = histograms(6, 8)
    x, y = rng.normal(size=6), rng.normal(size=8) * 2
    best = optimal_transport(p, q, distances(x, y) ** order)
    np.testing.assert_allclose(
        wasserstein_on_a_line(x, y, x_weights=p, y_weights=q, order=order),
        best.cost ** (1 / order),
        rtol=1e-9,
    )


def test_a_shift_costs_its_length():
    # Arjovsky et al. 2017, example 1: parallel lines theta apart.
    line = np.linspace(0, 1, 20)
    for theta in (-0.5, 0, 2.0):
        lines = [np.stack([np.full(20, at), line], -1) for at in (0, theta)]
        assert np.isclose(assignment(distances(*lines))[0], abs(theta))
    x = np.random.default_rng(0).normal(size=50)
    for order in (1, 2, 5):
        np.testing.assert_allclose(wasserstein_on_a_line(x, x + 3, order=order), 3)


def test_the_plan_moves_p_onto_q_and_the_potentials_prove_it_best():
    p, q, rng = histograms(7, 5)
    costs = distances(rng.normal(size=(7, 2)), rng.normal(size=(5, 2))) ** 2
    cost, plan, (phi, psi) = optimal_transport(p, q, costs)
    assert np.all(plan >= 0) and np.count_nonzero(plan > 1e-12) <= 7 + 5 - 1
    np.testing.assert_allclose(plan.sum(1), p, atol=1e-12)
    np.testing.assert_allclose(plan.sum(0), q, atol=1e-12)
    np.testing.assert_allclose([np.sum(plan * costs), p @ phi + q @ psi], cost, rtol=1e-9)
    slack = costs - phi[:, None] - psi
    assert np.all(slack >= -1e-9) and np.all(np.abs(slack[plan > 1e-12]) < 1e-9)


def test_equal_weights_are_an_assignment_and_every_extreme_plan_a_pairing():
    rng = np.random.default_rng(1)
    costs = distances(rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))
    plans = enumerate_plans(np.ones(4), np.ones(4), costs)
    pairings = sorted(np.mean(costs[range(4), order]) for order in permutations(range(4)))
    np.testing.assert_allclose([one.cost for one in plans], pairings, rtol=1e-9)
    cost, columns = assignment(costs)
    np.testing.assert_allclose(plans[0].plan * 4, np.eye(4)[columns], atol=1e-9)
    np.testing.assert_allclose(
        [plans[0].cost, optimal_transport(np.ones(4), np.ones(4), costs).cost], cost, rtol=1e-9
    )


def test_every_extreme_plan_by_hand():
    # 2 x 2: one mass x = plan[0, 0] decides, between max(0, p0 - q1) = 0.2 and min(p0, q0) = 0.6.
    plans = enumerate_plans([0.6, 0.4], [0.6, 0.4], [[0, 1], [1, 0]])
    assert [round(one.cost, 9) for one in plans] == [0, 0.8]
    np.testing.assert_allclose(plans[1].plan, [[0.2, 0.4], [0.4, 0]], atol=1e-12)
    # 3 x 4, against the solutions of every possible basis.
    p, q, rng = histograms(3, 4)
    costs = rng.random((3, 4))
    plans = enumerate_plans(p, q, costs)
    np.testing.assert_allclose(plans[0].cost, optimal_transport(p, q, costs).cost, rtol=1e-9)
    for cost, plan in plans:
        np.testing.assert_allclose([*plan.sum(1), *plan.sum(0)], [*p, *q], atol=1e-9)
        np.testing.assert_allclose(np.sum(plan * costs), cost)
    assert len(plans) == corners(p, q)


def corners(p, q):
    """Number of feasible bases: sets of n + m - 1 independent columns with a positive solution."""
    from itertools import combinations

    n, m = len(p), len(q)
    rows = np.kron(np.eye(n), np.ones((1, m)))
    columns = np.kron(np.ones((1, n)), np.eye(m))
    system, sides = np.vstack([rows, columns])[:-1], np.r_[p, q][:-1]
    bases = np.array(list(combinations(range(n * m), n + m - 1)))
    squares = system[:, bases].transpose(1, 0, 2)
    squares = squares[np.abs(np.linalg.det(squares)) > 0.5]
    solved = np.linalg.solve(squares, np.broadcast_to(sides[:, None], (len(squares), n + m - 1, 1)))
    return np.count_nonzero(np.all(solved >= 0, axis=(1, 2)))


@pytest.mark.parametrize("dimensions", [1, 3])
def test_kantorovich_rubinstein_duality(dimensions):
    p, q, rng = histograms(12, 12)
    points = rng.normal(size=(12, dimensions))
    metric = distances(points, points)
    value, critic = kantorovich_rubinstein(p, q, metric)
    np.testing.assert_allclose(value, optimal_transport(p, q, metric).cost, rtol=1e-9)
    np.testing.assert_allclose(critic @ (p - q), value, rtol=1e-9)
    assert critic[0] == 0
    assert np.all(np.abs(critic[:, None] - critic) <= metric + 1e-9)


def test_weights_need_not_sum_to_one_and_empty_places_stay_empty():
    cost, plan, _ = optimal_transport([2, 0, 2], [0, 3, 3], distances([0, 1, 2], [0, 1, 2]))
    np.testing.assert_allclose(cost, 0.5)  # half of the mass goes from 0 to 1, the rest stays
    assert np.all(plan[1] == 0) and np.all(plan[:, 0] == 0)
    assert len(enumerate_plans([2, 0, 2], [0, 3, 3], np.ones((3, 3)))) == 2


def test_errors():
    with pytest.raises(UserError, match="p must be a list of weights"):
        optimal_transport([-1, 2], [1, 1], np.ones((2, 2)))
    with pytest.raises(UserError, match=r"of shape \(2, 3\)"):
        optimal_transport([1, 1], [1, 1, 1], np.ones((3, 2)))
    with pytest.raises(UserError, match="25 cells are too many to list; at most 16"):
        enumerate_plans(np.ones(5), np.ones(5), np.ones((5, 5)))
    with pytest.raises(UserError, match="must be square"):
        assignment(np.ones((2, 3)))
    with pytest.raises(UserError, match="order is 0.5"):
        wasserstein_on_a_line([0], [1], order=0.5)
    with pytest.raises(UserError, match="3 weights do not go with points"):
        wasserstein_on_a_line([0, 1], [1], x_weights=[1, 1, 1])
