"""The studies of translation in small: their configs are built, their table is told."""

import argparse

import numpy as np
import pytest

from experiments import baselines, translation
from jaxgan import film
from jaxgan.build.check import check_config
from jaxgan.build.parts import check_names


@pytest.mark.parametrize("name", translation.STUDIES)
def test_every_row_is_a_config(name):
    study = translation.STUDIES[name]
    rows = {row: translation.config_of(study, row) for row in study.rows}
    for config in rows.values():
        config.steps = study.steps
        check_config(config)
        check_names(config)
    assert len({str(config) for config in rows.values()}) == len(rows)  # each is another


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_a_picture_of_a_study(name, monkeypatch):
    """A column a row of the study between given and truth, a line of them a direction."""

    def shoot(runs, steps, num, direction):
        shown = {None: 1, "AtoB": 2, "BtoA": 3}[direction]
        one = [("", np.full((4, 4, 3), shown, np.uint8))]
        assert steps == (7,) and len(runs) == len(translation.STUDIES[name].rows)
        return [film.Reel("", steps, one, one, one) for _ in runs]

    monkeypatch.setattr(translation.film, "shoot", shoot)
    monkeypatch.setattr(baselines, "play", lambda name, *_: name)
    flags = argparse.Namespace(steps=7, looks=2, runs="")
    found = translation.picture(name, flags)
    assert set(np.unique(found)) >= ({1} if name == "pix2pix" else {2, 3})


def test_best_and_last_over_seeds():
    """Two seeds, two looks: a low L1 and a high SSIM are best; the error is half a difference."""
    records = [
        [{"ema": {"l1_AtoB": l1, "ssim": 1 - l1}} for l1 in run] for run in ([0.2, 0.4], [0.5, 0.3])
    ]
    assert translation.told(records, "l1_AtoB") == "0.250 ± 0.050 / 0.350 ± 0.050"
    assert translation.told(records, "ssim") == "0.750 ± 0.050 / 0.650 ± 0.050"


ROWS = len(translation.STUDIES["pix2pix"].rows)


def test_a_table_of_a_study(monkeypatch, capsys):
    """Runs and looks are others' work; the floors stand below."""
    played = []

    def look(workdir, step, flags):
        assert flags.features == "efficientnet_lite0" and flags.metrics == "truth,fd,kid"
        floor = {"given": {"l1": 0.5, "psnr": 9.0}}
        features = {translation.FD: step / 100, translation.KID: step / 1000}
        ema = {"l1": 0.1, "psnr": 20.0, "ssim": 0.5, **features}
        return {"values": {"ema": ema, **floor}}

    monkeypatch.setattr(baselines, "play", lambda name, *_: played.append(name))
    monkeypatch.setattr(baselines, "look", look)
    translation.main(["--studies=pix2pix", "--seeds=2", "--steps=100"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + ROWS + 1
    assert "0.500 ± 0.000 / 1.000 ± 0.000" in lines[2]  # best at step 50 of 100
    assert [cell.strip() for cell in lines[-1].split("|")[1:4]] == ["*given*", "0.500", "9.000"]
    assert np.unique(played).size == ROWS and len(played) == 2 * ROWS
    translation.main(["--studies=glyphs", "--seeds=1", "--steps=100"])
    # Each study has runs of its own; five objectives, without the other patches.
    assert np.unique(played).size == ROWS + 5
