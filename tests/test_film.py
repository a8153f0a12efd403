"""Films of runs whose networks are as they were drawn, larger from step to step."""

import shutil

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import film, sample
from jaxgan.data.describe import Description
from jaxgan.evaluation import draw, files
from jaxgan.evaluation.looks import make_looks
from jaxgan.inference.stored import open_with_data
from jaxgan.run import checkpoint
from tests.test_sample import write_run

KNOWN = Description("mnist10k", "bundled", 100, 0, [0, 255], "", [])
YEARS = ("2019", "1", "fox")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Steps 1 to 3, on a hundred examples by 64 a step."""
    folder = tmp_path_factory.mktemp("digits") / "plain"
    return write_run(folder, z="uniform", steps=(1, 2, 3), known=KNOWN)


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("years") / "plain", YEARS, steps=(2, 5))


def test_a_picture_is_what_sample_makes_of_its_step(digits, monkeypatch):
    compiled, make_show = [], draw.make_show
    monkeypatch.setattr(draw, "make_show", lambda *a: compiled.append(a) or make_show(*a))
    (reel,) = film.shoot(digits, (3, 1), num=5, seed=2)
    assert len(compiled) == 1  # for all steps
    assert reel.steps == (3, 1) and not reel.before and not reel.after
    assert [text for text, _ in reel.pictures] == ["step 3", "step 1"]
    for step, (_, picture) in zip(reel.steps, reel.pictures, strict=True):
        own = files.picture(sample.load(digits, step).described(5, seed=2))
        np.testing.assert_array_equal(picture, own)
    first, second = (picture for _, picture in reel.pictures)
    assert (first != second).any()
    strip, frames = film.strip([reel]), film.frames([reel])
    # Three columns of 60 pixels, twice, and 12 between; 18 of text over two rows.
    assert strip.shape == (18 + 120, 180 + 12 + 180, 3) and frames.shape == (2, 138, 180, 3)
    np.testing.assert_array_equal(strip[:, 192:], frames[1])
    np.testing.assert_array_equal(frames[0, 18:], np.repeat(first, 3, axis=2))


def test_runs_under_one_another_are_named(digits, years, tmp_path, capsys):
    words = ["--workdir", str(digits), str(years), "--num=3", f"--out={tmp_path}/new/a.png"]
    assert film.main(words) == 0
    names = [f"{run.parent.name}/plain" for run in (digits, years)]  # from where the paths part
    assert capsys.readouterr().out.splitlines() == [
        f"{names[0]}: step 2",  # all that both have
        f"{names[1]}: step 2",
        f"The film of 2 runs: {tmp_path}/new/a.png",
    ]
    with Image.open(tmp_path / "new" / "a.png") as image:
        found = np.asarray(image)
    reels = film.shoot([digits, years], num=3)
    np.testing.assert_array_equal(found, film.strip(reels))
    (fox,) = film.shoot(years, (5,), num=2, label="fox")
    labelled = sample.load(years, 5).described(2, label="fox")
    np.testing.assert_array_equal(fox.pictures[0][1], files.picture(labelled))


def test_a_gif_shows_one_step_after_another(digits, tmp_path):
    words = [f"--workdir={digits}", "--num=4", "--frame_ms=120", f"--out={tmp_path}/a.gif"]
    assert film.main(words) == 0
    frames = film.frames(film.shoot(digits, num=4))
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == len(frames) == 3 and image.info["loop"] == 0
        for number, frame in enumerate(frames):
            image.seek(number)
            assert image.info["duration"] == 120
            np.testing.assert_array_equal(image.convert("RGB"), frame)


def test_epochs_by_hand(digits, years, mistake):
    """A set of 100 fills one whole batch of 64: a step is an epoch."""
    (reel,) = film.shoot(digits, epochs=(0, 1, 1.6, 3), num=1)  # 0: within an epoch after it
    texts = [text for text, _ in reel.pictures]
    assert texts[:2] == ["epoch 1, step 1"] * 2
    assert texts[2:] == ["epoch 2, step 2", "epoch 3, step 3"]
    told = mistake(film.main, [f"--workdir={digits}", "--epochs=1,4"])
    start = f"{digits} has no checkpoint of epoch 4, steps 4 to 5; known: 1, 2, 3; "
    assert told.startswith(start) and "checkpoint_epochs and keep_checkpoints" in told
    assert "an epoch is 1e+308" in mistake(film.main, [f"--workdir={digits}", "--epochs=1e308"])
    told = mistake(film.main, [f"--workdir={years}", "--epochs=1"])  # its data are not known
    assert told.startswith(f"an epoch of {years} has no one length") and "steps: 2, 5." in told


def test_points_are_pictured_as_the_run_does(tmp_path):
    """The same noise, real points and critic as in the run's own samples."""
    run = write_run(tmp_path / "ring", name="ring", options={"points": 40})
    (reel,) = film.shoot(run, num=40)
    _, config, played, _, _ = open_with_data(run)
    looks = make_looks(played, config)
    state, _ = checkpoint.load(run / "checkpoints", jax.eval_shape(played.create))
    np.testing.assert_array_equal(reel.pictures[0][1], looks.picture(state))


def test_mistakes(digits, years, tmp_path, monkeypatch, mistake):
    monkeypatch.chdir(tmp_path)
    other = shutil.copytree(years, tmp_path / "other")
    shutil.rmtree(other / "checkpoints" / "2")
    wrong = {
        f"--workdir={digits} --steps=1,5": f"{digits} has no checkpoint of step 5; known: 1, 2, 3;",
        f"--workdir {digits} {years} --steps=1": f"{years} has no checkpoint of step 1; known: 2",
        f"--workdir={digits} {other}": f"no step in common: {digits} has 1, 2, 3; {other} has 5.",
        f"--workdir={digits} {digits}/": f"{digits} is named twice; name every run once.",
        f"--workdir={tmp_path}/none": "none/config.json cannot be read (No such file",
        f"--workdir={digits} --steps=1 --epochs=1": "name steps or epochs, and not both.",
        f"--workdir={digits} --steps=1,x": "'1,x' should be steps, commas between, as 100,500;",
        f"--workdir={digits} --epochs=x": "'x' should be epochs, commas between, as 1,5,10;",
        f"--workdir={digits} --epochs=nan": "an epoch is nan; it must lie in [0, 1e+30).",
        f"--workdir {years} {digits} --label=1": f"{digits} is an unconditional run; it takes no",
        f"--workdir={years} --label=0x": "label 0x is unknown; known: 2019, 1, fox",
        f"--workdir={digits} --num=0": "num is 0; it must lie in [1, 2147483648).",
        f"--workdir={digits} --member=1": "member is 1; it must lie in [0, 1).",
        f"--workdir={digits} --data=folder:a": "is sampled without data; leave --data out.",
        f"--workdir={digits} --out=a.jpg": "unknown ending of --out '.jpg'; known: .gif, .png.",
        f"--workdir={digits} --frame_ms=90": "--frame_ms is of a .gif, and --out is film.png.",
        f"--workdir={digits} --frame_ms=9 --out=a.gif": "--frame_ms is 9; it must lie in [20, ",
    }
    for words, sentence in wrong.items():
        assert sentence in mistake(film.main, words.split())
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
