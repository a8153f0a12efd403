"""StarGAN's critic against the same network in PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.stargan import StarGANCritic

HEADS = (("tone", 3), ("gender", 2))


def test_network_is_pytorchs():
    """Scores, logits and slopes by every kernel, whose names are those of the layers in turn."""
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    torch.manual_seed(0)
    nn, layers = torch.nn, []
    for i in range(2):
        layers += [nn.Conv2d(3 if i == 0 else 4 * i, 4 * 2**i, 4, 2, 1), nn.LeakyReLU(0.01)]
    trunk = nn.Sequential(*layers).double()
    ends = [nn.Conv2d(8, 1, 3, 1, 1, bias=False).double()]
    ends += [nn.Conv2d(8, classes, 2, bias=False).double() for _, classes in HEADS]
    convolutions = [layers[0], layers[2], *ends]
    x = np.random.default_rng(0).standard_normal((5, 8, 8, 3))
    hidden = trunk(torch.from_numpy(x).permute(0, 3, 1, 2))
    score, *told = [end(hidden) for end in ends]
    sum((out**2).sum() for out in (score, *told)).backward()

    def as_flax(of):
        return {
            f"Conv_{i}": {"kernel": of(layer.weight).permute(2, 3, 1, 0).numpy()}
            | ({} if layer.bias is None else {"bias": of(layer.bias).numpy()})
            for i, layer in enumerate(convolutions)
        }

    with jax.enable_x64(True):
        critic = StarGANCritic(layers=2, width=4, heads=HEADS, dtype=jnp.float64)

        def total(params):
            out = critic.apply({"params": params}, x=x, train=True)
            return sum((out[name] ** 2).sum() for name in ("score", "tone", "gender")), out

        slopes, out = jax.jit(jax.grad(total, has_aux=True))(as_flax(lambda p: p.detach()))
        np.testing.assert_allclose(out["score"], score[:, 0].detach(), rtol=1e-9)
        for (name, _), logits in zip(HEADS, told, strict=True):
            np.testing.assert_allclose(out[name], logits[:, :, 0, 0].detach(), rtol=1e-9)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9),
            slopes,
            as_flax(lambda p: p.grad),
        )


@pytest.mark.parametrize(
    "shape, sentence", [((8, 12, 1), "square images"), ((10, 10, 1), "multiples of 4")]
)
def test_other_sizes_are_refused(shape, sentence):
    with pytest.raises(UserError, match=sentence):
        StarGANCritic(layers=2).init(jax.random.key(0), x=jnp.zeros((1, *shape)), train=True)
