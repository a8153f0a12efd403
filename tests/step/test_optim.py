import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan.core.errors import UserError
from jaxgan.step.optim import OPTIMIZERS, anew, optimizer

EVERY_ROW = pytest.mark.parametrize("name", OPTIMIZERS)
START = np.linspace(-0.05, 0.05, 11, dtype=np.float32)


def minimise(chain, loss, params, steps):
    """The parameters after each of so many steps."""

    @jax.jit
    def step(params, state):
        updates, state = chain.update(jax.grad(loss)(params), state, params)
        return params + updates, state

    state, path = chain.init(params), []
    for _ in range(steps):
        params, state = step(params, state)
        path.append(np.asarray(params))
    return path


def bowl(x):
    """Curved differently in every coordinate, with its minimum at 1."""
    return jnp.sum(jnp.arange(1, x.size + 1) * (x - 1) ** 2)


@EVERY_ROW
def test_anew_is_as_at_first_but_for_the_rate(name):
    """What moved is as ``init`` gives it; a rate goes on falling: its count of updates stays."""
    chain = optimizer(name, learning_rate=0.1, anneal_updates=9, clip_gradient=1.0)
    first = chain.init(START)
    _, later = chain.update(jnp.ones_like(START), chain.update(START, first, START)[1], START)
    counts, found = [], anew(later)
    for state in (first, found):
        scheduled = [each for each in state[1] if isinstance(each, optax.ScaleByScheduleState)]
        counts.append([int(each.count) for each in scheduled])
    assert counts == [[0], [2]]
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(optax.tree.set(found, count=0)))
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(first))


@EVERY_ROW
def test_weights_are_clipped_after_the_update(name):
    limit = 0.01
    free, clipped = (
        minimise(optimizer(name, learning_rate=1e-3, weight_limit=c), bowl, START, 3)
        for c in (0.0, limit)
    )
    assert np.abs(free[0]).max() > limit
    # The limit holds for the parameters, not for the updates, and after the optimiser.
    np.testing.assert_allclose(clipped[0], np.clip(free[0], -limit, limit), rtol=1e-5, atol=1e-8)
    assert np.abs(clipped[-1]).max() <= limit * (1 + 1e-6)


@EVERY_ROW
def test_the_gradient_is_clipped_before_the_optimizer(name):
    # Norms 5 and 0.5 against the bound 1: (3, 4) becomes (0.6, 0.8), (0.3, 0.4) stays. Twice, as
    # the first step of Adam does not depend on the gradient's size.
    gradients = jnp.array([[3.0, 4.0], [0.3, 0.4]])
    bounded = jnp.array([[0.6, 0.8], [0.3, 0.4]])

    def updates(chain, gradients):
        params, state = {"a": jnp.zeros(1), "b": jnp.zeros(1)}, None
        state = chain.init(params)
        for a, b in gradients:
            update, state = chain.update({"a": a[None], "b": b[None]}, state, params)
        return [update["a"][0], update["b"][0]]

    found = updates(optimizer(name, learning_rate=0.1, clip_gradient=1.0), gradients)
    np.testing.assert_allclose(
        found, updates(optimizer(name, learning_rate=0.1), bounded), rtol=1e-5
    )
    if name == "sgd":
        np.testing.assert_allclose(found, [-0.03, -0.04], rtol=1e-5)


def in_torch(torch, name, param, learning_rate, options):
    if name == "adam":
        betas = (options["b1"], options["b2"])
        return torch.optim.Adam([param], learning_rate, betas=betas, eps=options["eps"])
    if name == "rmsprop":
        return torch.optim.RMSprop(
            [param], learning_rate, alpha=options["decay"], eps=options["eps"]
        )
    return torch.optim.SGD([param], learning_rate, momentum=options["momentum"])


OTHER_OPTIONS = {
    "adam": {"b1": 0.9, "b2": 0.99, "eps": 0.1},
    "rmsprop": {"decay": 0.9, "eps": 0.1},
    "sgd": {"momentum": 0.9},
}


@EVERY_ROW
@pytest.mark.parametrize("given", ["defaults", "options"])
def test_agrees_with_torch(name, given):
    torch = pytest.importorskip("torch")
    options = OTHER_OPTIONS[name] if given == "options" else {}
    path = minimise(optimizer(name, learning_rate=1e-3, **options), bowl, START, 20)

    param = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    theirs = in_torch(torch, name, param, 1e-3, {**OPTIMIZERS[name].options, **options})
    curvature = torch.arange(1, len(START) + 1)
    for ours in path:
        theirs.zero_grad()
        (curvature * (param - 1) ** 2).sum().backward()
        theirs.step()
        np.testing.assert_allclose(ours, param.detach().numpy(), rtol=1e-4, atol=1e-6)


