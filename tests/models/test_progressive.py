"""Networks that grow: what a level is, and the layers against PyTorch with scaled weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models import progressive
from jaxgan.models.progressive import ProgressiveCritic, ProgressiveGenerator

CHANNELS, SHAPE, BATCH = (5, 4, 3), (16, 24, 2), 4


def networks(level=-1, dtype=jnp.float32):
    own = {"channels": CHANNELS, "level": level, "dtype": dtype}
    return ProgressiveGenerator(shape=SHAPE, **own), ProgressiveCritic(group=2, **own)


@pytest.fixture(scope="module")
def drawn():
    """z, and variables of both whose biases are not 0."""
    generator, critic = networks()
    rng = np.random.default_rng(0)
    z = rng.standard_normal((BATCH, 6), np.float32)
    x = np.zeros((BATCH, *SHAPE), np.float32)
    shapes = jax.eval_shape(
        lambda: (
            generator.init(jax.random.key(0), z=z, train=True),
            critic.init(jax.random.key(0), x=x, train=True),
        )
    )
    return z, *jax.tree.map(lambda leaf: rng.standard_normal(leaf.shape, np.float32), shapes)


@pytest.mark.parametrize(
    "shape, last", [((4, 4, 1), 0), ((32, 32, 3), 3), ((28, 28, 1), 2), ((16, 24, 2), 2)]
)
def test_levels_by_hand(shape, last):
    """32, 16, 8, 4: three halvings; 28, 14, 7: two, as 7 is odd; 16x24, 8x12, 4x6: two."""
    assert progressive.levels_of(shape) == last


def test_1024_pixels_have_the_papers_nine_levels_and_parameters():
    """Table 2: 23.1 million each; by hand below."""
    assert progressive.levels_of((1024, 1024, 3)) == 8
    channels = ProgressiveGenerator.channels
    convolutions = sum(
        9 * n * m + m + 9 * m * m + m for n, m in zip(channels, channels[1:], strict=False)
    )
    colours = sum(3 * n for n in channels)
    first = 512 * 4 * 4 * 512 + 4 * 4 * 512 + 9 * 512 * 512 + 512
    generator, z = ProgressiveGenerator(shape=(1024, 1024, 3)), jnp.zeros((1, 512))
    made = jax.eval_shape(lambda: generator.init(jax.random.key(0), z=z, train=True))
    expected = first + convolutions + colours + 9 * 3
    assert sum(leaf.size for leaf in jax.tree.leaves(made["params"])) == expected
    assert round(expected / 1e6, 1) == 23.1


def test_a_level_alone_is_what_all_of_them_show(drawn):
    """What a level makes, in doubled pixels; and scores are of the image that it sees."""
    z, of_generator, of_critic = drawn
    whole, judge = networks()
    for level, grown in [(0, 0.0), (1, 0.25), (1, 1.0), (2, 1.75)]:
        given = {"grown": jnp.full(BATCH, grown), "train": True}
        part, judge_part = networks(level)
        small = part.apply(of_generator, z=z, **given)["x"]
        large = whole.apply(of_generator, z=z, **given)["x"]
        assert small.shape == (BATCH, 4 << level, 6 << level, 2)
        times = 4 >> level
        doubled = small.repeat(times, axis=1).repeat(times, axis=2)
        np.testing.assert_allclose(large, doubled, rtol=1e-5, atol=1e-5)
        scores = judge_part.apply(of_critic, x=small, **given)["score"]
        expected = judge.apply(of_critic, x=large, **given)["score"]
        np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


def test_real_images_fade_alike():
    """A row 0, 4, 8, 0: halves are 2, 4; a fourth of it has faded in: .75 * 2 + .25 * 0 = 1.5."""
    row = np.array([0, 4, 8, 0] * 2, np.float32).reshape(1, 1, 8, 1)
    x = np.broadcast_to(row, (1, 8, 8, 1))
    seen = progressive.at_level(x, jnp.array([0.25]), 1)
    np.testing.assert_allclose(seen[0, 0, :4, 0], [1.5, 2.5, 5, 3])
    np.testing.assert_array_equal(progressive.at_level(x, jnp.array([1.0]), 1), x)
    np.testing.assert_array_equal(
        progressive.at_level(x, jnp.array([0.0]), 0)[0, 0, :, 0], [2, 4] * 2
    )


def test_the_deviation_of_a_group_by_hand():
    """0 and 2 lie 1 from their mean, in one pixel of two: mean of 1 and 0; equal ones: 1e-4."""
    x = np.zeros((4, 1, 2, 1), np.float32)
    x[1, 0, 0] = 2
    found = progressive.deviation(jnp.array(x), 2)
    np.testing.assert_allclose(found[:, 0, 0, 0], [0.50005, 0.50005, 1e-4, 1e-4], rtol=1e-5)
    assert found.shape == (4, 1, 2, 1)
    with pytest.raises(
        UserError, match="groups of 3, and 4, the batch of a device, is no multiple"
    ):
        progressive.deviation(jnp.array(x), 3)


def test_layers_are_those_of_pytorch(drawn):
    """Outputs and slopes in z and x, half way to the last level."""
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    functional = torch.nn.functional
    z, of_generator, of_critic = jax.tree.map(np.float64, drawn)
    grown = 1.5

    def layer(params, x, gain=2**0.5, resize=""):
        """The authors' form: weights of N(0, 1) times gain / sqrt(fan-in), before the product."""
        weight, bias = (torch.from_numpy(params[name]) for name in ("kernel", "bias"))
        weight = weight * gain / weight[..., 0].numel() ** 0.5
        if weight.ndim == 2:
            return x @ weight + bias
        x = functional.interpolate(x, scale_factor=2) if resize == "up" else x
        x = functional.conv2d(x, weight.permute(3, 2, 0, 1), padding=weight.shape[0] // 2)
        x = functional.avg_pool2d(x, 2) if resize == "down" else x
        return x + bias[:, None, None]

    def unit(x):
        return x / torch.sqrt((x**2).mean(1, keepdim=True) + 1e-8)

    def activate(x):
        return functional.leaky_relu(x, 0.2)

    def make(z):
        params, images = of_generator["params"], []
        x = layer(params["Dense_0"], unit(z), 2**0.5 / 4).reshape(-1, 4, 6, CHANNELS[0])
        x = unit(activate(x.permute(0, 3, 1, 2)))
        for level in range(3):
            own = params[f"level_{level}"]
            for i in range(len(own)):
                x = unit(
                    activate(layer(own[f"Conv_{i}"], x, resize="up" if level and not i else ""))
                )
            images.append(layer(params[f"colours_{level}"]["Conv_0"], x, 1.0))
        return 0.5 * functional.interpolate(images[1], scale_factor=2) + 0.5 * images[2]

    def judge(x):
        params = of_critic["params"]

        def enter(x, level):
            return activate(layer(params[f"colours_{level}"]["Conv_0"], x))

        def level(x, number, resizes):
            for i, resize in enumerate(resizes):
                x = activate(layer(params[f"level_{number}"][f"Conv_{i}"], x, resize=resize))
            return x

        seen = level(enter(x, 2), 2, ("", "down"))
        seen = 0.5 * enter(functional.avg_pool2d(x, 2), 1) + 0.5 * seen
        seen = level(seen, 1, ("", "down"))
        pairs = seen.reshape(2, 2, *seen.shape[1:])
        spread = torch.sqrt(pairs.var(1, unbiased=False) + 1e-8).mean((1, 2, 3))
        planes = spread.repeat_interleave(2)[:, None, None, None].expand(-1, 1, *seen.shape[2:])
        seen = level(torch.cat([seen, planes], 1), 0, ("",)).permute(0, 2, 3, 1).flatten(1)
        return layer(params["Dense_1"], activate(layer(params["Dense_0"], seen)), 1.0)[:, 0]

    noise = torch.from_numpy(z).requires_grad_(True)
    image = make(noise)
    x = image.detach().requires_grad_(True)
    scores = judge(x)
    slopes = torch.autograd.grad((image**2).sum(), noise), torch.autograd.grad((scores**2).sum(), x)

    with jax.enable_x64(True):
        generator, critic = networks(dtype=jnp.float64)
        given = {"grown": jnp.full(BATCH, grown), "train": True}

        def made(z):
            return generator.apply(of_generator, z=z, **given)["x"]

        def score(x):
            return critic.apply(of_critic, x=x, **given)["score"]

        def squares(function):
            return lambda x: (function(x) ** 2).sum()

        ours = x.detach().permute(0, 2, 3, 1).numpy()
        found = jax.jit(lambda z, x: (made(z), score(x)))(z, ours)
        by_z, by_x = jax.jit(
            lambda z, x: (jax.grad(squares(made))(z), jax.grad(squares(score))(x))
        )(z, ours)
    np.testing.assert_allclose(found[0], ours, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found[1], scores.detach(), rtol=1e-6)
    np.testing.assert_allclose(by_z, slopes[0][0], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(by_x, slopes[1][0].permute(0, 2, 3, 1), rtol=1e-5, atol=1e-8)
