"""Networks of captions against the same in PyTorch, and what StackGAN's stages leave alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from jaxgan.core.errors import UserError
from jaxgan.models.stackgan import StackGANCritic, StackGANGenerator
from jaxgan.models.text import TextCritic, TextGenerator, coded

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn
RNG = np.random.default_rng(0)
Z, CAPTION = RNG.standard_normal((3, 5)), RNG.standard_normal((3, 4))
KINDS = {
    "Conv2d": ("Conv", (2, 3, 1, 0)),
    "ConvTranspose2d": ("ConvTranspose", (2, 3, 0, 1)),
    "Linear": ("Dense", (1, 0)),
    "BatchNorm2d": ("BatchNorm", (0,)),
    "BatchNorm1d": ("BatchNorm", (0,)),
}


def as_flax(layers, read):
    """{layer: {kernel or scale, bias}} in the order of the forward pass."""
    params, counts = {}, {}
    for layer in layers:
        kind, axes = KINDS[type(layer).__name__]
        counts[kind] = counts.get(kind, -1) + 1
        name = "scale" if kind == "BatchNorm" else "kernel"
        own = {name: read(layer.weight).numpy().transpose(axes)}
        if layer.bias is not None:
            own["bias"] = read(layer.bias).numpy()
        params[f"{kind}_{counts[kind]}"] = own
    return params


def compare(network, layers, forward, inputs, made):
    """Outputs, and slopes by all parameters, with the statistics of the batch, in float64."""
    torch.manual_seed(0)
    for layer in layers:
        layer.double()
        if "BatchNorm" in type(layer).__name__:
            layer.weight.data.normal_(1, 0.2)
            layer.bias.data.normal_(0, 0.2)
    expected = forward({name: torch.from_numpy(x) for name, x in inputs.items()})
    ((expected - 0.5) ** 2).mean().backward()

    with jax.enable_x64(True):
        params = as_flax(layers, torch.detach)
        tree = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))
        statistics = jax.tree.map(lambda leaf: np.ones(leaf.shape), tree["batch_stats"])

        def loss(params):
            variables = {"params": params, "batch_stats": statistics}
            out, _ = network.apply(variables, **inputs, train=True, mutable=["batch_stats"])
            return ((out[made] - 0.5) ** 2).mean(), out[made]

        slopes, out = jax.jit(jax.grad(loss, has_aux=True))(params)
        assert jax.tree.structure(params) == jax.tree.structure(tree["params"])
        np.testing.assert_allclose(out, expected.detach(), rtol=1e-8, atol=1e-10)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9),
            slopes,
            as_flax(layers, lambda p: p.grad),
        )


def residual(wide, inner, bias=False):
    return [
        *(nn.Conv2d(wide, inner, 1, bias=bias), nn.BatchNorm2d(inner)),
        *(nn.Conv2d(inner, inner, 3, 1, 1, bias=bias), nn.BatchNorm2d(inner)),
        *(nn.Conv2d(inner, wide, 3, 1, 1, bias=bias), nn.BatchNorm2d(wide)),
    ]


def through(layers, x, rectify):
    a, norm_a, b, norm_b, c, norm_c = layers
    return x + norm_c(c(rectify(norm_b(b(rectify(norm_a(a(x))))))))


def leaky(x):
    return nn.functional.leaky_relu(x, 0.2)


@pytest.mark.parametrize("upsample", ["transposed", "nearest"])
def test_the_generator_is_pytorchs(upsample):
    """16x16: a code of 3, images of 8 and 4 channels, residual blocks of 2 and 1 within."""

    def enlarging(into, out):
        if upsample == "transposed":
            return nn.ConvTranspose2d(into, out, 4, 2, 1)
        return nn.Conv2d(into, out, 3, 1, 1)

    def enlarged(layer, x):
        return layer(
            x if upsample == "transposed" else nn.functional.interpolate(x, scale_factor=2)
        )

    code, start = nn.Linear(4, 3), nn.Linear(8, 16 * 8, bias=False)
    first, second = residual(8, 2), residual(4, 1)
    norms, grow, last = [nn.BatchNorm2d(8), nn.BatchNorm2d(4)], enlarging(8, 4), enlarging(4, 2)
    layers = [code, start, norms[0], *first, grow, norms[1], *second, last]

    def forward(given):
        joined = torch.cat([given["z"], leaky(code(given["caption"]))], dim=1)
        x = norms[0](start(joined).view(-1, 4, 4, 8).permute(0, 3, 1, 2))
        x = nn.functional.relu(through(first, x, nn.functional.relu))
        x = through(second, norms[1](enlarged(grow, x)), nn.functional.relu)
        x = torch.tanh(enlarged(last, nn.functional.relu(x)))
        return x.permute(0, 2, 3, 1)

    network = TextGenerator((16, 16, 2), width=4, code=3, upsample=upsample, dtype=jnp.float64)
    compare(network, layers, forward, {"z": Z, "caption": CAPTION}, "x")


def test_the_critic_is_pytorchs():
    """16x16: 4 and 8 channels, a residual block of 2 within, a code of 3 at each of 4x4 places."""
    down = [nn.Conv2d(2, 4, 4, 2, 1), nn.Conv2d(4, 8, 4, 2, 1)]
    norm, inner = nn.BatchNorm2d(8), residual(8, 2)
    code, norm_code = nn.Linear(4, 3), nn.BatchNorm1d(3)
    joined, norm_joined, score = nn.Conv2d(11, 8, 1), nn.BatchNorm2d(8), nn.Linear(128, 1)
    layers = [*down, norm, *inner, code, norm_code, joined, norm_joined, score]

    def forward(given):
        x = norm(down[1](leaky(down[0](given["x"].permute(0, 3, 1, 2)))))
        x = leaky(through(inner, x, leaky))
        told = leaky(norm_code(code(given["caption"])))[:, :, None, None].expand(-1, -1, 4, 4)
        x = leaky(norm_joined(joined(torch.cat([x, told], dim=1))))
        return score(x.permute(0, 2, 3, 1).flatten(1))[:, 0]

    network = TextCritic(width=4, code=3, dtype=jnp.float64)
    x = RNG.standard_normal((3, 16, 16, 2))
    compare(network, layers, forward, {"x": x, "caption": CAPTION}, "score")


class SecondStage(StackGANGenerator):
    """The second stage alone, of an image and a code."""

    @linen.compact
    def __call__(self, *, x, code, train):
        return {"x": self._second(x, code, train)}


@pytest.mark.parametrize("halvings", [1, 2])
def test_the_second_stage_is_pytorchs(halvings):
    """8x8 to 16x16: 2, 4 [, 8] channels down to sides of 4 [2], back to half the first's."""
    w = [2 * 2**i for i in range(halvings + 1)]
    deep, steps = w[-1], range(halvings)

    def conv(into, out, window=3, stride=1):
        return nn.Conv2d(into, out, window, stride, 1)

    first, down = conv(2, w[0]), [conv(w[i], w[i + 1], 4, 2) for i in steps]
    norms = [nn.BatchNorm2d(w[i + 1]) for i in steps]
    joined, norm_joined = conv(deep + 3, deep), nn.BatchNorm2d(deep)
    inner = [conv(deep, deep), nn.BatchNorm2d(deep), conv(deep, deep), nn.BatchNorm2d(deep)]
    sizes = [deep, *(deep // 2 ** (i + 1) for i in range(halvings + 1))]
    up = [conv(*pair) for pair in zip(sizes, sizes[1:], strict=False)]
    norms_up, last = [nn.BatchNorm2d(size) for size in sizes[1:]], conv(sizes[-1], 2)
    pairs = [*zip(down, norms, strict=True), (joined, norm_joined), inner]
    pairs += [*zip(up, norms_up, strict=True)]
    layers = [first, *(layer for pair in pairs for layer in pair), last]

    def forward(given):
        relu = nn.functional.relu
        x = relu(first(given["x"].permute(0, 3, 1, 2)))
        for layer, norm in zip(down, norms, strict=True):
            x = relu(norm(layer(x)))
        code = given["code"][:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = relu(norm_joined(joined(torch.cat([x, code], dim=1))))
        x = relu(x + inner[3](inner[2](relu(inner[1](inner[0](x))))))
        for layer, norm in zip(up, norms_up, strict=True):
            x = relu(norm(layer(nn.functional.interpolate(x, scale_factor=2))))
        return torch.tanh(last(x)).permute(0, 2, 3, 1)

    network = SecondStage((16, 16, 2), second=2, halvings=halvings, blocks=1, dtype=jnp.float64)
    given = {"x": RNG.standard_normal((3, 8, 8, 2)), "code": RNG.standard_normal((3, 3))}
    compare(network, layers, forward, given, "x")


def test_a_code_that_is_drawn():
    """Its mean without keys; with them as far as exp(log std) times two at most."""

    class Coded(linen.Module):
        code: int = 3
        augmented: bool = True
        norm: str = "none"
        initializer: str = "he"
        dtype: type = jnp.float32

        @linen.compact
        def __call__(self, caption, keys=None):
            return coded(self, caption, keys)

    module, caption = Coded(), jnp.repeat(jnp.asarray(CAPTION[:1], jnp.float32), 500, axis=0)
    variables = module.init(jax.random.key(0), caption)
    still, moments = module.apply(variables, caption)
    np.testing.assert_array_equal(still, moments["mean"])
    keys = jax.random.split(jax.random.key(1), 500)
    drawn, _ = jax.jit(module.apply)(variables, caption, keys)
    away = (drawn - moments["mean"]) / jnp.exp(moments["log_std"])
    assert np.abs(away).max() <= 2 and abs(away.mean()) < 0.1
    # Of a normal distribution within two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1).
    assert abs(away.std() - 0.8796) < 0.05


def random(init):
    """Variables of the right shapes; real initialisers are slow to compile."""
    rng = np.random.default_rng(0)
    tree = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map(lambda leaf: 0.3 * rng.random(leaf.shape, np.float32), tree)


def test_the_second_stage_leaves_the_first_alone():
    """Neither its parameters have slopes at the last level, nor do its statistics move."""
    generator = StackGANGenerator((16, 16, 2), width=2, second=2, blocks=1, code=3)
    given = {"z": jnp.asarray(Z, jnp.float32), "caption": jnp.asarray(CAPTION, jnp.float32)}
    grown, keys = jnp.full(3, 2.0), jax.random.split(jax.random.key(1), 3)
    tree = random(lambda key: generator.init(key, **given, grown=grown, keys=keys, train=True))
    params, statistics = tree["params"], tree["batch_stats"]

    def at(level, params, grown):
        network = generator.copy(level=level)
        variables = {"params": params, "batch_stats": statistics}
        out, moved = network.apply(
            variables, **given, grown=grown, keys=keys, train=True, mutable=["batch_stats"]
        )
        return sum((value**2).sum() for value in out.values()), (out, moved["batch_stats"])

    for level, side in ((1, 8), (2, 16)):
        look = jax.jit(jax.grad(lambda params, level=level: at(level, params, grown), has_aux=True))
        slopes, (out, moved) = look(params)
        assert out["x"].shape == (3, side, side, 2) and out["mean"].shape == (3, 3)
        still = [level == 2, level == 1]  # first, second
        own = [slopes.pop("first"), slopes]
        for stands, tree in zip(still, own, strict=True):
            assert any(np.any(leaf) for leaf in jax.tree.leaves(tree)) != stands
        same = jax.tree.map(np.array_equal, moved["first"], statistics["first"])
        assert all(jax.tree.leaves(same)) == (level == 2)
    # Looks, at the end of all levels: the first stage enlarged until the second is trained.
    variables = {"params": params, "batch_stats": statistics}
    looks = jax.jit(lambda grown: generator.apply(variables, **given, grown=grown, train=False))
    before = looks(jnp.full(3, 1.0))["x"]
    np.testing.assert_array_equal(before[:, ::2, ::2], before[:, 1::2, 1::2])
    assert not np.array_equal(before, looks(grown)["x"])


def test_each_stage_has_a_critic():
    x, critic = jnp.ones((3, 16, 16, 2)), StackGANCritic(width=2, code=3)
    variables = random(lambda key: critic.init(key, x=x, train=False))
    assert variables["params"].keys() == {"level_1", "level_2"}

    def scored(network, x, grown=None):
        return network.apply(variables, x=x, grown=grown, train=False)["score"]

    @jax.jit
    def looks(x):
        first = scored(critic.copy(level=1), x[:, ::2, ::2])
        second = scored(critic.copy(level=2), x)
        return first, scored(critic, x, jnp.ones(3)), second, scored(critic, x, jnp.full(3, 2.0))

    first, at_first, second, at_second = looks(x)
    np.testing.assert_allclose(at_first, first, rtol=1e-5)
    np.testing.assert_allclose(at_second, second, rtol=1e-5)
    assert not np.allclose(first, second)


@pytest.mark.parametrize(
    "network, sentence",
    [
        (TextGenerator((12, 12, 1)), "square images of 8, 16, 32, ... pixels, not 12x12"),
        (TextGenerator((8, 16, 1)), "not 8x16"),
        (StackGANGenerator((16, 16, 1), level=0), "levels 1 and 2 of such images, and level is 0"),
        (StackGANGenerator((24, 24, 1)), "multiples of 16"),
        (StackGANGenerator((48, 48, 1), halvings=4), "multiples of 32"),
    ],
)
def test_other_sizes_are_refused(network, sentence):
    z, caption = jnp.zeros((1, 2)), jnp.zeros((1, 3))
    with pytest.raises(UserError, match=sentence):
        jax.eval_shape(lambda: network.init(jax.random.key(0), z=z, caption=caption, train=False))
