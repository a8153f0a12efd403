"""How a label comes without being joined: gains and shifts of its class, and projection."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxgan import defaults, models
from jaxgan.build import parts
from jaxgan.core.errors import UserError
from jaxgan.data import Entry
from jaxgan.models import inits, layers, norms

CLASSES = 3
LABEL = np.eye(CLASSES)[[0, 2, 1, 1]]
ENTRIES = {"x": Entry((5,), np.float32), "label": Entry((), np.int32, CLASSES)}


class Norm(nn.Module):
    """Conditional batch normalisation alone."""

    initializer: str = "dcgan"
    norm: str = norms.CONDITIONAL
    norm_eps: float = 0.5
    dtype: Any = jnp.float64
    axis_name: str | None = None

    @nn.compact
    def __call__(self, x, label, *, train):
        return norms.norm(self, x, train=train, code=label)


def test_conditional_batch_norm_is_pytorchs_with_the_gain_and_shift_of_the_class():
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    rng = np.random.default_rng(0)
    x, slope = rng.standard_normal((2, 4, 3, 2, 5))
    gain, shift = rng.standard_normal((2, CLASSES, 5))
    mean, var = rng.standard_normal(5), rng.uniform(0.5, 1, 5)
    seen = torch.from_numpy(x).permute(0, 3, 1, 2).requires_grad_(True)
    rows = [torch.from_numpy(LABEL @ table)[:, :, None, None] for table in (gain, shift)]
    statistics = [torch.from_numpy(each.copy()) for each in (mean, var)]

    def theirs(train):
        found = torch.nn.functional.batch_norm(seen, *statistics, training=train, eps=0.5)
        return (found * (1 + rows[0]) + rows[1]).permute(0, 2, 3, 1)

    tables = {f"ClassTable_{i}": {"table": table} for i, table in enumerate((gain, shift))}
    with jax.enable_x64(True):
        variables = {
            "params": tables,
            "batch_stats": {"BatchNorm_0": {"mean": jnp.array(mean), "var": jnp.array(var)}},
        }

        def ours(x, train):
            out, moved = Norm().apply(variables, x, LABEL, train=train, mutable=["batch_stats"])
            return (out * slope).sum(), (out, moved)

        by_x, (out, moved) = jax.grad(ours, has_aux=True)(x, True)
        sampled = ours(x, False)[1][0]
        np.testing.assert_allclose(sampled, theirs(False).detach(), atol=1e-12)
        expected = theirs(True)
        (expected * torch.from_numpy(slope)).sum().backward()
        np.testing.assert_allclose(out, expected.detach(), atol=1e-12)
        np.testing.assert_allclose(by_x, seen.grad.permute(0, 2, 3, 1), atol=1e-12)
        np.testing.assert_allclose(moved["batch_stats"]["BatchNorm_0"]["mean"], statistics[0])


def test_conditional_batch_norm_over_devices():
    """The batch is that of all devices together, and the class that of the row."""
    x = jax.random.normal(jax.random.key(0), (4, 2)) * jnp.arange(1.0, 5)[:, None]
    alone = Norm(dtype=jnp.float32)
    variables = alone.init(jax.random.key(1), x, LABEL, train=True)
    assert {leaf.shape for leaf in jax.tree.leaves(variables["params"])} == {(CLASSES, 2)}
    expected = alone.apply(variables, x, LABEL, train=True, mutable=["batch_stats"])[0]

    def apply(x, label):
        together = Norm(dtype=jnp.float32, axis_name="devices")
        return together.apply(variables, x, label, train=True, mutable=["batch_stats"])[0]

    halves = (x.reshape(2, 2, 2), LABEL.reshape(2, 2, CLASSES))
    out = jax.vmap(apply, axis_name="devices")(*halves)
    np.testing.assert_allclose(out.reshape(4, 2), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("initializer", inits.INITS)
def test_classes_begin_alike_or_nearly(initializer):
    """Exactly, or where the paper draws their tables: from N(0, .02) or with orthogonal rows."""
    module = Norm(initializer=initializer, dtype=jnp.float32)
    x = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    variables = module.init(jax.random.key(0), x, LABEL[:2], train=True)
    tables = np.stack([each["table"] for each in variables["params"].values()])
    if initializer == "dcgan":
        assert 0 < np.abs(tables).max() < 0.1
    elif initializer == "orthogonal":
        np.testing.assert_allclose(tables[0].T @ tables[0], np.eye(2), atol=1e-5)
    else:
        assert not tables.any()


@pytest.mark.parametrize("name", ["mlp", "dcgan", "resnet32"])
def test_projection_by_hand(name):
    """score = linear(h) + <the class's row, h>; the label is no more joined to x."""
    small = {"mlp": {"features": (6, 4)}, "dcgan": {"channels": (4, 3)}}
    small["resnet32"] = {"channels": (4, 3), "halvings": 1}
    module = models.CRITICS[name](projection=True, norm="none", **small[name])
    x = jax.random.normal(jax.random.key(0), (4, 16, 16, 1))
    label = jnp.array(LABEL, jnp.float32)

    @jax.jit
    def run(key):
        return module.init_with_output(key, x=x, label=label, train=False)

    out, variables = run(jax.random.key(1))
    params, features = variables["params"], np.asarray(out["features"])
    last = params[max(n for n in params if n.startswith("Dense"))]
    rows = LABEL @ params["ClassTable_0"]["table"]
    expected = (features @ last["kernel"])[:, 0] + last["bias"] + (rows * features).sum(axis=1)
    np.testing.assert_allclose(out["score"], expected, rtol=1e-4, atol=1e-6)
    plain = module.clone(projection=False)
    alone = jax.eval_shape(lambda: plain.init(jax.random.key(0), x=x, train=False)["params"])
    assert params.keys() - alone.keys() == {"ClassTable_0"}
    for layer, leaves in alone.items():
        assert jax.tree.map(jnp.shape, leaves) == jax.tree.map(jnp.shape, params[layer])


