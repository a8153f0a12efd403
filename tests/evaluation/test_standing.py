"""Standing statistics against means over the passes, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from jaxgan.evaluation.standing import standing
from jaxgan.games import draw, pair_game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models import layers, norms
from jaxgan.models.network import network


class Normalised(nn.Module):
    """z by a spectral layer, normalised."""

    norm: str = "batch"
    spectral: bool = True
    norm_eps: float = 1e-5
    initializer: str = "torch"
    dtype: type = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, keys=None, train):
        return {"x": norms.norm(self, layers.dense(self, z, 2), train=train)}


def test_the_mean_over_passes_of_what_a_batch_has():
    generator = network(Normalised(), ("z",), {"z": (3,)})
    game = pair_game(generator, None, ADVERSARIAL["hinge"](), draw=draw.z((3,), "normal"))
    variables = generator.init(jax.random.key(0))
    kernel, bias = variables["params"]["Dense_0"].values()
    bias, kernel = sorted((kernel, bias), key=jnp.ndim)
    u = variables["spectral"]["SpectralNorm_0"]["Dense_0/kernel/u"]
    passes = [({"z": jax.random.normal(jax.random.key(i), (5, 3))}, None) for i in range(3)]
    passes = [(batch, jax.random.split(jax.random.key(9), 5)) for batch, _ in passes]
    found = standing(game, variables, passes)
    means, variances = [], []
    for batch, _ in passes:  # one power iteration each, as in training
        v = u @ kernel.T / np.linalg.norm(u @ kernel.T)
        u = v @ kernel / np.linalg.norm(v @ kernel)
        hidden = batch["z"] @ kernel / (v @ kernel @ u.T) + bias
        means.append(hidden.mean(0))
        variances.append(hidden.var(0))
    statistics = found["batch_stats"]["BatchNorm_0"]
    np.testing.assert_allclose(statistics["mean"], np.mean(means, 0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(statistics["var"], np.mean(variances, 0), rtol=1e-4)
    np.testing.assert_allclose(
        found["spectral"]["SpectralNorm_0"]["Dense_0/kernel/u"], u, rtol=1e-5
    )
    assert found["params"] is variables["params"]
