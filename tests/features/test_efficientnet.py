"""EfficientNet-Lite0: its sizes, its windows, and against the PyTorch package of its weights."""

import io
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgan import data, defaults
from jaxgan.build import parts
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.features import FEATURES, convert, efficientnet

RNG = np.random.default_rng(0)
maps = jax.jit(efficientnet.maps)


def random_state():
    """A state dict of the published layout, whose activations neither vanish nor grow."""
    state = {}

    def layer(conv, norm, shape):
        fan = np.prod(shape[1:])
        state[f"{conv}.weight"] = RNG.normal(0, (2 / fan) ** 0.5, shape).astype(np.float32)
        for part, low in (("weight", 0.6), ("running_var", 0.6), ("bias", -0.2)):
            state[f"{norm}.{part}"] = RNG.uniform(low, low + 0.8, shape[0]).astype(np.float32)
        state[f"{norm}.running_mean"] = RNG.normal(0, 0.1, shape[0]).astype(np.float32)

    layer("_conv_stem", "_bn0", (32, 3, 3, 3))
    channels, i = 32, 0
    for stage in efficientnet.STAGES:
        for _ in range(stage.repeats):
            wide, name = channels * stage.expand, f"_blocks.{i}"
            if stage.expand > 1:
                layer(f"{name}._expand_conv", f"{name}._bn0", (wide, channels, 1, 1))
            window = (wide, 1, stage.window, stage.window)
            layer(f"{name}._depthwise_conv", f"{name}._bn1", window)
            layer(f"{name}._project_conv", f"{name}._bn2", (stage.channels, wide, 1, 1))
            channels, i = stage.channels, i + 1
    layer("_conv_head", "_bn1", (1280, 320, 1, 1))
    state["_fc.weight"] = RNG.normal(0, 0.03, (1000, 1280)).astype(np.float32)
    state["_fc.bias"] = RNG.normal(0, 1, 1000).astype(np.float32)
    return state


@pytest.fixture(scope="module")
def state():
    return random_state()


@pytest.fixture(scope="module")
def extract(state):
    return efficientnet.from_params("random", "", efficientnet.params_of(state), 2)


def images(*shape):
    return (RNG.integers(0, 256, shape) / 127.5 - 1).astype(np.float32)


