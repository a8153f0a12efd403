"""``jaxgan train --dry_run``: what it tells is counted by hand, and nothing is written."""

import re

import jax
import numpy as np
import pytest

from jaxgan.build.run import prepare
from jaxgan.data import entries
from jaxgan.main import main, parse
from jaxgan.run import checkpoint, directory
from jaxgan.step import parallel

OVERRIDES = (
    "steps=20 steps_per_call=4 batch_size=8 n_critic=1 phases=5:n_critic=0 "
    "penalties.gradient_penalty.weight=0 data.options.points=64 game.z_dim=2 "
    "generator.features=8 critic.features=8"
)


@pytest.fixture
def words(tmp_path):
    overrides = [f"--config.{word}" for word in OVERRIDES.split()]
    return ["--config=toy_ring", f"--workdir={tmp_path / 'run'}", "--dry_run", *overrides]


def test_sizes_and_times_are_told_and_nothing_is_written(words, tmp_path, capsys):
    assert main(words) == 0
    out, err = capsys.readouterr()
    told = dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines() if "  " in line)
    assert told["generator"] == f"{2 * 8 + 8 + 8 * 2 + 2} parameters"
    assert told["critic"] == f"{2 * 8 + 8 + 8 + 1} parameters"
    assert told["training data"] == "768 bytes"  # 64 points of two float32, an int32 mode each
    for steps in ("steps 0 to 5", "steps 5 to 20"):
        assert re.fullmatch(r"\S+ a second, after \S+ (seconds|minutes) to compile", told[steps])
    assert "time" in told and "memory" in told
    assert out.startswith("Data: 64 examples of ring") and err == ""
    assert all(len(line) <= 80 for line in out.splitlines()[1:])
    assert not list(tmp_path.iterdir())


def test_what_train_refuses_a_dry_run_does_too(words, mistake, tmp_path):
    assert "evaluation.rank_by=fd needs" in mistake(
        main, [*words, "--config.evaluation.rank_by=fd"]
    )
    assert "leave --processes out" in mistake(main, [*words, "--processes=auto"])
    assert not list(tmp_path.iterdir())
    (tmp_path / "run/checkpoints/40").mkdir(parents=True)
    assert "has checkpoints and no config.json" in mistake(main, words)


def test_a_run_is_gone_on_with_and_left_as_it_is(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(parallel, "peak", lambda: float("nan"))  # where no system tells it
    config, workdir, _ = parse(words)
    run = prepare(config)
    state = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(run.create))
    directory.write_config(workdir, config.to_dict(), entries(run.sources))
    with checkpoint.open_checkpoints(f"{workdir}/checkpoints") as kept:
        for step in (19, 20):  # both at the end by their own count, so that nothing is compiled
            kept.save(step, state.replace(step=np.int32(20)))
    (tmp_path / "run/checkpoints/20/digest/metadata").write_text("{")
    before = sorted(tmp_path.rglob("*"))
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "The checkpoint of step 20 is damaged" in out and "Going on from step 19." in out
    assert "the run is done" in out and "nan" not in out
    assert sorted(tmp_path.rglob("*")) == before
    assert main([*words, "--config.steps=10"]) == 2
    assert "the run is at step 20 already" in capsys.readouterr().err
