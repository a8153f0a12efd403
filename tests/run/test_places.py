"""A run directory: one run at a time, and nothing that would fail only after hours."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jaxgan.core.errors import UserError
from jaxgan.core.files import cache, check_place, expand
from jaxgan.run import lock, places
from jaxgan.run.identity import find_data

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from jaxgan.run.lock import only_run
with only_run(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path):
    argv = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=rf"in use by .*process {process.pid}, since 2\d\d\d-"):
            with lock.only_run(tmp_path / "run"):
                pass
    finally:
        process.kill()
        process.communicate()
    assert (tmp_path / "run" / lock.NAME).exists()  # a kill leaves the file, but no lock
    with pytest.raises(ZeroDivisionError), lock.only_run(tmp_path / "run"):
        raise ZeroDivisionError
    assert not list((tmp_path / "run").iterdir())


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, capsys):
    def flock(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    with lock.only_run(tmp_path):
        pass
    assert "cannot be locked (No locks available): start no second run" in capsys.readouterr().err


def test_paths_that_cannot_hold_a_run(tmp_path):
    places.check_path(tmp_path / "with space, \u7d75 and\nline break")
    with pytest.raises(UserError, match="not UTF-8"):
        places.check_path(tmp_path / os.fsdecode(b"caf\xe9") / "run")
    for address in ("gs://bucket/run", "s3://bucket", "gs:", tmp_path / "gs:" / "run"):
        with pytest.raises(UserError, match="reads like an address"):
            places.check_path(address)
    with pytest.raises(UserError, match="is too long for the paths of its checkpoints"):
        places.check_path("/".join(["a" * 250] * 16))
    with pytest.raises(UserError, match="cannot be a run directory: File name too long"):
        with lock.only_run(tmp_path / ("a" * 300)):
            pass


@pytest.mark.parametrize("name", ["checkpoints", "samples", "tensorboard"])
def test_a_place_that_cannot_be_written_is_found_before_the_first_step(tmp_path, name):
    places.check_places(tmp_path)
    (tmp_path / name).mkdir()
    places.check_places(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).rmdir()
    (tmp_path / name).symlink_to("/proc")  # where nobody can write, not even root
    with pytest.raises(UserError, match=f"{re.escape(name)} cannot be read and written"):
        places.check_places(tmp_path)


def test_a_file_is_tried_out_at_its_nearest_folder(tmp_path, monkeypatch):
    check_place(tmp_path / "a" / "b" / "c.json")
    check_place(tmp_path, folder=True)
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    check_place(tmp_path / "file")
    with pytest.raises(UserError, match="it is a folder; name a file"):
        check_place(tmp_path)
    for place, folder in (("file/a.png", False), ("file", True)):
        with pytest.raises(UserError, match=r"/file is no folder\.$"):
            check_place(tmp_path / place, folder=folder)
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    with pytest.raises(UserError, match=f"c.json: {re.escape(str(tmp_path))} is read-only"):
        check_place(tmp_path / "a" / "b" / "c.json")


def test_no_home(monkeypatch):
    with pytest.raises(UserError, match="~nobody-of-this-name/run: there is no such home"):
        expand("~nobody-of-this-name/run")
    with pytest.raises(UserError, match="~nobody-of-this-name/x: there is no such home"):
        find_data("run", {"config": {}}, {"name": "folder:~nobody-of-this-name/x"}, "--data")
    monkeypatch.setenv("XDG_CACHE_HOME", "~nobody-of-this-name")
    with pytest.raises(UserError, match="no home directory for a cache; set XDG_CACHE_HOME"):
        cache()
