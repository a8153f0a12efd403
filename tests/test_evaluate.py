import json
import os
import signal
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate
from jaxgan.core.errors import UserError
from jaxgan.evaluation import choice
from jaxgan.metrics import TooFew
from jaxgan.run import directory, logs, tables
from jaxgan.train import train
from tests.test_sample import write_run

FEW = ".* fake rows: below 1000 the balls are so large"  # so few samples mean little


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Six steps on the ring, evaluated at the steps 2, 4 and 6."""
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 600}
    config.generator = defaults.generator("toy", features=(4,))
    config.critic = defaults.critic("toy", features=(4,))
    config.game = defaults.game("unconditional", z_dim=2)
    config.batch_size, config.steps, config.eval_every = 8, 6, 2
    config.evaluation.rank_by, config.evaluation.num = "fd", 200
    config.checkpoint_every = config.sample_every = 0
    workdir = tmp_path_factory.mktemp("run")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", FEW)
        train(config, workdir, device_count=1)
    return workdir


def test_a_run_is_evaluated_while_it_trains(run):
    rows = {row["step"]: row for row in logs.read_metrics(run / "metrics.jsonl")}
    assert set(rows) == {2, 4, 6}
    assert all(np.isfinite(row["fd_points"]) and row["modes"] >= 0 for row in rows.values())
    told = tables.best_and_last(list(rows.values()), "fd_points", "points")
    best = min(rows.values(), key=lambda row: row["fd_points"])
    head, first, *_ = told.splitlines()
    assert head.split() == ["best", "(step", f"{best['step']})", "last", "(step", "6)"]
    assert first.split() == ["fd_points", f"{best['fd_points']:.4g}", f"{rows[6]['fd_points']:.4g}"]
    assert (
        tables.best_and_last([{"step": 1}], "fd_points", "points") == "fd_points was never finite."
    )


def test_the_command_writes_the_whole_protocol(run, capsys):
    assert evaluate.main([f"--workdir={run}", "--num=250", "--metrics=fd,modes", "--seed=3"]) == 0
    found = json.loads((run / "evaluation.json").read_text())
    assert found["counts"] == {"reference": 250, "floor": 250, "samples": 250}
    assert found["values"].keys() == {"ema", "raw"} and found["run"]["step"] == 6
    names = {"fd_points", "modes", "high_quality", "reverse_kl"}
    assert names == set(found["floor"]) == set(found["values"]["ema"])
    assert found["values"]["ema"] != found["values"]["raw"] and found["floor"]["modes"] == 8
    assert found["network"] == {"name": "points", "sha256": "", "resize": ""} and found["seed"] == 3
    assert {"versions", "device", "seconds", "date", "shape", "images"} <= set(found)
    assert len(found["run"]["config_sha256"]) == 64 and found["run"]["data"]["name"] == "ring"
    printed = capsys.readouterr().out
    assert "floor" in printed and "250 samples against 250 real" in printed
    again = evaluate.evaluate_run(run, num=250, names="fd,modes", seed=3, step="best", of="raw")
    assert again["floor"] == found["floor"] and again["values"] == {"raw": found["values"]["raw"]}


def test_samples_beside_their_neighbours(tmp_path, capsys, mistake):
    """Of sixty digits: three in pixels and three in the features of the run's metrics."""
    digits = data.load("mnist10k").arrays(np.arange(60))["x"]
    np.savez(tmp_path / "digits.npz", images=digits)
    workdir = write_run(tmp_path / "run", kind="mlp", name=f"npz:{tmp_path}/digits.npz")
    picture = tmp_path / "new" / "near.png"
    words = [f"--workdir={workdir}", f"--neighbours={picture}", "--metrics=fd", "--num=25"]
    assert evaluate.main(words) == 0
    found = json.loads((workdir / "evaluation.json").read_text())["neighbours"]
    (near,) = found["directions"].values()
    assert near["counts"] == {"samples": 25, "floor": 60} and found["file"] == str(picture)
    out = capsys.readouterr().out
    for where in ("pixels", "mnist10k_cnn"):
        each = near["median_distance"][where]
        assert f"{each['samples']:.4g} in {where} (floor {each['floor']:.4g})" in out
        assert each["samples"] > each["floor"]  # a generator that has learned nothing
    with Image.open(picture) as image:  # ten rows of 60 pixels under a line: 1, 3 and 3 digits
        assert image.size[1] == 18 + 600 and image.size[0] > 7 * 60
    told = mistake(evaluate.main, [*words[:1], "--neighbours=a.jpg"])
    assert told == "--neighbours=a.jpg: it must end in .png."


