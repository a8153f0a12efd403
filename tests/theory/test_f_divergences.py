import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from numpy import exp, log

from jaxgan.core.errors import UserError
from jaxgan.theory import F_DIVERGENCES, f_divergence, quadrature
from jaxgan.theory.exponentials import LARGEST, log_wright_omega

pytestmark = pytest.mark.usefixtures("strict_ranks")


def softplus(x):
    return np.logaddexp(0, x)


def alpha_row(a, value):
    def conjugate(t):
        return (np.maximum(t * (a - 1) + 1, 0) ** (a / (a - 1)) - 1) / a

    if a > 1:
        return ("alpha", {"alpha": a}, value, lambda v: v, conjugate)
    return ("alpha", {"alpha": a}, value, lambda v: 1 / (1 - a) - softplus(-v), conjugate)


def weighted_row(pi, value):
    def conjugate(t):
        return (1 - pi) * log((1 - pi) / (1 - pi * exp(t / pi)))

    return (
        "jensen_shannon_weighted",
        {"pi": pi},
        value,
        lambda v: -pi * log(pi) - softplus(-v),
        conjugate,
    )


def jeffrey_conjugate(t):
    w = scipy.special.wrightomega(1 - t)
    return w + 1 / w + t - 2


# The paper's tables 1, 2, 5 and 6, with the conjugate as it is for f on u >= 0: name, options,
# D_f(N(0, 1) || N(1, 1.3^2)) from an independent quadrature (Neyman's in closed form), activation,
# conjugate.
ROWS = [
    ("total_variation", {}, 0.349665, lambda v: np.tanh(v) / 2, lambda t: t),
    ("kl", {}, 0.354080, lambda v: v, lambda t: exp(t - 1)),
    ("reverse_kl", {}, 0.582636, lambda v: -exp(-v), lambda t: -1 - log(-t)),
    ("pearson", {}, 0.667535, lambda v: v, lambda t: np.where(t > -2, t**2 / 4 + t, -1)),
    ("neyman", {}, 33.77969, lambda v: 1 - exp(-v), lambda t: 2 - 2 * np.sqrt(1 - t)),
    ("squared_hellinger", {}, 0.208245, lambda v: 1 - exp(-v), lambda t: t / (1 - t)),
    ("jeffrey", {}, 0.936716, lambda v: v, jeffrey_conjugate),
    (
        *("jensen_shannon", {}, 0.192744),
        *(lambda v: log(2) - softplus(-v), lambda t: -log(2 - exp(t))),
    ),
    ("gan", {}, -1.193551, lambda v: -softplus(-v), lambda t: -log(1 - exp(t))),
    weighted_row(0.3, 0.077111),
    alpha_row(-1.0, 16.889846),
    alpha_row(0.5, 0.416490),
    alpha_row(0.99, None),
    alpha_row(1.05, None),
    alpha_row(3.0, 0.388600),
]
IDS = ["-".join([row[0], *(str(v) for v in row[1].values())]) for row in ROWS]
EVERY_ROW = pytest.mark.parametrize(
    "row, value, activation, conjugate",
    [(F_DIVERGENCES[name](**options), *rest) for name, options, *rest in ROWS],
    ids=IDS,
)


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


def test_the_table_is_whole():
    assert {row[0] for row in ROWS} == set(F_DIVERGENCES)


@EVERY_ROW
def test_the_conjugate_is_the_supremum(row, value, activation, conjugate, x64):
    u = np.concatenate([[0], np.geomspace(1e-6, 1e6, 200_001)])
    f = np.asarray(row.f(jnp.asarray(u)))
    high = row.domain[1]
    t = np.concatenate([np.linspace(-6, min(3, high - 0.05), 40), [-0.5, -1.01, -2.01]])
    t = t[t < high]
    supremum = [np.max(u * one - f) for one in t]
    end = high if high < math.inf else 10
    near = np.array([end + 0.01, end + 5, end - 0.01 * max(1, end)])
    values = np.asarray(jax.jit(row.conjugate)(np.concatenate([t, near])))
    np.testing.assert_allclose(values[:-3], supremum, rtol=1e-7, atol=1e-7)
    assert list(np.isfinite(values[-3:])) == [high == math.inf, high == math.inf, True]
    assert row.domain[0] == -math.inf


