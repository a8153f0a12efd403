import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.theory import lipschitz_bound, steepest_gradient, steepest_pair

pytestmark = pytest.mark.usefixtures("strict_ranks")
RNG = np.random.default_rng(0)


def test_a_linear_critic_by_hand():
    weights = jnp.array([3.0, 4.0])  # Lipschitz constant 5, attained along the weights

    def critic(x):
        return x @ weights + 1

    x = RNG.normal(size=(6, 2)).astype(np.float32)
    np.testing.assert_allclose(steepest_gradient(critic, x), 5, rtol=1e-6)
    along = jnp.array([[0.6, 0.8]])
    np.testing.assert_allclose(steepest_pair(critic, x, x - 2 * along), 5, rtol=1e-5)
    across = jnp.array([[0.8, -0.6], [1.0, 0.0]])
    np.testing.assert_allclose(steepest_pair(critic, across, 0 * across), 3, rtol=1e-6)
    np.testing.assert_allclose(lipschitz_bound({"Dense_0": {"kernel": weights[:, None]}}), 5)


def test_equal_points_and_flat_critics_are_not_steep():
    x = jnp.ones((3, 2, 2, 1))
    flat = steepest_pair(lambda x: x.sum((1, 2, 3)), x, x)
    slope = jax.grad(lambda c: steepest_gradient(lambda x: c * x.sum((1, 2, 3)), x))(0.0)
    assert flat == 0 and np.isfinite(slope)


@pytest.mark.parametrize(
    "padding, stride, window",
    [
        ("SAME", 1, (3, 3)),
        ("SAME", 2, (4, 4)),
        ("VALID", 2, (5, 2)),
        ("CIRCULAR", 1, (5, 2)),
        ("CIRCULAR", 2, (3, 3)),
    ],
)
def test_the_bound_holds_for_the_operator_of_a_convolution(padding, stride, window):
    layer = nn.Conv(3, window, strides=stride, padding=padding, use_bias=False)
    shape = (6, 7, 2)
    params = {"kernel": RNG.normal(size=(*window, 2, 3)).astype(np.float32)}

    def operator(x):
        return layer.apply({"params": params}, x.reshape(1, *shape)).ravel()

    matrix = jax.jit(jax.jacobian(operator))(jnp.zeros(np.prod(shape)))
    norm, bound = np.linalg.norm(matrix, 2), lipschitz_bound(params)
    assert norm <= bound * (1 + 1e-5)
    assert stride > 1 or bound < 4 * norm


def test_the_window_is_needed_and_enough():
    # A box of 3x3 ones on a constant image: 9 where the whole window is on it, sqrt(9) * sigma = 9.
    params = {"kernel": jnp.ones((3, 3, 1, 1))}
    layer = nn.Conv(1, (3, 3), use_bias=False, padding="CIRCULAR")
    image = jnp.ones((1, 8, 8, 1))
    ratio = jnp.linalg.norm(layer.apply({"params": params}, image)) / jnp.linalg.norm(image)
    np.testing.assert_allclose([ratio, lipschitz_bound(params)], 9, rtol=1e-6)


class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.leaky_relu(nn.Conv(4, (4, 4), strides=2)(x), 0.2)
        x = nn.tanh(nn.Dense(8)(x.reshape(len(x), -1)))
        return nn.Dense(1)(x)[:, 0]


def test_estimates_are_below_the_bound():
    x, y = jax.random.normal(jax.random.key(0), (2, 64, 8, 8, 1))
    params = Critic().init(jax.random.key(1), x)

    def critic(x):
        return Critic().apply(params, x)

    @jax.jit
    def measure(x, y):
        pairs, near = steepest_pair(critic, x, y), steepest_pair(critic, x, x + 1e-3 * y)
        return pairs, near, steepest_gradient(critic, x), lipschitz_bound(params)

    pairs, near, gradient, bound = measure(x, y)
    assert 0 < pairs < gradient < bound and near < gradient * 1.01


def test_what_the_bound_does_not_know():
    params = {"BatchNorm_0": {"scale": jnp.ones(2), "bias": jnp.zeros(2)}}
    with pytest.raises(UserError, match="knows no 'BatchNorm_0/scale'; known: kernel, bias"):
        lipschitz_bound(params)
    with pytest.raises(UserError, match="found no kernel"):
        lipschitz_bound({"Dense_0": {"bias": jnp.zeros(2)}})
