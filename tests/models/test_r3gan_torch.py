"""R3GAN's networks against the same in PyTorch, laid out as the authors have them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import models
from jaxgan.core.errors import UserError
from jaxgan.models import r3gan, resize

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn, functional = torch.nn, torch.nn.functional

BATCH, NOISE, CLASSES = 3, 5, 4
SHAPE = (8, 12, 2)
FIELDS = {"width": 16, "wide": 1, "blocks": 2, "embedding": 3}
WIDTHS = (16, 8)
FILTER = torch.outer(*2 * (torch.tensor([1.0, 3.0, 3.0, 1.0]).double() / 8,))


def each_channel(convolve, x, gain):
    """``convolve`` with the filter, stride 2 and padding 1, every channel by itself."""
    kernel = gain * FILTER.expand(x.shape[1], 1, 4, 4)
    return convolve(x, kernel, stride=2, padding=1, groups=x.shape[1])


def enlarged(x):
    return each_channel(functional.conv_transpose2d, x, 4)


def reduced(x):
    return each_channel(functional.conv2d, x, 1)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(width, 2 * width, 1)
        self.middle = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width // 16)
        self.last = nn.Conv2d(2 * width, width, 1, bias=False)

    def forward(self, x):
        y = functional.leaky_relu(self.first(x), 0.2)
        return x + self.last(functional.leaky_relu(self.middle(y), 0.2))


class Generator(nn.Module):
    """``linear``: in the order of the call, as Flax numbers them."""

    def __init__(self):
        super().__init__()
        top, low = WIDTHS
        self.basis = nn.Parameter(torch.empty(top, 4, 6))
        sizes = [(CLASSES, 3), (NOISE + 3, top), (top, low), (low, SHAPE[2])]
        self.linear = nn.ModuleList(nn.Linear(*size, bias=False) for size in sizes)
        self.blocks = nn.ModuleList(Block(width) for width in (top, top, low, low))

    def forward(self, z, label):
        code, start, narrow, colours = self.linear
        x = self.basis * start(torch.cat([z, code(label)], 1))[:, :, None, None]
        x = self.blocks[1](self.blocks[0](x))
        x = enlarged(pixelwise(narrow, x))
        x = self.blocks[3](self.blocks[2](x))
        return pixelwise(colours, x).permute(0, 2, 3, 1)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        top, low = WIDTHS
        sizes = [(SHAPE[2], low), (low, top), (CLASSES, 3), (top, 3)]
        self.linear = nn.ModuleList(nn.Linear(*size, bias=False) for size in sizes)
        self.blocks = nn.ModuleList(Block(width) for width in (low, low, top, top))
        self.window = nn.Parameter(torch.empty(top, 1, 4, 6))

    def forward(self, x, label):
        start, widen, code, features = self.linear
        x = pixelwise(start, x.permute(0, 3, 1, 2))
        x = pixelwise(widen, reduced(self.blocks[1](self.blocks[0](x))))
        x = self.blocks[3](self.blocks[2](x))
        x = functional.conv2d(x, self.window, groups=len(self.window)).flatten(1)
        return (features(x) * code(label)).sum(1)


def pixelwise(linear, x):
    return functional.conv2d(x, linear.weight[:, :, None, None])


def as_flax(twin, read):
    """{layer: ...} of ``read(parameter)``, named in Flax's order."""
    params = {f"Dense_{i}": {"kernel": read(f.weight).T} for i, f in enumerate(twin.linear)}
    for i, block in enumerate(twin.blocks):
        matrices = [read(f.weight)[:, :, 0, 0].T for f in (block.first, block.last)]
        params[f"Block_{i}"] = {
            "Dense_0": {"kernel": matrices[0], "bias": read(block.first.bias)},
            "Dense_1": {"kernel": matrices[1]},
            "kernel": read(block.middle.weight).permute(2, 3, 1, 0),
            "bias": read(block.middle.bias),
        }
    if hasattr(twin, "basis"):
        params["basis"] = read(twin.basis).permute(1, 2, 0)
    else:
        params["window"] = read(twin.window)[:, 0].permute(1, 2, 0)
    return jax.tree.map(lambda tensor: tensor.numpy(), params)


def drawn(twin, shape):
    """The twin with random weights in float64, an input, one-hot labels; parameters as Flax's."""
    torch.set_num_threads(1)  # small arrays: threads would only wait for one another
    torch.manual_seed(0)
    for parameter in twin.double().parameters():
        nn.init.normal_(parameter, 0, 0.3)
    x = torch.randn(BATCH, *shape, dtype=torch.float64, requires_grad=True)
    label = torch.eye(CLASSES, dtype=torch.float64)[[0, 2, 3]]
    return x, label, as_flax(twin, lambda p: p.detach().clone())


