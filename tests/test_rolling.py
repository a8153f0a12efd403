"""A user's clip through a run that predicts frames: GIF, contact sheet, mistakes."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from jaxgan import data, defaults, translate
from jaxgan.data.windows import stacked
from jaxgan.evaluation import grid
from jaxgan.evaluation.draw import row_keys
from jaxgan.games import Shown
from jaxgan.inference import rolling
from tests.test_translate import RUNS, write_run

OPTIONS = {**data.options_of("moving_digits"), "points": 40, "given": 2, "ahead": 2}
CLIP = data.load("moving_digits", size=32, options={**OPTIONS, "ahead": 3, "points": 1})


def make_run(workdir, **of_data):
    """A run of step 4, which has learned nothing."""
    config = defaults.get_config()
    config.data.update(of_data)
    config.game = defaults.game("frames")
    config.terms.l2.weight = 1.0
    config.n_critic, config.adversarial = 0, 0.0
    config.generator = defaults.generator("multiscale", width=4)
    config.critic = defaults.critic("multiscale", width=4)
    config.batch_size = 4
    return write_run(workdir, config)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    digits = {"name": "moving_digits", "size": 32, "options": OPTIONS}
    return make_run(tmp_path_factory.mktemp("frames"), **digits)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Six frames, as numbered pictures and as a GIF."""
    row, folder = CLIP.read(0), tmp_path_factory.mktemp("clip")
    frames = np.concatenate([row[name] for name in ("source", "x", "future")], axis=2)
    first, *others = (Image.fromarray(frames[..., i]) for i in range(6))
    first.save(folder / "clip.gif", save_all=True, append_images=others, loop=0)
    for number in range(2):
        (folder / "one").mkdir(exist_ok=True)
        Image.fromarray(frames[..., number]).save(folder / "one" / f"{number}.png")
    return folder, np.moveaxis(frames, 2, 0)[..., None]


def test_frames_are_those_of_the_network_one_after_another(run, clip):
    """Each of two real or made ones, by the network itself; the truth ends where the clip does."""
    frames = clip[1]
    made = translate.load(run)
    rolled = rolling.roll_out(made, frames, 5)
    np.testing.assert_allclose(rolled.given, frames[:2] / 127.5 - 1, atol=1e-6)
    np.testing.assert_allclose(rolled.truth, frames[2:6] / 127.5 - 1, atol=1e-6)
    assert rolled.made.shape == (5, 32, 32, 1) and rolled.made.std() > 1e-3
    show, _ = made.show(32, 32)
    whole = [*rolled.given, *rolled.made]
    for number in range(5):
        source = stacked(np.stack(whole[number : number + 2]))[None]
        looks = show(made.variables, {"source": source}, row_keys(0, 1), 4)
        np.testing.assert_allclose(whole[number + 2], looks[""].made[0], atol=1e-5)


def test_a_gif_and_a_contact_sheet(run, clip, tmp_path):
    folder, _ = clip
    for out, made, frames in (("a.gif", 5, 7), ("b.png", 5, 1), ("one.gif", 1, 3)):
        argv = [f"--workdir={run}", f"--input={folder}/clip.gif", f"--frames={made}"]
        assert translate.main([*argv, f"--out={tmp_path / out}"]) == 0
        with Image.open(tmp_path / out) as opened:
            assert sum(1 for _ in ImageSequence.Iterator(opened)) == frames


def test_given_made_and_true_frames_lie_in_their_order():
    """Two rows of two given and two made ones: grey where nothing is to be true."""
    levels = np.linspace(-1, 1, 2 * 6).reshape(2, 6)
    given, rolled, future = (
        np.repeat(np.repeat(levels[:, i : i + 2], 4, 1)[:, None], 4, 1)[..., None]
        for i in (0, 2, 4)
    )
    shown = Shown(rolled[:, :, :4], given, future[:, :, :4], rolled=rolled, future=future)
    picture = grid.columns({"": shown}, 1)
    seen = picture.reshape(4, len(picture) // 4, 4, -1, 3)[:, 30, :, 30, 0]
    a, b = grid.to_uint8(levels)
    grey = grid.to_uint8(-0.5)
    lines = [[*a[:4]], [grey, grey, *a[4:]], [*b[:4]], [grey, grey, *b[4:]]]
    np.testing.assert_array_equal(seen, lines)
    one = grid.columns({"": shown._replace(given=given[:, :, 4:])}, 1)  # as wide as what is made
    np.testing.assert_array_equal(one, picture[:, picture.shape[1] // 4 :])


def test_mistakes(run, clip, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder, _ = clip
    (tmp_path / "short").mkdir()
    Image.new("L", (32, 32)).save(tmp_path / "short/0.png")
    Image.new("L", (20, 20)).save(tmp_path / "short.gif", save_all=True)
    colourise = write_run(tmp_path / "run", RUNS["translation"])
    (tmp_path / "wide").mkdir()
    for number in range(5):
        Image.new("L", (40, 32), number).save(tmp_path / f"wide/{number}.png")
    name = f"frames:{tmp_path}/wide"
    wide = make_run(tmp_path / "run_wide", name=name, options=data.options_of(name))
    for workdir, flags, sentence in (
        (run, f"--input={folder}/one --out=a", "predicts the frames after a clip: name how many"),
        (run, f"--input={folder}/one --out=a --frames=2", "unknown ending of --out ''"),
        (run, f"--input={folder}/one --out=a.gif --frames=0", "--frames is 0; it must lie"),
        (run, f"--input={tmp_path}/short --out=a.gif --frames=2", "the clip has 1 frame, and"),
        (run, f"--input={folder}/clip.gif --out={folder}/clip.gif --frames=2", "is one of the"),
        (run, f"--input={folder}/one --out={folder}/one/1.png --frames=2", "is one of the"),
        (run, "--input=~/nowhere --out=a.gif --frames=2", f"--input={tmp_path}/nowhere: no such"),
        (wide, f"--input={folder}/one --out=a.gif --frames=2 --fit=pad", "learned from 32 x 40."),
        (colourise, f"--input={folder}/one --out=a.gif --frames=2", "predicts no frames; leave"),
        (run, f"--input={folder}/one --out=a.gif --frames=2 --mask=m", "leave --mask out"),
    ):
        capfd.readouterr()
        argv = [f"--workdir={workdir}", *flags.split()]
        assert translate.main(argv) != 0
        assert sentence in capfd.readouterr().err
