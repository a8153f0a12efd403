"""Numbers that move while a run trains: by hand, of members, and as a run that is resumed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import schedules
from jaxgan.build.population import alone
from jaxgan.build.run import prepare
from jaxgan.core.dotted import put
from jaxgan.core.errors import UserError

MOVING = (
    "penalties.r1.weight=*0.1 critic.optimizer.b2=0.99 ema=0.99 "
    "generator.optimizer.learning_rate=1e-3 critic.optimizer.learning_rate=*0.5"
)


def config(**options):
    """Toy networks on a ring; R1 of weight 2, Adam 4e-3 (0.5, 0.9), no average at first."""
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 600}
    for side, make in (("generator", defaults.generator), ("critic", defaults.critic)):
        adam = defaults.optimizer("adam", learning_rate=4e-3, b2=0.9)
        config[side] = make("toy", features=(8,), optimizer=adam)
    config.batch_size, config.game.z_dim, config.steps, config.steps_per_call = 8, 2, 6, 4
    config.penalties.r1.weight, config.ema = 2.0, 0.0
    config.schedules.to, config.schedules.steps = MOVING, 4
    config.update(options)
    return config


def at(step, values=None):
    found = schedules.at(config(), values or {}, step)
    return {name: float(value) for name, value in found.items()}


def test_half_a_cosine_by_hand():
    quarter = (1 + 0.5**0.5) / 2  # left after a quarter of the way, (1 + cos 45°) / 2
    for step, left in {0: 1, 1: quarter, 2: 0.5, 3: 1 - quarter, 4: 0, 9: 0}.items():
        # A decay d forgets half in log .5 / log d steps: a share s of them is the decay d^(1 / s).
        expected = {
            "penalties.r1.weight": 0.2 + 1.8 * left,
            "critic.optimizer.b2": 0.99 - 0.09 * left,
            "generator.optimizer.learning_rate": 1e-3 + 3e-3 * left,
            "critic.optimizer.learning_rate": 2e-3 + 2e-3 * left,
            "ema": 0.99 ** (1 / (1 - left)) if left < 1 else 0,
        }
        found = at(step)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_a_multiple_is_of_whatever_a_number_starts_from():
    """*0.1 from a member's 4 is 0.4, from a hand's 5 it is 0.5; 1e-3 is 1e-3 from 8e-3, too."""
    values = {"penalties.r1.weight": 4.0, "generator.optimizer.learning_rate": 8e-3}
    for step, weight, rate in [(0, 4.0, 8e-3), (2, 2.2, 4.5e-3), (4, 0.4, 1e-3)]:
        found = at(step, values)
        np.testing.assert_allclose(found["penalties.r1.weight"], weight, rtol=1e-6)
        np.testing.assert_allclose(found["generator.optimizer.learning_rate"], rate, rtol=1e-6)
    by_hand = config()
    by_hand.penalties.r1.weight = 5.0
    np.testing.assert_allclose(schedules.at(by_hand, {}, 9)["penalties.r1.weight"], 0.5)
    still = at(2, {"penalties.r2.weight": 7.0})  # it has no end
    assert still["penalties.r2.weight"] == 7


def test_what_is_not_played_may_stay_so():
    """A weight of 0 goes to a tenth of it, or to 0: a member's, or one that was taken out."""
    without = config()
    without.penalties.r1.weight = 0.0
    for word in ("*0.1", "0"):
        without.schedules.to = f"penalties.r1.weight={word}"
        assert schedules.at(without, {}, 3)["penalties.r1.weight"] == 0


def test_no_schedule_leaves_all_as_it_is():
    still = config(schedules={"to": "", "steps": 0})
    values = {"penalties.r1.weight": object()}
    assert schedules.at(still, values, 3) == values


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"to": "ema=0.9", "steps": 0}, "schedules.steps in how many steps"),
        ({"to": "", "steps": 5}, "schedules.to tells where"),
        ({"to": "batch_size=9"}, "'batch_size' does not move; what does: generator.optimizer"),
        ({"to": "ema=0.9 ema=0.8"}, "names ema twice"),
        ({"to": "ema=high"}, "ema=high must have a number"),
        ({"to": "ema=**2"}, r"ema=\*\*2 must have a number, as ema=0.5, or as ema=\*0.5"),
        ({"to": "critic.optimizer.b2=*1.2"}, "b2 is 1.08; it must"),
        ({"to": "ema=1"}, "ema is 1.0; it must"),
        ({"to": "augmentation.probability=1.5"}, "probability is 1.5; it must"),
        ({"to": "penalties.r1.weight=-1"}, "weight is -1.0; it must"),
        ({"to": "penalties.r2.weight=1"}, "penalties.r2.weight is 0 at first"),
    ],
)
def test_a_wrong_word_is_told(settings, told):
    with pytest.raises(UserError, match=told):
        prepare(config(schedules={"steps": 4, **settings}), device_count=1)


def test_what_anneals_does_not_move_too():
    both = config()
    both.generator.optimizer.anneal = True
    with pytest.raises(UserError, match="falls by anneal already"):
        schedules.ends(both)
    both.generator.optimizer = defaults.optimizer("rmsprop")
    both.schedules.to = "generator.optimizer.b2=0.9"
    with pytest.raises(UserError, match="^schedules.to: unknown config key 'generator.opt"):
        schedules.ends(both)


def play(config, state=None, count=4):
    run = prepare(config, device_count=1)
    state = run.devices.replicate(jax.jit(run.create)()) if state is None else state
    feed, first = run.feed(run.phases[0]), int(state.step)
    return run, *run.call(run.phases[0], feed)(state, *feed.block(first, count), np.int32(count))


def test_members_and_resumed_runs_move_alike():
    """Member 1 is the run that ``alone`` tells; a run that is interrupted goes on to its bits."""
    many = config()
    many.population.members, many.population.vary = 2, "penalties.r1.weight=2,6"
    run, states, logs, _ = play(many)
    own = alone(many.to_dict(), run.members, 1)
    assert own["penalties"]["r1"]["weight"] == 6 and own["schedules"]["to"] == MOVING
    _, state, log, _ = play(own)
    for name, values in log.items():
        np.testing.assert_allclose(logs[name][:, 1], values, rtol=2e-4, atol=1e-6)
    _, half, first, _ = play(own, count=1)
    _, whole, then, _ = play(own, state=half, count=3)
    jax.tree.map(np.testing.assert_array_equal, whole, state)
    np.testing.assert_array_equal(np.r_[first["r1"][:1], then["r1"][:3]], log["r1"])


def test_a_step_is_played_with_the_numbers_of_its_step():
    """The third, as under a config that stands still and has its numbers from the start."""
    _, state, _, _ = play(config(), count=2)
    copy = jax.tree.map(jnp.copy, state)
    _, moved, log, _ = play(config(), state, count=1)
    still = config(schedules={"to": "", "steps": 0})
    for key, value in at(2).items():
        put(still, key, value)
    _, stood, expected, _ = play(still, copy, count=1)
    for name, values in expected.items():
        np.testing.assert_allclose(log[name][0], values[0], rtol=1e-5, atol=1e-7, err_msg=name)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-4, 1e-7), moved, stood)