def test_kernels_are_drawn_to_orthogonal_rows():
    """By autograd of w / 2 ||W W^T o (1 - I)||_F^2, W [out, in]; nothing else has a slope."""
    shapes = {"Conv": {"kernel": (2, 2, 3, 5)}, "Dense": {"kernel": (4, 3), "bias": (3,)}}
    shapes |= {"ClassTable": {"table": (4, 3)}, "gamma": ()}
    rng, weight = np.random.default_rng(0), 0.3
    params = jax.tree.map(
        lambda shape: jnp.array(rng.standard_normal(shape)),
        shapes,
        is_leaf=lambda x: type(x) is tuple,
    )
    still = jax.tree.map(jnp.ones_like, params)

    def excess(params):
        w = [params[layer]["kernel"] for layer in ("Conv", "Dense")]
        w = [each.reshape(-1, each.shape[-1]).T for each in w]
        return sum(jnp.sum((a @ a.T * (1 - jnp.eye(len(a)))) ** 2) for a in w)

    slopes = jax.grad(lambda params: weight / 2 * excess(params))(params)
    options = {"learning_rate": 1.0, "orthogonal": weight, "momentum": 0.0}
    chain = optimizer("sgd", **options)
    updates, _ = chain.update(still, chain.init(params), params)
    jax.tree.map(
        lambda found, slope: np.testing.assert_allclose(found, -1 - slope, rtol=1e-4, atol=1e-5),
        updates,
        slopes,
    )


def test_errors():
    with pytest.raises(UserError, match="unknown optimizer 'adan'; known: adam, rmsprop, sgd"):
        optimizer("adan", learning_rate=1e-3)
    with pytest.raises(UserError, match="'rmsprop' has no option 'b1'; it has decay, eps"):
        optimizer("rmsprop", learning_rate=1e-3, b1=0.5)
    for rate in (0.0, -1e-3, float("nan"), float("inf")):
        with pytest.raises(UserError, match="learning_rate is .*; it must be greater than 0"):
            optimizer("adam", learning_rate=rate)
    for option in ("clip_gradient", "orthogonal", "weight_limit", "eps", "b1"):
        with pytest.raises(UserError, match=f"{option} is -1.0; it must"):
            optimizer("adam", **{"learning_rate": 1e-3, option: -1.0})
    with pytest.raises(UserError, match=r"b2 is 1.0; it must lie in \[0, 1\)"):
        optimizer("adam", learning_rate=1e-3, b2=1.0)


def test_a_rate_stays_and_then_falls_to_nothing():
    """Of six updates three at the rate, then a third less each time: 1, 1, 1, 1, 2/3, 1/3, 0."""
    sgd = optimizer("sgd", learning_rate=0.3, anneal_updates=6, anneal_after=3, momentum=0.0)
    state, taken = sgd.init(jnp.zeros(())), []
    for _ in range(7):
        update, state = sgd.update(jnp.ones(()), state, jnp.zeros(()))
        taken.append(-float(update) / 0.3)
    np.testing.assert_allclose(taken, [1, 1, 1, 1, 2 / 3, 1 / 3, 0], atol=1e-6)


def test_a_moving_b2_is_pytorchs():
    """Another b2 at every step, traced: each also corrects the bias by its own power."""
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    moving, rate = (0.9, 0.93, 0.97, 0.99), 0.01

    @jax.jit
    def step(params, state, b2):
        chain = optimizer("adam", learning_rate=rate, b1=0.0, b2=b2)
        updates, state = chain.update(jax.grad(bowl)(params), state, params)
        return params + updates, state

    params = jnp.asarray(START)
    state = optimizer("adam", learning_rate=rate, b1=0.0, b2=0.9).init(params)
    theirs = torch.tensor(START, requires_grad=True)
    adam = torch.optim.Adam([theirs], rate, betas=(0.0, 0.9))
    for b2 in moving:
        params, state = step(params, state, jnp.float32(b2))
        adam.param_groups[0]["betas"] = (0.0, b2)
        adam.zero_grad()
        (torch.arange(1, 12) * (theirs - 1) ** 2).sum().backward()
        adam.step()
        np.testing.assert_allclose(params, theirs.detach(), rtol=1e-5, atol=1e-7)
