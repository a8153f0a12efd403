import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgan.core import noise
from jaxgan.games import draw, pair_game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network
from jaxgan.step.call import make_call
from jaxgan.step.optim import optimizer
from jaxgan.step.state import create
from jaxgan.step.step import make_step

B, Z, CALL, SEED = 8, 3, 8, 5
ANGLES = np.random.default_rng(0).uniform(0, 2 * np.pi, (16, 3, B))
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1).astype(np.float32)  # [steps, turns, B, 2]
ADAM = optimizer("adam", learning_rate=0.01)
STILL = optax.set_to_zero()


def init_generator(key):
    return {"params": jax.random.normal(key, (Z, 2)), "statistics": jnp.zeros(2)}


def apply_generator(variables, given, *, keys=None, train):
    y = given["z"] @ variables["params"]
    statistics = 0.9 * variables["statistics"] + y.mean(0)
    return {"x": jnp.tanh(y - y.mean(0))}, {"statistics": statistics}


def init_critic(key):
    return {"params": {"w": jax.random.normal(key, (2, 8)), "u": jnp.ones(8)}, "seen": jnp.zeros(2)}


def apply_critic(variables, given, *, keys=None, train):
    hidden = jnp.tanh(given["x"] @ variables["params"]["w"])
    out = {"score": hidden @ variables["params"]["u"], "features": hidden}
    return out, {"seen": 0.9 * variables["seen"] + given["x"].mean(0)}


