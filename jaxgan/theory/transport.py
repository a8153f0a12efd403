"""Optimal transport of distributions that are known, exactly: on the host, in float64.

Histograms and weights are scaled to sum to 1. Costs and distances are [N, M], the price of moving a
unit of mass from the i-th place of p to the j-th of q.
"""

from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError

LARGEST_ENUMERATION = 16  # cells of a plan: 4 x 4 has up to a few hundred extreme plans
EMPTY = 1e-9


class MovingPlan(NamedTuple):
    """A way to move p onto q.

    Attributes:
      cost: sum of plan * costs.
      plan: [N, M], mass moved from i to j; rows sum to p, columns to q.
    """

    cost: float
    plan: np.ndarray


class Transport(NamedTuple):
    """The best way to move p onto q, and the proof that it is.

    Attributes:
      cost: the least cost.
      plan: [N, M], mass moved from i to j; rows sum to p, columns to q.
      potentials: (phi [N], psi [M]) with phi_i + psi_j <= costs_ij and E_p[phi] + E_q[psi] = cost
        (Kantorovich's dual).
    """

    cost: float
    plan: np.ndarray
    potentials: tuple[np.ndarray, np.ndarray]


def _histogram(p, name):
    p = np.asarray(p, np.float64)
    if p.ndim != 1 or not (np.all(p >= 0) and 0 < p.sum() < np.inf):
        raise UserError(f"{name} must be a list of weights, finite, not negative and not all 0.")
    return p / p.sum()


def _problem(p, q, costs):
    p, q, costs = _histogram(p, "p"), _histogram(q, "q"), np.asarray(costs, np.float64)
    if costs.shape != (len(p), len(q)) or not np.all(np.isfinite(costs)):
        raise UserError(f"the costs must be finite, of shape {(len(p), len(q))}.")
    return p, q, costs


def distances(x, y) -> np.ndarray:
    """Euclidean distances [N, M] of points [N, D] and [M, D], or of numbers [N] and [M]."""
    x, y = (np.asarray(a, np.float64).reshape(len(a), -1) for a in (x, y))
    return np.linalg.norm(x[:, None] - y[None], axis=-1)


def wasserstein_on_a_line(x, y, *, x_weights=None, y_weights=None, order: float = 1) -> float:
    """Wasserstein distance on a line, of weighted points in any number: quantile against quantile.

    (int_0^1 |F^-1(t) - G^-1(t)|^order dt)^(1 / order).

    Args:
      x: [N] numbers.
      y: [M] numbers.
      x_weights: [N], equal if None.
      y_weights: [M], equal if None.
      order: 1 or more.

    Returns:
      A distance in the units of x.

    Raises:
      UserError: the order is below 1, or the weights are no weights.
    """
    if not 1 <= order < np.inf:
        raise UserError(f"order is {order}; it must be finite and at least 1.")
    ends, values = [], []
    for points, weights in ((x, x_weights), (y, y_weights)):
        points = np.asarray(points, np.float64)
        weights = _histogram(np.ones(len(points)) if weights is None else weights, "weights")
        if weights.shape != points.shape:
            raise UserError(f"{weights.size} weights do not go with points {points.shape}.")
        order_of = np.argsort(points)
        ends.append(np.cumsum(weights[order_of]))
        values.append(points[order_of])
    # Both quantile functions are constant between neighbouring ends of either.
    edges = np.union1d(*ends).clip(max=1.0)
    widths = np.diff(edges, prepend=0.0)
    middles = edges - widths / 2
    at = [
        v[np.searchsorted(e, middles).clip(max=len(v) - 1)]
        for e, v in zip(ends, values, strict=True)
    ]
    return float(np.sum(widths * np.abs(at[0] - at[1]) ** order) ** (1 / order))


