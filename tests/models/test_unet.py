"""U-Net and patch critic: what joins them, what drops, who sees whom, which sizes fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.patch import PatchCritic, receptive_field
from jaxgan.models.unet import UNetGenerator

BATCH, SIDE = 3, 16
UNET = UNetGenerator(shape=(SIDE, SIDE, 2), halvings=3, width=2, norm="instance")
PATCH = PatchCritic(layers=2, width=2, norm="none")
KEYS = jax.random.split(jax.random.key(0), BATCH)


def image(number, channels=3, side=SIDE):
    return jax.random.normal(jax.random.key(number), (BATCH, side, side, channels))


def filled(network, **inputs):
    """Variables of the right shapes and types, random; real initialisers are slow to compile."""
    tree = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda a: 0.3 * rng.standard_normal(a.shape, a.dtype), tree)


def applied(network, inputs, train=True):
    """What a network with random variables makes of the inputs."""
    variables = filled(network, **inputs)

    @jax.jit
    def run(inputs):
        mutable = ["batch_stats", "spectral"]
        return network.apply(variables, **inputs, train=train, mutable=mutable)[0]

    return run(inputs)


def rows_that_differ(a, b):
    return [bool(np.any(x != y)) for x, y in zip(a, b, strict=True)]


def test_unet_makes_images_and_a_code():
    out = applied(UNET, {"source": 5 * image(1)})
    assert out["x"].shape == (BATCH, SIDE, SIDE, 2) and out["code"].shape == (BATCH, 2 * 2 * 8)
    assert out["x"].dtype == out["code"].dtype == jnp.float32
    assert np.abs(out["x"]).max() <= 1 and out["x"].std() > 0.01


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "spectral", "none"])
def test_every_norm(norm, dtype):
    """Float32 comes out, of both; the innermost image of one pixel does not become a constant."""
    unet = UNET.clone(halvings=4, norm=norm, dtype=dtype)
    out = applied(unet, {"source": image(1)})
    assert out["code"].std(axis=0).min() > 0
    scored = applied(PATCH.clone(norm=norm, dtype=dtype), {"x": image(1)})
    for found in (*out.values(), *scored.values()):
        assert found.dtype == jnp.float32 and np.isfinite(found).all() and found.std() > 0


def test_noise_and_label_join_at_the_bottleneck():
    """They change the image and not the code; of z the sign counts, too."""
    unet = UNET.clone(norm="none")
    given = {"source": image(1), "z": -jnp.ones((BATCH, 4)), "label": jnp.eye(BATCH)}
    variables = filled(unet, **given)
    run = jax.jit(lambda inputs: unet.apply(variables, **inputs, train=True))
    out = run(given)
    for changed in (
        {"z": given["z"].at[1].multiply(2)},
        {"label": jnp.eye(BATCH)[jnp.array([0, 0, 2])]},
    ):
        other = run({**given, **changed})
        np.testing.assert_array_equal(other["code"], out["code"])
        assert rows_that_differ(other["x"], out["x"]) == [False, True, False]
    # Planes of the innermost image: 4 and 3 more channels of the first doubling's 16.
    assert variables["params"]["ConvTranspose_0"]["kernel"].shape == (4, 4, 8 + 4 + 3, 4)


def test_a_label_has_a_learned_code():
    """Row k of the layer is what label k joins: as planes of it, and it has a slope."""
    given = {"source": image(1), "label": jnp.eye(BATCH)[:, ::-1]}
    unet = UNET.clone(norm="none", embedding=5)
    variables = filled(unet, **given)
    codes = variables["params"]["Dense_0"]
    assert codes["kernel"].shape == (BATCH, 5)
    kernels = variables["params"]["ConvTranspose_0"]["kernel"]
    assert kernels.shape == (4, 4, 8 + 5, 4)
    as_noise = {"source": image(1), "z": (codes["kernel"] + codes["bias"])[::-1]}
    layers = {name: layer for name, layer in variables["params"].items() if name != "Dense_0"}

    def made(unet, given):
        return jax.jit(lambda variables: unet.apply(variables, **given, train=True)["x"])

    expected = made(UNET.clone(norm="none"), as_noise)({"params": layers})
    out = made(unet, given)(variables)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    slopes = jax.jit(jax.grad(lambda v: made(unet, given)(v).sum()))(variables)
    assert np.abs(slopes["params"]["Dense_0"]["kernel"]).min() > 0


@pytest.mark.parametrize("train", [True, False])
def test_keys_drop_units_of_their_example(train):
    variables = filled(UNET, source=image(1))

    def run(keys, unet=UNET):
        made = jax.jit(lambda k: unet.apply(variables, source=image(1), keys=k, train=train)["x"])
        return made(keys)

    out, other = run(KEYS), jnp.concatenate([KEYS[:2], jax.random.split(jax.random.key(7), 1)])
    np.testing.assert_array_equal(run(KEYS), out)
    assert rows_that_differ(run(other), out) == [False, False, True]
    assert all(rows_that_differ(run(None), out))
    quiet = UNET.clone(dropout_at_test=False)
    assert all(rows_that_differ(run(KEYS, quiet), run(None, quiet))) == train
    assert not any(rows_that_differ(run(KEYS, UNET.clone(dropout=0.0)), run(None)))


@pytest.mark.parametrize(
    "layers, side", [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286), (6, 574)]
)
def test_receptive_field(layers, side):
    """The paper's sizes."""
    assert receptive_field(layers) == side


