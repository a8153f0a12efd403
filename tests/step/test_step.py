import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step.call import make_call
from jaxgan.step.optim import optimizer
from jaxgan.step.state import create
from jaxgan.step.step import make_step

B, Z, CALL, SEED = 8, 3, 8, 5
ANGLES = np.random.default_rng(0).uniform(0, 2 * np.pi, (16, 3, B))
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1).astype(np.float32)  # [steps, n_critic, B, 2]
ADAM = optimizer("adam", learning_rate=0.01)
STILL = optax.set_to_zero()


def init_generator(key):
    return {"params": jax.random.normal(key, (Z, 2)), "statistics": jnp.zeros(2)}


def apply_generator(variables, z, label=None, *, train):
    y = z @ variables["params"]
    return jnp.tanh(y - y.mean(0)), {"statistics": 0.9 * variables["statistics"] + y.mean(0)}


def init_critic(key):
    return {"params": {"w": jax.random.normal(key, (2, 8)), "u": jnp.ones(8)}}


def apply_critic(variables, x, label=None, *, keys=None, train):
    return jnp.tanh(x @ variables["params"]["w"]) @ variables["params"]["u"], {}


generator = Network(init_generator, apply_generator)
critic = Network(init_critic, apply_critic)
plain = GAMES["unconditional"](generator, critic, ADVERSARIAL["non_saturating"](), z_dim=Z)
# Every key and the step's number matter in this one, and the generator's loss sees real scores.
game = GAMES["unconditional"](
    generator, critic, ADVERSARIAL["label_swapped"](), z_dim=Z, noise_level=lambda t: 0.1 * t
)


def fresh(generator_optimizer=ADAM, critic_optimizer=ADAM):
    return create(generator, critic, generator_optimizer, critic_optimizer, jax.random.key(0))


def close(got, want, rtol=1e-4, atol=1e-6):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), got, want)


def same(got, want):
    jax.tree.map(np.testing.assert_array_equal, got, want)


def moved(got, want):
    pairs = zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True)
    return all(np.any(a != b) for a, b in pairs)


def by_hand(state, batches, key, n_critic, ema):
    """The same turns, one after the other, with plain gradients of plain losses."""

    def apply(side, gradients, mutables):
        updates, opt_state = ADAM.update(gradients, side.opt_state, side.params)
        params = optax.apply_updates(side.params, updates)
        return side.replace(params=params, mutables=mutables, opt_state=opt_state)

    player, judge, t = state.generator, state.critic, state.step
    key_turns, key_generator = jax.random.split(key)
    keys_generate, keys_critic = jax.random.split(key_turns, (2, n_critic))
    metrics = {}
    for turn in range(n_critic):
        batch = {"x": batches["x"][turn]}
        keys_fake, keys = (jax.random.split(k[turn], B) for k in (keys_generate, keys_critic))
        fake, mutables = game.generate(player.variables, batch, keys_fake)

        def critic_loss(params, judge=judge, batch=batch, fake=fake, keys=keys):
            return game.critic_loss(params, judge.mutables, batch, fake, t, keys)

        gradients, (_, critic_metrics) = jax.grad(critic_loss, has_aux=True)(judge.params)
        judge = apply(judge, gradients, {})
        metrics = {**critic_metrics, "critic_gradient_norm": norm(gradients)}

    def generator_loss(params):
        variables = {"params": params, **player.mutables}
        fake, _ = game.generate(variables, batch, keys_fake)
        keys = jax.random.split(key_generator, B)
        return game.generator_loss(judge.variables, batch, fake, t, keys)[0]

    metrics["generator_loss"], gradients = jax.value_and_grad(generator_loss)(player.params)
    metrics["generator_gradient_norm"] = norm(gradients)
    player = apply(player, gradients, mutables)
    decay = jnp.minimum(ema, (1 + t) / (10 + t))
    average = jax.tree.map(lambda a, b: decay * a + (1 - decay) * b, state.ema, player.variables)
    return state.replace(step=t + 1, generator=player, critic=judge, ema=average), metrics


def norm(tree):
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