@EVERY_ROW
def test_the_optimum_is_the_slope_of_f_and_young_is_tight(row, value, activation, conjugate, x64):
    @jax.jit
    def measure(r):
        best, slope = row.optimal(r), jax.vmap(jax.grad(row.f))(r)
        return (
            best,
            slope,
            row.f(r) + row.conjugate(best),
            row.activation(row.score_threshold + 0 * r),
        )

    r = np.append(np.geomspace(0.01, 100, 40), 1)
    best, slope, young, at_threshold = measure(r)
    np.testing.assert_allclose(best[:-1], slope[:-1], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(young, r * best, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([best[-1], at_threshold[-1]], row.threshold, atol=1e-12)


@EVERY_ROW
def test_activation_and_conjugate_are_those_of_the_paper(row, value, activation, conjugate, x64):
    v = np.linspace(-8, 8, 101)
    if row.score_threshold < -8:  # alpha near 1: f* of it is e^t beyond
        v = row.score_threshold + v
    made, composed = jax.jit(lambda v: (row.activation(v), row.conjugate_of_activation(v)))(v)
    expected = activation(v)
    np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-12)
    assert np.all(np.diff(made) > 0) and np.all(expected < row.domain[1])
    np.testing.assert_allclose(composed, conjugate(expected), rtol=1e-8, atol=1e-12)


SCORES = np.sort(np.concatenate([np.arange(-60, 61), s := np.geomspace(1, 1e4, 40), -s]))


@EVERY_ROW
def test_finite_and_alive_for_every_score(row, value, activation, conjugate):
    functions = row.activation, row.conjugate_of_activation

    def slope_of(function):
        return jax.grad(lambda v: function(v).sum())

    @jax.jit
    def measure(v):
        slopes = [slope_of(function) for function in functions]
        return [[f(v) for f in each] for each in (functions, slopes, map(slope_of, slopes))]

    made = jax.tree.map(np.asarray, measure(SCORES.astype(np.float32)))
    with jax.enable_x64(True):
        exact = jax.jit(lambda v: [jax.jvp(f, (v,), (jnp.ones_like(v),))[1] for f in functions])
        exact = jax.tree.map(np.asarray, exact(SCORES))
    for y, slope, bend, expected in zip(*made, exact, strict=True):
        assert y.dtype == np.float32
        assert np.all(np.isfinite(y)) and np.all(np.isfinite(slope)) and np.all(np.isfinite(bend))
        assert np.all(slope >= 0) and np.all(np.diff(y) >= 0)
        # Nothing but underflow takes a slope away.
        np.testing.assert_allclose(slope, expected, rtol=2e-4, atol=1e-30)


@EVERY_ROW
def test_shapes_dtypes_and_transformations(row, value, activation, conjugate):
    x = jax.ShapeDtypeStruct((2, 1, 3), jnp.float32)
    with jax.enable_x64(True):
        for name in ("f", "optimal", "conjugate", "activation", "conjugate_of_activation"):
            made = jax.eval_shape(jax.vmap(getattr(row, name)), x)
            assert (made.shape, made.dtype) == (x.shape, x.dtype), name


# The side on which the activation or its conjugate is an exponential.
SOFTENED = [("kl", 1), ("reverse_kl", -1), ("neyman", -1), ("jeffrey", 1)]


@pytest.mark.parametrize("name, side", SOFTENED)
def test_beyond_the_largest_exponent_the_bound_holds(name, side, x64):
    row = F_DIVERGENCES[name]()
    v = side * jnp.array([31.0, 40.0, 1e3, 1e4])
    pair = row.conjugate(row.activation(v)), row.conjugate_of_activation(v)
    np.testing.assert_allclose(*pair, rtol=1e-9)


def test_an_exponential_goes_on_by_its_tangent(x64):
    beyond = jnp.array([0.0, 1.0, 100.0])
    expected = exp(LARGEST) * (1 + beyond)
    np.testing.assert_allclose(
        F_DIVERGENCES["kl"]().conjugate_of_activation(1 + LARGEST + beyond), expected, rtol=1e-12
    )
    np.testing.assert_allclose(
        F_DIVERGENCES["reverse_kl"]().activation(-LARGEST - beyond), -expected, rtol=1e-12
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_wright_omega(dtype, x64):
    eps = np.finfo(dtype).eps
    z = np.concatenate([-np.geomspace(1e-4, 1e4, 200), np.geomspace(1e-4, 1e4, 200), [0, 1]])
    z = z.astype(dtype)
    root, slope = jax.jit(jax.vmap(jax.value_and_grad(log_wright_omega)))(z)
    assert root.dtype == dtype
    exact = z.astype(np.float64)
    omega = scipy.special.wrightomega(exact)
    with np.errstate(divide="ignore"):  # of -1e4 omega is no float64, but its logarithm is
        expected = np.where(exact < -700, exact, log(omega))
    np.testing.assert_allclose(root, expected, rtol=4 * eps, atol=2 * eps)
    np.testing.assert_allclose(slope, 1 / (1 + omega), rtol=20 * eps)


@EVERY_ROW
def test_the_bound_is_below_the_divergence_and_attained(row, value, activation, conjugate, x64):
    points, weights = quadrature([(-25.0, 32.0)], panels=512)  # where |p - q| bends, 1 / panels^2
    x = points[:, 0]
    p = exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    q = exp(-(((x - 1) / 1.3) ** 2) / 2) / (1.3 * np.sqrt(2 * np.pi))

    @jax.jit
    def measure(scores):
        def bound(t, conjugate_of_t):
            return t @ (weights * p) - conjugate_of_t @ (weights * q)

        best, ratio = row.optimal(p / q), jnp.asarray(p / q)
        bounds = bound(row.activation(scores), row.conjugate_of_activation(scores))
        return (weights * q) @ row.f(ratio), bound(best, row.conjugate(best)), bounds

    # 30 critics, smooth, steep and discontinuous.
    a, b, c, d = np.random.default_rng(0).normal(size=(4, 30, 1)) * [[[3]], [[2]], [[1]], [[20]]]
    waves = a * np.sin(b * x[None] + c) + np.where(x[None] > c, d, -d)
    divergence, attained, bounds = measure(row.score_threshold + waves)
    np.testing.assert_allclose(attained, divergence, rtol=1e-9, atol=1e-9)
    if value is not None:
        np.testing.assert_allclose(divergence, value, rtol=1e-5)
    assert np.all(bounds <= divergence + 1e-9)


def test_options_out_of_range():
    for pi in (0, 1, 1.5, float("nan")):
        with pytest.raises(UserError, match=r"must lie in \(0, 1\)"):
            F_DIVERGENCES["jensen_shannon_weighted"](pi=pi)
    with pytest.raises(UserError, match="choose 'kl'"):
        F_DIVERGENCES["alpha"](alpha=1)
    with pytest.raises(UserError, match="choose 'reverse_kl'"):
        F_DIVERGENCES["alpha"](alpha=0.0)
    with pytest.raises(UserError, match="must be a finite number"):
        f_divergence("alpha", jnp.ones(1), jnp.ones(1), alpha=float("nan"))