@pytest.mark.parametrize("name", ["mlp", "toy", "dcgan", "resnet32", "biggan"])
def test_a_label_by_the_norms_is_linear_and_not_joined(name):
    """Half of one class and half of another has the mean of their gains and shifts."""
    small = {
        "mlp": {"features": (6, 4)},
        "toy": {"features": (6, 4)},
        "dcgan": {"channels": (4, 3)},
        "resnet32": {"channels": (4, 3)},
        "biggan": {"width": 1},
    }
    shape = (5,) if name in ("mlp", "toy") else (16, 16, 1)
    module = models.GENERATORS[name](shape=shape, norm=norms.CONDITIONAL, **small[name])
    label = jnp.array([[1.0, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    z = jnp.ones((3, 2))

    def tables(label):
        def keep(module, _):
            return isinstance(module, layers.ClassTable)

        call = {"z": z, "label": label, "train": False}
        out, state = module.init_with_output(
            jax.random.key(0), **call, mutable=True, capture_intermediates=keep
        )
        return out, state["intermediates"], state["params"]

    out, found, params = jax.jit(tables)(label)
    assert len(found) == len([n for n in params if n.startswith("ClassTable")]) >= 2
    for row in jax.tree.leaves(found):
        np.testing.assert_allclose(row[2], row[:2].mean(axis=0), atol=1e-6)
    assert params["Dense_0"]["kernel"].shape[0] == 2
    assert out["x"].shape == (3, *shape)


def config(game, **networks):
    made = defaults.get_config()
    made.game = defaults.game(game, z_dim=2)
    made.generator = defaults.generator("mlp", features=(4, 3), **networks.get("generator", {}))
    made.critic = defaults.critic("mlp", features=(4, 3), **networks.get("critic", {}))
    return made


@pytest.mark.parametrize("game", ["conditional", "matching_aware", "auxiliary"])
def test_games_with_labels_hand_them_to_norms_and_projections(game):
    networks = {"generator": {"norm": norms.CONDITIONAL}}
    networks |= {"critic": {"projection": True}} if game != "auxiliary" else {}
    players = parts.players(config(game, **networks), ENTRIES)
    for side in (players.generator, players.critic)[: len(networks)]:
        params = jax.eval_shape(side.init, jax.random.key(0))["params"]
        assert params["ClassTable_0"]["table"].shape[0] == CLASSES


MISTAKES = [
    ("unconditional", {"generator": {"norm": norms.CONDITIONAL}}, "'conditional_batch' is of a l"),
    ("conditional", {"critic": {"norm": norms.CONDITIONAL}}, "it is for generators of noise"),
    ("unconditional", {"critic": {"projection": True}}, "critic.projection is of a label"),
    ("auxiliary", {"critic": {"projection": True}}, "or set critic.projection=false"),
]


@pytest.mark.parametrize("game, networks, told", MISTAKES)
def test_a_label_that_is_not_there(game, networks, told):
    players = parts.players(config(game, **networks), ENTRIES)
    with pytest.raises(UserError, match=told):
        for side in (players.generator, players.critic):
            jax.eval_shape(side.init, jax.random.key(0))
