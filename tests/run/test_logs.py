import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.core.errors import UserError
from jaxgan.data import Entry
from jaxgan.run import directory, logs, progress


def rows(workdir):
    return logs.read_metrics(workdir / "metrics.jsonl")


def events(workdir):
    """(tag or kind, step) of everything in the event files, in the order of writing."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import RecordWriter  # noqa: F401 - the format read below

    found = []
    for path in sorted((workdir / "tensorboard").iterdir(), key=lambda p: p.stat().st_mtime_ns):
        content = path.read_bytes()
        while content:  # a record: uint64 length, uint32 CRC, the event, uint32 CRC
            length = int.from_bytes(content[:8], "little")
            event = Event.FromString(content[12 : 12 + length])
            content = content[12 + length + 4 :]
            if event.HasField("session_log"):
                found.append(("start", event.step))
            found += [(value.tag, event.step) for value in event.summary.value]
    return found


def test_a_run_and_its_resumption(tmp_path):
    with logs.open_logs(tmp_path, 0, 30) as written:
        for step in (10, 20):
            written.scalars(step, {"critic_loss": np.float32(0.1), "fid": step})
        written.image(20, np.full((4, 6, 1), 128, np.uint8))
    first = rows(tmp_path)
    # float32(0.1) is 0.100000001490116...: the row holds every bit of it.
    assert first[0] == {"step": 10, "critic_loss": float(np.float32(0.1)), "fid": 10.0}
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"step": 30, "critic_lo')  # torn by a kill
    with logs.open_logs(tmp_path, 10, 30) as written:
        assert rows(tmp_path) == first[:1]
        written.scalars(20, {"fid": 5})
    assert rows(tmp_path) == [first[0], {"step": 20, "fid": 5.0}]
    told = events(tmp_path)
    assert told[:5] == [
        ("start", 0),
        ("critic_loss", 10),
        ("fid", 10),
        ("critic_loss", 20),
        ("fid", 20),
    ]
    assert told[5:] == [("samples", 20), ("start", 11), ("fid", 20)]
    assert (tmp_path / "samples" / "00000020.png").stat().st_size > 0
    assert not list(tmp_path.glob(".*"))


def test_a_new_run_starts_with_no_rows(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 0}\n{"step": 5}\n')
    with logs.open_logs(tmp_path, 0, 30):
        pass
    assert rows(tmp_path) == []


def test_what_is_not_finite_is_null(tmp_path):
    with logs.open_logs(tmp_path, 0, 30) as written:
        written.scalars(1, {"a": np.nan, "b": -np.inf, "c": 1})
    line = (tmp_path / "metrics.jsonl").read_text()
    assert line == '{"step": 1, "a": null, "b": null, "c": 1.0}\n'
    assert ("c", 1) in events(tmp_path) and ("a", 1) not in events(tmp_path)


def test_times_are_told_in_the_unit_of_which_there_are_two():
    told = {0.5: "0.5 seconds", 119: "120 seconds", 120: "2 minutes", 7199: "120 minutes"}
    told |= {7200: "2 hours", 3 * 86400: "3 days"}
    assert {seconds: progress.in_words(seconds) for seconds in told} == told


def test_progress_without_a_terminal(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    monkeypatch.setattr(progress, "SHARE", 0.0)
    with logs.open_logs(tmp_path, 100, 200) as written:
        written.say("Resuming.")
        written.progress(150, {"critic_loss": 0.12345, "generator_loss": 2.0, "penalty": 9.0})
        written.progress(160, {})
        written.progress(200, {"wasserstein": 3.14159})
    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert out == "" and "\r" not in err and "" not in lines
    assert lines[:2] == ["Resuming.", "step 150/200, critic=0.123, generator=2"]
    assert re.fullmatch(r"step 160/200, \S+ a second, \S+ seconds left", lines[2])
    assert re.fullmatch(r"step 200/200, \S+ a second, W=3.14", lines[3]) and len(lines) == 4


def test_a_log_of_days_stays_short(tmp_path, capfd, monkeypatch):
    """A minute a step: a line each at first, then one where the time has grown by a tenth."""
    clock = iter(range(0, 10**9, 30))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.bar(0, 10_000) as counted:
        for _ in range(10_000):
            counted.update(1)
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "step 1/10000" and lines[-1].startswith("step 10000/10000, ")
    assert 20 < len(lines) < 150


def test_a_count_of_no_known_length(capfd):
    with progress.open_bar("images seen") as counted:
        counted.chunk(500, 2000)
        counted.chunk(2000, 2000)
    (line,) = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"2000 images seen, \S+ a second", line)


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_progress_on_a_terminal(terminal, tmp_path):
    """One line is rewritten, and the last state stays; a dumb terminal has whole lines."""
    code = (
        "import sys; sys.modules['torch'] = None\n"  # tensorboardX would import it, for seconds
        "from jaxgan.run import logs\n"
        f"with logs.open_logs({str(tmp_path)!r}, 0, 2) as written:\n"
        "  written.progress(1, {})\n  written.progress(2, {'critic_loss': 0.5})\n"
    )
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": terminal}
    argv = [sys.executable, "-c", code]
    subprocess.run(argv, stderr=theirs, check=True, timeout=120, env=environment)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    last = shown.rstrip("\r\n").split("\r")[-1]
    assert "2/2" in last and "critic=0.5" in last and shown.count("\n") == 1
    assert ("\r" in shown.rstrip("\r\n")) == (terminal != "dumb")
    assert "\x1b" not in shown  # no colour, whatever NO_COLOR says


CONFIG = {"seed": 0, "generator": {"widths": (8, 16), "optimizer": {"b1": 0.5}}, "options": {}}


def test_config_round_trip(tmp_path):
    entries = {
        "x": Entry((28, 28, 1), np.dtype(np.uint8)),
        "label": Entry((), np.dtype(np.int32), 2, ("cat", "dog")),
    }
    config = defaults.get_config().to_dict()
    added = config.pop("ema_from")  # a key that an older version did not have
    directory.write_config(tmp_path / "run", config, entries)
    stored = directory.read_config(tmp_path / "run")
    assert stored["entries"] == entries
    assert directory.contradictions(stored["config"], {**config, "ema_from": added}) == []
    assert set(stored["versions"]) == {*directory.PACKAGES, "python"}
    assert stored["versions"]["numpy"] == np.__version__
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["config.json"]


def test_config_errors(tmp_path):
    with pytest.raises(UserError, match="config.json cannot be read .*No such file"):
        directory.read_config(tmp_path)
    directory.write_config(tmp_path, CONFIG, {"x": Entry((2,), np.dtype(np.float32))})
    path = tmp_path / "config.json"
    whole = path.read_text()
    for damaged in (whole[:50], "", "[]", json.dumps({"config": {}}), "\x00" * 9):
        path.write_text(damaged)
        with pytest.raises(UserError, match="config.json is damaged"):
            directory.read_config(tmp_path)


def test_contradictions():
    new = {"seed": 1, "generator": {"widths": [8, 32], "optimizer": {"b1": 0.5}}, "extra": "x"}
    told = [
        "seed was 0, is 1",
        "generator.widths was [8, 16], is [8, 32]",
        "options was {}, is absent",
        "extra was absent, is x",
    ]
    assert directory.contradictions(CONFIG, new) == told
    assert directory.contradictions(CONFIG, new, free=("seed", "options", "extra")) == told[1:2]
    # A freed key frees what lies below it, and nothing that merely begins like it.
    assert directory.contradictions(CONFIG, new, free=("generator", "opt", "see")) == [
        told[0],
        *told[2:],
    ]


def test_import_is_light():
    heavy = "{'tensorboardX', 'tqdm', 'matplotlib', 'PIL', 'orbax'}"
    code = f"import sys, jaxgan.run.logs; sys.exit(bool({heavy} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