@pytest.mark.parametrize("layers, side, scores", [(0, 5, 5), (1, 40, 18), (2, 64, 14)])
def test_a_score_sees_so_many_pixels(layers, side, scores):
    critic = PATCH.clone(layers=layers)
    x = image(1, side=side)
    variables = filled(critic, x=x)

    def score(x):
        found = critic.apply(variables, x=x, train=False)["score"]
        assert found.shape == (BATCH, scores, scores)
        return found[1, scores // 2, scores // 2]

    seen = np.abs(jax.jit(jax.grad(score))(x)).max(axis=3)
    assert not seen[[0, 2]].any()
    for axis in (0, 1):
        assert np.count_nonzero(seen[1].max(axis=axis)) == receptive_field(layers)


@pytest.mark.parametrize("norm", ["none", "instance", "layer", "spectral"])
def test_rows_are_independent_without_batch_norm(norm):
    critic = PATCH.clone(norm=norm)
    given = {"x": image(1), "source": image(2), "label": jnp.eye(BATCH)}
    variables = filled(critic, **given)

    def total(x):
        scored, _ = critic.apply(variables, **{**given, "x": x}, train=True, mutable=["spectral"])
        return scored["score"][1].mean()

    found = np.abs(jax.jit(jax.grad(total))(given["x"])).reshape(BATCH, -1).max(axis=1)
    assert found[1] > 0 and not found[[0, 2]].any()


def test_what_the_critic_sees_beside_the_image():
    given = {
        "x": image(1),
        "source": image(2, 2),
        "label": jnp.eye(BATCH),
        "mask": image(3, 1) > 0,
    }
    variables = filled(PATCH, **given)
    run = jax.jit(lambda inputs: PATCH.apply(variables, **inputs, train=True))
    out = run(given)
    assert variables["params"]["Conv_0"]["kernel"].shape == (4, 4, 3 + 2 + 3 + 1, 2)
    assert out["features"].shape == (BATCH, 3 * 3 * 8)
    for name in given:
        other = run({**given, name: given[name][::-1]})["score"]
        assert rows_that_differ(other, out["score"]) == [True, False, True], name


def test_dropout_of_the_critic_is_for_training():
    critic = PATCH.clone(dropout=0.5)
    variables = filled(critic, x=image(1))

    def run(keys, train):
        return critic.apply(variables, x=image(1), keys=keys, train=train)["features"]

    assert 0.2 < np.mean(run(KEYS, True) == 0) < 0.8
    np.testing.assert_array_equal(run(KEYS, False), run(None, True))


BAD = {
    "4 halvings is for images whose sides are multiples of 16, not 24x16": (
        UNET.clone(shape=(24, 16, 3), halvings=4),
        {"source": (24, 16, 3)},
    ),
    "8 halvings .* not 286x286; resize the data, for example to 256x256": (
        UNET.clone(shape=(286, 286, 3), halvings=8),
        {"source": (286, 286, 3)},
    ),
    "source of the images' size 16x16, not of shape .8, 8, 3.": (UNET, {"source": (8, 8, 3)}),
    "halvings is 0; it must be at least 1": (UNET.clone(halvings=0), {"source": (16, 16, 3)}),
    "images of shape .H, W, C.": (UNET.clone(shape=(16,)), {"source": (16, 16, 3)}),
    "3 layers needs images of at least 24x24, not 23x32; .* layers that fits is 2": (
        PATCH.clone(layers=3),
        {"x": (23, 32, 3)},
    ),
    "1 layers .* not 5x5; .* layers that fits is 0": (PATCH.clone(layers=1), {"x": (5, 5, 1)}),
    "source of the images' size 16x16": (PATCH, {"x": (16, 16, 3), "source": (16, 8, 3)}),
    "layers is -1": (PATCH.clone(layers=-1), {"x": (16, 16, 3)}),
}


@pytest.mark.parametrize("sentence", BAD)
def test_bad_sizes_are_told(sentence):
    network, shapes = BAD[sentence]
    inputs = {name: jnp.zeros((2, *shape)) for name, shape in shapes.items()}
    with pytest.raises(UserError, match=sentence):
        jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_least_size_fits(layers):
    """As the sentence says: so many layers leave one score."""
    critic, side = PATCH.clone(layers=layers), 3 * 2**layers
    x = jnp.zeros((1, side, side, 1))
    made = jax.eval_shape(lambda: critic.init_with_output(jax.random.key(0), x=x, train=True)[0])
    assert made["score"].shape == (1, 1, 1)
