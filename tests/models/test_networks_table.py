"""What every generator and every critic of the tables promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxgan import models
from jaxgan.core.errors import UserError
from jaxgan.models import dcgan, network
from jaxgan.models.multiscale import MultiscaleGenerator
from jaxgan.models.srresnet import SRResNetGenerator

BATCH, NOISE, CLASSES = 4, 6, 3
SHAPES = {
    "mlp": (5, 4, 2),
    "toy": (2,),
    "dcgan32": (32, 40, 1),
    "dcgan": (16, 16, 3),
    "progressive": (8, 12, 2),
    "resnet32": (8, 16, 3),
    "biggan": (8, 16, 2),
    "unet": (8, 12, 2),
    "patch": (12, 14, 2),
    "zi2zi": (8, 16, 2),
    "srresnet": (8, 12, 2),
    "srgan": (16, 32, 2),
    "resnet_translator": (8, 12, 2),
    "completion": (8, 12, 2),
    "global_local": (8, 12, 2),
    "stargan": (8, 8, 2),
    "r3gan": (8, 12, 2),
    "text": (8, 8, 2),
    "stackgan": (16, 16, 2),
    "multiscale": (32, 40, 2),
}
SMALL = {
    "mlp": {"features": (8, 6)},
    "toy": {"features": (8, 6)},
    "dcgan32": {"channels": (4, 3, 2)},
    "dcgan": {"channels": (4, 3)},
    "progressive": {"channels": (4, 3)},
    "resnet32": {"channels": (4, 3, 3, 5)},
    "biggan": {"width": 2, "attention": 8},
    "unet": {"halvings": 2, "width": 2},
    "patch": {"layers": 1, "width": 2},
    "zi2zi": {"width": 2},
    "srresnet": {"blocks": 1, "width": 2},
    "resnet_translator": {"blocks": 1, "width": 2, "padding": "zero"},
    "srgan": {"width": 2, "hidden": 4},
    "completion": {"width": 2, "dilations": (2,)},
    "stargan": {"layers": 2, "width": 2},
    "global_local": {"layers": 2, "width": 2, "hidden": 8, "window": 4},
    "r3gan": {"width": 8, "blocks": 1, "embedding": 4},
    "text": {"width": 4, "code": 3},
    "stackgan": {"width": 4, "second": 4, "blocks": 1, "code": 3},
    "multiscale": {"width": 2},
}
SMALL_CRITIC = {
    **SMALL,
    "dcgan32": {"channels": (2, 3, 4, 5)},
    "biggan": {"width": 2, "attention": 4},
    "stackgan": {"width": 4, "code": 3},
    "progressive": {"channels": (4, 3), "group": 1},  # of more, rows see one another
}
NORMED = [name for name, row in models.CRITICS.items() if "norm" in row.options]


def test_the_tables_are_all_tried_here():
    assert set(models.GENERATORS) | set(models.CRITICS) == set(SHAPES) == set(SMALL)


def generator(name, **fields):
    return models.GENERATORS[name](shape=SHAPES[name], **{**SMALL[name], **fields})


def critic(name, **fields):
    return models.CRITICS[name](**{**SMALL_CRITIC[name], **fields})


def given(network, x, label=None):
    """The call's arguments by name: noise or a source to a generator, examples to a critic."""
    name, *others = models.takes(type(network))
    told = "caption" if "caption" in others else "label"
    return {name: x} if label is None else {name: x, told: label}


def filled(network, x, label=None):
    """Variables of the right shapes and types, random; real initialisers are slow to compile."""
    inputs = given(network, x, label)
    tree = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))
    rng = np.random.default_rng(0)
    # Sums of windows of 81 pixels would saturate a tanh, and so would four scales.
    sizes = {SRResNetGenerator: 0.03, MultiscaleGenerator: 0.01}
    size = sizes.get(type(network), 0.3)
    return jax.tree.map(lambda a: size * np.abs(rng.standard_normal(a.shape, a.dtype)), tree)