@pytest.mark.parametrize("side, channels", [(32, 3), (28, 1), (33, 3)])
def test_maps_are_of_the_image_as_it_is(extract, side, channels):
    x = jax.ShapeDtypeStruct((2, side, side, channels), jnp.float32)
    found = jax.eval_shape(extract.maps, extract.variables, x)
    sides = [-(-side // 2**i) for i in range(1, 6)]
    assert [m.shape for m in found] == [
        (2, s, s, c) for s, c in zip(sides, (16, 24, 40, 112, 320), strict=True)
    ]


def test_the_number_of_weights(extract):
    """The published count, 4.65 million, with four numbers a channel of normalisation folded."""
    count = sum(leaf.size for leaf in jax.tree.leaves(extract.variables))
    # Convolutions 3,330,176 and 20,328 biases of 50 layers, and 1280 * 1000 + 1000.
    assert 4.60e6 < count < 4.66e6


@pytest.mark.parametrize("window, stride, side", [(3, 1, 5), (3, 2, 6), (5, 2, 6), (5, 2, 7)])
def test_a_sum_of_shifted_images_is_the_grouped_convolution(window, stride, side):
    x, kernel = images(2, side, side, 4), images(window, window, 4)
    expected = lax.conv_general_dilated(
        x,
        kernel[:, :, None],
        (stride, stride),
        "SAME",  # TensorFlow's
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=4,
    )
    np.testing.assert_allclose(
        efficientnet._depthwise(x, kernel, stride), expected, rtol=1e-5, atol=1e-5
    )


def test_features_logits_and_distances(extract):
    x = images(3, 32, 32, 3)
    features, logits = extract.run(x)
    assert features.shape == (3, 1280) and logits.shape == (3, 1000)
    assert (features >= 0).all() and features.std(0).mean() > 0
    apart = extract.compare(x, x[::-1].copy())
    assert apart.shape == (3,) and apart[1] == 0 and apart[0] > 0.01
    np.testing.assert_allclose(apart[0], apart[2], rtol=1e-5)  # it is symmetric
    # By its definition, of the maps of eight bits, without the network's own code of it.
    a, b = (maps(extract.variables, x[i : i + 1]) for i in (0, 2))
    lengths = [[np.linalg.norm(m[0], axis=-1, keepdims=True) for m in found] for found in (a, b)]
    by_hand = sum(
        ((m[0] / p - n[0] / q) ** 2).sum(-1).mean()
        for m, n, p, q in zip(a, b, *lengths, strict=True)
    )
    np.testing.assert_allclose(apart[0], by_hand, rtol=1e-4)


def test_grey_is_three_equal_channels(extract):
    grey = images(2, 28, 28, 1)
    colour = extract.features(np.repeat(grey, 3, 3))
    np.testing.assert_allclose(extract.features(grey), colour, rtol=0, atol=1e-4)


def test_other_channels_and_other_weights_are_refused(extract, state):
    with pytest.raises(UserError, match="1 or 3 channels, not 2"):
        extract.run(images(1, 8, 8, 2))
    with pytest.raises(UserError, match="not EfficientNet's: there is no '_fc.bias'"):
        efficientnet.params_of({k: v for k, v in state.items() if k != "_fc.bias"})


def test_depths(extract):
    extract.check_depth(5, (32, 32, 3))
    with pytest.raises(UserError, match="'random' has maps 1 to 5, .* there is no depth 6"):
        extract.check_depth(6, (32, 32, 3))
    digits = FEATURES["mnist10k_cnn"]()
    digits.check_depth(0, (28, 28, 1))
    with pytest.raises(UserError, match="'mnist10k_cnn' offers no maps"):
        digits.check_depth(1, (28, 28, 1))
    x = images(1, 16, 16, 3)
    see = jax.jit(extract.see, static_argnums=2)
    whole = maps(extract.variables, x)
    np.testing.assert_allclose(see(extract.variables, x, 2), whole[1], atol=1e-5)
    np.testing.assert_allclose(see(extract.variables, x, 0), extract.features(x), atol=1e-4)


def test_without_the_package_one_sentence_tells_what_to_install(monkeypatch):
    monkeypatch.setattr(efficientnet.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'jaxgan\[imagenet\]'"):
        FEATURES[efficientnet.NAME]()


def test_other_bytes_are_refused(monkeypatch, tmp_path):
    folder = tmp_path / efficientnet.PACKAGE
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop(efficientnet.PACKAGE, None)
    with pytest.raises(UserError, match="cannot read the weights"):
        FEATURES[efficientnet.NAME]()
    (folder / efficientnet.FILE).write_bytes(b"other")
    with pytest.raises(UserError, match="does not begin with 57934424"):
        FEATURES[efficientnet.NAME]()


def test_a_content_loss_looks_at_the_depth_that_is_asked_for(monkeypatch, extract):
    monkeypatch.setitem(FEATURES, efficientnet.NAME, lambda: extract)
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 16
    config.data.options = data.options_of("emoji")
    config.game, config.batch_size = defaults.game("restoration"), 4
    config.generator = defaults.generator("unet", halvings=2, width=2)
    config.critic = defaults.critic("patch", layers=0, width=2)
    config.terms.features.update(weight=0.5, network=efficientnet.NAME, depth=2)
    prepare(config)
    made, truth = images(2, 16, 16, 3), images(2, 16, 16, 3)
    see = {efficientnet.NAME: partial(extract.see, extract.variables)}
    ((name, weight, distance),) = parts.terms(config, see)
    a, b = (maps(extract.variables, x)[1] for x in (made, truth))
    assert (name, weight) == ("features", 0.5)
    np.testing.assert_allclose(
        jax.jit(distance)(made, truth), ((a - b) ** 2).mean((1, 2, 3)), rtol=1e-5
    )
    config.terms.features.depth = 9
    with pytest.raises(UserError, match="there is no depth 9"):
        prepare(config)


@pytest.fixture
def theirs():
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("efficientnet_lite_pytorch", reason="the extra `parity`")
    return torch, package.EfficientNet.from_name("efficientnet-lite0").eval()


def test_it_is_the_pytorch_package(theirs, state):
    torch, net = theirs
    tensors = {name: torch.from_numpy(values) for name, values in state.items()}
    missing, unknown = net.load_state_dict(tensors, strict=False)
    assert not unknown and all(name.endswith("num_batches_tracked") for name in missing)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    extract = efficientnet.from_params(
        "random", "", efficientnet.params_of(convert.read_pth(file.getvalue())), 2
    )
    x = images(2, 224, 224, 3)
    pixels = torch.from_numpy((127.5 * x + 0.5) / 128).permute(0, 3, 1, 2)
    with torch.no_grad():
        features = net.extract_features(pixels).mean((2, 3)).numpy()
        logits = net(pixels).numpy()
    ours = extract.run(x)
    for mine, other in zip(ours, (features, logits), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=2e-5 * np.abs(other).max())


def test_real_photographs_are_told():
    """With the published weights: a cat is one of ImageNet's, a cup an espresso."""
    pytest.importorskip(efficientnet.PACKAGE, reason="the extra `imagenet` brings the weights")
    photographs = pytest.importorskip("skimage.data", reason="the extra `parity` brings it")
    extract = FEATURES[efficientnet.NAME](chunk=1)
    for name, classes in {"chelsea": (281, 282, 285), "coffee": (967, 968)}.items():
        photo = getattr(photographs, name)()
        side = min(photo.shape[:2])
        top, left = ((n - side) // 2 for n in photo.shape[:2])
        square = photo[None, top : top + side, left : left + side]
        odds = extract.probabilities((square / 127.5 - 1).astype(np.float32))[0]
        assert odds.argmax() in classes and odds[list(classes)].sum() > 0.5
