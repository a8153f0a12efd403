"""A run knows its data, and a run that is refused is left as it was, byte for byte."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data.describe import describe
from jaxgan.run import checkpoint, directory, identity, logs
from jaxgan.train import train


def pets(directory, classes=("cat", "dog"), each=24, side=12):
    rng = np.random.default_rng(0)
    for name in classes:
        (directory / name).mkdir(parents=True, exist_ok=True)
        for i in range(each):
            pixels = rng.integers(0, 256, (side, side), np.uint8)
            Image.fromarray(pixels).save(directory / name / f"{i}.png")
    return directory


def tiny(name, steps=2):
    config = defaults.get_config()
    config.data.name = name
    config.data.options = data.options_of(name)
    config.steps, config.steps_per_call, config.batch_size = steps, 2, 8
    config.game = defaults.game("conditional", z_dim=2)
    config.generator = defaults.generator("mlp", features=(4,))
    config.critic = defaults.critic("mlp", features=(4,))
    config.log_every, config.sample_every, config.checkpoint_every = 1, 0, 2
    config.parallel = "jit"
    return config


def bytes_of(directory):
    """Every file with its bytes and its time."""
    return {
        str(path.relative_to(directory)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in [directory, *directory.rglob("*")]
    }


def stored(workdir):
    return json.loads((workdir / "config.json").read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder that holds the data ``pets`` and ``run``, two steps on them by a relative name."""
    home = tmp_path_factory.mktemp("home")
    pets(home / "pets")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        train(tiny("folder:pets"), home / "run")
    return home