def evaluate(network, x):
    """Variables; outputs in training for two different labels a row; outputs in sampling.

    Of a generator the images, of a critic the scores.
    """
    labels = [jax.nn.one_hot(jnp.array(rows), CLASSES) for rows in ([0, 1, 2, 0], [1, 2, 0, 1])]
    variables = filled(network, x, labels[0])

    made = {"x"} if hasattr(network, "shape") else {"score", "features"}

    @jax.jit
    def run(label):
        inputs = given(network, x, label)
        out, _ = network.apply(variables, **inputs, train=True, mutable=["batch_stats"])
        sampled = network.apply(variables, **inputs, train=False)
        assert out.keys() == sampled.keys() >= made
        return [each["x" if made == {"x"} else "score"] for each in (out, sampled)]

    (out, sampled), (other, _) = run(labels[0]), run(labels[1])
    return variables, out, other, sampled


def is_dense(variables):
    """Whether no parameter is a window's: [height, width, in, out]."""
    return all(leaf.ndim <= 2 for leaf in jax.tree.leaves(variables["params"]))


@pytest.mark.parametrize("name", models.GENERATORS)
def test_generator(name):
    shape = SHAPES[name] if "source" in models.takes(type(generator(name))) else (NOISE,)
    x = jax.random.normal(jax.random.key(0), (BATCH, *shape))
    variables, out, other, sampled = evaluate(generator(name), x)
    assert out.shape == sampled.shape == (BATCH, *SHAPES[name])
    assert out.dtype == sampled.dtype == jnp.float32
    assert np.isfinite(out).all() and np.isfinite(sampled).all() and out.std() > 0
    assert ("dense" in models.GENERATORS[name].facts) == is_dense(variables)
    bounds = network.bounds_of(models.GENERATORS[name].build)
    assert (bounds is None) == (np.abs(out).max() > 1) and bounds in (None, (-1.0, 1.0))
    assert np.all(np.abs(out - other).reshape(BATCH, -1).max(axis=1) > 0)
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}


@pytest.mark.parametrize("name", models.CRITICS)
def test_critic(name):
    x = jax.random.normal(jax.random.key(0), (BATCH, *SHAPES[name]))
    variables, out, other, sampled = evaluate(critic(name), x)
    # Maps: 12 x 14 pixels halved, and two convolutions of stride 1; 8 x 8 halved twice.
    maps = {"patch": (4, 5), "stargan": (2, 2), "multiscale": (4,)}
    assert out.shape == sampled.shape == (BATCH, *maps.get(name, ()))
    assert out.dtype == sampled.dtype == jnp.float32
    assert np.isfinite(out).all() and np.isfinite(sampled).all() and out.std() > 0
    assert np.all(out != other)
    assert ("dense" in models.CRITICS[name].facts) == is_dense(variables)
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}


def reach(network, name):
    """How far the score of row 1 depends on each row of the batch."""
    x = jax.random.normal(jax.random.key(0), (BATCH, *SHAPES[name]))
    variables = filled(network, x)

    def score(x):
        out, _ = network.apply(variables, x=x, train=True, mutable=["batch_stats", "spectral"])
        return out["score"][1].sum()

    return np.abs(jax.jit(jax.grad(score))(x)).reshape(BATCH, -1).max(axis=1)


@pytest.mark.parametrize("norm", ["none", "layer", "spectral"])
@pytest.mark.parametrize("name", NORMED)
def test_rows_are_independent_without_batch_norm(name, norm):
    found = reach(critic(name, norm=norm), name)
    assert found[1] > 0 and not found[[0, 2, 3]].any()


APART = {"patch", "stargan", "stackgan", "multiscale"}


