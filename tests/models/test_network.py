"""A module as plain functions; several networks as one."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan import models
from jaxgan.core.errors import UserError
from jaxgan.models.network import network, stacked, team
from jaxgan.step.state import create_side

Z, COUNT, ROWS = 3, 4, 8
SHAPES = {"z": (Z,), "x": (2,), "label": (5,)}
ONE = network(models.GENERATORS["mlp"](shape=(2,), features=(5, 6)), ("z",), SHAPES)


def draw(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


def close(got, want):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, want)


def same(got, want):
    jax.tree.map(np.testing.assert_array_equal, got, want)


def member(variables, i, shared):
    """The variables of one of them alone."""
    return {
        kind: {
            name: value if name in shared else jax.tree.map(lambda leaf: leaf[i], value)
            for name, value in group.items()
        }
        for kind, group in variables.items()
    }


def test_a_network_takes_what_it_declares_and_leaves_the_rest():
    module = models.GENERATORS["toy"](shape=(2,), features=(4,))
    plain = network(module, ("z",), SHAPES)
    labelled = network(module, ("z", "label"), SHAPES)
    assert plain.inputs == ("z",) and labelled.inputs == ("z", "label")
    given = {"z": draw(1, ROWS, Z), "label": draw(2, ROWS, 5), "x": "what it must not touch"}
    for one, width in ((plain, Z), (labelled, Z + 5)):
        variables = one.init(jax.random.key(0))
        assert variables["params"]["Dense_0"]["kernel"].shape == (width, 4)
        out, mutables = one.apply(variables, given, train=True)
        assert out.keys() == {"x"} and out["x"].shape == (ROWS, 2) and mutables == {}
    with pytest.raises(KeyError, match="label"):
        labelled.apply(variables, {"z": given["z"]}, train=True)


def test_statistics_move_in_training_alone():
    variables, z = ONE.init(jax.random.key(0)), draw(1, ROWS, Z)
    _, still = ONE.apply(variables, {"z": z}, train=False)
    _, moved = ONE.apply(variables, {"z": z}, train=True)
    same(still, {"batch_stats": variables["batch_stats"]})
    assert jax.tree.structure(moved) == jax.tree.structure(still)
    for a, b in zip(jax.tree.leaves(moved), jax.tree.leaves(still), strict=True):
        assert np.all(a != b)


@pytest.mark.parametrize("shared", [(), ("Dense_0", "BatchNorm_0")])
def test_a_stack_is_its_members_side_by_side(shared):
    stack = stacked(ONE, COUNT, shared)
    assert stack.inputs == ONE.inputs
    variables = stack.init(jax.random.key(0))
    for group in variables.values():
        for name, layer in group.items():
            for leaf, alone in zip(
                jax.tree.leaves(layer),
                jax.tree.leaves(ONE.init(jax.random.key(0))["params"].get(name, layer)),
                strict=False,
            ):
                assert name in shared or leaf.shape[0] == COUNT
                assert name not in shared or leaf.shape == alone.shape
    z = draw(1, 7, COUNT, Z)
    out, still = stack.apply(variables, {"z": z, "x": None}, train=False)
    assert out["x"].shape == (7, COUNT, 2)
    same(still, {"batch_stats": variables["batch_stats"]})
    for i in range(COUNT):
        alone, _ = ONE.apply(member(variables, i, shared), {"z": z[:, i]}, train=False)
        close(out["x"][:, i], alone["x"])
    first = [jax.tree.leaves(member(variables, i, shared)["params"]["Dense_1"]) for i in (0, 1)]
    assert np.any(first[0][1] != first[1][1])


def test_shared_statistics_are_the_average():
    stack = stacked(ONE, COUNT, ("BatchNorm_0",))
    variables = stack.init(jax.random.key(0))
    z = draw(1, ROWS, COUNT, Z)
    _, moved = jax.jit(lambda v: stack.apply(v, {"z": z}, train=True))(variables)
    alone = [
        ONE.apply(member(variables, i, ("BatchNorm_0",)), {"z": z[:, i]}, train=True)[1]
        for i in range(COUNT)
    ]
    close(moved, jax.tree.map(lambda *leaves: np.mean(leaves, axis=0), *alone))


def test_a_shared_layer_learns_from_all():
    stack = stacked(ONE, COUNT, ("Dense_0",))
    variables = stack.init(jax.random.key(0))
    z = draw(1, ROWS, COUNT, Z)

    def total(params, members):
        out, _ = stack.apply({**variables, "params": params}, {"z": z}, train=False)
        return (out["x"][:, members] ** 2).sum()

    slopes = jax.grad(total)
    whole = slopes(variables["params"], slice(None))["Dense_0"]["kernel"]
    parts = [slopes(variables["params"], i)["Dense_0"]["kernel"] for i in range(COUNT)]
    assert all(np.any(part != 0) for part in parts)
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-4, atol=1e-6)


def test_members_of_a_stack_drop_units_of_their_own():
    critic = models.CRITICS["mlp"](features=(64,), dropout=0.5)
    stack = stacked(network(critic, ("x",), SHAPES), 2)
    x, keys = jnp.ones((ROWS, 2, 2)), jax.random.split(jax.random.key(1), ROWS)
    out, _ = stack.apply(stack.init(jax.random.key(0)), {"x": x}, keys=keys, train=True)
    assert out["score"].shape == (ROWS, 2)
    dropped = np.asarray(out["features"] == 0)
    # Of 64 units two independent draws agree on half, 32 +- 4 standard deviations of 4.
    agree = (dropped[:, 0] == dropped[:, 1]).sum(axis=1)
    assert np.all(np.abs(agree - 32) <= 16)


def test_an_unknown_layer_is_told():
    with pytest.raises(UserError, match="no layer 'Dense_9' to share; it has BatchNorm_0, Dense_0"):
        jax.eval_shape(stacked(ONE, 2, ("Dense_9",)).init, jax.random.key(0))


# Two of one kind with statistics, and one without.
TRIO = team(ab=ONE, ba=ONE, c=network(models.CRITICS["toy"](features=(4,)), ("x", "label"), SHAPES))
GIVEN = {"z": draw(1, ROWS, Z), "x": draw(2, ROWS, 2), "label": jnp.eye(5)[jnp.arange(ROWS) % 5]}


def alone(variables, name):
    """The variables of one of a team, as that network takes them."""
    return {kind: group[name] for kind, group in variables.items() if name in group}


def test_a_team_is_its_networks_by_name():
    variables = TRIO.init(jax.random.key(0))
    assert TRIO.inputs == ("z", "x", "label")
    assert variables.keys() == {"params", "batch_stats"}
    assert variables["params"].keys() == {"ab", "ba", "c"}
    assert variables["batch_stats"].keys() == {"ab", "ba"}
    # Twins begin apart.
    kernels = [variables["params"][name]["Dense_0"]["kernel"] for name in ("ab", "ba")]
    assert kernels[0].shape == kernels[1].shape and np.all(kernels[0] != kernels[1])


@pytest.mark.parametrize("train", [True, False])
def test_whose_turn_it_is_moves_and_the_others_stay(train):
    variables = TRIO.init(jax.random.key(0))
    out, mutables = TRIO.apply(variables, GIVEN, name="ba", train=train)
    expected, moved = ONE.apply(alone(variables, "ba"), GIVEN, train=train)
    same(out, expected)
    same(mutables, {"batch_stats": {**variables["batch_stats"], "ba": moved["batch_stats"]}})
    assert (mutables["batch_stats"]["ba"]["BatchNorm_0"]["mean"] != 0).all() == train
    # One without mutables leaves all of them.
    out, mutables = TRIO.apply(variables, GIVEN, name="c", train=train)
    assert out["score"].shape == (ROWS,)
    same(mutables, {"batch_stats": variables["batch_stats"]})


def test_a_team_hands_on_the_keys_of_dropout():
    dropping = network(models.CRITICS["mlp"](features=(64,), dropout=0.5), ("x",), SHAPES)
    pair = team(a=dropping, b=dropping)
    variables, keys = pair.init(jax.random.key(0)), jax.random.split(jax.random.key(1), ROWS)
    out, _ = pair.apply(variables, GIVEN, name="b", keys=keys, train=True)
    same(out, dropping.apply(alone(variables, "b"), GIVEN, keys=keys, train=True)[0])
    whole, _ = pair.apply(variables, GIVEN, name="b", train=True)
    assert np.any(out["features"] != whole["features"])


def test_one_optimiser_moves_the_team_as_each_its_own_would():
    adam = optax.adam(0.01)
    side = create_side(TRIO, adam, jax.random.key(0))
    assert jax.tree.structure(side.opt_state[0].mu) == jax.tree.structure(side.params)

    def loss(network, params, mutables, **turn):
        out, _ = network.apply({"params": params, **mutables}, GIVEN, train=True, **turn)
        return sum((leaf**2).sum() for leaf in out.values())

    def together(params):
        return sum(loss(TRIO, params, side.mutables, name=name) for name in ("ab", "ba", "c"))

    updates, _ = adam.update(jax.grad(together)(side.params), side.opt_state, side.params)
    for name in ("ab", "ba"):
        params, mutables = side.params[name], alone(side.mutables, name)
        gradients = jax.grad(lambda params, own=mutables: loss(ONE, params, own))(params)
        close(updates[name], adam.update(gradients, adam.init(params), params)[0])