@pytest.fixture
def home(trained, tmp_path, monkeypatch):
    """A copy of that folder, where the run still tells where its data were."""
    shutil.copytree(trained, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


def test_it_knows_its_data(trained, home, capsys):
    known = stored(home / "run")["data"]
    assert known["name"] == "folder:pets" and known["origin"] == str(trained / "pets")
    assert (known["examples"], known["held_out"], known["earlier"]) == (48, 0, [])
    assert stored(home / "run")["entries"]["label"]["names"] == ["cat", "dog"]
    train(tiny("folder:pets", 4), home / "run")  # they moved, and are named as before
    told = capsys.readouterr().err
    assert f"Data: 48 examples in {home}/pets: images of 12 x 12 x 1 with values from" in told
    assert "; 2 classes (cat, dog).\n" in told and told.index("Data:") < told.index("Resuming")
    known = stored(home / "run")["data"]
    assert (known["origin"], known["earlier"]) == (str(home / "pets"), [])


def repaint(home):
    file = home / "pets" / "cat" / "3.png"
    Image.new("L", (12, 12), 7).save(file)


def rename_class(home):
    (home / "pets" / "dog").rename(home / "pets" / "hen")


def add_class(home):
    pets(home / "pets", ("fox",))


def add_examples(home):
    shutil.copy(home / "pets" / "cat" / "0.png", home / "pets" / "cat" / "99.png")


def enlarge(home):
    pets(home / "pets", side=13)


REFUSED = {
    repaint: "the files have other names or contents",
    rename_class: "class 1 was dog, and is hen",
    add_class: r"there were 2 classes \(cat, dog\), and there are 3 classes \(cat, dog, fox\)",
    add_examples: "there were 48 examples, and there are 49",
    enlarge: "there were images of 12 x 12 x 1, and there are images of 13 x 13 x 1",
}


@pytest.mark.parametrize("change", REFUSED)
def test_other_data_are_refused_and_nothing_is_touched(home, change):
    change(home)
    before = bytes_of(home / "run")
    sentence = f"is a run on other data.*: {REFUSED[change]}. Put the data back as they were,"
    fits = change not in (add_class, enlarge)
    ways = (
        " use another --workdir, or go on with these by --new_data" if fits else " or use another"
    )
    with pytest.raises(UserError, match=sentence + ways):
        train(tiny("folder:pets", 4), home / "run")
    with pytest.raises(UserError, match=f"{sentence} or tell by --data"):
        evaluate.evaluate_run(home / "run")
    assert bytes_of(home / "run") == before
    if not fits:
        with pytest.raises(UserError, match="other data"):
            train(tiny("folder:pets", 4), home / "run", new_data=True)
        assert bytes_of(home / "run") == before


def test_a_run_goes_on_with_new_data_where_it_is_told_to(home):
    add_examples(home)
    rename_class(home)
    state = train(tiny("folder:pets", 4), home / "run", new_data=True)
    assert int(state.step) == 4
    known = stored(home / "run")["data"]
    (earlier,) = known["earlier"]
    assert (known["examples"], earlier["examples"], earlier["until_step"]) == (49, 48, 2)
    assert earlier["entries"]["label"]["names"] == ["cat", "dog"]
    train(tiny("folder:pets", 6), home / "run")  # they are the run's data now
    assert stored(home / "run")["data"] == known


def test_data_that_moved_are_named_anew(home, tmp_path, capsys):
    (home / "pets").rename(tmp_path / "elsewhere")
    moved = f"folder:{tmp_path}/elsewhere"
    argv = [f"--workdir={home}/run", f"--data={moved}", "--num=20", "--metrics=ms_ssim"]
    assert evaluate.main(argv) == 0
    assert f"Data: 48 examples in {tmp_path}/elsewhere" in capsys.readouterr().err
    config = tiny(moved, 4)
    assert int(train(config, home / "run").step) == 4
    assert stored(home / "run")["data"]["origin"] == str(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="--data=mnist10k cannot be the data of this run, folder:/"):
        evaluate.evaluate_run(home / "run", moved="mnist10k")
    with pytest.raises(UserError, match="sampled without data; leave --data out"):
        sample.load(home / "run", moved=moved)


@pytest.mark.filterwarnings("ignore:.* images have fewer than")
def test_a_relative_name_means_the_place_where_the_run_began(home, trained, monkeypatch, capsys):
    away = home / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    said = f"There is no pets here; the data are read from {trained}/pets."
    train(tiny("folder:pets", 4), home / "run")
    assert said in capsys.readouterr().err
    evaluate.evaluate_run(home / "run", num=20, names="ms_ssim")
    assert said in capsys.readouterr().err
    train(tiny("folder:pets", 4), home / "run")  # the same command, as often as one likes
    pets(away / "pets", ("cow", "hen"))
    with pytest.raises(UserError, match=f"than those in {away}/pets, which were in {trained}/pets"):
        evaluate.evaluate_run(home / "run")


def test_data_that_are_gone(home):
    written = stored(home / "run")
    written["data"]["origin"] = str(home / "none")
    (home / "run" / "config.json").write_text(json.dumps(written))
    shutil.rmtree(home / "pets")
    for option, call in {
        "--config.data": lambda: train(tiny("folder:pets"), home / "run"),
        "--data": lambda: evaluate.evaluate_run(home / "run"),
    }.items():
        with pytest.raises(UserError, match=f"gone from {home}/none; {option}=folder:PATH tells"):
            call()


def test_given_images_are_those_of_the_run(tmp_path):
    config = tiny(f"folder:{pets(tmp_path / 'pets', ('cat',), side=12)}")
    config.data.channels, config.data.task = 3, defaults.task("colourise")
    config.game = defaults.game("translation")
    config.generator = defaults.generator("unet", halvings=2, width=2)
    config.critic = defaults.critic("patch", layers=1, width=2)
    run = prepare(config)
    state = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(run.create))
    known = describe(run.sources, run.held_out)
    directory.write_config(tmp_path / "run", config.to_dict(), data.entries(run.sources), known)
    with checkpoint.open_checkpoints(tmp_path / "run" / "checkpoints") as checkpoints:
        checkpoints.save(2, state)
    (tmp_path / "pets").rename(tmp_path / "moved")
    with pytest.raises(UserError, match="gone from .*pets; --data=folder:PATH tells"):
        sample.load(tmp_path / "run")(num=2)
    moved = f"folder:{tmp_path}/moved"
    assert sample.load(tmp_path / "run", moved=moved)(num=2).shape == (2, 12, 12, 3)
    pets(tmp_path / "moved", ("cat",), each=25)
    with pytest.raises(UserError, match="there were 24 examples, and there are 25"):
        sample.load(tmp_path / "run", moved=moved)(num=2)


def test_a_run_of_an_older_version_learns_its_data(home):
    written = stored(home / "run")
    del written["data"]
    (home / "run" / "config.json").write_text(json.dumps(written))
    with pytest.raises(UserError, match="data.name was folder:pets, is folder:other"):
        shutil.copytree(home / "pets", home / "other")
        train(tiny("folder:other", 4), home / "run")  # nothing tells that they are the same
    train(tiny("folder:pets", 4), home / "run")
    assert stored(home / "run")["data"]["examples"] == 48


