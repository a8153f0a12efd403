"""A run as a whole: resumed, killed, asked to leave, gone bad; always the same bits."""

import errno
import gzip
import importlib
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import jaxgan.train
from jaxgan import defaults, sample
from jaxgan.build import run as build_run
from jaxgan.core.errors import Stopped, UserError
from jaxgan.evaluation import directions
from jaxgan.evaluation.ranking import ESTIMATE, QUALITY
from jaxgan.run import checkpoint, lock, logs, progress, stop
from jaxgan.train import next_stop, train

ROOT = Path(__file__).parents[1]


def tiny(steps=24):
    """Both sides with state of every kind: batch statistics, two optimisers, averages."""
    config = defaults.get_config()
    config.steps, config.steps_per_call, config.batch_size, config.n_critic = steps, 5, 8, 2
    config.game.z_dim = 4
    config.generator = defaults.generator("mlp", features=(8, 8))
    config.critic = defaults.critic("mlp", features=(8,))
    config.critic.optimizer = defaults.optimizer("rmsprop", learning_rate=1e-3)
    config.instance_noise.update(std=0.1, anneal_steps=20)
    config.log_every, config.sample_every, config.checkpoint_every = 4, 12, 8
    config.parallel = "jit"
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def same_bits(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(leaves(a), leaves(b), strict=True))