@pytest.mark.parametrize("name", sorted(set(NORMED) - APART))
def test_critic_with_many_scores_heads_dropout_and_features(name):
    """Units drop by the example's key, in training only; features are what the last layers see."""
    heads = {"label": 5, "tone": 1}
    module = critic(name, norm="none", outputs=3, dropout=0.5, heads=tuple(heads.items()))
    x = jax.random.normal(jax.random.key(0), (BATCH, *SHAPES[name]))
    keys = jax.random.split(jax.random.key(1), BATCH)
    variables = filled(module, x)
    params = variables["params"]
    player = network.network(module, ("x",), {"x": SHAPES[name]})

    @jax.jit
    def run(x, keys):
        return player.apply(variables, {"x": x}, keys=keys, train=True)[0]

    out = run(x, keys)
    assert out.keys() == {"score", "features", *heads}
    numbers = sorted(int(layer[6:]) for layer in params if layer.startswith("Dense_"))[-3:]
    for made, width, number in zip(("score", *heads), (3, *heads.values()), numbers, strict=True):
        last = params[f"Dense_{number}"]
        assert out[made].shape == (BATCH, width) and out[made].dtype == jnp.float32
        expected = out["features"] @ last["kernel"] + last["bias"][None]
        np.testing.assert_allclose(out[made], expected, rtol=1e-4)
    assert 0.2 < np.mean(out["features"] == 0) < 0.8
    other = run(x, jnp.concatenate([jax.random.split(jax.random.key(2), 1), keys[1:]]))
    for made in ("score", "label"):
        changed = np.any(other[made] != out[made], axis=1)
        np.testing.assert_array_equal(changed, [True] + [False] * 3)
    still = jax.jit(lambda keys: player.apply(variables, {"x": x}, keys=keys, train=False)[0])
    sampled = [still(k) for k in (keys, None)]
    jax.tree.map(np.testing.assert_array_equal, *sampled)


def test_rows_are_joined_by_batch_norm():
    assert np.all(reach(critic("dcgan32"), "dcgan32") > 0)


def count(network, x, label=None):
    inputs = given(network, x, label)
    tree = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True)["params"])
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


