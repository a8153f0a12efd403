from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.losses import PENALTIES, input_gradient_norms
from jaxgan.losses.penalties import interpolate

pytestmark = pytest.mark.usefixtures("strict_ranks")
TWO_SIDED, ONE_SIDED = "gradient_penalty", "gradient_penalty_one_sided"
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
        return PENALTIES[name](critic(parameter), real, fake, KEYS)

    return penalty(parameter), jax.jacobian(penalty)(parameter)


def test_the_table_is_whole():
    assert set(PENALTIES) == {TWO_SIDED, ONE_SIDED}


# |w| = 1, 2, 1/2, 0: two-sided (|w| - 1)^2, one-sided max(0, |w| - 1)^2.
@pytest.mark.parametrize(
    "w, two_sided, one_sided",
    [
        ((1, 0, 0, 0), 0, 0),
        ((1, 1, 1, 1), 1, 1),
        ((0.25, 0.25, 0.25, 0.25), 0.25, 0),
        ((0, 0, 0, 0), 1, 0),
    ],
)
@pytest.mark.parametrize("shape", [(4,), (2, 2, 1)])
def test_linear_critic(w, two_sided, one_sided, shape):
    w = jnp.array(w, jnp.float32).reshape(1, *shape)
    for name, expected in ((TWO_SIDED, two_sided), (ONE_SIDED, one_sided)):
        value, _ = penalise(name, linear, w, *normal(1, 2, 2, *shape))
        np.testing.assert_array_equal(value, [expected] * 2)


# Where real and fake agree, that is the interpolate: |x| = 5 and 0.25. The gradient's norm is
# a |x|, the penalty (a |x| - 1)^2, and its derivative in a is 2 |x| (a |x| - 1); here a = 2.
@pytest.mark.parametrize(
    "name, values, slopes",
    [
        (TWO_SIDED, [(2 * 5 - 1) ** 2, (2 * 0.25 - 1) ** 2], [2 * 5 * 9, 2 * 0.25 * -0.5]),
        (ONE_SIDED, [(2 * 5 - 1) ** 2, 0], [2 * 5 * 9, 0]),
    ],
)
def test_quadratic_critic_and_its_second_order(name, values, slopes):
    x = jnp.array([[3.0, 4.0], [0.15, 0.2]])
    value, slope = penalise(name, quadratic, 2.0, x, x)
    np.testing.assert_allclose(value, values, rtol=1e-5)
    np.testing.assert_allclose(slope, slopes, rtol=1e-5)


def test_rows_have_their_own_gradient():
    real, fake = normal(2, 2, 2, 3)
    # The gradient of f at the interpolate is the interpolate itself.
    norms = np.linalg.norm(interpolate(real, fake, KEYS), axis=1)
    value, _ = penalise(TWO_SIDED, quadratic, 1.0, real, fake)
    np.testing.assert_allclose(value, (norms - 1) ** 2, rtol=1e-4)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_zero_gradient_has_a_finite_slope(name):
    value, slope = penalise(name, linear, jnp.zeros((1, 4)), *normal(3, 2, 2, 4))
    np.testing.assert_array_equal(value, [1, 1] if name == TWO_SIDED else [0, 0])
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


@pytest.mark.parametrize("name", PENALTIES)
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
        return PENALTIES[name](
            lambda x: jnp.tanh(jnp.tanh(x @ w + b[None]) @ v) @ u, real, fake, keys
        ).mean()

    single = jax.tree.map(jnp.float32, (weights, real, fake))
    value, slopes = jax.jit(jax.value_and_grad(total))(*single)

    w, b, v, u = params = [torch.tensor(weight, requires_grad=True) for weight in weights]
    x = torch.tensor(epsilon * real + (1 - epsilon) * fake, requires_grad=True)
    scores = torch.tanh(torch.tanh(x @ w + b) @ v) @ u
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    excess = gradient.norm(dim=1) - 1
    expected = ((excess if name == TWO_SIDED else excess.clamp(min=0)) ** 2).mean()
    expected.backward()

    np.testing.assert_allclose(value, expected.item(), rtol=1e-5)
    for slope, param in zip(slopes, params, strict=True):
        np.testing.assert_allclose(slope, param.grad.numpy(), rtol=1e-4, atol=1e-5)
