import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from numpy import log
from scipy.linalg import sqrtm
from scipy.spatial.distance import jensenshannon

from jaxgan.core.errors import UserError
from jaxgan.theory import (
    F_DIVERGENCES,
    GAUSSIAN_DIVERGENCES,
    Gaussian,
    divergence_of_densities,
    f_divergence,
    js,
    kl,
    quadrature,
    reverse_kl,
    squared_wasserstein_2,
    total_variation,
)

pytestmark = pytest.mark.usefixtures("strict_ranks")
RNG = np.random.default_rng(0)
P, Q = RNG.dirichlet(np.ones(7), size=(2, 2, 3))  # [2, 3, 7] each
INF = np.inf


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


def test_against_scipy(x64):
    made = jax.jit(lambda *d: [kl(*d), reverse_kl(*d), js(*d), total_variation(*d)])(P, Q)
    expected = [
        scipy.stats.entropy(P, Q, axis=-1),
        scipy.stats.entropy(Q, P, axis=-1),
        jensenshannon(P, Q, axis=-1) ** 2,
        np.abs(P - Q).sum(-1) / 2,
    ]
    np.testing.assert_allclose(made, expected, rtol=1e-11)


def test_identities_of_the_family(x64):
    for made, expected in jax.jit(identities)(P, Q, 0.3 * P + 0.7 * Q):
        np.testing.assert_allclose(made, expected, rtol=1e-10)
    # The limits that the errors of alpha name.
    np.testing.assert_allclose(f_divergence("alpha", P, Q, alpha=1 + 1e-6), kl(P, Q), rtol=1e-4)
    np.testing.assert_allclose(f_divergence("alpha", P, Q, alpha=1e-6), kl(Q, P), rtol=1e-4)


def identities(p, q, m):
    def d(name, p=p, q=q, **options):
        return f_divergence(name, p, q, **options)

    return [
        (d("pearson"), ((p - q) ** 2 / q).sum(-1)),
        (d("neyman"), d("pearson", q, p)),
        (d("squared_hellinger"), ((jnp.sqrt(p) - jnp.sqrt(q)) ** 2).sum(-1)),
        (d("jeffrey"), kl(p, q) + kl(q, p)),
        (d("gan"), 2 * js(p, q) - log(4)),
        (d("jensen_shannon_weighted", pi=0.3), 0.3 * kl(p, m) + 0.7 * kl(q, m)),
        (d("alpha", alpha=2.0), d("pearson") / 2),
        (d("alpha", alpha=-1.0), d("neyman") / 2),
        (d("alpha", alpha=0.5), 2 * d("squared_hellinger")),
    ]


# The price of mass of p where q has none, lim f(u) / u, and of mass of q where p has none, f(0).
@pytest.mark.parametrize(
    "name, options, of_p, of_q",
    [
        ("total_variation", {}, 1 / 2, 1 / 2),
        ("kl", {}, INF, 0),
        ("reverse_kl", {}, 0, INF),
        ("pearson", {}, INF, 1),
        ("neyman", {}, 1, INF),
        ("squared_hellinger", {}, 1, 1),
        ("jeffrey", {}, INF, INF),
        ("jensen_shannon", {}, log(2), log(2)),
        ("jensen_shannon_weighted", {"pi": 0.3}, -0.3 * log(0.3), -0.7 * log(0.7)),
        ("gan", {}, 0, 0),
        ("alpha", {"alpha": 0.5}, 2, 2),
        ("alpha", {"alpha": 3.0}, INF, 1 / 3),
        ("alpha", {"alpha": -1.0}, 1 / 2, INF),
    ],
)
def test_mass_that_only_one_of_them_has(name, options, of_p, of_q):
    # Disjoint supports, then a fifth of p's mass alone, then a fifth of q's; nobody is at the last.
    p = jnp.array([[0.3, 0.7, 0, 0, 0], [0.2, 0.4, 0.4, 0, 0], [0, 0.5, 0.5, 0, 0]])
    q = jnp.array([[0, 0, 0.6, 0.4, 0], [0, 0.5, 0.5, 0, 0], [0.2, 0.4, 0.4, 0, 0]])
    u = np.array([0.8, 1.25])  # their ratios where both have mass

    @jax.jit
    def measure(p, q):
        row = F_DIVERGENCES[name](**options)
        value, pull = jax.vjp(lambda p, q: f_divergence(name, p, q, **options), p, q)
        return value, *pull(jnp.ones(3)), row.f(jnp.asarray(u)), row.optimal(jnp.asarray(u))

    value, slope_p, slope_q, shared, best = jax.tree.map(np.asarray, measure(p, q))
    expected = [of_p + of_q, 0.2 * of_p + shared[0], 0.2 * of_q + 0.8 * shared[1]]
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    # Slopes: f'(u) and f(u) - u f'(u) on both supports, the prices outside.
    assert np.all(np.isfinite(slope_p)) and np.all(np.isfinite(slope_q))
    np.testing.assert_allclose(slope_p[[1, 2], [1, 2]], best, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slope_q[[1, 2], [1, 2]], shared - u * best, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slope_p[1, 0], of_p if of_p < INF else 0, rtol=1e-6)
    np.testing.assert_allclose(slope_q[2, 0], of_q if of_q < INF else 0, rtol=1e-6)


