"""Numbers that move while a run trains: by hand, of members, and as a run that is resumed."""

import jax
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import schedules
from jaxgan.build.population import alone
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError

MOVING = (
    "penalties.r1.weight=0.2 critic.optimizer.b2=0.99 ema=0.99 "
    "generator.optimizer.learning_rate=1e-3"
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
            "ema": 0.99 ** (1 / (1 - left)) if left < 1 else 0,
        }
        found = at(step)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_a_members_numbers_move_in_proportion():
    """From 4, twice the config's 2, to 0.4; what has no end stays as the member has it."""
    values = {"penalties.r1.weight": 4.0, "critic.optimizer.learning_rate": 7.0}
    for step, weight in {0: 4.0, 2: 2.2, 4: 0.4}.items():
        found = at(step, values)
        np.testing.assert_allclose(found["penalties.r1.weight"], weight, rtol=1e-6)
        assert found["critic.optimizer.learning_rate"] == 7
    assert "penalties.r1.weight=0.4 " in schedules.scaled(config(), values)


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
    with pytest.raises(UserError, match="unknown config key 'generator.optimizer.b2'"):
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
    assert own["penalties"]["r1"]["weight"] == 6 and "r1.weight=0.6 " in own["schedules"]["to"]
    _, state, log, _ = play(own)
    for name, values in log.items():
        np.testing.assert_allclose(logs[name][:, 1], values, rtol=2e-4, atol=1e-6)
    _, half, first, _ = play(own, count=1)
    _, whole, then, _ = play(own, state=half, count=3)
    jax.tree.map(np.testing.assert_array_equal, whole, state)
    np.testing.assert_array_equal(np.r_[first["r1"][:1], then["r1"][:3]], log["r1"])
    # The weight at every step: what the loss has beside the value that no weight multiplies.
    _, _, still, _ = play({**own, "schedules": {"to": "", "steps": 0}}, count=1)
    assert still["critic_loss"][0] == log["critic_loss"][0]
