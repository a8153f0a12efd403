"""Networks that grow as a run: fades resumed, devices, populations, looks at every level."""

import os
import signal

import jax
import numpy as np
import pytest

import jaxgan.train
from jaxgan import defaults, sample
from jaxgan.build import parts
from jaxgan.build.run import prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.data.source import Entry
from jaxgan.export import generator
from jaxgan.models.progressive import ProgressiveGenerator
from jaxgan.run import checkpoint
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


def counted(state):
    """How many updates either Adam has counted."""
    return [int(side.opt_state[0][0].count) for side in (state.generator, state.critic)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("whole")
    return workdir, train(tiny(), workdir)


def test_it_is_resumed_inside_a_fade_to_the_same_bits(whole, tmp_path, monkeypatch):
    """It is asked to leave while step 2 is played, and saves a fourth of the way."""
    next_stop = jaxgan.train.next_stop

    def asked(step, *rest):
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return next_stop(step, *rest)

    monkeypatch.setattr(jaxgan.train, "next_stop", asked)
    with pytest.raises(Stopped, match="step 3 is saved"):
        train(tiny(), tmp_path)
    monkeypatch.undo()
    with checkpoint.view_checkpoints(tmp_path / "checkpoints") as kept:
        half, _ = checkpoint.restore(kept, jax.eval_shape(prepare(tiny()).create))
    assert counted(half) == [1, 1]  # of three steps the one since the fade began
    got = train(tiny(), tmp_path)
    assert [a.tobytes() for a in leaves(got)] == [b.tobytes() for b in leaves(whole[1])]


def test_optimisers_begin_anew_with_a_fade_and_with_its_end(whole):
    """One step is left of the third phase: Adam has counted one."""
    assert counted(whole[1]) == [1, 1]


def test_samples_are_of_the_level_of_their_step(whole):
    """At step 2 pixels are still double; at 4, half way, they are not; a level has one program."""
    for step, double in [(2, True), (4, False), (7, False)]:
        x = sample.load(whole[0], step=step)(num=3)
        assert x.shape == (3, 8, 8, 3)
        assert np.array_equal(x[:, ::2, ::2], x[:, 1::2, 1::2]) == double


def test_an_exported_function_is_of_its_step(whole):
    """It is given z alone, and half way makes what ``sample`` makes half way."""
    exported, z = generator.load(whole[0], step=4), np.ones((2, 3), np.float32)
    assert list(exported.inputs) == ["z"]
    made = jax.jit(exported.apply)(exported.variables, {"z": z})
    expected = sample.load(whole[0], step=4)(z=z, rows=[0, 1])
    np.testing.assert_allclose(np.clip(made, -1, 1), np.clip(expected, -1, 1), atol=1e-5)


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
    "2:level=0,batch_size=3": "in groups of 2, and 3 of a batch",
    "2:level=2": "level of images of 8x8 is 2; it must lie in \\[-1, 2\\)",
    "2:level=0": "critic 'mlp' does not grow; these do: progressive",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(words):
    config = tiny(phases=words)
    if words == "2:level=0":
        config.critic = defaults.critic("mlp")
    with pytest.raises(UserError, match=MISTAKES[words]):
        prepare(config)


def test_images_of_1024_pixels_have_nine_levels_that_both_networks_agree_on():
    """By shapes alone, of the paper's widths."""
    entries = {"x": Entry((1024, 1024, 3), np.uint8)}
    config = tiny(steps=20)
    config.phases = " ".join(f"{10 + i}:level={i}" for i in range(9))
    wide = ProgressiveGenerator.channels
    config.generator.channels = config.critic.channels = wide
    batch = {"x": jax.ShapeDtypeStruct((4, 1024, 1024, 3), np.float32)}
    whole = parts.players(config, entries)
    for level in range(9):
        draw = parts.draw(config, entries, train=True, level=level)
        player = parts.generator(config, whole.shapes, level=level)
        critic = parts.critic(config, whole.shapes, entries, level=level)

        def look(batch, keys, draw=draw, player=player, critic=critic):
            given = draw(batch, keys, 0)
            made, _ = player.apply(whole.generator.init(keys[0]), given, train=True)
            assert made["x"].shape == given["x"].shape
            scores, _ = critic.apply(whole.critic.init(keys[0]), given, train=True)
            return made["x"], scores["score"]

        image, score = jax.eval_shape(look, batch, jax.random.split(jax.random.key(0), 4))
        assert image.shape == (4, 4 << level, 4 << level, 3) and score.shape == (4,)
