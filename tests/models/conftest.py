"""A network of ours against its twin in PyTorch: same weights, outputs, gradients and updates."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.flatten_util import ravel_pytree

from jaxgan import models

try:
    import torch
except ImportError:  # the tests that need it skip themselves
    torch = None

BATCH = 5

# PyTorch's optimiser and the same in optax; PyTorch adds RMSProp's eps outside the root.
OPTIMIZERS = {
    "adam": (
        lambda p: torch.optim.Adam(p, lr=2e-4, betas=(0.5, 0.999)),
        optax.adam(2e-4, b1=0.5, b2=0.999),
    ),
    "rmsprop": (
        lambda p: torch.optim.RMSprop(p, lr=5e-5),
        optax.rmsprop(5e-5, decay=0.99, eps=1e-8, eps_in_sqrt=False),
    ),
}


def copied(twin):
    """The variables of a PyTorch module as Flax names and lays them out (NCHW to NHWC)."""
    params, statistics, counts = {}, {}, {}
    names = {"Conv2d": "Conv", "ConvTranspose2d": "ConvTranspose", "Linear": "Dense"}
    chain = list(twin)
    channels = None  # of the image that the next flattening meets
    for layer, after in zip(chain, [*chain[1:], None], strict=True):
        kind = type(layer).__name__
        name = "BatchNorm" if kind.startswith("BatchNorm") else names.get(kind)
        if name is None:
            continue
        counts[name] = counts.get(name, -1) + 1
        name = f"{name}_{counts[name]}"
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        if name.startswith("BatchNorm"):
            params[name] = {"scale": weight, "bias": bias}
            statistics[name] = {
                "mean": layer.running_mean.numpy(),
                "var": layer.running_var.numpy(),
            }
            continue
        if kind == "Linear":
            if isinstance(after, torch.nn.Unflatten):
                weight, bias = (channels_last(a, after.unflattened_size) for a in (weight, bias))
            if channels:
                side = int((weight.shape[1] // channels) ** 0.5)
                weight = channels_last(weight.T, (channels, side, side)).T
            kernel = weight.T
        elif kind == "Conv2d":
            kernel, channels = weight.transpose(2, 3, 1, 0), layer.out_channels
        else:
            kernel = weight.transpose(2, 3, 0, 1)
        params[name] = {"kernel": kernel, "bias": bias}
    variables = {"params": params, **({"batch_stats": statistics} if statistics else {})}
    return jax.tree.map(lambda a: jnp.array(a, jnp.float64), variables)


def channels_last(a, image):
    """Reorder the leading axis of ``a`` from (C, H, W) to (H, W, C)."""
    return np.moveaxis(a.reshape(*image, *a.shape[1:]), 0, 2).reshape(a.shape)


def assert_same(actual, expected):
    """Equal up to 3e-9 of the largest entry: Adam's quotients enlarge the rounding of float64."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-9 * max(np.abs(b).max(), 1e-3))


def torch_input(twin, x, label):
    """What the PyTorch module eats: vectors with the label beside, or NCHW with it as planes."""
    flat = isinstance(twin[0], torch.nn.Linear)
    x = x.flatten(1) if flat else x.permute(0, 3, 1, 2)
    if label is None:
        return x
    label = torch.from_numpy(label)
    if not flat:
        label = label[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, label], dim=1)


def torch_output(twin, x, label):
    """The images [B, H, W, C] or the scores [B] of the PyTorch module."""
    out = twin(torch_input(twin, x, label))
    return out.permute(0, 2, 3, 1) if out.ndim == 4 else out[:, 0]


def prepare(network, twin, shape, classes):
    """Network and twin in float64, batch statistics not at 0 and 1; three batches; a label."""
    torch.manual_seed(0)
    twin = twin.double().train()
    for layer in twin:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
        if hasattr(layer, "running_mean"):
            for values, mean in [(layer.weight.data, 1), (layer.bias.data, 0)]:
                values.normal_(mean, 0.1)
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1)
    rng = np.random.default_rng(0)
    label = np.eye(classes)[rng.integers(classes, size=BATCH)] if classes else None
    return network.clone(dtype=jnp.float64), twin, rng.standard_normal((3, BATCH, *shape)), label


def forward(network, variables, x, label, *, train):
    """The images or the scores of a module of ours, and its statistics."""
    name, *_ = models.takes(type(network))
    out, moved = network.apply(
        variables, **{name: x}, label=label, train=train, mutable=["batch_stats"]
    )
    return out["x" if name == "z" else "score"], moved


def differentiator(network, label):
    """variables, x -> output, gradients by parameters and x, new statistics, sampling output."""

    def loss(params, variables, x):
        variables = {**variables, "params": params}
        out, moved = forward(network, variables, x, label, train=True)
        return ((out - 0.5) ** 2).mean(), (out, moved)

    @jax.jit
    def differentiate(variables, x):
        gradient = jax.grad(loss, argnums=(0, 2), has_aux=True)
        (by_params, by_x), (out, moved) = gradient(variables["params"], variables, x)
        sampled, _ = forward(network, variables, x, label, train=False)
        return out, by_params, by_x, moved, sampled

    return differentiate


def means(variables):
    """The running means; running variances differ by n / (n - 1), as PyTorch's are unbiased."""
    return {name: layer["mean"] for name, layer in variables.get("batch_stats", {}).items()}


def compare(network, twin, shape, classes):
    """Outputs in training and sampling, gradients by the input, three updates of each optimiser.

    Both sides compute in float64, so that what is compared is the mathematics: Adam's first steps
    are nearly sign(gradient), and a bias in front of a batch normalisation has the gradient zero,
    which float32 rounding would turn into steps of full length.

    Args:
      network: a generator or critic of the tables.
      twin: the same as an ``nn.Sequential``.
      shape: of one input, noise (Z,) or image (H, W, C).
      classes: of the label, 0 for none.
    """
    network, twin, batches, label = prepare(network, twin, shape, classes)
    weights = {name: value.clone() for name, value in twin.state_dict().items()}
    with jax.enable_x64(True):
        start, differentiate = copied(twin), differentiator(network, label)
        with torch.no_grad():
            sampled = torch_output(twin.eval(), torch.from_numpy(batches[0]), label).numpy()
        assert_same(differentiate(start, batches[0])[-1], sampled)

        for make_torch_optimizer, optimizer in OPTIMIZERS.values():
            twin.train().load_state_dict(weights)
            torch_optimizer = make_torch_optimizer(twin.parameters())
            flat, unravel = ravel_pytree(start["params"])  # one vector: less to compile
            variables, opt_state, update = start, optimizer.init(flat), jax.jit(optimizer.update)
            for batch in batches:
                x = torch.from_numpy(batch).requires_grad_(True)
                torch_optimizer.zero_grad()
                expected = torch_output(twin, x, label)
                ((expected - 0.5) ** 2).mean().backward()
                torch_optimizer.step()

                out, by_params, by_x, moved, _ = differentiate(variables, batch)
                updates, opt_state = update(ravel_pytree(by_params)[0], opt_state)
                flat = flat + updates
                variables = {"params": unravel(flat), **moved}
                assert_same([out, by_x], [expected.detach().numpy(), x.grad.numpy()])
            expected = copied(twin)
            assert_same(variables["params"], expected["params"])
            assert_same(means(variables), means(expected))


@pytest.fixture
def compare_with_torch():
    """``compare``, for the tests beside this file."""
    torch.set_num_threads(1)  # small arrays: threads would only wait for one another
    return compare
