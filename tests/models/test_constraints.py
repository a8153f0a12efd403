"""Normalisations that act on one example, or on the weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import models
from jaxgan.models.network import network

SIZES = {
    "mlp": (6, 5, 1),
    "toy": (2,),
    "dcgan32": (32, 32, 1),
    "dcgan": (16, 16, 2),
    "progressive": (8, 8, 2),
    "resnet32": (8, 8, 2),
    "biggan": (8, 8, 2),
    "patch": (12, 12, 2),
    "zi2zi": (8, 8, 2),
    "srgan": (16, 16, 2),
    "global_local": (8, 8, 2),
    "stargan": (8, 8, 2),
    "text": (8, 8, 2),
    "multiscale": (32, 32, 1),
}
SMALL = {
    "mlp": {"features": (9, 7)},
    "toy": {"features": (9, 7)},
    "dcgan32": {"channels": (2, 3, 4, 5)},
    "dcgan": {"channels": (4, 3)},
    "progressive": {"channels": (4, 3), "group": 1},
    "resnet32": {"channels": (4, 3, 3, 5)},
    "biggan": {"width": 1},
    "patch": {"layers": 1, "width": 2},
    "zi2zi": {"width": 2},
    "srgan": {"width": 2, "hidden": 5},
    "global_local": {"layers": 2, "width": 2, "hidden": 5, "window": 4},
    "stargan": {"layers": 2, "width": 2},
    "text": {"width": 4},
    "multiscale": {"width": 1},
}


@pytest.mark.parametrize("name", SIZES)
def test_spectral_norm_of_every_kernel_tends_to_one(name):
    """The scores are those of the kernels W / sigma(W), with sigma from NumPy's SVD."""
    module = models.CRITICS[name](norm="spectral", **SMALL[name])
    x = jax.random.normal(jax.random.key(0), (3, *SIZES[name]))
    critic = network(module, ("x",), {"x": SIZES[name]})
    variables = critic.init(jax.random.key(1))
    apply = jax.jit(lambda variables: critic.apply(variables, {"x": x}, train=True))
    params = variables["params"]
    _, first = apply(variables)
    for _ in range(300):  # one power iteration each
        out, mutables = apply(variables)
        variables = {"params": params, **mutables}
    assert mutables.keys() == first.keys() == {"spectral"}

    def divided(layer):
        if "kernel" not in layer:  # layers within
            return {name: divided(value) for name, value in layer.items()}
        kernel = np.asarray(layer["kernel"], np.float64)
        sigma = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        return {**layer, "kernel": jnp.asarray(kernel / sigma, jnp.float32)}

    plain = models.CRITICS[name](norm="none", **SMALL[name])
    plain = network(plain, ("x",), {"x": SIZES[name]})
    expected, _ = jax.jit(lambda p: plain.apply({"params": p}, {"x": x}, train=True))(
        divided(params)
    )
    np.testing.assert_allclose(out["score"], expected["score"], rtol=1e-4, atol=1e-6)
    # Sampling leaves u where it is.
    _, still = jax.jit(lambda v: critic.apply(v, {"x": x}, train=False))(variables)
    jax.tree.map(np.testing.assert_array_equal, still, mutables)


def test_spectral_gradient_runs_through_sigma():
    """d(W / sigma) / dW has no part along W: scaling a kernel changes nothing (Miyato, eq. 12)."""
    module = models.CRITICS["toy"](norm="spectral", **SMALL["toy"])
    x = jax.random.normal(jax.random.key(0), (3, 2))
    critic = network(module, ("x",), {"x": (2,)})
    variables = critic.init(jax.random.key(1))
    moved = jax.jit(lambda v: critic.apply(v, {"x": x}, train=True)[1]["spectral"])
    for _ in range(100):
        variables["spectral"] = moved(variables)

    @jax.jit
    @jax.grad
    def slopes_of(params):
        out, _ = critic.apply({**variables, "params": params}, {"x": x}, train=True)
        return out["score"].sum()

    slopes = slopes_of(variables["params"])
    for layer, slope in slopes.items():
        kernel = variables["params"][layer]["kernel"]
        assert np.abs(slope["kernel"]).max() > 1e-3
        np.testing.assert_allclose(jnp.vdot(kernel, slope["kernel"]), 0, atol=1e-4)


def test_layer_norm_standardises_each_example():
    module = models.CRITICS["toy"](norm="layer", activation="tanh", **SMALL["toy"])
    critic = network(module, ("x",), {"x": (2,)})
    x = jax.random.normal(jax.random.key(0), (3, 2))
    out, _ = critic.apply(critic.init(jax.random.key(1)), {"x": x}, train=True)
    before = np.arctanh(np.asarray(out["features"], np.float64))
    np.testing.assert_allclose(before.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(before.var(axis=1), 1, rtol=1e-3)