NOISE_100 = jnp.zeros((2, 100))
COUNTS = {
    # 100*128 + 128; 128*256 + 256, BN 2*256; 256*512 + 512, BN 2*512; 512*784 + 784.
    "mlp generator": (
        models.GENERATORS["mlp"](shape=(28, 28, 1)),
        NOISE_100,
        12928 + 33024 + 512 + 131584 + 1024 + 402192,
    ),
    # 784*512 + 512; 512*256 + 256; 256 + 1.
    "mlp critic": (models.CRITICS["mlp"](), jnp.zeros((2, 28, 28, 1)), 401920 + 131328 + 257),
    # 100*4096 + 4096; 3*3*256*128 + 128, BN 2*128; 3*3*128*64 + 64, BN 2*64; 4*4*64*1 + 1.
    "dcgan32 generator": (
        models.GENERATORS["dcgan32"](shape=(32, 32, 1)),
        NOISE_100,
        413696 + 295040 + 256 + 73792 + 128 + 1025,
    ),
    # 3*3*1*16 + 16; 3*3*16*32 + 32, BN; 3*3*32*64 + 64, BN; 4*4*64*128 + 128, BN; 128 + 1.
    "dcgan32 critic": (
        models.CRITICS["dcgan32"](),
        jnp.zeros((2, 32, 32, 1)),
        160 + 4640 + 64 + 18496 + 128 + 131200 + 256 + 129,
    ),
    # 100*16384 + 16384, BN; 16*1024*512 + 512, BN; 16*512*256 + 256, BN; 16*256*128 + 128, BN;
    # 16*128*3 + 3.
    "dcgan generator": (
        models.GENERATORS["dcgan"](shape=(64, 64, 3)),
        NOISE_100,
        1654784 + 2048 + 8389120 + 1024 + 2097408 + 512 + 524416 + 256 + 6147,
    ),
    # 16*3*128 + 128; 16*128*256 + 256, BN; 16*256*512 + 512, BN; 16*512*1024 + 1024, BN; 16384 + 1.
    "dcgan critic": (
        models.CRITICS["dcgan"](),
        jnp.zeros((2, 64, 64, 3)),
        6272 + 524544 + 512 + 2097664 + 1024 + 8389632 + 2048 + 16385,
    ),
    # 100*2048 + 2048; three blocks of two BN, two convolutions 9*128*128 + 128 and a shortcut
    # 128*128 + 128; BN; 9*128*3 + 3.
    "resnet32 generator": (
        models.GENERATORS["resnet32"](shape=(32, 32, 3)),
        NOISE_100,
        206848 + 3 * (2 * 256 + 2 * 147584 + 16512) + 256 + 3459,
    ),
    # 9*3*128 + 128, 9*128*128 + 128 and a shortcut 3*128 + 128; two convolutions and a shortcut;
    # twice two convolutions; 128 + 1.
    "resnet32 critic": (
        models.CRITICS["resnet32"](),
        jnp.zeros((2, 32, 32, 3)),
        3584 + 147584 + 512 + 2 * 147584 + 16512 + 4 * 147584 + 129,
    ),
    # The same with 256 filters; gamma and, without biases, 256 * (32 + 32 + 128) and 128 * 256.
    "biggan generator": (
        models.GENERATORS["biggan"](shape=(32, 32, 3), attention=16),
        NOISE_100,
        413696 + 3 * (2 * 512 + 2 * 590080 + 65792) + 512 + 6915 + 1 + 49152 + 32768,
    ),
    "biggan critic": (
        models.CRITICS["biggan"](),
        jnp.zeros((2, 32, 32, 3)),
        7168 + 590080 + 1024 + 2 * 590080 + 65792 + 4 * 590080 + 257,
    ),
    # Eight blocks of 768*1536 + 1536, 9*16*1536 + 1536 and 1536*768; 4*4*768; 100*768; 768*3.
    "r3gan generator": (
        models.GENERATORS["r3gan"](shape=(32, 32, 3)),
        NOISE_100,
        8 * (2 * 1179648 + 221184 + 2 * 1536) + 12288 + 76800 + 2304,
    ),
    # The same blocks; 3*768; 4*4*768; 768.
    "r3gan critic": (
        models.CRITICS["r3gan"](),
        jnp.zeros((2, 32, 32, 3)),
        8 * (2 * 1179648 + 221184 + 2 * 1536) + 2304 + 12288 + 768,
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters(name):
    network, x, expected = COUNTS[name]
    assert count(network, x) == expected


@pytest.mark.parametrize(
    "name, more",
    [
        ("mlp", 10 * 128),
        ("dcgan32", 10 * 4096),
        ("dcgan", 10 * 16384),
        ("resnet32", 10 * 2048),
    ],
)
def test_a_label_widens_the_first_layer_of_a_generator(name, more):
    network, x, expected = COUNTS[f"{name} generator"]
    assert count(network, x, jnp.zeros((2, 10))) == expected + more


@pytest.mark.parametrize(
    "name, more",
    [
        ("mlp", 10 * 512),
        ("dcgan32", 10 * 9 * 16),
        ("dcgan", 10 * 16 * 128),
        ("resnet32", 10 * (9 + 1) * 128),  # the first convolution and the shortcut beside it
    ],
)
def test_a_label_widens_the_first_layer_of_a_critic(name, more):
    network, x, expected = COUNTS[f"{name} critic"]
    assert count(network, x, jnp.zeros((2, 10))) == expected + more


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in (models.GENERATORS, models.CRITICS) for name in table],
)
def test_options_build_the_network(table, name):
    """Every option has a plain default value, and the defaults given back make the same network."""
    options = table[name].options
    fixed = {"shape", "outputs", "heads", "dtype", "axis_name", "parent", "name"}
    assert options and not set(options) & fixed
    for value in options.values():
        assert isinstance(value, (str, bool, int, float, tuple))
    shape = {"shape": SHAPES[name]} if table is models.GENERATORS else {}
    assert table[name](**shape) == table[name].build(**shape) == table[name](**shape, **options)