generator = Network(init_generator, apply_generator, ("z",))
critic = Network(init_critic, apply_critic, ("x",))
NOISE = draw.compose(draw.z((Z,), "normal"))
plain = pair_game(generator, critic, ADVERSARIAL["non_saturating"](), draw=NOISE)
# Every key and the step's number matter in this one, and the generator's loss sees real scores.
game = pair_game(
    generator,
    critic,
    ADVERSARIAL["label_swapped"](),
    draw=NOISE,
    noise_level=lambda t: 0.1 * (t + 1),
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


def by_hand(state, batches, key, n_critic, n_generator, ema, own=0):
    """The same turns, one after the other, with plain gradients of plain losses.

    ``own``: batches of a generator update, which then come behind all of the critic's.
    """

    def apply(side, gradients, mutables):
        updates, opt_state = ADAM.update(gradients, side.opt_state, side.params)
        params = optax.apply_updates(side.params, updates)
        return side.replace(params=params, mutables=mutables, opt_state=opt_state)

    player, judge, t = state.generator, state.critic, state.step
    key_turns, key_generator = jax.random.split(key)
    keys_generate, keys_critic = jax.random.split(key_turns, (2, max(n_critic, 1)))
    metrics = {}
    for turn in range(n_critic):
        keys_fake, keys = (jax.random.split(k[turn], B) for k in (keys_generate, keys_critic))
        given = {"x": batches["x"][turn], "z": noise.normal(keys_fake, (Z,))}
        made, _ = game.generate(player.variables, given, keys_fake, train=True)

        def critic_loss(params, judge=judge, given=given, made=made, keys=keys):
            return game.critic_loss(params, judge.mutables, given, made, t, keys)

        gradients, (seen, critic_metrics) = jax.grad(critic_loss, has_aux=True)(judge.params)
        judge = apply(judge, gradients, seen)
        metrics = {**critic_metrics, "critic_gradient_norm": norm(gradients)}

    # The first update has the batch and the noise of the critic's last, each other one its own.
    turns = [(max(n_critic, 1) - 1, keys_generate[-1], key_generator)]
    if n_generator > 1:
        further = jax.random.split(jax.random.fold_in(key_generator, 1 << 21), n_generator - 1)
        turns += [(max(n_critic, 1) + i, *jax.random.split(k)) for i, k in enumerate(further)]
    if own:
        further = jax.random.split(jax.random.fold_in(key_generator, 1 << 21), n_generator)
        turns = [(n_critic + own * i, *jax.random.split(k)) for i, k in enumerate(further)]

    def rows_of(key):
        if own < 2:
            return jax.random.split(key, B)
        return jnp.concatenate([jax.random.split(k, B) for k in jax.random.split(key, own)])

    average = state.ema
    for batch, key_fake, key_update in turns[:n_generator]:
        keys_fake, keys = rows_of(key_fake), rows_of(key_update)
        x = jnp.concatenate(batches["x"][batch : batch + max(own, 1)])
        given = {"x": x, "z": noise.normal(keys_fake, (Z,))}

        def generator_loss(params, player=player, given=given, keys=keys):
            variables = {"params": params, **player.mutables}
            made, mutables = game.generate(variables, given, keys, train=True)
            return game.generator_loss(judge.variables, given, made, t, keys)[0], mutables

        (loss, mutables), gradients = jax.value_and_grad(generator_loss, has_aux=True)(
            player.params
        )
        metrics["generator_loss"] = loss
        metrics["generator_gradient_norm"] = norm(gradients)
        player = apply(player, gradients, mutables)
    if n_generator:
        decay = jnp.minimum(ema, (1 + t) / (10 + t))
        average = jax.tree.map(lambda a, b: decay * a + (1 - decay) * b, average, player.variables)
    return state.replace(step=t + 1, generator=player, critic=judge, ema=average), metrics


def norm(tree):
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


# A decay of 0.12 lies between the first two of the warm-up, 1/10 and 2/11.
@pytest.mark.parametrize(
    "n_critic, n_generator, ema, own",
    [
        (1, 1, 0.12, 0),
        (2, 1, 0.999, 0),
        (1, 3, 0.12, 0),
        (2, 2, 0.9, 0),
        (0, 1, 0.9, 0),
        (0, 3, 0.12, 0),
        (2, 0, 0.9, 0),
        (1, 2, 0.9, 2),
        (2, 1, 0.9, 1),
        (2, 0, 0.9, 2),
    ],
)
def test_a_step_is_the_turns_by_hand(n_critic, n_generator, ema, own):
    numbers = {"n_critic": n_critic, "n_generator": n_generator}
    step = make_step(game, ADAM, ADAM, **numbers, batch_size=B, ema=ema, own_batches=own)
    step, reference = jax.jit(step), jax.jit(by_hand, static_argnums=(3, 4, 5, 6))
    state = expected = fresh()
    for t in range(3):
        # A batch a critic update, at least one, and one for each further generator update.
        count = max(n_critic, 1) + max(n_generator - 1, 0)
        count = n_critic + own * n_generator if own else count
        x = np.concatenate(RING[5 * t : 5 * t + 2])[:count]
        batches, key = {"x": x}, jax.random.key(t)
        before, (state, metrics) = state, step(state, batches, key)
        expected, expected_metrics = reference(expected, batches, key, *numbers.values(), ema, own)
        assert metrics.keys() == expected_metrics.keys()
        close((state, metrics), (expected, expected_metrics))
        # Every parameter, every statistic and every average of a side that plays has moved; of
        # one that rests nothing has, its optimiser neither.
        for side, updates in (("generator", n_generator), ("critic", n_critic)):
            now, then = getattr(state, side), getattr(before, side)
            if updates:
                assert moved((now.variables, now.opt_state), (then.variables, then.opt_state))
            else:
                same(now, then)
        if n_generator:
            assert moved(state.ema, before.ema)
        else:
            same(state.ema, before.ema)
    assert state.step == 3 and state.step.dtype == jnp.int32
    if n_generator:
        decay = [min(ema, warm) for warm in (1 / 10, 2 / 11, 3 / 12)][-1]
        average = jax.tree.map(
            lambda a, b: decay * a + (1 - decay) * b, before.ema, state.generator.variables
        )
        close(state.ema, average)


def test_an_average_from_a_step_on():
    """Before step 2 it is the generator; from it on decays min(.9, 3/12), min(.9, 4/13)."""
    step = jax.jit(make_step(plain, ADAM, ADAM, batch_size=B, ema=0.9, ema_from=2))
    state = fresh()
    for t, decay in enumerate((0, 0, 3 / 12, 4 / 13)):
        before, (state, _) = state, step(state, {"x": RING[t, :1]}, jax.random.key(t))
        average = jax.tree.map(
            lambda a, b, d=decay: d * a + (1 - d) * b, before.ema, state.generator.variables
        )
        close(state.ema, average)
        assert (decay == 0) == (not moved(state.ema, state.generator.variables))


def test_the_loss_of_a_side_that_rests_is_not_asked():
    def loss(*args):
        raise AssertionError("asked")

    for n_critic, n_generator in ((0, 1), (0, 2), (1, 0), (2, 0)):
        rules = game._replace(**{"generator_loss" if n_critic else "critic_loss": loss})
        numbers = {"n_critic": n_critic, "n_generator": n_generator, "batch_size": B, "ema": 0.9}
        step = make_step(rules, ADAM, ADAM, **numbers)
        _, metrics = jax.eval_shape(step, fresh(), {"x": RING[0, :2]}, jax.random.key(0))
        side, other = ("critic", "generator") if n_critic else ("generator", "critic")
        assert {f"{side}_loss", f"{side}_gradient_norm"} <= metrics.keys()
        assert not [name for name in metrics if name.startswith(other)]


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
