"""Several networks as one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import models, sample
from jaxgan.core.errors import UserError
from jaxgan.models.network import network, stacked

Z, COUNT = 3, 4
ONE = network(models.GENERATORS["mlp"](shape=(2,), features=(5, 6)), (Z,))


def member(variables, i, shared):
    """The variables of one of them alone."""
    return {
        kind: {
            name: value if name in shared else jax.tree.map(lambda leaf: leaf[i], value)
            for name, value in group.items()
        }
        for kind, group in variables.items()
    }


@pytest.mark.parametrize("shared", [(), ("Dense_0", "BatchNorm_0")])
@pytest.mark.parametrize("rows", [8, 7])
def test_a_stack_is_its_members_in_turn(shared, rows):
    stack = stacked(ONE, COUNT, shared)
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
    z = jax.random.normal(jax.random.key(1), (rows, Z))
    y, same = stack.apply(variables, z, train=False)
    assert y.shape == (rows, 2)
    jax.tree.map(np.testing.assert_array_equal, same, {"batch_stats": variables["batch_stats"]})
    for i in range(COUNT):
        alone, _ = ONE.apply(member(variables, i, shared), z[i::COUNT], train=False)
        np.testing.assert_allclose(y[i::COUNT], alone, rtol=1e-5, atol=1e-6)
    first = [jax.tree.leaves(member(variables, i, shared)["params"]["Dense_1"]) for i in (0, 1)]
    assert np.any(first[0][1] != first[1][1])


@pytest.mark.parametrize("count", [3, 70])
def test_a_stack_keeps_its_order_over_chunks(count):
    """Samples are drawn in chunks; each begins at the first generator."""
    stack = stacked(ONE, count)
    variables, z = stack.init(jax.random.key(0)), jax.random.normal(jax.random.key(1), (150, Z))
    drawn = sample.make_draw(stack)(variables, z)
    whole, _ = stack.apply(variables, z, train=False)
    np.testing.assert_allclose(drawn, whole, rtol=1e-5, atol=1e-6)


def test_shared_statistics_are_the_average():
    stack = stacked(ONE, COUNT, ("BatchNorm_0",))
    variables = stack.init(jax.random.key(0))
    z = jax.random.normal(jax.random.key(1), (8, Z))
    _, moved = jax.jit(lambda v: stack.apply(v, z, train=True))(variables)
    alone = [
        ONE.apply(member(variables, i, ("BatchNorm_0",)), z[i::COUNT], train=True)[1]
        for i in range(COUNT)
    ]
    expected = jax.tree.map(lambda *leaves: np.mean(leaves, axis=0), *alone)
    jax.tree.map(
        lambda got, want: np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6),
        moved,
        expected,
    )


def test_a_shared_layer_learns_from_all():
    stack = stacked(ONE, COUNT, ("Dense_0",))
    variables = stack.init(jax.random.key(0))
    z = jax.random.normal(jax.random.key(1), (8, Z))

    def total(params, rows):
        y, _ = stack.apply({**variables, "params": params}, z, train=False)
        return (y[rows] ** 2).sum()

    whole = jax.grad(total)(variables["params"], slice(None))["Dense_0"]["kernel"]
    parts = [
        jax.grad(total)(variables["params"], slice(i, None, COUNT))["Dense_0"]["kernel"]
        for i in range(COUNT)
    ]
    assert all(np.any(part != 0) for part in parts)
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-4, atol=1e-6)


def test_an_unknown_layer_is_told():
    with pytest.raises(UserError, match="no layer 'Dense_9' to share; it has BatchNorm_0, Dense_0"):
        jax.eval_shape(stacked(ONE, 2, ("Dense_9",)).init, jax.random.key(0))
    assert jnp.ndim(ONE.apply(ONE.init(jax.random.key(0)), jnp.ones((2, Z)), train=False)[0]) == 2
