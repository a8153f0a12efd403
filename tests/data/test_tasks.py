import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data import TASKS
from jaxgan.data.view import to_channels

KEYS = jax.random.split(jax.random.key(0), 2)
X = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3)), jnp.float32)
LABEL = jnp.array([3, 1])


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_pure_and_leaves_the_other_entries(name, strict_ranks):
    batch = {"x": X, "label": LABEL}
    task = TASKS[name]()
    made = jax.jit(task)(batch, KEYS, 0)
    assert list(batch) == ["x", "label"]
    for key in batch:
        np.testing.assert_array_equal(made[key], batch[key])
    again = jax.tree.map(lambda a, b: (a == b).all(), made, task(batch, KEYS, 7))
    assert name in ("none", "colourise") and all(map(bool, jax.tree.leaves(again)))


@pytest.mark.parametrize("name", TASKS)
def test_without_x_a_batch_is_left_alone(name):
    given = {"source": X[..., :1], "label": LABEL}
    made = jax.jit(TASKS[name]())(given, KEYS, 0)
    jax.tree.map(np.testing.assert_array_equal, made, given)


def test_none_adds_nothing():
    assert set(TASKS["none"]()({"x": X}, KEYS, 0)) == {"x"}


def test_colourise_by_hand():
    # Pure red, green, blue, white and black: twice the ITU-R 601 weight, less 1.
    colours = 2 * jnp.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0.0]]) - 1
    made = TASKS["colourise"]()({"x": colours.reshape(1, 1, 5, 3)}, KEYS[:1], 0)["source"]
    assert made.shape == (1, 1, 5, 1) and made.dtype == jnp.float32
    np.testing.assert_allclose(made.ravel(), [-0.402, 0.174, -0.772, 1, -1], atol=1e-4)


def test_colourise_is_the_view_in_grey():
    pixels = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), np.uint8)
    made = TASKS["colourise"]()({"x": jnp.float32(pixels) / 127.5 - 1}, KEYS[:1], 0)["source"]
    expected = to_channels(pixels, 1).astype(float)  # rounded to whole levels
    np.testing.assert_allclose((made + 1) * 127.5, expected, atol=0.51)


def test_colourise_takes_the_place_of_a_source():
    batch = {"x": X, "source": X}
    assert TASKS["colourise"]()(batch, KEYS, 0)["source"].shape == (2, 4, 4, 1)
    assert batch["source"].shape == X.shape


@pytest.mark.parametrize("x", [X[..., :1], X[:, 0, 0]])
def test_colourise_needs_colours(x):
    with pytest.raises(UserError, match="'colourise' needs images of 3 channels, not x of"):
        jax.eval_shape(TASKS["colourise"](), {"x": x}, KEYS, 0)
