"""SRResNet and SRGAN's critic against the same networks in PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.srresnet import SRGANCritic, SRResNetGenerator, pixel_shuffle

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")

from benchmarks import torch_networks  # noqa: E402 - only where there is PyTorch

EPS = 0.1  # so large that a wrong one shows
FIELDS = {"width": 4, "norm_eps": EPS, "dtype": jnp.float64}
SOURCE = (4, 6, 3)
# name -> (network, its twin, its input, shape of that, its output)
CASES = {
    "generator": (
        SRResNetGenerator(shape=(16, 24, 2), blocks=2, **FIELDS),
        torch_networks.srresnet(2, 4, 3, 2, 2, eps=EPS),
        "source",
        SOURCE,
        "x",
    ),
    "critic": (
        SRGANCritic(hidden=6, **FIELDS),
        torch_networks.srgan(4, 6, 3, 16, 32, eps=EPS),
        "x",
        (16, 32, 3),
        "score",
    ),
}
NAMES = {"Conv2d": "Conv", "BatchNorm2d": "BatchNorm", "PReLU": "PReLU", "Linear": "Dense"}


def as_flax(twin, read):
    """({layer: parameters}, {layer: statistics}), named in Flax's order, that of the passes."""
    params, statistics, counts = {}, {}, {}
    for layer in twin.modules():
        if (kind := NAMES.get(type(layer).__name__)) is None:
            continue
        counts[kind] = counts.get(kind, -1) + 1
        name, weight = f"{kind}_{counts[kind]}", read(layer.weight).numpy()
        if kind == "PReLU":
            params[name] = {"negative_slope": weight[0]}
            continue
        if kind == "BatchNorm":
            params[name] = {"scale": weight}
            mean, var = layer.running_mean.numpy(), layer.running_var.numpy()
            statistics[name] = {"mean": mean.copy(), "var": var.copy()}
        elif kind == "Conv":
            params[name] = {"kernel": weight.transpose(2, 3, 1, 0)}
        else:  # its inputs lie channel by channel there, pixel by pixel here
            shape = (len(weight), 32, 1, 2) if layer.in_features > 8 else (*weight.shape, 1, 1)
            weight = weight.reshape(shape).transpose(2, 3, 1, 0)
            params[name] = {"kernel": weight.reshape(-1, len(layer.weight))}
        if layer.bias is not None:
            params[name]["bias"] = read(layer.bias).numpy()
    return params, statistics


def assert_same(actual, expected):
    """Equal up to 1e-9 of the largest entry."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * max(np.abs(b).max(), 1e-3))


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    """Outputs in training and sampling, gradients by every parameter and by the input."""
    network, twin, name, shape, of = CASES[case]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for layer in twin.double().modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.weight.data.normal_(1, 0.1)
            layer.bias.data.normal_(0, 0.1)
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1)
        if isinstance(layer, torch.nn.PReLU):
            layer.weight.data.uniform_(0.1, 0.4)
    x = np.random.default_rng(0).standard_normal((3, *shape))
    seen = torch.from_numpy(x).permute(0, 3, 1, 2).requires_grad_(True)

    def forward():
        out = twin(seen)
        return out[:, 0] if of == "score" else out.permute(0, 2, 3, 1)

    with jax.enable_x64(True):
        params, statistics = as_flax(twin, lambda p: p.detach().clone())

        def loss(params, x):
            variables = {"params": params, "batch_stats": statistics}
            out, moved = network.apply(variables, **{name: x}, train=True, mutable=["batch_stats"])
            return ((out[of] - 0.5) ** 2).mean(), (out[of], moved["batch_stats"])

        @jax.jit
        def evaluate(params, x):
            variables = {"params": params, "batch_stats": statistics}
            sampled = network.apply(variables, **{name: x}, train=False)
            return *jax.grad(loss, argnums=(0, 1), has_aux=True)(params, x), sampled[of]

        (by_params, by_x), (out, moved), sampled = evaluate(params, x)
        with torch.no_grad():
            twin.eval()
            assert_same(sampled, forward().numpy())
        twin.train()
        expected = forward()
        ((expected - 0.5) ** 2).mean().backward()
        assert_same(out, expected.detach().numpy())
        assert_same(by_x, seen.grad.permute(0, 2, 3, 1).numpy())
        assert_same(by_params, as_flax(twin, lambda p: p.grad)[0])
        means = {layer: found["mean"] for layer, found in as_flax(twin, torch.detach)[1].items()}
        assert_same({layer: found["mean"] for layer, found in moved.items()}, means)


def test_pixel_shuffle_is_pytorchs():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 8)).astype(np.float32)
    expected = torch.nn.PixelShuffle(2)(torch.from_numpy(x).permute(0, 3, 1, 2))
    np.testing.assert_array_equal(pixel_shuffle(x), expected.permute(0, 2, 3, 1))


def test_as_many_parameters_as_the_paper_gives():
    """Sixteen blocks of 64: 1.55 million without biases before a normalisation; by hand below."""
    block = 2 * (9 * 64 * 64 + 2 * 64) + 1  # two convolutions, their scales and shifts, a PReLU
    ends = 2 * 81 * 3 * 64 + 64 + 3 + 1
    doubling = 9 * 64 * 256 + 256 + 1
    expected = 16 * block + 9 * 64 * 64 + 2 * 64 + ends + 2 * doubling
    network = SRResNetGenerator(shape=(96, 96, 3))
    source = jnp.zeros((1, 24, 24, 3))
    made = jax.eval_shape(lambda: network.init(jax.random.key(0), source=source, train=True))
    assert sum(leaf.size for leaf in jax.tree.leaves(made["params"])) == expected


@pytest.mark.parametrize("small", [(8, 7), (5, 5), (32, 32), (4, 8)])
def test_sizes_that_no_doubling_leads_to(small):
    network = SRResNetGenerator(shape=(16, 16, 1), blocks=0, width=2)
    source = jnp.zeros((1, *small, 1))
    with pytest.raises(UserError, match=f"1, 2, 4, 8, .* not {small[0]}x{small[1]} to 16x16"):
        jax.eval_shape(lambda: network.init(jax.random.key(0), source=source, train=True))
