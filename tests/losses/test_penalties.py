from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.core.errors import UserError
from jaxgan.losses import PENALTIES, Critic, input_gradient_norms
from jaxgan.losses.penalties import interpolate

pytestmark = pytest.mark.usefixtures("strict_ranks")
TWO_SIDED, ONE_SIDED = "gradient_penalty", "gradient_penalty_one_sided"
LINEAR = "gradient_penalty_linear"
# What each makes of the norm of the gradient, at some point.
OF_NORM = {
    TWO_SIDED: lambda norm: (norm - 1) ** 2,
    ONE_SIDED: lambda norm: np.maximum(norm - 1, 0) ** 2,
    LINEAR: lambda norm: np.maximum(norm - 1, 0),
    "dragan": lambda norm: (norm - 1) ** 2,
    "dragan_code": lambda norm: (norm - 1) ** 2,
    "r1": lambda norm: norm**2 / 2,
    "r2": lambda norm: norm**2 / 2,
}
SEGMENT = (TWO_SIDED, ONE_SIDED, LINEAR)  # at an interpolate
KEYS = jax.random.split(jax.random.key(0), 2)


def linear(w):
    """f(x) = w . x: its gradient is w everywhere."""
    return lambda x: jnp.sum(x * jnp.broadcast_to(w, x.shape), axis=range(1, x.ndim))


def quadratic(a):
    """f(x) = a |x|^2 / 2: its gradient at x is a x."""
    return lambda x: a * jnp.sum(x**2, axis=range(1, x.ndim)) / 2


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@partial(jax.jit, static_argnums=(0, 1))
def penalise(name, critic, parameter, real, fake):
    """Each row's penalty, and its derivative in the critic's parameter."""

    def penalty(parameter):
        return PENALTIES[name]()(Critic(critic(parameter)), real, fake, KEYS)

    return penalty(parameter), jax.jacobian(penalty)(parameter)


def test_the_table_is_whole():
    assert set(PENALTIES) == {*OF_NORM, "consistency", "drift"}


def test_drift_by_hand():
    """Scores w . x of (1, 2) and (0, -1) under w = (3, 1): 5 and -1; slopes 2 * 5 x and -2 x."""
    real = np.array([[1.0, 2], [0, -1]], np.float32)
    values, slopes = penalise("drift", linear, jnp.array([3.0, 1]), real, normal(0, 2, 2))
    np.testing.assert_allclose(values, [25, 1])
    np.testing.assert_allclose(slopes, [[10, 20], [0, 2]])


# The gradient is w wherever one looks: |w| = 1, 2, 1/2, 0.
@pytest.mark.parametrize("name", OF_NORM)
@pytest.mark.parametrize("shape", [(4,), (2, 2, 1)])
def test_linear_critic(name, shape):
    for entries in ((1, 0, 0, 0), (1, 1, 1, 1), (0.25, 0.25, 0.25, 0.25), (0, 0, 0, 0)):
        w = jnp.array(entries, jnp.float32).reshape(1, *shape)
        value, _ = penalise(name, linear, w, *normal(1, 2, 2, *shape))
        np.testing.assert_array_equal(value, [OF_NORM[name](np.linalg.norm(entries))] * 2)


# Where real and fake agree, that is the interpolate: |x| = 5 and 0.25. The gradient's norm is
# a |x|, the penalty (a |x| - 1)^2, and its derivative in a is 2 |x| (a |x| - 1); here a = 2.
@pytest.mark.parametrize(
    "name, values, slopes",
    [
        (TWO_SIDED, [(2 * 5 - 1) ** 2, (2 * 0.25 - 1) ** 2], [2 * 5 * 9, 2 * 0.25 * -0.5]),
        (ONE_SIDED, [(2 * 5 - 1) ** 2, 0], [2 * 5 * 9, 0]),
        # max(0, a |x| - 1) has the slope |x|; a^2 |x|^2 / 2 has a |x|^2.
        (LINEAR, [2 * 5 - 1, 0], [5, 0]),
        ("r1", [50, 0.125], [50, 0.125]),
        ("r2", [50, 0.125], [50, 0.125]),
    ],
)
def test_quadratic_critic_and_its_second_order(name, values, slopes):
    x = jnp.array([[3.0, 4.0], [0.15, 0.2]])
    value, slope = penalise(name, quadratic, 2.0, x, x)
    np.testing.assert_allclose(value, values, rtol=1e-5)
    np.testing.assert_allclose(slope, slopes, rtol=1e-5)


