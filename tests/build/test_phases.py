"""What a run plays when: ``config.phases`` against tables written by hand."""

import jax
import pytest

from jaxgan import defaults
from jaxgan.build.phases import (
    Phase,
    afresh,
    grows,
    level_of,
    phases,
    positions,
    progress,
    updates,
    weighed,
)
from jaxgan.core.errors import UserError


def config(words="", **keys):
    config = defaults.get_config()
    config.steps, config.n_critic, config.batch_size, config.phases = 5000, 2, 64, words
    config.update(keys)
    return config


def test_a_run_without_phases_is_one():
    assert phases(config()) == (Phase(0, 5000, 2, 1, 64, 1.0),)
    assert phases(config(steps=0)) == (Phase(0, 0, 2, 1, 64, 1.0),)


def test_inpainting_in_three_phases():
    """Generator alone, critic alone, both: what a word does not say is as the config has it."""
    words = "1000:n_critic=0,adversarial=0 2000:n_generator=0,batch_size=32"
    played = phases(config(words, n_generator=3))
    assert played == (
        Phase(0, 1000, 0, 3, 64, 0.0),
        Phase(1000, 2000, 2, 0, 32, 1.0),
        Phase(2000, 5000, 2, 3, 64, 1.0),
    )
    # 0 critic updates: the first of 3 generator updates brings its own batch. 2 and 3 share one.
    assert [phase.batches for phase in played] == [3, 2, 4]
    assert positions(played) == [0, 1000 * 64 * 3, 1000 * 64 * 3 + 1000 * 32 * 2]
    assert updates(played, "critic") == 1000 * 2 + 3000 * 2
    assert updates(played, "generator") == 1000 * 3 + 3000 * 3


@pytest.mark.parametrize(
    "n_critic, n_generator, batches",
    [(1, 1, 1), (5, 1, 5), (0, 1, 1), (1, 0, 1), (5, 0, 5), (1, 4, 4), (0, 2, 2)],
)
def test_batches_of_a_step(n_critic, n_generator, batches):
    assert Phase(0, 1, n_critic, n_generator, 8, 1.0).batches == batches


def test_a_generator_with_batches_of_its_own():
    """Two of 64 as one: n_critic and twice n_generator a step, of half the size four."""
    played = phases(config("1000:batch_size=32 2000:n_critic=0", generator_batch_size=128))
    assert [phase.own_batches for phase in played] == [4, 2, 2]
    assert [phase.batches for phase in played] == [2 + 4, 2, 2 + 2]
    assert positions(played) == [0, 1000 * 32 * 6, 1000 * 32 * 6 + 1000 * 64 * 2]
    assert Phase(0, 1, 0, 3, 8, 1.0, own_batches=1).batches == 3
    with pytest.raises(
        UserError, match="^phases: 9:batch_size=3: generator_batch_size is 128; it m"
    ):
        phases(config("9:batch_size=3", generator_batch_size=128))
    with pytest.raises(UserError, match="must be a multiple of batch_size, as 128, or 0."):
        phases(config(generator_batch_size=32))


def test_more_steps_are_the_last_phase():
    words = "1000:n_critic=0 2000:n_generator=0"
    short, long = (phases(config(words, steps=steps)) for steps in (2500, 4000))
    assert short[:2] == long[:2] and (short[2].last_step, long[2].last_step) == (2500, 4000)
    assert short[2]._replace(last_step=4000) == long[2] and positions(short) == positions(long)
    # A word may end with the run; more steps are then as the config has them.
    ends, goes_on = (phases(config(words, steps=steps)) for steps in (2000, 3000))
    assert goes_on[:2] == ends and goes_on[2] == Phase(2000, 3000, 2, 1, 64, 1.0)


def test_distances_weigh_otherwise_in_a_phase():
    """As SRGAN's: squared errors first, then what a network sees; the config is the last phase."""
    played = config("10:terms.l2.weight=1,terms.l1.weight=0 20:adversarial=0")
    played.terms.l1.weight = 5.0
    first, second, last = phases(played)
    assert first == Phase(0, 10, 2, 1, 64, 1.0, (("l2", 1.0), ("l1", 0.0)))
    assert second == Phase(10, 20, 2, 1, 64, 0.0) and last == Phase(20, 5000, 2, 1, 64, 1.0)
    weights = {name: row["weight"] for name, row in weighed(played, first)["terms"].items()}
    assert (weights["l2"], weights["l1"], weights["ssim"]) == (1.0, 0.0, 0.0)
    assert weighed(played, last)["terms"]["l1"]["weight"] == 5.0
    assert played.terms.l2.weight == 0.0