def optimal_transport(p, q, costs) -> Transport:
    """The least cost of moving p onto q, by linear programming.

    With ``distances(x, y) ** order`` for costs, cost ** (1 / order) is the Wasserstein distance.

    Args:
      p: [N] weights.
      q: [M] weights.
      costs: [N, M], finite.

    Returns:
      A ``Transport``; its plan is one of the extreme ones.

    Raises:
      UserError: the weights are no weights, or the shapes do not fit.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    p, q, costs = _problem(p, q, costs)
    rows = sparse.kron(sparse.eye(len(p)), np.ones((1, len(q))))
    columns = sparse.kron(np.ones((1, len(p))), sparse.eye(len(q)))
    answer = linprog(
        costs.ravel(), A_eq=sparse.vstack([rows, columns]), b_eq=np.r_[p, q], method="highs"
    )
    potentials = answer.eqlin.marginals[: len(p)], answer.eqlin.marginals[len(p) :]
    return Transport(float(answer.fun), answer.x.reshape(costs.shape), potentials)


def kantorovich_rubinstein(p, q, metric) -> tuple[float, np.ndarray]:
    """max E_p[f] - E_q[f] over the f with |f_i - f_j| <= metric_ij: the critic's side of W1.

    Both distributions live on the same N places. It equals the least cost of moving p onto q where
    the triangle inequality holds.

    Args:
      p: [N] weights.
      q: [N] weights.
      metric: [N, N] distances, finite.

    Returns:
      The maximum and an optimal f [N], which is 0 at the first place.

    Raises:
      UserError: the weights are no weights, or the shapes do not fit.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    p, q, distances = _problem(p, q, metric)
    i, j = np.nonzero(~np.eye(len(p), dtype=bool))
    pairs = np.arange(len(i))
    rises = sparse.csr_array(
        (np.r_[np.ones(len(i)), -np.ones(len(j))], (np.r_[pairs, pairs], np.r_[i, j])),
        shape=(len(i), len(p)),
    )
    bounds = [(0, 0)] + [(None, None)] * (len(p) - 1)
    answer = linprog(q - p, A_ub=rises, b_ub=metric[i, j], bounds=bounds, method="highs")
    return -float(answer.fun), answer.x


def assignment(costs) -> tuple[float, np.ndarray]:
    """The best pairing of N points with N others, each of weight 1 / N.

    Args:
      costs: [N, N].

    Returns:
      The mean cost, and for each row its column, [N].

    Raises:
      UserError: the costs are not square.
    """
    from scipy.optimize import linear_sum_assignment

    costs = np.asarray(costs, np.float64)
    if costs.ndim != 2 or len(costs) != costs.shape[-1]:
        raise UserError(f"the costs have shape {costs.shape}; they must be square.")
    rows, columns = linear_sum_assignment(costs)
    return float(costs[rows, columns].mean()), columns


def enumerate_plans(p, q, costs) -> list[MovingPlan]:
    """Every extreme plan that moves p onto q, the cheapest first.

    The plans form a polytope, and a best one is at a corner; for N equal weights on either side the
    corners are the N! pairings. A corner's moves form a forest, so that some place's mass goes all
    along one move: all corners are found by making, again and again, any possible move as large as
    it can be.

    Args:
      p: [N] weights.
      q: [M] weights.
      costs: [N, M], finite.

    Returns:
      ``MovingPlan``s by rising cost; the first is an optimal one.

    Raises:
      UserError: more than 16 cells between places with mass, or the shapes do not fit.
    """
    p, q, costs = _problem(p, q, costs)
    cells = np.count_nonzero(p) * np.count_nonzero(q)
    if cells > LARGEST_ENUMERATION:
        raise UserError(f"{cells} cells are too many to list; at most {LARGEST_ENUMERATION}.")
    known = {}

    def completions(p, q):
        """All plans of what is left, each a frozenset of (i, j, mass)."""
        if (p, q) not in known:
            known[p, q] = {
                rest | {(i, j, min(p[i], q[j]))}
                for i in range(len(p))
                for j in range(len(q))
                if p[i] > 0 and q[j] > 0
                for rest in completions(_less(p, i, q[j]), _less(q, j, p[i]))
            } or {frozenset()}
        return known[p, q]

    plans = []
    found = completions(_less(p, 0, 0), _less(q, 0, 0))
    # A corner is known by its cells; one reached in two orders may differ in a last digit.
    for moves in {frozenset((i, j) for i, j, _ in moves): moves for moves in found}.values():
        plan = np.zeros(costs.shape)
        for i, j, mass in moves:
            plan[i, j] = mass
        plans.append(MovingPlan(float(np.sum(plan * costs)), plan))
    return sorted(plans, key=lambda one: one.cost)


def _less(masses, place, mass):
    """The masses with one of them diminished; what only rounding has left counts as nothing."""
    left = np.array(masses)
    left[place] -= mass
    return tuple(np.where(left < EMPTY, 0, left).round(12).tolist())