def test_a_network_takes_what_its_call_names():
    """``keys`` and ``train`` are the game's, not the example's."""
    more = {
        "unet": ("source", "z", "label", "attributes"),
        "patch": ("x", "source", "label", "mask"),
        "zi2zi": ("x", "source", "label"),
        "srresnet": ("source", "label"),
        "resnet_translator": ("source", "label", "attributes"),
        "completion": ("source", "mask", "label"),
        "global_local": ("x", "mask", "label"),
    }
    for table, name in ((models.GENERATORS, "z"), (models.CRITICS, "x")):
        told = {"text": (name, "caption"), "stackgan": (name, "caption", "grown")}
        of_scales = {
            "z": ("source", "z", "label"),
            "x": ("x", "x_2", "x_4", "x_8", "source", "label"),
        }
        own = {
            **more,
            **told,
            "progressive": (name, "label", "grown"),
            "multiscale": of_scales[name],
        }
        for key, row in table.items():
            assert tuple(models.takes(row.build)) == own.get(key, (name, "label"))


def test_first_norm_adds_one_normalisation():
    plain, first = (generator("dcgan32", first_norm=flag) for flag in (False, True))
    z = jnp.zeros((2, NOISE))
    assert count(first, z) - count(plain, z) == 2 * 4


def test_the_ways_that_strides_replaced():
    """A kernel of 3x3 wherever a stride was, pools after it; all else stays, the sizes too."""
    z, x = jnp.zeros((2, NOISE)), jnp.zeros((2, *SHAPES["dcgan32"]))
    plain = count(generator("dcgan32"), z)  # channels 4, 3, 2, 1: windows 3, 3 and 4
    assert count(generator("dcgan32", upsample="nearest"), z) == plain - (16 - 9) * 2 * 1
    assert count(generator("dcgan32", activation="prelu"), z) == plain + 2  # one a layer
    for how in ("mean_pool", "max_pool"):  # windows 3, 3, 3, and 4 without a stride
        assert count(critic("dcgan32", downsample=how), x) == count(critic("dcgan32"), x)
    small = jnp.zeros((2, *SHAPES["dcgan"]))
    windows = {"stride": 16, "mean_pool": 9, "max_pool": 9}
    for how, window in windows.items():  # 3 -> 4 -> 3 channels, BN; what is left has sides of 4
        pooled, more = critic("dcgan", downsample=how), 4 + 3 + 2 * 3 + 4 * 4 * 3 + 1
        assert count(pooled, small) == window * (3 * 4 + 4 * 3) + more


def test_pools_by_hand():
    """One channel, a kernel that only passes its middle on: pools of 1, 2, 3, 4."""

    class One(nn.Module):
        how: str
        norm: str = "none"
        initializer: str = "he"
        dtype: type = jnp.float32

        @nn.compact
        def __call__(self, x):
            return dcgan.DOWNSAMPLES[self.how](self, x, 1, (4, 2, 1))

    middle = jnp.zeros((3, 3, 1, 1)).at[1, 1].set(1.0)
    params = {"params": {"Conv_0": {"kernel": middle, "bias": jnp.zeros(1)}}}
    x = jnp.arange(1.0, 5).reshape(1, 2, 2, 1)
    for how, expected in {"mean_pool": 2.5, "max_pool": 4.0}.items():
        np.testing.assert_allclose(jax.jit(One(how).apply)(params, x).ravel(), [expected])