MISTAKES = {
    "10:terms.l3.weight=1": "cannot differ in 'terms.l3.weight'; they can in n_critic, n_gen",
    "10:terms.l2.weight=-1": "phases: 10:terms.l2.weight=-1: terms.l2.weight is -1.0; it must",
    "10:terms.l2.weight=x": "terms.l2.weight must be a number",
    "1000": "phases: 1000 must be LAST_STEP:KEY=VALUE,KEY=VALUE,..., as 1000:n_critic=0.",
    "1000:": "phases: 1000: must be LAST_STEP:",
    "n_critic=0": "must be LAST_STEP:KEY=VALUE",
    "-5:n_critic=0": "-5:n_critic=0 must be LAST_STEP:",
    "\u00b2:n_critic=0": "must be LAST_STEP:",
    "0:n_critic=0": "a phase must end after step 0; the steps ascend.",
    "20:n_critic=0 20:n_critic=1": "20:n_critic=1: a phase must end after step 20; the steps asc",
    "20:n_critic=0 10:n_critic=1": "10:n_critic=1: a phase must end after step 20",
    "5001:n_critic=0": "5001:n_critic=0: it ends at step 5001, the run at steps=5000.",
    "10:ema=0": "phases cannot differ in 'ema'; they can in n_critic, n_generator, batch_size, adv",
    "10:n_critic": "10:n_critic: n_critic must be a whole number.",
    "10:n_critic=1.5": "10:n_critic=1.5: n_critic must be a whole number.",
    "10:adversarial=much": "adversarial must be a number.",
    "10:n_critic=0,n_critic=1": "10:n_critic=0,n_critic=1 sets n_critic twice.",
    "10:batch_size=0": "phases: 10:batch_size=0: batch_size is 0; it must lie in [1, ",
    "10:adversarial=nan": "adversarial is nan; it must be finite and at least 0.",
    "10:n_critic=-1": "n_critic is -1; it must lie in [0, ",
    "10:n_critic=0,n_generator=0": "10:n_critic=0,n_generator=0: n_critic and n_generator are both",
    "10:level=-2": "level is -2; it must lie in [-1, ",
    "10:level=1,fade=1": "fade must be true or false.",
    "10:level=0,fade=true": "fade is of a level above 0, and level is 0.",
    "10:fade=true": "fade is of a level above 0, and level is -1.",
    "10:batch_size=1000000000": "steps_per_call * batch_size * 2 batches a step is 100000000000; ",
}


def test_levels_fade_in_by_hand():
    """Level 1 fades in over 4 steps from step 2 on, and its end, as its beginning, is a change."""
    growing = config("2:level=0 6:level=1,fade=true 9:level=1 11:level=1,batch_size=8")
    assert grows(growing) and not grows(config("2:n_critic=0"))
    at = jax.jit(progress(growing))
    found = [float(at(step)) for step in (0, 1, 2, 3, 5, 6, 10)]
    assert found == [0, 0, 0, 0.25, 0.75, 1, 1] and at(11) > 16  # the rest: all that there are
    assert afresh(growing) == {2, 6, 11} and afresh(config("2:n_critic=0")) == set()
    levels = [level_of(growing, phase, (32, 32, 3)) for phase in phases(growing)]
    assert levels == [0, 1, 1, 1, 3] and level_of(config(), phases(config())[0], (32, 32, 3)) == -1


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(words):
    with pytest.raises(UserError) as told:
        phases(config(words))
    assert MISTAKES[words] in str(told.value) and str(told.value).endswith(".")


def test_the_rest_of_the_config_can_be_wrong_too():
    with pytest.raises(UserError, match="n_critic and n_generator are both 0, and nobody learns"):
        phases(config("5000:n_critic=1", n_critic=0, n_generator=0))
    with pytest.raises(UserError, match="steps_per_call .* is 1280000000; it must lie in"):
        phases(config(steps_per_call=10_000_000))
