from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.build.overrides import override
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data import TASKS, colour
from jaxgan.data.view import to_channels
from jaxgan.games import Shown

KEYS = jax.random.split(jax.random.key(0), 2)
X = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3)), jnp.float32)
LABEL = jnp.array([3, 1])


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_pure_and_leaves_the_other_entries(name, strict_ranks):
    batch = {"x": X, "label": LABEL}
    task = TASKS[name]().apply
    made = jax.jit(task)(batch, KEYS, 0)
    assert list(batch) == ["x", "label"]
    for key in batch:
        np.testing.assert_array_equal(made[key], batch[key])
    again = task(batch, KEYS, 7)  # not compiled as one: equal to rounding
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), made, again)


@pytest.mark.parametrize("name", TASKS)
def test_without_x_a_batch_is_left_alone(name):
    given = {"source": X[..., :1], "label": LABEL}
    made = jax.jit(TASKS[name]().apply)(given, KEYS, 0)
    jax.tree.map(np.testing.assert_array_equal, made, given)


def test_none_adds_nothing():
    assert set(TASKS["none"]().apply({"x": X}, KEYS, 0)) == {"x"}


def test_colourise_by_hand():
    # Pure red, green, blue, white and black: twice the ITU-R 601 weight, less 1.
    colours = 2 * jnp.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0.0]]) - 1
    made = TASKS["colourise"]().apply({"x": colours.reshape(1, 1, 5, 3)}, KEYS[:1], 0)["source"]
    assert made.shape == (1, 1, 5, 1) and made.dtype == jnp.float32
    np.testing.assert_allclose(made.ravel(), [-0.402, 0.174, -0.772, 1, -1], atol=1e-4)


def test_colourise_is_the_view_in_grey():
    pixels = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), np.uint8)
    made = TASKS["colourise"]().apply({"x": jnp.float32(pixels) / 127.5 - 1}, KEYS[:1], 0)["source"]
    expected = to_channels(pixels, 1).astype(float)  # rounded to whole levels
    np.testing.assert_allclose((made + 1) * 127.5, expected, atol=0.51)


def test_colourise_takes_the_place_of_a_source():
    batch = {"x": X, "source": X}
    assert TASKS["colourise"]().apply(batch, KEYS, 0)["source"].shape == (2, 4, 4, 1)
    assert batch["source"].shape == X.shape


@pytest.mark.parametrize("x", [X[..., :1], X[:, 0, 0]])
def test_colourise_needs_colours(x):
    with pytest.raises(UserError, match="'colourise' needs images of 3 channels, not x of"):
        jax.eval_shape(TASKS["colourise"]().apply, {"x": x}, KEYS, 0)


def test_superres_is_pillows_bicubic():
    pixels = np.random.default_rng(1).integers(0, 256, (2, 24, 16, 3), np.uint8)
    batch = {"x": jnp.float32(pixels) / 127.5 - 1}
    made = TASKS["superres"](factor=4).apply(batch, KEYS, 0)["source"]
    assert made.shape == (2, 6, 4, 3)
    levels = (np.asarray(made) + 1) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-3)
    for image, small in zip(pixels, levels, strict=True):
        expected = Image.fromarray(image).resize((4, 6), Image.Resampling.BICUBIC)
        # Pillow rounds between the two axes, too.
        np.testing.assert_allclose(small, np.asarray(expected), atol=1.01)


def test_superres_keeps_a_constant_and_clips():
    """A step of black and white overshoots in a cubic filter: it stays in the range."""
    step = jnp.where(jnp.arange(16) < 8, -1.0, 1.0)[None, None, :, None] * jnp.ones((1, 16, 1, 1))
    made = TASKS["superres"](factor=2).apply({"x": step}, KEYS[:1], 0)["source"]
    assert made.min() == -1 and made.max() == 1
    flat = TASKS["superres"](factor=8).apply({"x": jnp.full((1, 8, 8, 1), -1.0)}, KEYS[:1], 0)[
        "source"
    ]
    np.testing.assert_array_equal(flat, [[[[-1.0]]]])


def test_lab_gives_the_lightness_and_asks_for_the_colours():
    """Of pure red: L 53.24, a 80.09, b 67.20 (CIE's own arithmetic, to two decimals)."""
    red = jnp.array([1.0, -1, -1]).reshape(1, 1, 1, 3)
    made = TASKS["colourise"](space="lab").apply({"x": red}, KEYS[:1], 0)
    np.testing.assert_allclose(made["source"].ravel(), [53.24 / 50 - 1], atol=2e-4)
    np.testing.assert_allclose(made["x"].ravel(), [80.09 / 110, 67.20 / 110], atol=2e-4)