def test_rows_have_their_own_gradient():
    real, fake = normal(2, 2, 2, 3)
    # The gradient of f at a point is the point itself.
    norms = np.linalg.norm(interpolate(real, fake, KEYS), axis=1)
    value, _ = penalise(TWO_SIDED, quadratic, 1.0, real, fake)
    np.testing.assert_allclose(value, (norms - 1) ** 2, rtol=1e-4)
    for name, points in (("r1", real), ("r2", fake)):
        value, _ = penalise(name, quadratic, 1.0, real, fake)
        np.testing.assert_allclose(value, np.sum(points**2, axis=1) / 2, rtol=1e-5)


@pytest.mark.parametrize("name", OF_NORM)
def test_a_zero_gradient_has_a_finite_slope(name):
    value, slope = penalise(name, linear, jnp.zeros((1, 4)), *normal(3, 2, 2, 4))
    np.testing.assert_array_equal(value, [OF_NORM[name](0)] * 2)
    np.testing.assert_array_equal(slope, np.zeros((2, 1, 4)))


def test_norms_are_float32_under_a_narrow_critic():
    x = jnp.full((2, 300), 1, jnp.bfloat16)
    norms = input_gradient_norms(linear(jnp.ones((1, 300), jnp.bfloat16)), x)
    assert norms.dtype == jnp.float32
    # bfloat16 would stop counting at 256.
    np.testing.assert_allclose(norms, np.sqrt(300), rtol=1e-6)


def test_interpolates_lie_uniformly_on_the_segments():
    keys = jax.random.split(jax.random.key(3), 2000)
    real, fake = normal(4, 2, 2000, 2, 2, 1)
    x = np.asarray(interpolate(real, fake, keys))
    # x = fake + epsilon (real - fake): one epsilon for all the pixels of a row.
    epsilon = np.sum((x - fake) * (real - fake), axis=(1, 2, 3)) / np.sum(
        (real - fake) ** 2, axis=(1, 2, 3)
    )
    np.testing.assert_allclose(
        x, fake + epsilon.reshape(-1, 1, 1, 1) * (real - fake), rtol=1e-4, atol=1e-5
    )
    assert stats.kstest(epsilon, "uniform").pvalue > 0.01
    # A row's point depends on its own key alone.
    np.testing.assert_array_equal(interpolate(real[5:7], fake[5:7], keys[5:7]), x[5:7])


def reached(name, real, mean=None, **options):
    """The points at which a penalty takes the gradient; far enough out that it is > 1."""
    keys = jax.random.split(jax.random.key(7), len(real))
    critic = Critic(quadratic(1.0), mean=mean or (lambda numbers: numbers))
    penalty = PENALTIES[name](**options)
    value = jax.jit(lambda real: penalty(critic, real, None, keys))(real)
    return 1 + np.sqrt(value)  # (|x| - 1)^2, for points [B, 1]


def test_dragan_looks_around_the_real_data():
    real = jnp.full((2000, 1), 5.0)
    noise = reached("dragan", real, std=0.3, norm=1.0) - 5
    assert stats.kstest(noise / 0.3, "norm").pvalue > 0.01


def test_the_authors_dragan_looks_to_one_side():
    real = jnp.asarray(np.tile([[4.0], [6.0]], (1000, 1)))  # a standard deviation of 1
    moved = reached("dragan_code", real, scale=0.5) - real[:, 0]
    # The product of two uniform draws: P(U V < t) = t - t log t.
    assert stats.kstest(moved / 0.5, lambda t: t - t * np.log(t)).pvalue > 0.01
    # Mean 5 and mean square 34 over all devices are a standard deviation of 3.
    seen = reached("dragan_code", real, mean=lambda pair: (5.0, 34.0)) - real[:, 0]
    np.testing.assert_allclose(seen, 3 * moved, rtol=1e-3, atol=1e-5)