def assert_same(actual, expected):
    """Equal up to 1e-9 of the largest entry."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * np.abs(b).max())


def test_generator_is_pytorchs():
    twin = Generator()
    z, label, params = drawn(twin, (NOISE,))
    made = twin(z, label)
    (made**3).mean().backward()
    with jax.enable_x64(True):
        network = models.GENERATORS["r3gan"](shape=SHAPE, dtype=jnp.float64, **FIELDS)

        @jax.jit
        def evaluate(params, z):
            def loss(params, z):
                out = network.apply({"params": params}, z=z, label=label.numpy(), train=True)["x"]
                return (out**3).mean(), out

            return jax.grad(loss, argnums=(0, 1), has_aux=True)(params, z)

        by_both, out = evaluate(params, z.detach().numpy())
    assert_same(out, made.detach().numpy())
    assert_same(by_both, (as_flax(twin, lambda p: p.grad), z.grad.numpy()))


def test_critic_is_pytorchs_to_the_second_order():
    """Scores, R1 of Mescheder et al. 2018, and how both move the weights."""
    twin = Critic()
    x, label, params = drawn(twin, SHAPE)
    scores = twin(x, label)
    (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    penalty = (slope**2).sum(dim=(1, 2, 3)) / 2
    (scores.sin() + penalty).mean().backward()
    with jax.enable_x64(True):
        network = models.CRITICS["r3gan"](dtype=jnp.float64, **FIELDS)

        @jax.jit
        def evaluate(params, x):
            def loss(params, x):
                def score(x):
                    variables = {"params": params}
                    return network.apply(variables, x=x, label=label.numpy(), train=True)["score"]

                slope = jax.grad(lambda x: score(x).sum())(x)
                found = (slope**2).sum(axis=(1, 2, 3)) / 2
                return (jnp.sin(score(x)) + found).mean(), (score(x), found)

            return jax.grad(loss, argnums=(0, 1), has_aux=True)(params, x)

        by_both, out = evaluate(params, x.detach().numpy())
    assert_same(out, (scores.detach().numpy(), penalty.detach().numpy()))
    assert_same(by_both, (as_flax(twin, lambda p: p.grad), x.grad.numpy()))


def test_resampling_is_the_filters():
    x = torch.randn(2, 3, 4, 6, dtype=torch.float64)
    with jax.enable_x64(True):
        images = x.permute(0, 2, 3, 1).numpy()
        found = jax.jit(lambda x: (resize.double_smooth(x), resize.halve_smooth(x)))(images)
    expected = (enlarged(x), reduced(x))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.permute(0, 2, 3, 1), atol=1e-12)
    # Along the line 3 * 4 / 4, (3 * 4 + 8) / 4, ..., across 3 / 4; (3 * 4 + 3 * 8) / 8, and 3 / 4.
    line = jnp.array([4.0, 8.0]).reshape(1, 1, 2, 1)
    np.testing.assert_allclose(
        resize.double_smooth(line)[0, :, :, 0], 0.75 * np.array([[3, 5, 7, 6]] * 2)
    )
    square = jnp.concatenate([line, line], axis=1)
    np.testing.assert_allclose(resize.halve_smooth(square), [[[[3.375]]]])


def test_weights_begin_as_the_paper_has_them():
    """gain = sqrt(2 / 1.04) L^(-1/4) over the root of the fan-in; blocks add nothing yet."""
    network = models.CRITICS["r3gan"](width=64, blocks=2)
    x = jax.random.normal(jax.random.key(1), (2, 8, 8, 3))
    variables = jax.jit(lambda: network.init(jax.random.key(0), x=x, train=False))()
    params, gain = variables["params"], (2 / 1.04) ** 0.5 * 4**-0.25  # two stages of two blocks
    for name in (f"Block_{i}" for i in range(4)):
        block = params[name]
        assert not block["Dense_1"]["kernel"].any() and not block["bias"].any()
        assert block["kernel"].shape == (3, 3, 16, 128)
        np.testing.assert_allclose(block["Dense_0"]["kernel"].std(), gain / 8, rtol=0.03)
        np.testing.assert_allclose(block["kernel"].std(), gain / 12, rtol=0.03)
    np.testing.assert_allclose(params["window"].std(), 1 / 4, rtol=0.1)
    # So the scores are linear in x.
    scores = jax.jit(lambda x: network.apply(variables, x=x, train=True)["score"])
    np.testing.assert_allclose(scores(3 * x), 3 * scores(x), rtol=1e-4)


def test_widths_of_the_papers_presets():
    """CIFAR-10: 768 four times; FFHQ at 64 then 384, at 256 also 192 and 96; images of any side."""
    widths = [r3gan._widths((side, side), 768, 4, "") for side in (32, 64, 256, 28, 48)]
    wide = [768] * 4
    assert widths == [wide, [*wide, 384], [*wide, 384, 192, 96], wide[:3], wide]
    assert r3gan._widths((128, 256), 24, 4, "") == [24, 24, 24, 24, 8, 8]
    for wrong, told in {
        ((30, 32), 16): "multiples of 4, not 30x32",
        ((3, 8), 16): "4x4 and more, not 3x8",
        ((8, 8), 12): "multiple of 8, not 12",
    }.items():
        with pytest.raises(UserError, match=told):
            r3gan._widths(*wrong, 1, "generator r3gan")


def test_scores_and_heads_without_a_label():
    network = models.CRITICS["r3gan"](width=8, blocks=1, outputs=3, heads=(("tone", 2),))
    x = jnp.ones((BATCH, 4, 4, 1))
    variables = jax.jit(lambda: network.init(jax.random.key(0), x=x, train=False))()
    out = network.apply(variables, x=x, train=True)
    assert {name: value.shape[1] for name, value in out.items()} == {
        "features": 8,
        "score": 3,
        "tone": 2,
    }
    last = variables["params"]["Dense_1"]["kernel"]
    np.testing.assert_allclose(out["score"], out["features"] @ last, rtol=1e-5)