def test_lab_is_shown_in_rgb():
    """The true colours come back, and what is made has the lightness that was given."""
    task = TASKS["colourise"](space="lab")
    given = task.apply({"x": X}, KEYS, 0)
    shown = task.picture(Shown(0 * given["x"], given["source"], given["x"]))
    np.testing.assert_allclose(shown.truth, X, atol=3e-4)
    assert shown.made.shape == X.shape
    np.testing.assert_allclose(shown.made.std(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(colour.to_lab(shown.made)[..., :1] / 50 - 1, shown.given, atol=1e-4)
    np.testing.assert_array_equal(task.given(X, None)["source"], given["source"])


def test_an_edge_by_hand():
    """A step of .5 (a quarter of the range) is a gradient of .25 in the two columns beside it."""
    step = jnp.where(jnp.arange(6) < 3, 0.0, 0.5)[None, None, :, None] * jnp.ones((1, 5, 1, 1))
    edges = jax.jit(TASKS["edges"](contrast=0.5).apply)
    for image in (step, jnp.swapaxes(step, 1, 2)):
        made = edges({"x": image}, KEYS[:1], 0)["source"]
        expected = np.array([1, 1, 0, 0, 1, 1.0])[None, :, None].repeat(5, axis=0)
        expected = expected if image is step else expected.swapaxes(0, 1)
        np.testing.assert_allclose(made[0], expected, atol=1e-6)
    # A diagonal step of the whole range is as black as can be.
    corner = jnp.where(jnp.add.outer(jnp.arange(6), jnp.arange(6)) < 6, -1.0, 1.0)[None, :, :, None]
    made = edges({"x": corner}, KEYS[:1], 0)["source"]
    assert made[0, 3, 3, 0] == -1 and made[0, 0, 0, 0] == 1


def test_noise_of_its_own_for_each_example():
    x = jnp.zeros((2, 64, 64, 3))
    made = TASKS["denoise"](std=0.25).apply({"x": x}, KEYS, 0)["source"]
    assert made.std() == pytest.approx(0.25, rel=0.02) and abs(float(made.mean())) < 0.005
    assert abs(np.corrcoef(made[0].ravel(), made[1].ravel())[0, 1]) < 0.03
    loud = TASKS["denoise"](std=9.0).apply({"x": x}, KEYS, 0)["source"]
    assert loud.min() == -1 and loud.max() == 1


@pytest.mark.parametrize(
    "x, sentence",
    [
        (X, "by data.task.factor=3, which must divide their sides, 4x4"),
        (X[:, 0, 0], "'superres' needs images, not x of shape"),
    ],
)
def test_superres_needs_images_that_its_factor_divides(x, sentence):
    with pytest.raises(UserError, match=sentence):
        jax.eval_shape(TASKS["superres"](factor=3).apply, {"x": x}, KEYS, 0)


@pytest.mark.parametrize("key", ["data.task", "data.task.name"])
def test_a_config_names_its_task(key):
    config = defaults.get_config().lock()
    assert parts.task(config).apply({"x": X}, KEYS, 0).keys() == {"x"}
    override(config, key, "colourise")
    check_config(config)
    assert parts.task(config).apply({"x": X}, KEYS, 0)["source"].shape == (2, 4, 4, 1)


@pytest.mark.parametrize(
    "key, value, sentence",
    [
        (
            "data.task",
            "nonsense",
            f"unknown data.task 'nonsense'; known: {', '.join(sorted(TASKS))}.",
        ),
        ("data.task.side", "3", "unknown config key 'data.task.side'; known: data.task.name"),
        ("data.held_out", "much", "mnist10k cannot hold out 'much'; data.held_out must be a sha"),
    ],
)
def test_what_a_config_cannot_ask_for(key, value, sentence):
    config = defaults.get_config()
    with pytest.raises(UserError, match=sentence):
        override(config, key, value)
        prepare(config)


def test_an_option_that_the_task_has_not():
    config = defaults.get_config()
    config.data.task.side = 3
    with pytest.raises(UserError, match="task 'none' has no option 'side'; it has none"):
        prepare(config)


def test_runs_of_older_versions_hold_nothing_out_and_have_no_task():
    stored = defaults.get_config().to_dict()
    for key in ("held_out", "task"):
        del stored["data"][key]
    completed = defaults.complete(stored)
    assert (completed["data"]["held_out"], completed["data"]["task"]) == ("", {"name": "none"})
    assert prepare(completed).sources[0].size == 10_000
    completed["data"] |= {"held_out": "0.1"}
    assert defaults.complete(completed) == completed
    run = prepare(completed)
    assert run.sources[0].size == 8967 and run.held_out[0].size == 1033
    completed["data"]["task"] = {}
    with pytest.raises(UserError, match="the run's config names no data.task"):
        defaults.complete(completed)
