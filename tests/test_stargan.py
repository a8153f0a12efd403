"""StarGAN as a run: the attributes that are asked for, in training, pictures, metrics, commands."""

from functools import partial

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate, sample, translate
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.features import categories
from jaxgan.run import logs
from jaxgan.train import train


def tiny(**changes):
    """People among the emoji, 8x8, of six skin tones and two genders."""
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.where, config.data.attributes = "gender=woman|man", "tone,gender"
    config.game = defaults.game("attributes")
    config.terms.l1.weight = 10.0
    config.generator = defaults.generator("unet", halvings=1, width=2)
    config.critic = defaults.critic("stargan", layers=1, width=2)
    config.batch_size = config.steps_per_call = config.steps = 4
    config.log_every, config.sample_every = 1, 4
    config.update(changes)
    return config


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("stargan")
    state = train(tiny(), workdir)
    before = jax.jit(prepare(tiny(), device_count=1).create)()
    for side in ("generator", "critic"):
        old, new = (getattr(s, side).params for s in (before, state))
        moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), old, new)
        assert all(jax.tree.leaves(moved))
    return workdir


def test_a_run_tells_what_it_plays(run):
    row = logs.read_metrics(run / "metrics.jsonl")[-1]
    assert {"tone_cross_entropy", "gender_cross_entropy", "l1_source_again"} <= row.keys()
    # 16 held-out pairs, 2 in a row: given, made and truth.
    with Image.open(run / "samples" / "00000004.png") as picture:
        assert picture.size == (6 * 68, 8 * 68)
    assert sample.load(run)(5).shape == (5, 8, 8, 3)


def test_what_was_asked_for_is_found_again(run, monkeypatch):
    """The floor is what the classifier, trained on real examples, says of real ones unseen."""
    monkeypatch.setattr(categories, "train", partial(categories.train, steps=30))
    found = evaluate.evaluate_run(run, names="truth,cycle,classified", num=40)
    names = {"classified_tone", "classified_gender", "l1", "cycle_l1"}
    assert names <= found["values"]["ema"].keys()
    assert found["floor"].keys() == {"classified_tone", "classified_gender"}
    assert found["floor"]["classified_gender"] > 0.5  # chance
    assert found["values"]["given"]["l1"] > 0
    assert found["values"]["given"].keys() & {"classified_tone"} == set()


def pictures(count):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), np.uint8)


def test_translate_is_told_every_attribute(run, tmp_path, capsys):
    change = translate.load(run)
    names = {"tone": ("none", "light", "medium-light", "medium", "medium-dark", "dark")}
    assert change.class_names == {**names, "gender": ("woman", "man")}
    pixels = pictures(2)
    dark, third = (change(pixels, attributes={"tone": t, "gender": "man"}) for t in ("dark", 3))
    assert dark.shape == pixels.shape and not np.array_equal(dark, third)
    (tmp_path / "in").mkdir()
    for i, pixel in enumerate(pixels):
        Image.fromarray(pixel).save(tmp_path / "in" / f"{i}.png")
    command = [f"--workdir={run}", f"--input={tmp_path}/in", f"--out={tmp_path}/out"]
    assert translate.main([*command, "--set=tone=3,gender=man"]) == 0
    assert (
        translate.main([*command[:2], f"--out={tmp_path}/strips", "--set=gender=1", "--sweep=tone"])
        == 0
    )
    capsys.readouterr()
    for i in range(2):
        with Image.open(tmp_path / "out" / f"{i}.png") as made:
            np.testing.assert_allclose(np.int32(made), third[i], atol=1)
        with Image.open(tmp_path / "strips" / f"{i}.png") as made:
            strip = np.asarray(made)
        assert strip.shape == (8, 7 * 8, 3)
        np.testing.assert_array_equal(strip[:, :8], pixels[i])
        np.testing.assert_allclose(np.int32(strip[:, 4 * 8 : 5 * 8]), third[i], atol=1)


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--set=tone=3"], "must be asked for, of gender: woman, man."),
        (["--set=tone=3,gender=man,age=1"], "unknown category 'age'; known: gender, tone."),
        (["--set=tone=pale,gender=man"], "tone pale is unknown; known: none, light"),
        (["--set=tone=1,tone=2"], "names tone twice"),
        (["--set=tone=1,gender=man", "--sweep=tone"], "tone is asked for twice"),
        (["--set=tone"], "'tone' should be NAME=CLASS"),
        (["--label=3"], "unknown category 'label'"),
        (["--set=gender=man", "--sweep=age"], "unknown category to sweep 'age'"),
    ],
)
def test_what_is_asked_for_must_be_known(run, tmp_path, mistake, more, sentence):
    Image.fromarray(pictures(1)[0]).save(tmp_path / "a.png")
    command = [f"--workdir={run}", f"--input={tmp_path}/a.png", f"--out={tmp_path}/out"]
    assert sentence in mistake(translate.main, [*command, *more])


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"data.attributes": ""}, "set data.attributes, as tone,gender"),
        ({"game": defaults.game("translation")}, "play game='cycle', and images of several"),
        ({"game": defaults.game("cycle")}, "data.attributes are for a game that changes them"),
        ({"data.task": defaults.task("edges")}, "set data.task=none"),
        (
            {"critic": defaults.critic("patch")},
            "needs a critic with heads, and 'patch' has none; these have: ",
        ),
        (
            {"generator": defaults.generator("resnet_translator", blocks=1, width=2)},
            "set generator.padding=zero",
        ),
    ],
)
def test_what_does_not_fit(change, sentence):
    config = tiny()
    config.update_from_flattened_dict(change)
    with pytest.raises(UserError, match=sentence):
        prepare(config)