def test_one_sided_slopes_at_zero():
    # Pearson at p = 0: d/dp (p - q)^2 / q = -2; Neyman at q = 0: d/dq (p - q)^2 / p = -2.
    p, q = jnp.array([0.0, 1.0]), jnp.array([0.4, 0.6])

    @jax.jit
    def slopes(p, q):
        pearson = jax.grad(lambda p: f_divergence("pearson", p, q))(p)
        neyman = jax.grad(lambda p: f_divergence("neyman", q, p))(p)
        return pearson, neyman, jax.grad(kl)(p, q)

    pearson, neyman, of_kl = slopes(p, q)
    np.testing.assert_allclose(pearson, [-2, 2 * (1 / 0.6 - 1)], rtol=1e-6)
    np.testing.assert_allclose(neyman, [-2, 2 * (1 / 0.6 - 1)], rtol=1e-6)
    assert of_kl[0] == 0  # it is minus infinity: the support is kept


def test_wgan_example_of_parallel_lines():
    # Arjovsky et al. 2017, example 1: disjoint supports at any distance.
    p, q = np.array([[1.0, 0], [1, 0]]), np.array([[0, 1.0], [1, 0]])
    values = jax.jit(lambda *d: [kl(*d), reverse_kl(*d), js(*d), total_variation(*d)])(p, q)
    np.testing.assert_allclose(values, [[INF, 0], [INF, 0], [log(2), 0], [1, 0]], rtol=1e-6)


def density(gaussian):
    precision = np.linalg.inv(gaussian.covariance)
    scale = np.sqrt(np.linalg.det(2 * np.pi * gaussian.covariance))
    return lambda x: (
        jnp.exp(-jnp.sum((d := x - gaussian.mean[None]) @ precision * d, -1) / 2) / scale
    )


WIDE = Gaussian(np.array([1.0]), np.array([[1.69]]))
NARROW = Gaussian(np.array([0.0]), np.array([[1.0]]))
PLANE = (
    Gaussian(np.array([0.5, -0.3]), np.array([[1.0, 0.4], [0.4, 0.8]])),
    Gaussian(np.array([0.0, 0.2]), np.array([[0.9, 0.2], [0.2, 0.7]])),
)


@pytest.mark.parametrize("pair, low, high", [((NARROW, WIDE), -25, 32), (PLANE, -14, 14)])
def test_gaussians_against_quadrature(pair, low, high, x64):
    box = [(low, high)] * len(pair[0].mean)
    rows = [(name, {}) for name in GAUSSIAN_DIVERGENCES]
    rows += [("alpha", {"alpha": -0.7}), ("alpha", {"alpha": 0.3})]

    @jax.jit
    def measure(p, q):
        densities = density(pair[0]), density(pair[1])
        return [
            (
                GAUSSIAN_DIVERGENCES[name](p, q, **options),
                divergence_of_densities(name, *densities, box, panels=30, **options),
            )
            for name, options in rows
        ]

    np.testing.assert_allclose(*zip(*measure(*pair), strict=True), rtol=1e-7)


def test_gaussians_whose_divergence_is_infinite():
    p, q = (Gaussian(jnp.zeros(1), jnp.eye(1) * variance) for variance in (2.0, 1.0))
    assert GAUSSIAN_DIVERGENCES["pearson"](p, q) == np.inf  # p^2 / q does not fall
    assert GAUSSIAN_DIVERGENCES["alpha"](p, q, alpha=3.0) == np.inf
    assert np.isfinite(GAUSSIAN_DIVERGENCES["pearson"](q, p))
    with pytest.raises(UserError, match="choose 'kl'"):
        GAUSSIAN_DIVERGENCES["alpha"](p, q, alpha=1)


def test_wasserstein_of_gaussians(x64):
    # On a line (mean difference)^2 + (difference of deviations)^2.
    np.testing.assert_allclose(squared_wasserstein_2(NARROW, WIDE), 1 + 0.3**2, rtol=1e-12)
    # In the plane by the cost of the optimal linear map A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2.
    p, q = PLANE
    root = sqrtm(p.covariance)
    back = np.linalg.inv(root)
    moved = back @ sqrtm(root @ q.covariance @ root) @ back - np.eye(2)
    cost = np.trace(moved @ p.covariance @ moved) + np.sum((p.mean - q.mean) ** 2)
    np.testing.assert_allclose(squared_wasserstein_2(p, q), cost, rtol=1e-10)
    np.testing.assert_allclose(squared_wasserstein_2(p, p), 0, atol=1e-12)


def test_quadrature_is_exact_for_polynomials():
    points, weights = quadrature([(-1.0, 2.0), (0.0, 1.0)], panels=2, order=3)
    assert points.shape == (36, 2)
    x, y = points.T
    # int x^5 y^4 = (2^6 - 1) / 6 * 1 / 5
    np.testing.assert_allclose(np.sum(weights * x**5 * y**4), 63 / 30, rtol=1e-12)


def test_errors():
    with pytest.raises(UserError, match="unknown f-divergence 'KL'; known: alpha"):
        f_divergence("KL", P, Q)
    with pytest.raises(UserError, match="3 sides"):
        quadrature([(0, 1)] * 3)
    with pytest.raises(UserError, match="low < high"):
        quadrature([(1, 1)])
