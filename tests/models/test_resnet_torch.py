"""The residual networks against the same networks in PyTorch, resized and convolved in two."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import models

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

BATCH, NOISE, CLASSES = 3, 7, 3
SHAPE = (8, 16, 2)
WIDTHS = (6, 5, 5, 4)


class Block(nn.Module):
    """A residual block; layers are made in the order in which Flax numbers them."""

    def __init__(self, n, m, resize=""):
        super().__init__()
        inner = n if resize == "down" else m
        self.up = nn.Upsample(scale_factor=2) if resize == "up" else nn.Identity()
        self.down = nn.AvgPool2d(2) if resize == "down" else nn.Identity()
        self.shortcut = nn.Conv2d(n, m, 1) if resize or n != m else nn.Identity()
        self.norm1 = nn.BatchNorm2d(n)
        self.conv1 = nn.Conv2d(n, inner, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, m, 3, padding=1)

    def forward(self, x):
        y = self.conv1(self.up(torch.relu(self.norm1(x))))
        y = self.down(self.conv2(torch.relu(self.norm2(y))))
        return self.down(self.shortcut(self.up(x))) + y


class First(nn.Module):
    """The critic's first block."""

    def __init__(self, n, m):
        super().__init__()
        self.shortcut = nn.Conv2d(n, m, 1)
        self.conv1 = nn.Conv2d(n, m, 3, padding=1)
        self.conv2 = nn.Conv2d(m, m, 3, padding=1)

    def forward(self, x):
        y = nn.functional.avg_pool2d(self.conv2(torch.relu(self.conv1(x))), 2)
        return self.shortcut(nn.functional.avg_pool2d(x, 2)) + y


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(dim=(2, 3))


def torch_generator(more):
    height, width, colours = SHAPE
    a, b, c, d = WIDTHS
    start = (a, height // 8, width // 8)
    return nn.Sequential(
        nn.Linear(NOISE + more, int(np.prod(start))),
        nn.Unflatten(1, start),
        Block(a, b, "up"),
        Block(b, c, "up"),
        Block(c, d, "up"),
        nn.BatchNorm2d(d),
        nn.ReLU(),
        nn.Conv2d(d, colours, 3, padding=1),
        nn.Tanh(),
    )


def torch_critic(more):
    a, b, c, d = WIDTHS
    return nn.Sequential(
        First(SHAPE[2] + more, a),
        Block(a, b, "down"),
        Block(b, c),
        Block(c, d),
        nn.ReLU(),
        Mean(),
        nn.Linear(d, 1),
    )


KINDS = {"Conv2d": "Conv", "BatchNorm2d": "BatchNorm", "Linear": "Dense"}


def as_flax(twin, read):
    """{layer: {"kernel" or "scale", "bias"}} of ``read(parameter)``, named in Flax's order."""
    params, counts = {}, {}
    for layer in twin.modules():
        if (name := KINDS.get(type(layer).__name__)) is None:
            continue
        weight, bias = read(layer.weight).numpy(), read(layer.bias).numpy()
        kernel = "scale" if name == "BatchNorm" else "kernel"
        if name == "Conv":
            weight = weight.transpose(2, 3, 1, 0)
        elif name == "Dense" and layer.in_features > WIDTHS[-1]:  # the generator's first layer
            image = (WIDTHS[0], SHAPE[0] // 8, SHAPE[1] // 8)
            weight, bias = (
                np.moveaxis(a.reshape(*image, *a.shape[1:]), 0, 2).reshape(a.shape)
                for a in (weight, bias)
            )
        if name == "Dense":
            weight = weight.T
        number = counts[name] = counts.get(name, -1) + 1
        params[f"{name}_{number}"] = {kernel: weight, "bias": bias}
    return params


def statistics(twin):
    """Running means and variances, named as Flax names them."""
    norms = [layer for layer in twin.modules() if isinstance(layer, nn.BatchNorm2d)]
    return {
        f"BatchNorm_{i}": {"mean": n.running_mean.numpy(), "var": n.running_var.numpy()}
        for i, n in enumerate(norms)
    }


# name -> (network, its twin, name and shape of one input, name of the output)
CASES = {
    "conditional generator": (
        models.GENERATORS["resnet32"](shape=SHAPE, channels=WIDTHS),
        torch_generator(CLASSES),
        "z",
        (NOISE,),
        "x",
    ),
    "conditional critic, batch norm": (
        models.CRITICS["resnet32"](channels=WIDTHS, norm="batch"),
        torch_critic(CLASSES),
        "x",
        SHAPE,
        "score",
    ),
}


def torch_forward(twin, x, label):
    """What the twin makes of x [B, ...] and a one-hot label [B, K], channels last."""
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2)
    planes = label if x.ndim == 2 else label[:, :, None, None].expand(-1, -1, *x.shape[2:])
    out = twin(torch.cat([x, planes], dim=1))
    return out.permute(0, 2, 3, 1) if out.ndim == 4 else out[:, 0]


def assert_same(actual, expected):
    """Equal up to 1e-9 of the largest entry."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * max(np.abs(b).max(), 1e-3))


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    """Outputs in training and sampling, gradients by every parameter and by the input."""
    network, twin, taken, shape, made = CASES[case]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    twin = twin.double()
    for layer in twin.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.weight.data.normal_(1, 0.1)
            layer.bias.data.normal_(0, 0.1)
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((BATCH, *shape))).requires_grad_(True)
    label = np.eye(CLASSES)[rng.integers(CLASSES, size=BATCH)]
    torch_label = torch.from_numpy(label)

    with jax.enable_x64(True):
        network = network.clone(dtype=jnp.float64)
        params = as_flax(twin, lambda p: p.detach())
        # Copies: PyTorch moves its statistics in place.
        mutables = {"batch_stats": jax.tree.map(np.array, statistics(twin))}

        def loss(params, x):
            variables = {"params": params, **mutables}
            out, moved = network.apply(
                variables, **{taken: x}, label=label, train=True, mutable=["batch_stats"]
            )
            return ((out[made] - 0.5) ** 2).mean(), (out[made], moved)

        @jax.jit
        def evaluate(params, x):
            variables = {"params": params, **mutables}
            sampled = network.apply(variables, **{taken: x}, label=label, train=False)[made]
            return *jax.grad(loss, argnums=(0, 1), has_aux=True)(params, x), sampled

        (by_params, by_x), (out, moved), sampled = evaluate(params, x.detach().numpy())
        with torch.no_grad():
            assert_same(sampled, torch_forward(twin.eval(), x, torch_label).numpy())
        expected = torch_forward(twin.train(), x, torch_label)
        ((expected - 0.5) ** 2).mean().backward()
        assert_same([out, by_x], [expected.detach().numpy(), x.grad.numpy()])
        assert_same(by_params, as_flax(twin, lambda p: p.grad))
        means = {name: layer["mean"] for name, layer in statistics(twin).items()}
        assert_same({n: m["mean"] for n, m in moved["batch_stats"].items()}, means)
