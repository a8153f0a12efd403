"""CycleGAN as a run: pools in the state, devices, populations, both ways in every look."""

import json

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate, sample, translate
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.evaluation.looks import make_looks
from jaxgan.run import logs
from jaxgan.train import train


def tiny(**changes):
    """Emoji of 8x8, without pairs; pools of 6 images are full after the first batch of 8.

    Plain gradients of large weights, or rounding would grow: Adam's first steps are signs, and a
    normalisation divides by how small the weights are.
    """
    config = defaults.get_config()
    config.data.name, config.data.size, config.data.unpaired = "emoji", 8, True
    config.data.options = data.options_of("emoji")
    config.game = defaults.game("cycle", pool=6)
    config.loss = defaults.loss("least_squares")
    config.terms.l1.weight = 10.0
    sgd = {"optimizer": defaults.optimizer("sgd", learning_rate=1e-4), "initializer": "he"}
    unet = {"halvings": 1, "width": 2, "norm": "none", "dropout": 0.0}
    config.generator = defaults.generator("unet", **unet, **sgd)
    config.critic = defaults.critic("patch", layers=0, width=2, norm="instance", **sgd)
    config.batch_size, config.steps, config.steps_per_call = 8, 6, 3
    config.log_every, config.sample_every, config.checkpoint_every = 1, 0, 3
    config.parallel = "jit"
    config.update(changes)
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The uninterrupted run: its directory, and its last state."""
    workdir = tmp_path_factory.mktemp("whole")
    return workdir, train(tiny(sample_every=6), workdir)


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The same run, left after three steps: further on rounding has grown."""
    workdir = tmp_path_factory.mktemp("half")
    return workdir, train(tiny(steps=3), workdir)


def test_both_sides_of_both_ways_learn_and_the_pools_fill(whole):
    workdir, state = whole
    before = jax.jit(prepare(tiny(), device_count=1).create)()
    for side in ("generator", "critic"):
        old, new = (getattr(s, side).params for s in (before, state))
        assert set(new) == {"AtoB", "BtoA"}
        for direction in new:
            moved = [
                not np.array_equal(a, b)
                for a, b in zip(leaves(old[direction]), leaves(new[direction]), strict=True)
            ]
            assert any(moved)
    assert state.memory.keys() == {"source", "x"}
    assert [int(pool["count"]) for pool in state.memory.values()] == [6, 6]
    row = logs.read_metrics(workdir / "metrics.jsonl")[-1]
    assert row["l1_source_again"] > 0 and row["fake_score_BtoA"] != row["fake_score_AtoB"]


def test_it_is_resumed_to_the_same_bits(whole, half):
    _, expected = whole
    got = train(tiny(), half[0])
    assert [a.tobytes() for a in leaves(got)] == [b.tobytes() for b in leaves(expected)]