# A decay of 0.12 lies between the first two of the warm-up, 1/10 and 2/11.
@pytest.mark.parametrize("n_critic, ema", [(1, 0.12), (2, 0.999)])
def test_a_step_is_the_turns_by_hand(n_critic, ema):
    step = jax.jit(make_step(game, ADAM, ADAM, n_critic=n_critic, batch_size=B, ema=ema))
    reference = jax.jit(by_hand, static_argnums=(3, 4))
    state = expected = fresh()
    for t in range(3):
        batches, key = {"x": RING[t, :n_critic]}, jax.random.key(t)
        before, (state, metrics) = state, step(state, batches, key)
        expected, expected_metrics = reference(expected, batches, key, n_critic, ema)
        assert metrics.keys() == expected_metrics.keys()
        close((state, metrics), (expected, expected_metrics))
        # Every parameter, and every average, batch statistics too, has moved.
        for side in ("generator", "critic"):
            assert moved(getattr(state, side).params, getattr(before, side).params)
        assert moved(state.ema, before.ema)
    assert state.step == 3 and state.step.dtype == jnp.int32
    decay = [min(ema, warm) for warm in (1 / 10, 2 / 11, 3 / 12)][-1]
    average = jax.tree.map(
        lambda a, b: decay * a + (1 - decay) * b, before.ema, state.generator.variables
    )
    close(state.ema, average)


@pytest.mark.parametrize("still", ["generator", "critic"])
def test_a_side_is_moved_by_its_own_optimizer_alone(still):
    optimizers = [STILL if side == still else ADAM for side in ("generator", "critic")]
    step = jax.jit(make_step(plain, *optimizers, n_critic=1, batch_size=B, ema=0.9))
    before = fresh(*optimizers)
    after, _ = step(before, {"x": RING[0, :1]}, jax.random.key(0))
    same(getattr(after, still).params, getattr(before, still).params)
    other = {"generator": "critic", "critic": "generator"}[still]
    assert moved(getattr(after, other).params, getattr(before, other).params)


@pytest.fixture(scope="module")
def play():
    """play(state, offset, count, x=RING) -> (state, log, done), and its compiled call."""
    step = make_step(plain, ADAM, ADAM, n_critic=3, batch_size=B, ema=0.9)

    def batches(data, block, i):
        return {"x": data["x"][block["offset"] + i]}

    call = jax.jit(make_call(step, batches, steps_per_call=CALL, seed=SEED))

    def play(state, offset, count, x=RING):
        return call(state, {"x": jnp.asarray(x)}, {"offset": np.int32(offset)}, np.int32(count))

    play.call, play.step = call, jax.jit(step)
    return play


def test_a_call_is_its_steps(play):
    state, log, done = play(fresh(), 0, 5)
    assert done == 5 and state.step == 5
    expected = fresh()
    for t in range(5):
        key = jax.random.fold_in(jax.random.key(SEED), t)
        expected, metrics = play.step(expected, {"x": RING[t]}, key)
        close({name: entries[t] for name, entries in log.items()}, metrics)
    close(state, expected)
    other = play.step(fresh(), {"x": RING[0]}, jax.random.fold_in(jax.random.key(SEED + 1), 0))
    assert moved(other[0].generator.params, play(fresh(), 0, 1)[0].generator.params)
    for entries in log.values():
        assert entries.shape == (CALL,) and entries.dtype == jnp.float32
        assert np.all(entries[:5] != 0) and np.all(entries[5:] == 0)


def test_any_cut_into_calls_gives_the_same_bits_and_one_compilation(play):
    whole, whole_log, _ = play(fresh(), 0, 8)
    state, logs, offset = fresh(), [], 0
    for count in (3, 1, 4):
        state, log, done = play(state, offset, count)
        logs.append({name: entries[:done] for name, entries in log.items()})
        offset += count
    same(state, whole)
    same(jax.tree.map(lambda *parts: np.concatenate(parts), *logs), whole_log)
    same(play(fresh(), 0, 8)[0], whole)
    assert play.call._cache_size() == 1


@pytest.mark.parametrize("count", [8, 4])
def test_a_call_stops_at_the_first_step_that_is_not_finite(play, count):
    x = RING.copy()
    x[3, 0, 0, 0] = np.nan  # one number, in the first of the three critic turns of step 3
    state, log, done = play(fresh(), 0, count, x)
    # Step 3 is the fourth; at count = 4 it is also the last, and only the log tells.
    assert done == 4 and state.step == 4
    for entries in log.values():
        assert np.all(np.isfinite(entries[:3])) and np.all(entries[4:] == 0)
    assert np.isnan(log["critic_loss"][3]) and np.isnan(log["generator_gradient_norm"][3])