def rows(workdir):
    return [row["step"] for row in logs.read_metrics(workdir / logs.METRICS)]


def test_checkpoints_that_are_gone_are_missed(home):
    workdir = home / "run"
    (workdir / "checkpoints").rename(home / "away")
    for remake in (False, True):
        if remake:
            (workdir / "checkpoints").mkdir()
        before = bytes_of(workdir)
        with pytest.raises(UserError, match="rows of metrics up to step 2, and no checkpoint to"):
            train(tiny("folder:pets", 4), workdir)
        assert bytes_of(workdir) == before
    (workdir / "checkpoints" / "2.orbax-checkpoint-tmp-1").mkdir()  # killed in its first save
    train(tiny("folder:pets", 4), workdir)
    assert rows(workdir) == [1, 2, 3, 4]


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_anew(home, capsys):
    workdir = home / "run"
    shutil.rmtree(workdir / "checkpoints" / "2")
    first = (workdir / "metrics.jsonl").read_text().splitlines(keepends=True)[0]
    (workdir / "metrics.jsonl").write_text(first)
    train(tiny("folder:pets", 4), workdir)
    told = capsys.readouterr().err
    assert "Killed after step 1 and before its first checkpoint: starting anew at step 0." in told
    assert rows(workdir) == [1, 2, 3, 4]


def test_what_fails_in_restoring_touches_nothing(home):
    """Checkpoints of other shapes, none that is whole, no config beside them."""
    workdir = home / "run"
    (workdir / "checkpoints" / "4.orbax-checkpoint-tmp-1").mkdir()  # else removed at a start
    written = stored(workdir)
    written["config"]["generator"]["features"] = [5]
    (workdir / "config.json").write_text(json.dumps(written))
    config = tiny("folder:pets", 4)
    config.generator.features = (5,)
    before = bytes_of(workdir)
    with pytest.raises(UserError, match="the checkpoint of step 2"):
        train(config, workdir)
    assert bytes_of(workdir) == before
    for file in (workdir / "checkpoints" / "2").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")
    before = bytes_of(workdir)
    with pytest.raises(UserError, match="can be read.*Put a whole one there"):
        train(config, workdir)
    assert bytes_of(workdir) == before
    (workdir / "config.json").unlink()
    before = bytes_of(workdir)
    with pytest.raises(UserError, match="has checkpoints and no config.json"):
        train(config, workdir)
    assert bytes_of(workdir) == before


def test_every_run_that_is_refused_before_it_is_built(home):
    before = bytes_of(home / "run")
    wrong = [tiny("folder:pets", 4) for _ in range(4)]
    wrong[0].batch_size = 16
    wrong[1].eval_every, wrong[1].evaluation.metrics = 1, "nonsense"
    wrong[2].evaluation.rank_by = "fd"
    wrong[3].data.size = -1
    for config in wrong:
        with pytest.raises(UserError):
            train(config, home / "run")
    assert bytes_of(home / "run") == before


def test_folders_against_each_other_are_told(tmp_path, capsys):
    for name in ("real", "fake"):
        pets(tmp_path / name, ("all",), each=44)
    argv = [f"--real={tmp_path}/real", f"--fake={tmp_path}/fake", f"--out={tmp_path}/e.json"]
    assert evaluate.main([*argv, "--metrics=ms_ssim"]) == 0
    told = capsys.readouterr().err
    for name in ("real", "fake"):
        assert f"Data: 44 examples in {tmp_path}/{name}: images of 12 x 12 x 1" in told
    known = json.loads(Path(f"{tmp_path}/e.json").read_text())["folders"]["known_data"]
    assert known["real"]["fingerprint"] == known["fake"]["fingerprint"]


def test_a_set_of_tfds_that_moved_is_named_by_its_directory(tmp_path):
    config = tiny("mnist10k").to_dict()
    config["data"] |= {"name": "cifar10", "data_dir": "/gone", "options": {}}
    run = {"config": config, "data": None}
    settings, _ = identity.settings_of("run", run, str(tmp_path))
    assert settings == config["data"] | {"data_dir": str(tmp_path)}
    with pytest.raises(UserError, match="/nowhere: no such directory; for cifar10 it names the"):
        identity.settings_of("run", run, "/nowhere")
    config["data"]["name"] = "mnist10k"
    with pytest.raises(UserError, match="left out: mnist10k is found by its name"):
        identity.settings_of("run", run, str(tmp_path))
