"""Any module of ours against its twin in PyTorch: outputs, statistics and slopes in float64."""

import jax
import numpy as np
import torch

NAMES = {
    "Conv2d": "Conv",
    "ConvTranspose2d": "ConvTranspose",
    "BatchNorm2d": "BatchNorm",
    "PReLU": "PReLU",
    "Linear": "Dense",
}


def as_flax(twin, read):
    """({layer: parameters}, {layer: statistics}), as Flax names and lays them out.

    Flax numbers layers in the order of the forward pass, in which ``modules()`` of a nest is, too.
    ``read`` takes a parameter of PyTorch's to a tensor. Images that become vectors are square.
    """
    params, statistics, counts, channels = {}, {}, {}, None
    for layer in twin.modules():
        if (kind := NAMES.get(type(layer).__name__)) is None:
            continue
        number = counts[kind] = counts.get(kind, -1) + 1
        name, weight = f"{kind}_{number}", read(layer.weight).numpy()
        if kind == "PReLU":
            params[name] = {"negative_slope": weight[0]}
            continue
        if kind == "BatchNorm":
            params[name] = {"scale": weight}
            mean, var = layer.running_mean.numpy(), layer.running_var.numpy()
            statistics[name] = {"mean": mean.copy(), "var": var.copy()}
        elif kind == "Dense":
            if channels:  # PyTorch's images are flattened channel by channel
                side = round((layer.in_features / channels) ** 0.5)
                weight = weight.reshape(-1, channels, side, side).transpose(0, 2, 3, 1)
            params[name], channels = {"kernel": weight.reshape(len(weight), -1).T}, None
        else:
            axes = (2, 3, 1, 0) if kind == "Conv" else (2, 3, 0, 1)
            params[name], channels = {"kernel": weight.transpose(axes)}, layer.out_channels
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
    """In float64, normalisations and rectifiers as after some training, no dropout."""
    torch.set_num_threads(1)  # small arrays: threads would only wait for one another
    torch.manual_seed(0)
    for layer in twin.double().modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.weight.data.normal_(1, 0.1)
            layer.bias.data.normal_(0, 0.1)
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1)
        if isinstance(layer, torch.nn.PReLU):
            layer.weight.data.uniform_(0.1, 0.4)
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    return twin


def compare(network, twin, inputs, name):
    """Outputs in training and sampling, statistics, slopes by every parameter and by the inputs.

    Args:
      network: of a row of the tables.
      twin: a ``torch.nn.Module`` of the inputs beside one another, [B, channels, H, W].
      inputs: {name: [B, H, W, C]}, float64.
      name: of the output, "x" or "score".
    """
    twin = prepared(twin)
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
        by_inputs = np.concatenate([by_inputs[key] for key in inputs], axis=3)
        assert_same(by_inputs, seen.grad.permute(0, 2, 3, 1).numpy())
        assert_same(by_params, as_flax(twin, lambda p: p.grad)[0])
        means = {layer: found["mean"] for layer, found in as_flax(twin, torch.detach)[1].items()}
        moved = moved.get("batch_stats", {})
        assert_same({layer: found["mean"] for layer, found in moved.items()}, means)
