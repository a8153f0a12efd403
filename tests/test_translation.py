"""From image to image, as a run: phases, held-out drawings, devices, populations, samples."""

import json
import logging

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data.view import to_uint8
from jaxgan.run import logs
from jaxgan.train import train

PHASES = "4:n_critic=0,adversarial=0,terms.l2.weight=3 7:n_generator=0,batch_size=4 9:n_generator=2"


def tiny(**changes):
    """A small pix2pix on emoji of 8x8: the generator alone, the critic alone, both."""
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.data.options = data.options_of("emoji")
    config.game = defaults.game("translation")
    config.terms.l1.weight = 10.0
    config.generator = defaults.generator("unet", halvings=1, width=2)
    config.critic = defaults.critic("patch", layers=0, width=2)
    config.batch_size, config.steps, config.steps_per_call, config.phases = 8, 12, 3, PHASES
    config.log_every, config.sample_every, config.checkpoint_every = 1, 0, 5
    config.parallel = "jit"
    config.update(changes)
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def same_bits(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(leaves(a), leaves(b), strict=True))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The uninterrupted run: its directory, its last state, and what was compiled for calls."""
    workdir = tmp_path_factory.mktemp("whole")
    names, logger = [], logging.getLogger("jax")
    handler = logging.Handler()
    handler.emit = lambda record: names.append(record.getMessage())
    logger.addHandler(handler)
    try:
        with jax.log_compiles():
            state = train(tiny(sample_every=12), workdir)
    finally:
        logger.removeHandler(handler)
    return workdir, state, [name for name in names if name.startswith("Compiling jit(one)")]


def test_a_phase_is_one_compilation(whole):
    _, _, compiled = whole
    assert len(compiled) == 4  # three words, and the config's own values after them


def test_each_phase_logs_what_it_plays(whole):
    workdir, _, _ = whole
    rows = {row["step"]: row for row in logs.read_metrics(workdir / "metrics.jsonl")}
    alone, critic, both = rows[4], rows[7], rows[12]
    assert "critic_loss" not in alone and alone["l1"] > 0
    expected = 10 * alone["l1"] + 3 * alone["l2"]
    np.testing.assert_allclose(alone["generator_loss"], expected, rtol=1e-5)
    assert alone["l2"] > 0 and "l2" not in both
    assert "generator_loss" not in critic and critic["critic_loss"] > 0
    assert both["generator_loss"] > 10 * both["l1"] and both["critic_loss"] > 0


def thorough(value):
    return pytest.param(value, marks=pytest.mark.thorough)


@pytest.mark.parametrize("stop", [4, 6, *map(thorough, (2, 8, 11))])
def test_it_is_resumed_inside_and_between_phases_to_the_same_bits(stop, whole, tmp_path):
    _, expected, _ = whole
    first = tiny(steps=stop)
    ends = [int(word.split(":")[0]) for word in PHASES.split()]
    # The words of phases that such a short run does not reach would be refused.
    first.phases = " ".join(
        word if end <= stop else f"{stop}:{word.split(':')[1]}"
        for word, end, begin in zip(PHASES.split(), ends, [0, *ends], strict=False)
        if begin < stop
    )
    train(first, tmp_path)
    stored = json.loads((tmp_path / "config.json").read_text())
    stored["config"]["phases"] = PHASES  # as a run of 12 steps that was killed would have it
    (tmp_path / "config.json").write_text(json.dumps(stored))
    assert same_bits(train(tiny(), tmp_path), expected)


def test_a_side_that_rests_is_not_touched(tmp_path):
    start = jax.jit(prepare(tiny()).create)()
    pretrained = train(tiny(steps=4, phases="4:n_critic=0,adversarial=0"), tmp_path / "a")
    assert same_bits(pretrained.critic, start.critic)
    assert not same_bits(pretrained.generator, start.generator)
    judged = train(tiny(steps=4, phases="4:n_generator=0"), tmp_path / "b")
    assert same_bits((judged.generator, judged.ema), (start.generator, start.ema))
    assert not same_bits(judged.critic, start.critic)


@pytest.mark.parametrize("mode", [thorough("pmap"), "shard_map"])
def test_four_devices_are_one(mode, tmp_path, whole):
    _, expected, _ = whole
    state = train(tiny(parallel=mode), tmp_path, device_count=4)
    for got, want in zip(leaves(state), leaves(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-4)


@pytest.mark.thorough
def test_a_population_is_its_own_runs(tmp_path):
    many = tiny(steps=3, phases="")
    many.population.members = 2
    states = train(many, tmp_path / "many")
    for i in range(2):
        own = train(tiny(steps=3, phases="", seed=i), tmp_path / str(i))
        for side in ("generator", "critic"):
            pairs = zip(leaves(getattr(states, side)), leaves(getattr(own, side)), strict=True)
            for got, want in pairs:
                np.testing.assert_allclose(got[i], want, rtol=2e-3, atol=2e-4)


def test_pictures_samples_and_metrics_are_of_drawings_that_training_never_saw(whole, tmp_path):
    workdir, _, _ = whole
    run = prepare(tiny())
    assert run.held_out[0].size == 360 and run.sources[0].size == 3166
    generate = sample.load(workdir)
    assert generate(num=5).shape == (5, 8, 8, 3)
    with pytest.raises(UserError, match="draws no z; there is nothing to interpolate"):
        generate(num=5, interpolated=True)
    # The picture of samples, too: 4 drawings, 2 in a row, each given, made and truth.
    assert sample.main([f"--workdir={workdir}", "--num=4", f"--out={tmp_path}/a.png"]) == 0
    told = generate.described(num=4)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (6 * 68, 2 * 68)
        pixels = np.asarray(picture).reshape(2, 68, 6, 68, 3)[0, 2:66:8, :, 2:66:8]
    for i, part in enumerate((told.given, told.x, told.truth)):
        np.testing.assert_array_equal(pixels[:, i], to_uint8(part[0]))
    found = evaluate.evaluate_run(workdir, names="truth", num=100)
    assert found["parts"] == {"reference": "held out", "floor": "train", "given": "held out"}
    assert {"l1", "psnr"} == set(found["values"]["ema"])  # too small for SSIM's window
    # What is given is compared with the truth, too: by hand.
    rows = run.held_out[0].arrays()
    order = np.random.default_rng(0).permutation(360)[:100]
    source, x = (rows[name][order] / 127.5 - 1 for name in ("source", "x"))
    np.testing.assert_allclose(found["values"]["given"]["l1"], np.abs(source - x).mean(), rtol=1e-5)
    # 16 drawings, 2 in a row of the picture, each given, made and truth: 8 times 8 pixels a side.
    with Image.open(workdir / "samples" / "00000012.png") as picture:
        assert picture.size == (6 * 68, 8 * 68)


def test_colouring_is_the_same_game_with_a_task(tmp_path):
    config = tiny(steps=2, phases="")
    config.data.options = {**data.options_of("emoji"), "source": ""}
    with pytest.raises(UserError, match="needs 'source'.*a data.task that makes it: colourise"):
        prepare(config)
    config.data.task = defaults.task("colourise")
    run = prepare(config)
    assert run.generator.inputs == ("source",) and run.critic.inputs == ("x", "source")
    train(config, tmp_path)
    assert (tmp_path / "samples" / "00000002.png").exists()


def test_a_network_that_is_not_given_what_it_needs(tmp_path):
    config = tiny()
    config.critic = defaults.critic("mlp")
    with pytest.raises(UserError, match="critic 'mlp' takes x, label and .* gives it x, source, "):
        prepare(config)
    config = tiny()
    config.generator = defaults.generator("mlp")
    with pytest.raises(UserError, match="generator 'mlp' .* which is for: unet, resnet"):
        prepare(config)


def test_a_network_that_needs_what_it_is_not_given():
    config = defaults.get_config()
    config.generator = defaults.generator("unet")
    sentence = "'unet' takes source, z, .* needs source; .* gives it z, which is for: mlp, toy, "
    with pytest.raises(UserError, match=sentence):
        prepare(config)


def test_a_frozen_network_is_an_argument_of_the_call():
    """Closed over, the weights of the classifier would stand in the program's text."""
    config = tiny(phases="", steps=2)
    config.data.name, config.data.size = "glyphs", 32
    config.data.options = data.options_of("glyphs")
    config.terms.features.weight = 1.0
    run = prepare(config)
    (phase,) = run.phases
    feed = run.feed(phase)
    state = jax.jit(run.create)()
    lowered = run.call(phase, feed).lower(state, *feed.block(0, 2), np.int32(2))
    assert len(lowered.as_text()) < 2**20  # the classifier has 327,000 weights, 8 digits each
    _, log, done = lowered.compile()(state, *feed.block(0, 2), np.int32(2))
    assert done == 2 and (log["features"][:2] > 0).all()