def test_consistency_of_two_passes():
    passes, keys_seen = [], []

    def features(x, keys):
        keys_seen.append(keys)
        first = len(keys_seen) == 1
        passes.append(x)
        scores = [1.0, 0.0] if first else [3.0, 0.2]
        hidden = [[1.0, 0.0], [0.0, 0.0]] if first else [[0.0, 3.0], [0.0, 0.0]]
        return jnp.array(scores), jnp.array(hidden)

    real = jnp.ones((2, 1))
    penalty = PENALTIES["consistency"](margin=0.1)
    value = penalty(Critic(None, features), real, None, KEYS)
    # (1 - 3)^2 + .1 (1 + 9) / 2 - .1 = 4.4, and max(0, .04 - .1) = 0
    np.testing.assert_allclose(value, [4.4, 0], rtol=1e-6)
    assert all(x is real for x in passes)
    first, second = keys_seen
    assert first.shape == second.shape == (2,) and not np.any(first == second)


@pytest.mark.parametrize("name", PENALTIES)
def test_scores_must_be_one_an_example(name):
    for scores in (lambda x: x, lambda x: x.sum(axis=1, keepdims=True), lambda x: x.sum()):
        critic = Critic(scores, lambda x, keys, scores=scores: (scores(x), x))
        x = jnp.ones((2, 3))
        with pytest.raises(AssertionError, match=r"a penalty wants scores \[B\]"):
            jax.eval_shape(lambda x, critic=critic: PENALTIES[name]()(critic, x, x, KEYS), x)


@pytest.mark.parametrize("name", [name for name, row in PENALTIES.items() if row.options])
def test_options_must_not_be_negative(name):
    for option in PENALTIES[name].options:
        with pytest.raises(UserError, match=f"{option} is -1.0; it must be finite and at least 0"):
            PENALTIES[name](**{option: -1.0})


@pytest.mark.parametrize("name", [*SEGMENT, "r1", "r2"])
def test_agrees_with_torch_double_backward(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    batch, inputs, hidden = 6, 3, 8
    weights = [
        rng.normal(size=size) for size in [(inputs, hidden), (hidden,), (hidden, hidden), hidden]
    ]
    real, fake = rng.normal(size=(2, batch, inputs))
    keys = jax.random.split(jax.random.key(5), batch)
    epsilon = np.asarray(jax.vmap(jax.random.uniform)(keys), np.float64)[:, None]

    def total(params, real, fake):
        w, b, v, u = params
        critic = Critic(lambda x: jnp.tanh(jnp.tanh(x @ w + b[None]) @ v) @ u)
        return PENALTIES[name]()(critic, real, fake, keys).mean()

    single = jax.tree.map(jnp.float32, (weights, real, fake))
    value, slopes = jax.jit(jax.value_and_grad(total))(*single)

    w, b, v, u = params = [torch.tensor(weight, requires_grad=True) for weight in weights]
    between = epsilon * real + (1 - epsilon) * fake
    x = torch.tensor({"r1": real, "r2": fake}.get(name, between), requires_grad=True)
    scores = torch.tanh(torch.tanh(x @ w + b) @ v) @ u
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    norm = gradient.norm(dim=1)
    excess = (norm - 1) if name == TWO_SIDED else (norm - 1).clamp(min=0)
    expected = {"r1": norm**2 / 2, "r2": norm**2 / 2, LINEAR: excess}.get(name, excess**2).mean()
    expected.backward()

    np.testing.assert_allclose(value, expected.item(), rtol=1e-5)
    for slope, param in zip(slopes, params, strict=True):
        np.testing.assert_allclose(slope, param.grad.numpy(), rtol=1e-4, atol=1e-5)
