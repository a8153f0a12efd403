"""What a game remembers: a pool of past fakes, in the state and the same on any devices."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan.core import noise
from jaxgan.games import draw, pair_game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step import parallel, population
from jaxgan.step.call import make_call
from jaxgan.step.state import create
from jaxgan.step.step import make_step

B, Z, STEPS, N_CRITIC, SHIFT = 8, 3, 6, 2, 3
# [steps, batches, B, 2]: one a critic update, and one for the generator's second.
X = np.random.default_rng(0).normal(1, 1, (STEPS, N_CRITIC + 1, B, 2)).astype(np.float32)
NUMBERS = {"batch_size": B, "n_critic": N_CRITIC, "ema": 0.9}
TWICE = {**NUMBERS, "n_generator": 2}


# Linear in everything: with Wasserstein's loss all gradients can be written down.
generator = Network(
    lambda key: {"params": jax.random.normal(key, (Z, 2))},
    lambda variables, given, *, keys=None, train: ({"x": given["z"] @ variables["params"]}, {}),
    ("z",),
)


def judge(variables, given, *, keys=None, train):
    return {"score": given["x"] @ variables["params"], "features": given["x"]}, {}


critic = Network(lambda key: {"params": jax.random.normal(key, (2,))}, judge, ("x",))


def memory():
    return {"pool": jnp.zeros((B, 2)), "updates": jnp.int32(0)}


def recall(memory, made, keys):
    """Swap a fake for a past one with probability 1/2 (Shrivastava et al. 2017, sec. 2.3).

    Row i swaps with slot i + SHIFT, which on four devices is another one's row. The first update
    fills the pool.
    """
    assert made["x"].shape == (B, 2) and keys.shape == (B,)  # the global batch
    past, first = jnp.roll(memory["pool"], -SHIFT, axis=0), memory["updates"] == 0
    swap = jax.vmap(jax.random.bernoulli)(keys)[:, None]
    shown = jnp.where(swap & ~first, past, made["x"])
    kept = jnp.where(swap | first, made["x"], past)
    pool = jnp.roll(kept, SHIFT, axis=0)
    return {"pool": pool, "updates": memory["updates"] + 1}, {**made, "x": shown}


game = pair_game(
    generator, critic, ADVERSARIAL["wasserstein"](), draw=draw.compose(draw.z((Z,), "normal"))
)._replace(memory=memory, recall=recall)


def fresh(key, sgd):
    return create(generator, critic, sgd, sgd, key, game.memory())


def close(got, want):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), got, want)


def by_hand(state, x, key, rate):
    """A step in NumPy: two critic updates w -= rate (mean shown - mean real), one of theta.

    The generator's loss is -mean(w . z theta), of what it has just made, so that its gradient is
    -mean(z) w^T; nothing of the pool is in it.
    """
    w, theta = (np.asarray(side.params, np.float64) for side in (state.critic, state.generator))
    pool, updates = np.array(state.memory["pool"]), int(state.memory["updates"])
    key_turns, _ = jax.random.split(key)
    keys_generate, keys_critic = jax.random.split(key_turns, (2, N_CRITIC))
    for turn in range(N_CRITIC):
        z = np.asarray(noise.normal(jax.random.split(keys_generate[turn], B), (Z,)))
        fake = z @ theta
        shown = fake.copy()
        keys = jax.random.split(jax.random.fold_in(keys_critic[turn], 1 << 20), B)
        for i, key in enumerate(keys):
            slot = (i + SHIFT) % B
            if updates == 0:
                pool[slot] = fake[i]
            elif jax.random.bernoulli(key):
                shown[i], pool[slot] = pool[slot].copy(), fake[i]
        updates += 1
        scores = {"real_score": (x[turn] @ w).mean(), "fake_score": (shown @ w).mean()}
        w = w - rate * (shown.mean(axis=0) - x[turn].mean(axis=0))
    generator_loss = -(fake @ w).mean()
    theta = theta + rate * np.outer(z.mean(axis=0), w)
    return (w, theta, pool, updates), {**scores, "generator_loss": generator_loss}


def test_the_critic_sees_what_is_recalled_and_the_generator_its_fresh_fakes():
    rate, sgd = 0.05, optax.sgd(0.05)
    step = jax.jit(make_step(game, sgd, sgd, **NUMBERS))
    state = fresh(jax.random.key(0), sgd)
    for t in range(3):
        x = X[t, :N_CRITIC]
        expected, expected_metrics = by_hand(state, x, jax.random.key(t), rate)
        before = state.memory["pool"]
        state, metrics = step(state, {"x": x}, jax.random.key(t))
        found = (state.critic.params, state.generator.params, *state.memory.values())
        close(found, expected)
        close({name: metrics[name] for name in expected_metrics}, expected_metrics)
        # Some of the pool has gone, some is there still.
        stayed = np.all(state.memory["pool"] == before, axis=1)
        assert np.any(~stayed) and (t == 0 or np.any(stayed))


def test_where_the_critic_rests_the_memory_does():
    sgd = optax.sgd(0.05)
    step = make_step(game, sgd, sgd, batch_size=B, ema=0.9, n_critic=0)
    state = fresh(jax.random.key(0), sgd)
    after, _ = jax.jit(step)(state, {"x": X[0, :1]}, jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, after.memory, state.memory)


def train(mode, number, seed=0, rate=0.05):
    """STEPS steps in two calls -> (state, logs)."""
    devices, sgd = parallel.devices(mode, number), optax.sgd(rate)
    step = make_step(game, sgd, sgd, **TWICE, devices=devices)

    def batches(data, block, i):
        return {"x": devices.rows(data["x"][data["offset"] + i], axis=1)}

    calls = {"steps_per_call": STEPS // 2, "seed": seed}
    call = devices.compile(make_call(step, batches, **calls))
    key = noise.stream(seed, noise.INITIAL)
    state, logs = devices.replicate(jax.jit(lambda key: fresh(key, sgd))(key)), []
    for first in (0, STEPS // 2):
        data = devices.replicate({"x": X, "offset": np.int32(first)})
        state, log, done = call(state, data, {}, np.int32(STEPS // 2))
        assert done == STEPS // 2
        logs.append(log)
    return jax.device_get((state, logs))


@pytest.mark.parametrize("mode", ["pmap", "shard_map"])
def test_four_devices_remember_what_one_does(mode):
    expected = train("jit", 1)
    assert expected[0].memory["updates"] == STEPS * N_CRITIC
    assert np.all(expected[0].memory["pool"] != 0)
    close(train(mode, 4), expected)


def test_members_of_a_population_remember_their_own():
    seeds, rates = np.array([5, 6], np.uint32), np.array([0.05, 0.02], np.float32)
    who = population.Members(seeds, {"rate": rates})

    def step_of(values):
        sgd = optax.sgd(values["rate"])
        step = make_step(game, sgd, sgd, **TWICE)
        return lambda state, batches, key, frozen: step(state, batches, key)

    def batches(data, block, i):
        x = data["x"][data["offset"] + i]
        return {"x": jnp.stack([x, x])}

    call = make_call(
        population.together(step_of, who),
        batches,
        steps_per_call=STEPS // 2,
        seed=seeds,
        extra=lambda data: (data["frozen"],),
    )
    call = jax.jit(call)
    state = population.create(lambda key: fresh(key, optax.sgd(0.1)), who, noise.INITIAL)
    assert state.memory["pool"].shape == (2, B, 2) and state.memory["updates"].shape == (2,)
    logs = []
    for first in (0, STEPS // 2):
        data = {"x": jnp.asarray(X), "offset": np.int32(first), "frozen": {}}
        state, log, _ = call(state, data, {}, np.int32(STEPS // 2))
        logs.append(log)
    assert np.array_equal(population.finite(state), [True, True])
    members = population.split(state, who)
    assert np.all(members[0].memory["pool"] != members[1].memory["pool"])
    for i in range(2):
        expected = train("jit", 1, int(seeds[i]), float(rates[i]))
        close((members[i], jax.tree.map(lambda x, i=i: x[:, i], logs)), expected)
    # A pool that went bad is a member that did.
    pool = state.memory["pool"].at[1, 0, 0].set(jnp.nan)
    bad = state.replace(memory={**state.memory, "pool": pool})
    assert np.array_equal(population.finite(bad), [True, False])