def test_four_devices_are_one(half, tmp_path):
    _, expected = half
    state = train(tiny(steps=3, parallel="shard_map"), tmp_path, device_count=4)
    for got, want in zip(leaves(state), leaves(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-4)


@pytest.mark.thorough
def test_a_population_is_its_own_runs(half, tmp_path):
    many = tiny(steps=3)
    many.population.members = 2
    states = train(many, tmp_path)
    for got, want in zip(leaves(states.memory), leaves(half[1].memory), strict=True):
        np.testing.assert_allclose(got[0], want, rtol=2e-3, atol=2e-4)


def test_every_look_knows_both_ways(whole, tmp_path):
    workdir, _ = whole
    # 16 drawings, 2 in a row, given, made and truth; a block of 8 rows for either way.
    with Image.open(workdir / "samples" / "00000006.png") as picture:
        assert picture.size == (6 * 68, 16 * 68)
    generate = sample.load(workdir)
    there, back = (generate(num=3, direction=d) for d in ("AtoB", "BtoA"))
    assert there.shape == back.shape == (3, 8, 8, 3) and np.abs(there - back).max() > 1e-3
    found = evaluate.evaluate_run(workdir, names="truth,cycle", num=40)
    values = found["values"]
    assert {"l1_AtoB", "l1_BtoA"} <= set(values["ema"])
    # There and back again, of the rows that the evaluation has chosen, as translate makes it.
    order, change = np.random.default_rng(0).permutation(360)[:40], translate.load(workdir)
    given = prepare(tiny()).held_out[0].arrays()["source"][order].astype(np.float32) / 127.5 - 1
    again = change(change(given, direction="AtoB"), direction="BtoA")
    cycle = np.abs(again - given).mean()
    np.testing.assert_allclose(values["ema"]["cycle_l1_AtoB"], cycle, rtol=1e-4)
    assert "cycle_l1_BtoA" in values["raw"] and "cycle_l1_AtoB" not in values["given"]
    # What is given differs from the truth by the same in either direction.
    assert values["given"]["l1_AtoB"] == pytest.approx(values["given"]["l1_BtoA"])
    assert values["ema"]["l1_AtoB"] != values["ema"]["l1_BtoA"]


def test_translate_is_what_sample_shows(whole):
    workdir, _ = whole
    held_out = prepare(tiny()).held_out[0]
    chosen = np.random.default_rng(0).permutation(held_out.size)[:2]
    rows, redraw = held_out.arrays(chosen), translate.load(workdir)
    generate = sample.load(workdir)
    for direction, given in (("AtoB", "source"), ("BtoA", "x")):
        expected = generate(num=2, direction=direction)
        got = redraw(rows[given] / 127.5 - 1, direction=direction)
        np.testing.assert_allclose(got, expected, atol=1e-5)
    # A network without fully connected layers takes any multiple of 4.
    assert redraw(np.zeros((16, 20, 3), np.uint8), direction="BtoA").shape == (16, 20, 3)


@pytest.mark.parametrize(
    "direction, sentence",
    [
        (None, "translates in several directions; name one of AtoB, BtoA"),
        ("AtoC", "unknown direction 'AtoC'; known: AtoB, BtoA"),
    ],
)
def test_a_direction_must_be_named(whole, direction, sentence):
    workdir, _ = whole
    with pytest.raises(UserError, match=sentence):
        sample.load(workdir)(num=1, direction=direction)
    with pytest.raises(UserError, match=sentence):
        translate.load(workdir)(np.zeros((8, 8, 3), np.uint8), direction=direction)


def test_two_folders_have_no_truth_and_are_found_again(tmp_path, monkeypatch):
    for name, count in (("a", 24), ("b", 30)):
        (tmp_path / name).mkdir()
        for i in range(count):
            pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    config = tiny(steps=2, checkpoint_every=0, sample_every=2)
    config.data.name, config.data.options = "unpaired:a,b", {}
    config.data.unpaired = False
    workdir = tmp_path / "run"
    train(config, workdir)
    stored = json.loads((workdir / "config.json").read_text())
    assert any("Unpaired: 24 of domain A" in line for line in stored["data"]["left_out"])
    with Image.open(workdir / "samples" / "00000002.png") as picture:
        assert picture.size[0] == 4 * 68  # given and made alone
    with pytest.raises(UserError, match="metric 'truth' needs a game that knows what should"):
        evaluate.evaluate_run(workdir, names="truth", num=20)
    moved = tmp_path / "moved"
    moved.mkdir()
    monkeypatch.chdir(moved)  # a relative name is found by where it was
    expected = sample.load(workdir)(num=1, direction="AtoB")
    for name in "ab":
        (tmp_path / name).rename(moved / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="are gone from .*; --data=unpaired:PATH"):
        sample.load(workdir)(num=1, direction="AtoB")
    generate = sample.load(workdir, moved=f"unpaired:{moved}/a,{moved}/b")
    np.testing.assert_array_equal(generate(num=1, direction="AtoB"), expected)


def other(change):
    config = tiny()
    change(config)
    return config


def paired_game(config):
    config.game = defaults.game("translation")


def one_domain(config):
    config.data.name, config.data.options, config.data.unpaired = "mnist10k", {}, False


def a_task(config):
    config.data.task = defaults.task("denoise")


def grey_eyes(config):
    config.terms.features.weight = 1.0


@pytest.mark.parametrize(
    "change, sentence",
    [
        (paired_game, "needs examples whose images belong together.*play game='cycle'"),
        (one_domain, "needs two domains, and data 'mnist10k' has no 'source': name unpaired:A,B"),
        (a_task, "takes both images from the data.*set data.task=none"),
        (grey_eyes, "this classifier sees grey images of 28x28"),
    ],
)
def test_what_does_not_fit(change, sentence):
    with pytest.raises(UserError, match=sentence):
        prepare(other(change))


def test_domains_that_need_two_networks():
    config = tiny(eval_every=1)
    config.data.name, config.data.options = "unpaired:mnist10k,stacked_digits", {}
    config.data.unpaired, config.data.size, config.game.identity = False, 32, 0.0
    run = prepare(config, device_count=1)
    with pytest.raises(UserError, match="seen by different networks, .*name one that sees both"):
        make_looks(run, config)
