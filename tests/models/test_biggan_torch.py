"""SN-GAN's and BigGAN's networks against the same in PyTorch: blocks, attention, spectral norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import models
from jaxgan.models import norms

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn, functional = torch.nn, torch.nn.functional

CLASSES, SIDE, COLOURS = 3, 8, 2
EPS = 1e-3  # of BigGAN's spectral norms: large, so that it shows
LABEL = np.eye(CLASSES)[[0, 2, 1, 1]]


class Spectral(nn.Module):
    """One iteration from u, as Miyato et al. 2018 have it; PyTorch's own begins with v."""

    def __init__(self, size):
        super().__init__()
        self.eps = 0.0
        self.register_buffer("u", torch.randn(size))

    def forward(self, weight):
        def unit(x):
            return x / (x.square().sum() + self.eps).sqrt()

        w = weight.flatten(1)
        with torch.no_grad():
            v = unit(self.u @ w)
            self.u.copy_(unit(w @ v))
        return weight / (self.u.clone() @ w @ v)


def normed(layer, spectral):
    if spectral:
        register = torch.nn.utils.parametrize.register_parametrization
        register(layer, "weight", Spectral(len(layer.weight)))
    return layer


class Table(nn.Linear):
    """Of a one-hot label."""

    def __init__(self, classes, features):
        super().__init__(classes, features, bias=False)


class Conditional(nn.Module):
    """Batch norm whose gain and shift are linear in a code."""

    def __init__(self, features, code, shared):
        super().__init__()
        self.norm = nn.BatchNorm2d(features, affine=False)
        make = nn.Linear if shared else Table
        more = {"bias": False} if shared else {}
        self.gain = normed(make(code, features, **more), shared)
        self.shift = normed(make(code, features, **more), shared)

    def forward(self, x, code):
        gain, shift = self.gain(code), self.shift(code)
        return self.norm(x) * (1 + gain[:, :, None, None]) + shift[:, :, None, None]


class Grow(nn.Module):
    """norm ReLU x2 conv, norm ReLU conv, beside x2 conv 1x1."""

    def __init__(self, n, m, code, spectral):
        super().__init__()
        self.shortcut = normed(nn.Conv2d(n, m, 1), spectral)
        self.norm1 = Conditional(n, code, spectral)
        self.conv1 = normed(nn.Conv2d(n, m, 3, padding=1), spectral)
        self.norm2 = Conditional(m, code, spectral)
        self.conv2 = normed(nn.Conv2d(m, m, 3, padding=1), spectral)

    def forward(self, x, code):
        def up(x):
            return functional.interpolate(x, scale_factor=2)

        y = self.conv1(up(torch.relu(self.norm1(x, code))))
        y = self.conv2(torch.relu(self.norm2(y, code)))
        return self.shortcut(up(x)) + y


class Shrink(nn.Module):
    """ReLU conv, ReLU conv, mean of 2x2; the first block of a critic pools its pixels at once."""

    def __init__(self, n, m, inner, first=False, halves=True):
        super().__init__()
        self.first, self.halves = first, halves
        self.shortcut = normed(nn.Conv2d(n, m, 1), True) if halves or n != m else nn.Identity()
        self.conv1 = normed(nn.Conv2d(n, inner, 3, padding=1), True)
        self.conv2 = normed(nn.Conv2d(inner, m, 3, padding=1), True)

    def forward(self, x):
        def down(x):
            return functional.avg_pool2d(x, 2) if self.halves else x

        y = self.conv2(torch.relu(self.conv1(x if self.first else torch.relu(x))))
        beside = self.shortcut(down(x)) if self.first else down(self.shortcut(x))
        return down(y) + beside