BAD_SIZES = {
    "multiples of 8, not 28x32": (models.GENERATORS["dcgan32"](shape=(28, 32, 1)), NOISE_100),
    "multiples of 8, not 32x28": (models.GENERATORS["dcgan32"](shape=(32, 28, 1)), NOISE_100),
    "takes 3 channels, not 2": (
        models.GENERATORS["dcgan32"](shape=(32, 32, 1), channels=(4, 2)),
        NOISE_100,
    ),
    "images of shape .H, W, C.": (models.GENERATORS["dcgan32"](shape=(2,)), NOISE_100),
    "4 channels is for images of 64x64": (
        models.GENERATORS["dcgan"](shape=(32, 32, 3)),
        NOISE_100,
    ),
    "at least 25x25, not 24x32": (models.CRITICS["dcgan32"](), jnp.zeros((2, 24, 32, 1))),
    "critic dcgan32 with pools is for images whose sides are multiples of 8, not 28x32": (
        models.CRITICS["dcgan32"](downsample="max_pool"),
        jnp.zeros((2, 28, 32, 1)),
    ),
    "takes 4 channels, not 3": (
        models.CRITICS["dcgan32"](channels=(4, 2, 2)),
        jnp.zeros((2, 32, 32, 1)),
    ),
    "2 channels is for images of 16x16": (
        models.CRITICS["dcgan"](channels=(8, 8)),
        jnp.zeros((2, 16, 32, 1)),
    ),
    "generator resnet32 is for images whose sides are multiples of 8, not 32x28": (
        models.GENERATORS["resnet32"](shape=(32, 28, 1)),
        NOISE_100,
    ),
    "critic resnet32 is for images whose sides are multiples of 4, not 30x32": (
        models.CRITICS["resnet32"](),
        jnp.zeros((2, 30, 32, 1)),
    ),
    "critic resnet32 with 4 channels halves 1 to 4 times, not 5": (
        models.CRITICS["resnet32"](halvings=5),
        jnp.zeros((2, 32, 32, 1)),
    ),
    "unknown pool 'x'; known: mean, sum": (
        models.CRITICS["resnet32"](pool="x"),
        jnp.zeros((2, 32, 32, 1)),
    ),
    "shorter side is at least 8 and less than 1024, not 7x32": (
        models.CRITICS["biggan"](),
        jnp.zeros((2, 7, 32, 1)),
    ),
    "generator biggan is for images whose sides are multiples of 8, not 32x36": (
        models.GENERATORS["biggan"](shape=(32, 36, 1)),
        NOISE_100,
    ),
    "generator biggan has no map of side 4 for attention; it has 8, 16, 32": (
        models.GENERATORS["biggan"](shape=(32, 32, 1), attention=4),
        NOISE_100,
    ),
    "critic biggan has no map of side 32 for attention; it has 8, 16": (
        models.CRITICS["biggan"](attention=32),
        jnp.zeros((2, 32, 32, 1)),
    ),
    "whose channels are a multiple of 8, not of 16x16 with 4": (
        models.CRITICS["biggan"](width=1, attention=16),
        jnp.zeros((2, 32, 32, 1)),
    ),
    "whose norms are given a code; set generator.norm=conditional_batch": (
        models.GENERATORS["biggan"](shape=(32, 32, 1), shared=4),
        NOISE_100,
    ),
    "set generator.shared, as 32": (
        models.GENERATORS["biggan"](shape=(32, 32, 1), norm="conditional_batch", split=True),
        NOISE_100,
    ),
    "mlp or toy": (models.CRITICS["dcgan"](), jnp.zeros((2, 2))),
    "unknown activation 'x'; known: leaky_relu, prelu, relu, softplus, tanh": (
        models.CRITICS["toy"](activation="x"),
        jnp.zeros((2, 2)),
    ),
}


@pytest.mark.parametrize("sentence", BAD_SIZES)
def test_bad_options_are_told(sentence):
    network, x = BAD_SIZES[sentence]
    with pytest.raises(UserError, match=sentence):
        jax.eval_shape(lambda: network.init(jax.random.key(0), **given(network, x), train=True))
