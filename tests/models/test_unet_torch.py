"""U-Net and patch critic against the same networks in PyTorch, laid out as the authors' are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.models.patch import PatchCritic
from jaxgan.models.unet import UNetGenerator, _dropped

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

from benchmarks import torch_networks  # noqa: E402 - only where there is PyTorch

BATCH, SIDE, WIDTH = 3, 16, 4
EPS = 0.1  # so large that a wrong one shows


def as_flax(twin, read):
    """({layer: {"kernel" or "scale", "bias"}}, statistics), named in Flax's order.

    That is the order of the forward pass, in which ``modules()`` of a nest of levels is, too.
    """
    params, statistics, counts = {}, {}, {}
    names = {"Conv2d": "Conv", "ConvTranspose2d": "ConvTranspose", "BatchNorm2d": "BatchNorm"}
    for layer in twin.modules():
        if (name := names.get(type(layer).__name__)) is None:
            continue
        number = counts[name] = counts.get(name, -1) + 1
        kind, name = name, f"{name}_{number}"
        weight = read(layer.weight).numpy()
        if kind == "BatchNorm":
            params[name] = {"scale": weight}
            mean, var = layer.running_mean.numpy(), layer.running_var.numpy()
            statistics[name] = {"mean": mean.copy(), "var": var.copy()}
        else:
            axes = (2, 3, 1, 0) if kind == "Conv" else (2, 3, 0, 1)
            params[name] = {"kernel": weight.transpose(axes)}
        if layer.bias is not None:
            params[name]["bias"] = read(layer.bias).numpy()
    return params, statistics


def assert_same(actual, expected):
    """Equal up to 1e-9 of the largest entry."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * max(np.abs(b).max(), 1e-3))


def prepared(twin):
    """In float64, normalisations not at 0 and 1, no dropout."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for layer in twin.double().modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.weight.data.normal_(1, 0.1)
            layer.bias.data.normal_(0, 0.1)
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1)
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return twin


# name -> (network, its twin, channels of its inputs, which of its outputs)
FIELDS = {"width": WIDTH, "norm_eps": EPS, "dtype": jnp.float64}
CASES = {
    **{
        f"unet, {norm}": (
            UNetGenerator(shape=(SIDE, SIDE, 2), halvings=3, norm=norm, **FIELDS),
            torch_networks.unet(norm, 3, WIDTH, 3, 2, eps=EPS),
            {"source": 3},
            "x",
        )
        for norm in ("batch", "instance")
    },
    **{
        f"patch, {norm}, {strided} strided": (
            PatchCritic(layers=strided, norm=norm, **FIELDS),
            torch_networks.patch(norm, strided, WIDTH, 5, eps=EPS),
            {"source": 3, "x": 2},
            "score",
        )
        for norm, strided in (("batch", 2), ("batch", 0), ("instance", 2))
    },
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    """Outputs in training and sampling, gradients by every parameter and by the inputs."""
    network, twin, channels, name = CASES[case]
    twin = prepared(twin)
    rng = np.random.default_rng(0)
    inputs = {k: rng.standard_normal((BATCH, SIDE, SIDE, n)) for k, n in channels.items()}
    seen = torch.from_numpy(np.concatenate(list(inputs.values()), axis=3))
    seen = seen.permute(0, 3, 1, 2).requires_grad_(True)

    def forward():
        out = twin(seen)
        return out[:, 0] if name == "score" else out.permute(0, 2, 3, 1)

    with jax.enable_x64(True):
        params, statistics = as_flax(twin, lambda p: p.detach().clone())
        mutables = {"batch_stats": statistics} if statistics else {}

        def loss(params, inputs):
            variables = {"params": params, **mutables}
            out, moved = network.apply(variables, **inputs, train=True, mutable=["batch_stats"])
            return ((out[name] - 0.5) ** 2).mean(), (out[name], moved)

        @jax.jit
        def evaluate(params, inputs):
            sampled = network.apply({"params": params, **mutables}, **inputs, train=False)
            return *jax.grad(loss, argnums=(0, 1), has_aux=True)(params, inputs), sampled[name]

        (by_params, by_inputs), (out, moved), sampled = evaluate(params, inputs)
        with torch.no_grad():
            twin.eval()
            assert_same(sampled, forward().numpy())
        twin.train()
        expected = forward()
        ((expected - 0.5) ** 2).mean().backward()
        assert_same(out, expected.detach().numpy())
        by_inputs = np.concatenate([by_inputs[k] for k in channels], axis=3)
        assert_same(by_inputs, seen.grad.permute(0, 2, 3, 1).numpy())
        assert_same(by_params, as_flax(twin, lambda p: p.grad)[0])
        means = {layer: found["mean"] for layer, found in as_flax(twin, torch.detach)[1].items()}
        moved = moved.get("batch_stats", {})
        assert_same({layer: found["mean"] for layer, found in moved.items()}, means)


@pytest.mark.parametrize("halvings", [5, 6, 7, 8])
def test_drops_where_pytorch_does(halvings):
    levels = [
        m
        for m in torch_networks.unet("batch", halvings, 1, 3, 3).modules()
        if isinstance(m, torch_networks.Level)
    ]
    drops = [any(isinstance(layer, nn.Dropout) for layer in level.levels) for level in levels]
    expected = [i for i, drop in enumerate(reversed(drops)) if drop]
    assert list(_dropped(halvings)) == (expected or [0])
    assert len(expected) == halvings - 5


IMAGE = jnp.zeros((1, 256, 256, 3))


@pytest.mark.parametrize(
    "network, twin, inputs, millions",
    [
        (
            UNetGenerator(shape=(256, 256, 3), halvings=8),
            lambda: torch_networks.unet("batch", 8, 64, 3, 3),
            {"source": IMAGE},
            54.414,
        ),
        (
            PatchCritic(),
            lambda: torch_networks.patch("batch", 3, 64, 6),
            {"x": IMAGE, "source": IMAGE},
            2.769,
        ),
    ],
    ids=["unet", "patch"],
)
def test_as_many_parameters_as_the_authors(network, twin, inputs, millions):
    made = jax.eval_shape(lambda: network.init(jax.random.key(0), **inputs, train=True))
    count = sum(leaf.size for leaf in jax.tree.leaves(made["params"]))
    with torch.device("meta"):
        assert count == sum(p.numel() for p in twin().parameters())
    assert round(count / 1e6, 3) == millions
