import argparse
from pathlib import Path

import pytest

from experiments import baselines
from jaxgan.core.errors import UserError


def test_a_run_is_judged_on_its_way_and_at_its_end():
    assert baselines.stops(1500, 4) == [375, 750, 1125, 1500]
    assert baselines.stops(10, 4) == [3, 6, 9, 10] and baselines.stops(1, 4) == [1]
    assert baselines.stops(5, 4) == [2, 4, 5] and baselines.stops(5, 1) == [5]


def test_best_and_last_over_seeds():
    """Two seeds, two quarters; lower is better of a distance, higher of a precision."""

    def record(fd, precision):
        ema = {"fd_x": fd, "precision_x": precision}
        return {
            "values": {"ema": ema, "raw": {"fd_x": 9.0, "precision_x": 0.5}},
            "floor": {"fd_x": 0.25, "precision_x": 0.75},
        }

    records = [[record(2.0, 0.5), record(4.0, 0.25)], [record(None, 0.5), record(6.0, 0.5)]]
    fd, precision = baselines.rows_of("r", records)
    # best 2 and 6, last 4 and 6: the error of two is half of their difference
    assert fd == (
        "fd_x",
        "r",
        *(
            f"{m} ± {e}"
            for m, e in (
                ("4.000", "2.000"),
                ("5.000", "1.000"),
                ("9.000", "0.000"),
                ("0.250", "0.000"),
            )
        ),
    )
    assert precision[2:4] == ("0.500 ± 0.000", "0.375 ± 0.125")


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("fd_infinity_x", "1.000"),
        ("memorisation_copies_x", "1.000"),
        ("recall_x", "2.000"),
        ("memorisation_auc_x", "-"),
        ("kid_standard_error_x", "-"),
        ("is_deviation_x", "-"),
    ],
)
def test_best_is_the_lower_the_higher_or_none(metric, best):
    records = [
        {"values": {"ema": {metric: v}, "raw": {metric: v}}, "floor": {metric: 0.5}}
        for v in (1.0, 2.0, 1.5)
    ]
    rest = ("1.500", "1.500", "0.500")
    assert list(baselines.rows_of("r", [records])) == [(metric, "r", best, *rest)]


def test_settings_reach_every_run_and_its_name(monkeypatch, tmp_path, capsys):
    runs, value = {}, {"recall_x": 0.5}
    monkeypatch.chdir(Path(__file__).parents[2])  # recipes are found from there
    monkeypatch.setattr(
        baselines, "train", lambda config, folder: runs.update({str(folder): config.to_dict()})
    )
    record = {"values": {"ema": value, "raw": value}, "floor": value}
    monkeypatch.setattr(baselines, "look", lambda *_: record)
    flags = [f"--runs={tmp_path}", "--recipes=gan.py,wgan.py:mlp", "--seeds=2", "--steps=8"]
    baselines.main([*flags, "--set=compute_dtype=bfloat16", "--set=ema=0.5"])
    told = "-compute_dtype=bfloat16-ema=0.5"
    assert list(runs) == [
        f"{tmp_path}/{name}{told}/{seed}" for name in ("gan", "wgan-mlp") for seed in (0, 1)
    ]
    keys = ("compute_dtype", "ema", "steps")
    assert {tuple(c[key] for key in keys) for c in runs.values()} == {("bfloat16", 0.5, 8)}
    assert [c["seed"] for c in runs.values()] == [0, 1, 0, 1]
    # Looks alone are saved, and all are kept: a recipe's own evaluations would push some out.
    config = baselines.load_recipe("superres")
    assert config.eval_every == 1000
    looks = argparse.Namespace(steps=1600, looks=2, runs=str(tmp_path), data="")
    baselines.play("superres", config, 0, looks)
    kept = [runs[f"{tmp_path}/superres/0"][k] for k in ("eval_every", "checkpoint_every")]
    assert kept == [0, 800]
    assert f"gan.py{told} " in (out := capsys.readouterr().out) and f"wgan.py:mlp{told} " in out
    with pytest.raises(UserError, match="compute_type"):
        baselines.main([*flags, "--set=compute_type=bfloat16"])


@pytest.mark.parametrize(
    ("wrong", "told"), [("compute_dtype", "should be KEY=VALUE"), ("steps=9", "comparison's own")]
)
def test_wrong_settings(wrong, told, capsys):
    with pytest.raises(SystemExit):
        baselines.main([f"--set={wrong}"])
    assert told in capsys.readouterr().err
