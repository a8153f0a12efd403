"""Networks that grow as a run: fades resumed, devices, populations, looks at every level."""

import os
import signal

import jax
import numpy as np
import pytest

import jaxgan.train
from jaxgan import defaults, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.models.progressive import levels_of
from jaxgan.train import train


def tiny(**changes):
    """Emoji of 8x8 pixels: 4x4 for two steps, four of fading in, and one of the whole."""
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.loss = defaults.loss("wasserstein")
    config.penalties.drift.weight = 1e-3
    adam = defaults.optimizer("adam", learning_rate=1e-4, b1=0.0, b2=0.99, eps=1e-3)
    config.generator = defaults.generator("progressive", channels=(4, 2), optimizer=adam)
    config.critic = defaults.critic("progressive", channels=(4, 2), group=2, optimizer=adam)
    config.game.z_dim = 3
    config.phases = "2:level=0 6:level=1,fade=true"
    config.batch_size, config.steps, config.steps_per_call = 8, 7, 2
    config.log_every, config.sample_every, config.checkpoint_every = 1, 0, 2
    config.keep_checkpoints, config.parallel = 5, "jit"
    config.update(changes)
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("whole")
    return workdir, train(tiny(), workdir)


def test_it_is_resumed_inside_a_fade_to_the_same_bits(whole, tmp_path, monkeypatch):
    """It is asked to leave while steps 2 and 3 are played, and saves half way."""
    next_stop = jaxgan.train.next_stop

    def asked(step, *rest):
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return next_stop(step, *rest)

    monkeypatch.setattr(jaxgan.train, "next_stop", asked)
    with pytest.raises(Stopped, match="step 4 is saved"):
        train(tiny(), tmp_path)
    monkeypatch.undo()
    got = train(tiny(), tmp_path)
    assert [a.tobytes() for a in leaves(got)] == [b.tobytes() for b in leaves(whole[1])]


def test_optimisers_begin_anew_with_a_fade_and_with_its_end(whole):
    """One step is left of the third phase: Adam has counted one."""
    adam = whole[1].critic.opt_state[0][0]
    assert int(adam.count) == 1


def test_samples_are_of_the_level_of_their_step(whole):
    """At step 2 pixels are still double; at 4, half way, they are not; a level has one program."""
    for step, double in [(2, True), (4, False), (7, False)]:
        x = sample.load(whole[0], step=step)(num=3)
        assert x.shape == (3, 8, 8, 3)
        assert np.array_equal(x[:, ::2, ::2], x[:, 1::2, 1::2]) == double


@pytest.mark.thorough
def test_two_devices_and_a_population_are_one_run(whole, tmp_path):
    short = {"steps": 3, "phases": "2:level=0 3:level=1,fade=true"}
    expected = train(tiny(**short), tmp_path / "one")
    state = train(tiny(**short, parallel="shard_map"), tmp_path / "two", device_count=2)
    many = tiny(**short)
    many.population.members = 2
    states = train(many, tmp_path / "many")
    own = jax.tree.map(lambda leaf: leaf[0], states.critic.params)
    for a, b, c in zip(
        *map(leaves, (expected.critic.params, state.critic.params, own)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
        np.testing.assert_allclose(a, c, rtol=2e-3, atol=2e-4)


MISTAKES = {
    "2:level=2": "level of images of 8x8 is 2; it must lie in \\[-1, 2\\)",
    "2:level=0": "critic 'mlp' does not grow; these do: progressive",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(words):
    config = tiny(phases=words)
    if "level=0" in words:
        config.critic = defaults.critic("mlp")
    with pytest.raises(UserError, match=MISTAKES[words]):
        prepare(config)


def test_a_run_to_1024_pixels_has_all_its_shapes():
    """Nothing is trained: nine levels, each of which both networks agree on."""
    config = tiny(steps=20)
    config.data.size = 1024
    config.phases = " ".join(f"{10 + i}:level={i}" for i in range(9))
    config.generator.channels = config.critic.channels = (8,) * 9
    run = prepare(config)
    state = jax.eval_shape(run.create)
    assert levels_of(run.sources[0].entries["x"].shape) == 8
    for phase in run.phases[:9]:
        side = 4 << phase.level
        rows = {"x": jax.ShapeDtypeStruct((1, 8, 1024, 1024, 3), np.float32)}
        step = run.step(phase, {})
        moved, metrics = jax.eval_shape(step, state, rows, jax.random.key(0), {})
        assert jax.tree.structure(moved) == jax.tree.structure(state), side
        assert metrics["drift"].shape == ()