def rows(workdir):
    return logs.read_metrics(workdir / logs.METRICS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The uninterrupted run: its directory and its last state."""
    workdir = tmp_path_factory.mktemp("whole")
    return workdir, train(tiny(), workdir)


def test_a_run_directory_holds_what_it_promises(whole):
    workdir, state = whole
    assert int(state.step) == 24
    names = {path.name for path in workdir.iterdir()}
    promised = (
        "config.json metrics.jsonl floors.json tensorboard samples checkpoints curves.png "
        "report.html"
    )
    assert names == set(promised.split())
    assert [row["step"] for row in rows(workdir)] == [4, 8, 12, 16, 20, 24]
    assert [row["step"] for row in rows(workdir) if QUALITY in row] == [8, 16, 24]
    assert not any(ESTIMATE in row for row in rows(workdir))  # of a critic that classifies
    pictures = sorted(path.name for path in (workdir / "samples").iterdir())
    assert pictures == ["00000000.png", "00000012.png", "00000024.png"]
    page = (workdir / "report.html").read_text()
    (at_hand,) = re.findall("checkpoints at hand: steps (.*?)[.]", page)
    assert at_hand == ", ".join(map(str, checkpoint.steps_in(workdir / "checkpoints")))


def test_more_steps_than_before_go_on_to_the_same_bits(whole, tmp_path):
    """16 steps, then 24: as 24 at once, whatever was cut: calls, epochs, the moving average."""
    train(tiny(16), tmp_path)
    config = tiny(16)
    config.epochs = 24 / 625  # 10,000 digits are 625 steps of two batches of 8
    config.sample_every = config.checkpoint_every = 1  # 12 and 8, in epochs
    config.sample_epochs, config.checkpoint_epochs = 12 / 625, 8 / 625
    config.pictures.update(num=100, of="ema,raw")
    state = train(config, tmp_path)
    assert config.steps == 16 and same_bits(state, whole[1])
    assert rows(tmp_path) == rows(whole[0])
    stored = json.loads((tmp_path / "config.json").read_text())["config"]
    assert (stored["steps"], stored["epochs"]) == (24, 24 / 625)
    # Ten digits in each direction, twice as large and with an edge of 2; a line of text over both.
    with Image.open(tmp_path / "samples" / "00000024.png") as picture:
        assert picture.size == (2 * 10 * (2 * 28 + 4) + 12, 10 * (2 * 28 + 4) + 18)


def test_a_finished_run_is_left_as_it_is(whole, capsys):
    workdir, state = whole
    before = (workdir / logs.METRICS).read_bytes()
    assert same_bits(train(tiny(), workdir), state)
    assert (workdir / logs.METRICS).read_bytes() == before
    assert "Step 24 of 24 done" in capsys.readouterr().out


def test_another_config_is_refused_by_the_names_of_its_keys(whole):
    config = tiny()
    config.n_critic, config.critic.optimizer.learning_rate = 1, 0.5
    with pytest.raises(UserError) as refused:
        train(config, whole[0])
    assert "n_critic was 2, is 1" in str(refused.value)
    assert "critic.optimizer.learning_rate was 0.001, is 0.5" in str(refused.value)


def test_a_damaged_checkpoint_falls_back_to_the_one_before(whole, tmp_path, monkeypatch, capsys):
    train(tiny(16), tmp_path)
    for file in (tmp_path / "checkpoints" / "16").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")
    with monkeypatch.context() as another:  # took the directory meanwhile: nothing is moved
        another.setattr(lock, "only_run", lambda workdir: open(workdir / "nowhere"))
        with pytest.raises(UserError, match="nowhere cannot be read"):
            train(tiny(24), tmp_path)
    assert (tmp_path / "checkpoints" / "16").is_dir()
    state = train(tiny(24), tmp_path)
    told = capsys.readouterr().err
    assert "step 16 is damaged" in told and "Going on from step 8." in told
    assert same_bits(state, whole[1])
    assert rows(tmp_path) == rows(whole[0])


RUN = """
import sys
sys.modules["torch"] = None  # tensorboardX would import it, for seconds, only to see it there
sys.path.insert(0, {tests!r})
from {file} import tiny, train
from jaxgan.cli import run_command
raise SystemExit(run_command(lambda: train(tiny(steps={steps}), {workdir!r}) and None))
"""


def start(workdir, steps, file="test_train"):
    tests = str(Path(__file__).parent)
    code = RUN.format(tests=tests, file=file, steps=steps, workdir=str(workdir))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run did not get there"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "file", ["test_train", pytest.param("test_translation", marks=pytest.mark.thorough)]
)
def test_killed_at_any_moment_and_resumed_gives_the_same_bits(file, tmp_path, monkeypatch):
    """SIGKILL a fifth of a second after a checkpoint of an endless run, then the rest in one go."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    workdir, tiny = tmp_path / "run", importlib.import_module(file).tiny
    process = start(workdir, 10_000_000, file)
    try:
        wait_for(lambda: any((workdir / "checkpoints" / str(step)).exists() for step in (15, 16)))
        time.sleep(0.2)
    finally:
        process.kill()
        process.communicate()
    stored = json.loads((workdir / "config.json").read_text())
    stored["config"]["steps"] = 8  # as if it had been asked for less: only `steps` may differ
    (workdir / "config.json").write_text(json.dumps(stored))
    with checkpoint.open_checkpoints(workdir / "checkpoints") as checkpoints:
        steps = checkpoints.steps()[-1] + 20
    resumed = train(tiny(steps=steps), workdir)
    through = train(tiny(steps=steps), tmp_path / "through")
    assert same_bits(resumed, through)
    # The kept rows and the new ones are those of the uninterrupted run; its last row is at `steps`.
    assert rows(workdir) == rows(tmp_path / "through")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_before_leaving(number, tmp_path):
    process = start(tmp_path, 10_000_000)
    wait_for(lambda: (tmp_path / "metrics.jsonl").exists() and rows(tmp_path))
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    step = int(re.search(r"asked to leave by SIG\w+; step (\d+) is saved", told)[1])
    assert checkpoint.restore_ema(tmp_path / "checkpoints")[1] == step


def failing(monkeypatch, error, at=12):
    """From this step on no batch can be read."""

    def prepare(*args):
        run = build_run.prepare(*args)

        def feed(phase):
            made = run.feed(phase)

            def block(step, count):
                if step >= at:
                    raise error
                return made.block(step, count)

            return made._replace(block=block)

        return run._replace(feed=feed)

    monkeypatch.setattr(jaxgan.train, "prepare", prepare)


class Closed(io.StringIO):
    """A stderr whose reader leaves after four lines."""

    def write(self, text):
        if self.getvalue().count("\n") > 3:
            raise BrokenPipeError
        return super().write(text)


def full(written, step, *_):
    if step:  # not by what is pictured before the first one
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def unreadable(monkeypatch):
    failing(monkeypatch, UserError("a.jpg is cut short."))
    return UserError, r"a\.jpg is cut short\. Step 12 is saved\."


def out_of_order(monkeypatch):
    failing(monkeypatch, KeyError("a slip"))
    return KeyError, "a slip"


def full_disk(monkeypatch):
    monkeypatch.setattr(logs.Logs, "image", full)
    return UserError, r"No space left on device\. Step 12 is saved\."


def closed_pipe(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    monkeypatch.setattr(progress, "SHARE", 0.0)
    monkeypatch.setattr(sys, "stderr", Closed())
    return Stopped, r"asked to leave by SIGPIPE; step \d+ is saved"


@pytest.mark.parametrize("trouble", [unreadable, out_of_order, full_disk, closed_pipe])
def test_whatever_goes_wrong_the_state_is_saved_first(trouble, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        error, told = trouble(patched)
        with pytest.raises(error, match=told):
            train(tiny(), tmp_path)
    with checkpoint.open_checkpoints(tmp_path / "checkpoints") as checkpoints:
        saved = checkpoints.steps()[-1]
    assert saved == 12 if trouble is not closed_pipe else saved < 24
    assert same_bits(train(tiny(), tmp_path), whole[1])
    assert rows(tmp_path) == rows(whole[0])
    assert not (tmp_path / lock.NAME).exists()


def test_what_a_run_cannot_begin_with(whole, tmp_path):
    with pytest.raises(UserError, match="is at step 24 already; steps=16 would have to be more"):
        train(tiny(16), whole[0])
    with lock.only_run(whole[0]), pytest.raises(UserError, match="in use by another run"):
        train(tiny(), whole[0])
    (tmp_path / "samples").symlink_to("/proc")
    with pytest.raises(UserError, match="samples cannot be read and written"):
        train(tiny(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_a_run_that_goes_bad_names_the_step_and_keeps_the_good_checkpoint(tmp_path):
    """Plain gradient descent at a rate of 100 overflows, but not at the first step."""
    config = tiny(100)
    config.critic.optimizer = defaults.optimizer("sgd", learning_rate=100.0)
    config.loss = defaults.loss("wasserstein")
    config.checkpoint_every = 1
    with pytest.raises(Stopped) as stopped:
        train(config, tmp_path)
    told = str(stopped.value)
    bad = int(re.search(r"step (\d+) is the first bad one: \w+ is (nan|inf|-inf)", told)[1])
    assert 1 < bad < 10
    assert "first array that is not finite is generator/" in told
    assert f"The last good checkpoint is that of step {bad - 1}." in told
    variables, step = checkpoint.restore_ema(tmp_path / "checkpoints")
    assert step == bad - 1 and all(np.isfinite(leaf).all() for leaf in leaves(variables))
    assert [row["step"] for row in rows(tmp_path)] == list(range(1, bad))
    assert all(value is not None for row in rows(tmp_path) for value in row.values())
    for row in rows(tmp_path):  # the estimate of Wasserstein's critic
        assert row[ESTIMATE] == pytest.approx(row["real_score"] - row["fake_score"], rel=1e-6)


def test_a_run_that_is_bad_from_the_start_has_saved_nothing(tmp_path):
    """At a rate of 1e20 the first update overflows."""
    config = tiny(100)
    config.critic.optimizer = defaults.optimizer("sgd", learning_rate=1e20)
    config.loss = defaults.loss("wasserstein")
    config.checkpoint_every = 1
    told = "step 1 is the first bad one: .*is critic/params/Dense_0/.* None was saved"
    with pytest.raises(Stopped, match=told):
        train(config, tmp_path)
    assert rows(tmp_path) == []


def test_sampling_needs_nothing_but_the_directory(whole, tmp_path):
    workdir, state = whole
    generate = sample.load(workdir)
    images = generate(num=70, seed=3)  # more than one chunk, and not a whole number of them
    assert generate.step == 24 and images.shape == (70, 28, 28, 1)
    np.testing.assert_array_equal(images[:5], generate(num=70, seed=3)[:5])
    assert not np.array_equal(images, generate(num=70, seed=4))
    between = np.asarray(generate(num=9, seed=3, interpolated=True))
    steps = np.abs(np.diff(between, axis=0)).max(axis=(1, 2, 3))
    assert steps.max() < np.abs(between[0] - between[-1]).max()  # a path, not nine draws
    assert sample.main([f"--workdir={workdir}", "--num=5", f"--out={tmp_path}/a.npz"]) == 0
    assert np.load(tmp_path / "a.npz")["samples"].shape == (5, 28, 28, 1)
    assert sample.main([f"--workdir={workdir}", "--interpolate", f"--out={tmp_path}/a.png"]) == 0
    assert (tmp_path / "a.png").stat().st_size > 0


def test_a_conditional_run_has_a_row_of_pictures_a_class(tmp_path):
    config = tiny(2)
    config.game = defaults.game("matching_aware")
    train(config, tmp_path)
    # 64 samples over 10 classes: 7 columns of 2 * 28 pixels and 2 of padding on each side, and a
    # digit at the left.
    with Image.open(tmp_path / "samples" / "00000002.png") as picture:
        assert picture.size == (20 + 7 * 60, 10 * 60)
    generate = sample.load(tmp_path)
    sevens, in_turn = generate(num=10, label=7), generate(num=10)
    np.testing.assert_allclose(sevens[7], in_turn[7], atol=1e-6)
    assert not np.allclose(sevens[3], in_turn[3], atol=1e-6)


def test_the_host_looks_when_it_must():
    config = {"steps": 23, "steps_per_call": 10, "log_every": 4}
    config |= {"sample_every": 0, "checkpoint_every": 6, "eval_every": 0}
    stops = [0]
    while stops[-1] < 23:
        stops.append(next_stop(stops[-1], config, 23))
    assert stops == [0, 4, 6, 8, 12, 16, 18, 20, 23]


def test_a_call_is_as_long_as_a_signal_may_wait(monkeypatch):
    """A step alone at first, which compiles; then as many as take three seconds."""
    now = iter([0.0, 6.0, 10.0, 10.5, 20.0, 20.1])
    monkeypatch.setattr(stop.time, "monotonic", lambda: next(now))
    pace, counts = stop.Pace(), []
    for done in (1, 5, 100):
        counts.append(pace.within(100))
        with pace.of(done):
            pass
    assert [*counts, pace.within(100)] == [1, 1, 30, 100]


def test_samples_of_several_generators_are_tagged(tmp_path):
    config = tiny(2)
    config.game = defaults.game("multi_generator", generators=3, shared="Dense_0")
    train(config, tmp_path)
    # 8 columns are the least square of 64, 9 the next multiple of 3 generators.
    with Image.open(tmp_path / "samples" / "00000002.png") as picture:
        assert picture.size == (9 * 60, 8 * 60)
    generate = sample.load(tmp_path)
    assert generate.generators == 3
    assert sample.main([f"--workdir={tmp_path}", "--num=7", f"--out={tmp_path}/a.npz"]) == 0
    path = np.asarray(generate(num=30, interpolated=True))
    for i in range(3):  # each walks the whole path, in steps and not in leaps
        own = path[i::3]
        assert np.abs(np.diff(own, axis=0)).max() < np.abs(own[0] - own[-1]).max()
    saved = np.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(saved["generator"], [0, 1, 2, 0, 1, 2, 0])
    assert saved["samples"].shape == (7, 28, 28, 1)


def test_nothing_is_compiled_once_everything_was_done_once(tmp_path, monkeypatch, caplog):
    """Calls of every length, an epoch's end, pictures, distances, evaluations, checkpoints."""
    config = tiny(steps=60)
    config.data.name, config.data.options = "ring", {"points": 100}  # 16 examples a step
    config.generator = defaults.generator("toy", features=(8,))
    config.critic = defaults.critic("toy", features=(8,))
    config.log_every, config.sample_every, config.checkpoint_every = 3, 8, 5
    config.eval_every, config.evaluation.metrics, config.evaluation.num = 10, "modes", 40
    compiled = {}
    progress = logs.Logs.progress

    def counted(written, step, values):
        compiled[step] = [line for line in caplog.messages if line.startswith("Compiling")]
        progress(written, step, values)

    monkeypatch.setattr(logs.Logs, "progress", counted)
    logger = logging.getLogger("jax")
    logger.addHandler(caplog.handler)
    try:
        with jax.log_compiles(), warnings.catch_warnings(action="ignore"):
            train(config, tmp_path / "run")
    finally:
        logger.removeHandler(caplog.handler)
    assert compiled[60] == compiled[12] != []


def test_a_profile_of_a_few_steps(tmp_path, capsys):
    config = tiny(steps=12)
    train(config, tmp_path / "run", profile=True)
    (trace,) = (tmp_path / "run" / "profile").rglob("perfetto_trace.json.gz")
    assert f"A trace of 5 steps at most: {trace}" in capsys.readouterr().err
    told = gzip.decompress(trace.read_bytes()).decode()
    assert "traceEvents" in told and rows(tmp_path / "run")[-1]["step"] == 12


@pytest.mark.filterwarnings("ignore:.* points are fewer than")
def test_a_signal_during_an_evaluation_saves_before_it_ends(tmp_path, monkeypatch):
    seen, judge = [], directions.judge

    def interrupted(*args, progress, **options):
        os.kill(os.getpid(), signal.SIGTERM)
        progress(1, 2)
        seen.extend(path.name for path in (tmp_path / "run/checkpoints").iterdir())
        return judge(*args, progress=progress, **options)

    monkeypatch.setattr(directions, "judge", interrupted)
    config = tiny(60)
    config.data.name, config.data.options = "ring", {"points": 100}
    config.generator, config.critic = defaults.generator("toy"), defaults.critic("toy")
    config.sample_every, config.checkpoint_every, config.eval_every = 0, 0, 4
    config.evaluation.num, config.evaluation.metrics = 40, "modes"
    with pytest.raises(Stopped, match=r"asked to leave by SIGTERM; step \d+ is saved"):
        train(config, tmp_path / "run")
    assert seen == ["4"]