def test_what_is_measured_is_kept_though_its_reader_has_left(run, monkeypatch, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    words = [f"--workdir={run}", "--num=250", "--metrics=modes", f"--out={tmp_path}/e.json"]
    with open(writer, "w") as err, open(os.dup(writer), "w") as out, monkeypatch.context() as given:
        given.setattr(sys, "stderr", err)
        given.setattr(sys, "stdout", out)
        assert evaluate.main(words) == 128 + signal.SIGPIPE
    assert json.loads((tmp_path / "e.json").read_text())["counts"]["samples"] == 250


def test_the_place_of_the_protocol_is_tried_out_first(tmp_path, mistake):
    (tmp_path / "evaluation.json").mkdir()
    told = mistake(evaluate.main, [f"--workdir={tmp_path}"])
    assert told == f"cannot write {tmp_path}/evaluation.json: it is a folder; name a file."
    told = mistake(evaluate.main, [f"--workdir={tmp_path}/none"])
    assert "none" in told and "cannot write" not in told


def test_a_run_of_an_older_version_is_read(run, tmp_path):
    """Keys that its version did not have yet have their defaults; older forms get a sentence."""
    stored = json.loads((run / "config.json").read_text())
    old = json.loads(json.dumps(stored["config"]))
    del old["evaluation"], old["critic"]["optimizer"]["anneal"], old["penalties"]["r1"]
    assert defaults.complete(old) == stored["config"] | {
        "evaluation": defaults.get_config().evaluation.to_dict()
    }
    assert defaults.complete(stored["config"]) == stored["config"]
    with pytest.raises(UserError, match="names no loss, or in an older way"):
        defaults.complete(stored["config"] | {"loss": "wasserstein"})


def test_too_few_samples_are_told_before_the_run(tmp_path):
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 30}
    config.generator, config.critic = defaults.generator("toy"), defaults.critic("toy")
    config.batch_size, config.eval_every = 8, 1
    with pytest.raises(UserError, match="15 examples a set say nothing"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_of_the_config_go_with_its_features(monkeypatch):
    """Who names another network is not given the weights of the config's."""
    config = defaults.get_config()
    config.evaluation.features, config.evaluation.inception_weights = "inception", "FILE"
    stored = {"config": config.to_dict(), "versions": {}}
    stored |= {"entries": data.load("mnist10k").entries, "data": None}
    monkeypatch.setattr(directory, "read_config", lambda _: stored)
    asked = []

    def make_encoder(names, source, features, weights):
        asked.append((features, weights))
        raise UserError("enough")

    monkeypatch.setattr(choice, "make_encoder", make_encoder)
    for named in ({}, {"features": "mnist10k_cnn"}, {"weights": "OTHER"}):
        with pytest.raises(UserError, match="enough"):
            evaluate.evaluate_run("run", **named)
    assert asked == [("inception", "FILE"), ("mnist10k_cnn", ""), ("inception", "OTHER")]


def test_half_of_the_data_at_most(run):
    assert evaluate.evaluate_run(run, names="modes", step=4)["counts"]["samples"] == 300


def test_a_folder_against_another(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for folder, count, high in (("real", 44, 256), ("fake", 21, 90)):
        (tmp_path / folder).mkdir()
        for i in range(count):
            Image.fromarray(rng.integers(0, high, (28, 28), np.uint8)).save(
                tmp_path / folder / f"{i}.png"
            )
    folders = [f"--real={tmp_path}/real", f"--fake={tmp_path}/fake", f"--out={tmp_path}/a/e.json"]
    assert evaluate.main([*folders, "--metrics=fd"]) == 0
    found = json.loads((tmp_path / "a" / "e.json").read_text())
    assert found["counts"]["samples"] == 21 and found["network"]["name"] == "mnist10k_cnn"
    assert found["network"]["resize"] == "bilinear to 28x28, antialiased"
    assert found["folders"]["fit"] == "crop"
    of_fake, of_real = found["warnings"]
    assert of_fake.startswith("fake has 21 rows") and of_real.startswith("real has 21 rows")
    assert f"Warning: {of_fake}\nWarning: {of_real}\n" in capsys.readouterr().out
    assert found["values"]["fake"]["fd_mnist10k_cnn"] > found["floor"]["fd_mnist10k_cnn"]
    Image.new("L", (20, 20)).save(tmp_path / "fake" / "small.png")


def write_images(folder, images):
    folder.mkdir()
    for i, image in enumerate(images):
        image.save(folder / f"{i:02d}.png")


def test_folders_of_other_channels(tmp_path, mistake, capsys):
    """Grey that is stored in colour is grey; of one true colour the way out is told."""
    rng = np.random.default_rng(0)
    grey = [Image.fromarray(rng.integers(0, 256, (28, 28), np.uint8)) for _ in range(60)]
    write_images(tmp_path / "grey", grey)
    write_images(tmp_path / "rgba", [one.convert("RGBA") for one in grey[:25]])
    red = grey[1].convert("RGB")
    red.putpixel((3, 4), (200, 0, 0))
    write_images(tmp_path / "red", [*(grey[:24]), red])
    common = ["--metrics=fd", f"--out={tmp_path}/e.json"]
    words = [f"--real={tmp_path}/grey", f"--fake={tmp_path}/rgba", *common]
    assert evaluate.main(words) == 0
    out = capsys.readouterr().out
    read = f"folder:{tmp_path}/rgba is stored in colour and grey in every pixel: read as grey.\n"
    assert read in out and f"folder:{tmp_path}/rgba holds 25 images, so that every set has" in out
    assert json.loads((tmp_path / "e.json").read_text())["folders"]["channels"] == 1
    words = [f"--real={tmp_path}/grey", f"--fake={tmp_path}/red", *common]
    told = mistake(evaluate.main, words)
    assert told.endswith("(28, 28, 3); --channels=1 brings both to grey, --channels=3 to colour.")
    assert evaluate.main([*words, "--channels=1"]) == 0
    capsys.readouterr()
    assert "channels must be 1 or 3" in mistake(evaluate.main, [*words, "--channels=2"])
    write_images(tmp_path / "few", [one.resize((9, 9)) for one in grey[:19]])
    words = [f"--real={tmp_path}/red", f"--fake={tmp_path}/few"]
    told = mistake(evaluate.main, words)
    assert told.endswith(
        "; --size=N brings both to N x N, --channels=1 brings both to grey, --channels=3 to colour."
    )
    told = mistake(evaluate.main, [*words, "--size=28", "--channels=1"])
    assert told == f"folder:{tmp_path}/few holds 19 images; fewer than 20 say nothing."


def test_warnings_are_of_the_metrics_alone(run, monkeypatch, capsys, tmp_path):
    """What JAX has to say, as of a cache that it cannot write, goes where it says it."""

    def with_a_remark(*_, **__):
        warnings.warn("the cache is read-only", UserWarning, stacklevel=2)
        warnings.warn("fake has 3 rows", TooFew, stacklevel=2)
        values = {"values": {}, "floor": {}, "counts": {"samples": 3}}
        return dict(values)

    monkeypatch.setattr(evaluate, "evaluate_run", with_a_remark)
    with pytest.warns(UserWarning, match="read-only") as heard:
        assert evaluate.main([f"--workdir={run}", f"--out={tmp_path}/e.json"]) == 0
    assert len(heard) == 1
    assert json.loads((tmp_path / "e.json").read_text())["warnings"] == ["fake has 3 rows"]


def test_training_takes_the_weights_of_inception(tmp_path):
    """And tells before the run that they are not there, or that nothing would read them."""
    config = defaults.get_config()
    config.eval_every, config.evaluation.inception_weights = 1, str(tmp_path / "none.pth")
    with pytest.raises(UserError, match="the weights of mnist10k_cnn come with a package"):
        train(config, tmp_path / "run")
    config.evaluation.features = "inception"
    with pytest.raises(UserError, match="cannot read the Inception weights .*none.pth"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_mistakes(mistake, run, tmp_path):
    wrong = {
        "": "give --workdir=DIR, or both --real=DIR and --fake=DIR.",
        f"--workdir={run} --num=19": "19 examples a set say nothing, 20 are the fewest",
        f"--workdir={run} --size=8": "--size is of folders",
        f"--workdir={run} --channels=1": "--channels is of folders",
        f"--workdir={run} --neighbours=a.png": "ring holds points, and neighbours are pictured of",
        f"--real={tmp_path} --fake={tmp_path} --neighbours=a.png": "--neighbours tells where to",
        f"--workdir={run} --features=inception": "ring holds points, which are their own features",
        f"--workdir={run} --metrics=fid": "unknown metric 'fid'",
        f"--workdir={run} --metrics=accuracy": "metric 'accuracy' needs a classifier of the data",
        f"--workdir={run} --of=best": "unknown --of 'best'",
        f"--workdir={run} --step=3": "there is no checkpoint of step 3",
        f"--workdir={tmp_path}": f"{tmp_path}",
        f"--real={tmp_path} --fake={tmp_path}/none": "holds no image",
        f"--real={tmp_path} --fake={tmp_path} --step=4": "--step tells which of a run's",
    }
    for words, sentence in wrong.items():
        assert sentence in mistake(evaluate.main, words.split())
