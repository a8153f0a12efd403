"""The comparison of few pictures in small: which it trains on, what it is judged by."""

import json

import numpy as np
import pytest
from PIL import Image

from experiments import augmentation, baselines
from jaxgan import data, film
from jaxgan.build.check import check_config
from jaxgan.build.parts import check_names
from jaxgan.core.errors import UserError


@pytest.mark.parametrize("way", augmentation.WAYS)
def test_every_way_is_a_config(way, tmp_path):
    config = augmentation.config_of(way, "300", tmp_path, 1911)
    check_config(config)
    check_names(config)


def test_drawings_held_out_are_few_or_many(tmp_path):
    """Of 200 files a run sees about as many as asked for, the fewer among the more."""
    augmentation.write(np.zeros((200, 4, 4, 3), np.uint8), tmp_path)
    trained = {}
    for count in ("50", "150", augmentation.ALL):
        settings = augmentation.config_of("ADA", count, tmp_path, 200).data
        settings.size = 0
        ((source,), held_out) = data.load_parts(settings)
        trained[count] = {source.key(i) for i in range(source.size)}
        assert bool(held_out) == (count != augmentation.ALL)
    # Four standard deviations of a binomial: sqrt(200 p (1 - p)) is 6.1.
    assert abs(len(trained["50"]) - 50) < 25 and abs(len(trained["150"]) - 150) < 25
    assert trained["50"] < trained["150"] < trained["all"] and len(trained["all"]) == 200


def test_the_comparison(monkeypatch, capsys, tmp_path):
    """Runs, samples and the feature network are others' work; two seeds, two looks."""
    played, asked = [], []

    def play(name, config, seed, flags):
        played.append((name, seed, config.augmentation.rows))
        workdir = tmp_path / "runs" / name / str(seed)
        workdir.mkdir(parents=True)
        return workdir

    def load(workdir, step):
        return lambda num: np.zeros((num, 4, 4, 3), np.float32)

    def judged(real, fake, **options):
        asked.append((len(list(fake.iterdir())), options["num"]))
        seed, step = int(fake.parent.name), int(fake.name.partition("-")[2])
        values = {"fd_x": 100.0 * (seed + 1) + step, "kid_standard_error": 9.0, "kid_x": 0.1 / step}
        return {"values": {"fake": values}, "floor": {name: 0.5 for name in values}}

    def shoot(run, **options):
        return [film.Reel("", (4,), [("", np.zeros((8, 8, 3), np.uint8))], [], [])]

    monkeypatch.setattr(augmentation, "drawings", lambda: np.zeros((20, 4, 4, 3), np.uint8))
    monkeypatch.setattr(baselines, "play", play)
    monkeypatch.setattr(augmentation.sample, "load", load)
    monkeypatch.setattr(augmentation, "evaluate_folders", judged)
    monkeypatch.setattr(augmentation.film, "shoot", shoot)
    flags = ["--steps=4", "--looks=2", "--seeds=2", "--num=3", "--counts=10,all"]
    augmentation.main([*flags, f"--runs={tmp_path}/runs", f"--out={tmp_path}"])
    names = [f"{count}-{way}-4" for count in ("10", "all") for way in augmentation.WAYS]
    assert [name for name, seed, _ in played if seed == 1] == names
    assert [bool(rows) for *_, rows in played] == ([False] * 2 + [True] * 4) * 2
    assert asked == [(3, 3)] * 24
    # Seeds 0 and 1: 102 and 202 at step 2, 104 and 204 at step 4; kid .05 and .025.
    row = "| 10       | ADA         | 152.0 ± 50.0 | 154.0 ± 50.0 | 0.025 ± 0.000 | 0.025 ± 0.000 |"
    assert row in (out := capsys.readouterr().out) and "20 drawings" in out
    with Image.open(tmp_path / "augmentation.png") as picture:
        assert picture.width > 8
    kept = json.loads((tmp_path / "runs/all-ADA-4/1/beside-3-4.json").read_text())
    assert kept["values"]["fake"]["fd_x"] == 204


def test_a_mistake_is_told_first(tmp_path, monkeypatch):
    monkeypatch.setattr(augmentation, "drawings", lambda: np.zeros((20, 4, 4, 3), np.uint8))
    with pytest.raises(UserError, match="way of varying 'often'"):
        augmentation.main(["--ways=often", f"--runs={tmp_path}"])
    with pytest.raises(UserError, match="--counts is 21; it must lie in "):
        augmentation.main(["--counts=21", f"--runs={tmp_path}"])
    with pytest.raises(UserError, match="--counts is 'few'; it must be a whole number"):
        augmentation.main(["--counts=few", f"--runs={tmp_path}"])
    assert not list(tmp_path.iterdir())