class Attention(nn.Module):
    """As the authors of BigGAN's PyTorch code lay SAGAN's out."""

    def __init__(self, n):
        super().__init__()
        self.query, self.key, self.value, self.out = (
            normed(nn.Conv2d(*sizes, 1, bias=False), True)
            for sizes in ((n, n // 8), (n, n // 8), (n, n // 2), (n // 2, n))
        )
        self.gamma = nn.Parameter(torch.tensor(0.7))

    def forward(self, x):
        query = self.query(x).flatten(2)
        key, value = (functional.max_pool2d(f(x), 2).flatten(2) for f in (self.key, self.value))
        share = functional.softmax(torch.bmm(query.transpose(1, 2), key), -1)
        found = torch.bmm(value, share.transpose(1, 2)).unflatten(2, x.shape[2:])
        return self.gamma * self.out(found) + x


class Generator(nn.Module):
    """One doubling; with ``shared`` as BigGAN, z cut in two, else as SN-GAN."""

    def __init__(self, first, width, noise, shared):
        super().__init__()
        code = shared + noise // 2 if shared else CLASSES
        self.table = Table(CLASSES, shared) if shared else None
        start = noise // 2 if shared else noise
        self.linear = normed(nn.Linear(start, 16 * first), shared)
        self.block = Grow(first, width, code, bool(shared))
        self.attention = Attention(width) if shared else None
        self.norm = nn.BatchNorm2d(width)
        self.conv = normed(nn.Conv2d(width, COLOURS, 3, padding=1), shared)

    def forward(self, z, label):
        code = label
        if self.table:
            z, piece = z.chunk(2, dim=1)
            code = torch.cat([self.table(label), piece], 1)
        x = self.linear(z).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)  # channels last, as ours
        x = self.block(x, code)
        x = self.attention(x) if self.attention else x
        return torch.tanh(self.conv(torch.relu(self.norm(x)))).permute(0, 2, 3, 1)


class Critic(nn.Module):
    """Blocks, attention behind the first, the sum of all pixels, and the projection."""

    def __init__(self, channels, halvings, wide, attention):
        super().__init__()
        self.blocks, n = nn.ModuleList(), COLOURS
        for i, m in enumerate(channels):
            inner = m if wide or i == 0 or i >= halvings else n
            self.blocks.append(Shrink(n, m, inner, first=i == 0, halves=i < halvings))
            if i == 0 and attention:
                self.blocks.append(Attention(m))
            n = m
        self.linear = normed(nn.Linear(n, 1), True)
        self.table = normed(Table(CLASSES, n), True)

    def forward(self, x, label):
        x = x.permute(0, 3, 1, 2)
        for block in self.blocks:
            x = block(x)
        x = torch.relu(x).sum(dim=(2, 3))
        return self.linear(x)[:, 0] + (self.table(label) * x).sum(1)


def as_flax(twin, read, read_u=None):
    """The parameters by Flax's names, and with ``read_u`` spectral and running statistics."""
    params, counts, spectral, running = {}, {}, {}, {}
    names = {"Conv2d": "Conv", "BatchNorm2d": "BatchNorm", "Linear": "Dense", "Table": "ClassTable"}
    for layer in twin.modules():
        if isinstance(layer, Attention):
            params["gamma"] = read(layer.gamma)
        kind = type(layer).__name__.removeprefix("Parametrized")
        if kind not in names:
            continue
        number = counts[names[kind]] = counts.get(names[kind], -1) + 1
        name = f"{names[kind]}_{number}"
        if kind == "BatchNorm2d":
            running[name] = {"mean": layer.running_mean, "var": layer.running_var}
            if layer.affine:
                params[name] = {"scale": read(layer.weight), "bias": read(layer.bias)}
            continue
        constrained = hasattr(layer, "parametrizations")
        weight = read(layer.parametrizations.weight.original if constrained else layer.weight)
        weight = weight.transpose(2, 3, 1, 0) if kind == "Conv2d" else weight.T
        leaf = "table" if kind == "Table" else "kernel"
        params[name] = {leaf: weight}
        if layer.bias is not None:
            params[name]["bias"] = read(layer.bias)
        if constrained and read_u:
            u = read_u(layer.parametrizations.weight[0].u)
            place = f"SpectralNorm_{len(spectral)}"
            spectral[place] = {
                f"{name}/{leaf}/u": u[None],
                f"{name}/{leaf}/sigma": np.ones(()),
            }
    return params, spectral, running


def values(tensor):
    return tensor.detach().numpy().copy()


CASES = {
    "BigGAN's generator": (
        lambda: models.GENERATORS["biggan"](
            shape=(SIDE, SIDE, COLOURS),
            width=2,
            attention=8,
            shared=3,
            split=True,
            norm=norms.CONDITIONAL,
            spectral_eps=EPS,
        ),
        lambda: Generator(8, 8, 4, 3),
        ("z", (4,), "x"),
    ),
    "BigGAN's critic": (
        lambda: models.CRITICS["biggan"](width=2, attention=4, projection=True, spectral_eps=EPS),
        lambda: Critic((8, 8, 8, 8), 1, True, True),
        ("x", (SIDE, SIDE, COLOURS), "score"),
    ),
    "SN-GAN's generator": (
        lambda: models.GENERATORS["resnet32"](
            shape=(SIDE, SIDE, COLOURS), channels=(4, 3), norm=norms.CONDITIONAL
        ),
        lambda: Generator(4, 3, 5, 0),
        ("z", (5,), "x"),
    ),
    "SN-GAN's critic": (
        lambda: models.CRITICS["resnet32"](
            channels=(4, 3, 3), pool="sum", norm="spectral", projection=True
        ),
        lambda: Critic((4, 3, 3), 2, False, False),
        ("x", (SIDE, SIDE, COLOURS), "score"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case):
    """Outputs in training, slopes by every parameter and the input, u and running means moved."""
    ours, theirs, (taken, shape, made) = CASES[case]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    twin = theirs().double().train()
    for layer in twin.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
        if isinstance(layer, Spectral):
            layer.eps = EPS if case.startswith("BigGAN") else 1e-12
    x = np.random.default_rng(0).standard_normal((len(LABEL), *shape))
    seen = torch.from_numpy(x).requires_grad_(True)
    params, spectral, running = as_flax(twin, values, values)
    mutables = {"spectral": spectral, "batch_stats": jax.tree.map(values, running)}
    mutables = {name: value for name, value in mutables.items() if value}

    with jax.enable_x64(True):
        network = ours().clone(dtype=jnp.float64)

        def loss(params, x):
            out, moved = network.apply(
                {"params": params, **mutables},
                **{taken: x, "label": LABEL},
                train=True,
                mutable=list(mutables),
            )
            return ((out[made] - 0.5) ** 2).mean(), (out[made], moved)

        slopes = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
        (by_params, by_x), (out, moved) = slopes(params, x)
        expected = twin(seen, torch.from_numpy(LABEL))
        ((expected - 0.5) ** 2).mean().backward()
        close = {"rtol": 1e-8, "atol": 1e-10}
        np.testing.assert_allclose(out, values(expected), **close)
        np.testing.assert_allclose(by_x, values(seen.grad), **close)
        theirs_by_params, theirs_u, means = as_flax(twin, lambda p: p.grad.numpy(), values)
        assert jax.tree.structure(by_params) == jax.tree.structure(theirs_by_params)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, **close), by_params, theirs_by_params
        )
        for place, found in moved.get("spectral", {}).items():
            for name in (name for name in found if name.endswith("/u")):
                np.testing.assert_allclose(found[name], theirs_u[place][name], **close)
        for name, found in moved.get("batch_stats", {}).items():
            np.testing.assert_allclose(found["mean"], values(means[name]["mean"]), **close)
