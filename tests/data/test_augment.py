import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults
from jaxgan.build import parts
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data import AUGMENTS

N = 64
KEYS = jax.random.split(jax.random.key(0), N)
RNG = np.random.default_rng(0)
X = jnp.asarray(RNG.uniform(-1, 1, (N, 8, 8, 3)), jnp.float32)
BATCH = {"x": X, "source": X[..., :1], "label": jnp.arange(N)}


@pytest.mark.parametrize("name", AUGMENTS)
def test_an_augmentation_keeps_shapes_and_everything_that_is_no_image(name, strict_ranks):
    made = jax.jit(AUGMENTS[name]())(BATCH, KEYS)
    assert made.keys() == BATCH.keys()
    assert jax.tree.map(jnp.shape, made) == jax.tree.map(jnp.shape, BATCH)
    np.testing.assert_array_equal(made["label"], BATCH["label"])
    assert all(jnp.abs(made[key]).max() <= 1 for key in ("x", "source"))
    np.testing.assert_allclose(made["x"][..., :1], made["source"], atol=1e-6)  # a pair stays one


@pytest.mark.parametrize("name", AUGMENTS)
def test_rows_are_independent(name):
    """So that a run is the same on any number of devices."""
    augment = jax.jit(AUGMENTS[name]())
    whole = augment(BATCH, KEYS)
    part = augment(jax.tree.map(lambda a: a[5:7], BATCH), KEYS[5:7])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a[5:7], b, atol=1e-6), whole, part)


def planes_and(x, scale):
    """What jitter makes of x, and what it did: places [N, 2] from 0 to 1, and who is mirrored.

    A plane, value = row or column, stays one under cubic interpolation. Pixel j of the window of a
    picture ``scale`` times as large lies at (j + 1/2 + 8 (scale - 1) u) / scale - 1/2 of the small
    one for a place u, which so is read off, away from the edges.
    """
    h, w = jnp.meshgrid(jnp.arange(8.0), jnp.arange(8.0), indexing="ij")
    plane = jnp.broadcast_to(jnp.stack([h, w], -1) / 8, (N, 8, 8, 2))
    made = jax.jit(AUGMENTS["jitter"](scale=scale, mirror=True))({"x": x, "source": plane}, KEYS)
    down, across = (8 * made["source"][:, 3:5, 3:5, c] for c in range(2))
    down, across = down[:, :, 0], across[:, 0]
    mirrored = jnp.diff(across, axis=1)[:, 0] < 0
    for slope in (jnp.diff(down), jnp.abs(jnp.diff(across))):
        np.testing.assert_allclose(slope, 1 / scale, atol=1e-4)
    columns = jnp.where(mirrored, 4, 3)  # of the window before it was mirrored
    pixels = jnp.stack([jnp.full(N, 3), columns], 1)
    seen = jnp.stack([down[:, 0], across[:, 0]], 1)
    return made["x"], (scale * (seen + 0.5) - 0.5 - pixels) / (8 * (scale - 1)), mirrored


def test_the_window_lies_anywhere_and_one_half_is_mirrored():
    _, places, mirrored = planes_and(X, 2.0)
    assert 20 < mirrored.sum() < 44  # of 64
    assert -1e-3 <= places.min() < 0.1 and 0.9 < places.max() <= 1 + 1e-3
    np.testing.assert_allclose(places.mean(axis=0), 0.5, atol=0.12)  # standard error .036
    assert abs(np.corrcoef(places.T)[0, 1]) < 0.35


@pytest.mark.parametrize("scale", [1.25, 2.0])
def test_a_window_is_what_pillow_cuts_and_enlarges(scale):
    made, places, mirrored = planes_and(X, scale)
    side = 8 / scale
    for i in range(8):
        top, left = np.asarray(places[i], float).clip(0, 1) * (8 - side)
        image = Image.fromarray(np.asarray(X[i, ..., 0]))
        box = (left, top, left + side, top + side)
        expected = np.asarray(image.resize((8, 8), Image.Resampling.BICUBIC, box)).clip(-1, 1)
        expected = expected[:, ::-1] if mirrored[i] else expected
        np.testing.assert_allclose(made[i, ..., 0], expected, atol=2e-3)


def test_sizes_of_one_example_keep_to_one_place():
    small = X.reshape(N, 4, 2, 4, 2, 3).mean((2, 4))
    smooth = jax.image.resize(small, X.shape, "linear")
    made = jax.jit(AUGMENTS["jitter"](scale=1.5, mirror=True))({"x": smooth, "source": small}, KEYS)
    halved = made["x"].reshape(N, 4, 2, 4, 2, 3).mean((2, 4))
    far = jnp.abs(halved - made["source"]).mean()
    assert far < 0.5 * jnp.abs(halved - jnp.roll(made["source"], 1, axis=0)).mean()


def test_no_scale_and_no_mirror_is_the_example():
    made = jax.jit(AUGMENTS["jitter"](scale=1.0, mirror=False))(BATCH, KEYS)
    np.testing.assert_allclose(made["x"], X, atol=1e-6)


def tiny(**options):
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("colourise")
    config.game = defaults.game("translation")
    config.generator = defaults.generator("unet", halvings=2, width=2)
    config.critic = defaults.critic("patch", layers=0, width=2)
    if options:
        config.data.augment = defaults.augment("jitter", **options)
    return config


def test_training_varies_and_pictures_do_not():
    config = tiny(scale=1.25)
    run = prepare(config)
    entries = data.entries(run.sources)
    seen = {"x": X, "source": X[..., :1]}
    plain = parts.draw(tiny(), entries, train=True)(seen, KEYS, 0)
    shown, trained = (parts.draw(config, entries, train=t)(seen, KEYS, 0) for t in (False, True))
    np.testing.assert_array_equal(shown["x"], plain["x"])
    np.testing.assert_array_equal(run.game.draw(seen, KEYS, 0)["x"], X)
    assert jnp.abs(trained["x"] - X).mean() > 0.1
    # The task sees what was varied: the grey is of the new picture.
    grey = data.TASKS["colourise"]().apply({"x": trained["x"]}, KEYS, 0)["source"]
    np.testing.assert_allclose(trained["source"], grey, atol=1e-6)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"name": "flip"}, "unknown data.augment 'flip'; known: jitter, none"),
        ({"name": "jitter", "scale": 0.5, "mirror": True}, "data.augment.scale is 0.5; it must"),
    ],
)
def test_what_a_config_cannot_ask_for(change, sentence):
    config = tiny()
    config.data.augment = change
    with pytest.raises(UserError, match=sentence):
        prepare(config)


def test_points_are_no_images():
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", data.options_of("ring")
    config.game.z_dim = 2
    config.generator, config.critic = defaults.generator("toy"), defaults.critic("toy")
    config.data.augment = defaults.augment("jitter")
    with pytest.raises(UserError, match="data.augment=jitter needs images"):
        prepare(config)
