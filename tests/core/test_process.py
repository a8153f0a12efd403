"""Processes of commands, without JAX: what a signal does, and how they end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAD = """
import hashlib, signal, sys, threading, time
from jaxgan import cli
cli.COMMANDS["train"] = ("__main__", "")
def ready():
    print("ready", flush=True)
def busy():  # for a minute in C, where Python's own handlers wait
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**8)
def main(argv):
"""


def start(body, variables=None, before=(), **options):
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    code = f"{HEAD}{lines}\nsys.exit(cli.console(['train']))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen([*before, sys.executable, "-c", code], env=environment, **options)


def ended(process, seconds):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_a_signal_that_nobody_takes_ends_the_process_at_once(name):
    number = signal.Signals[name]
    process = start("ready(); busy()")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    told = f"jaxgan: ended at once by {name}; what is saved is whole.\n"
    assert ended(process, 10) == (128 + number, "", told)


def test_the_first_signal_is_a_handlers_and_the_second_is_not():
    process = start("signal.signal(signal.SIGTERM, lambda *_: ready()); ready(); time.sleep(30)")
    assert process.stdout.readline() == "ready\n"
    # A pair that comes together counts once; a shell sends both, whatever else the machine does.
    subprocess.run(["sh", "-c", f"kill -TERM {process.pid}; kill -TERM {process.pid}"], check=True)
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    code, _, told = ended(process, 10)
    assert code == 130 and told.startswith("jaxgan: ended at once by SIGINT")


def test_nohup_is_left_alone():
    process = start("ready(); time.sleep(0.5)", before=["nohup"])
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    code, _, told = ended(process, 10)
    assert code == 0 and "jaxgan" not in told


def test_a_failed_command_waits_for_no_thread():
    process = start("threading.Thread(target=busy).start()\nraise cli.UserError('No.')")
    assert ended(process, 10) == (2, "", "jaxgan: No.\n")


def test_a_script_after_a_failed_save_waits_for_no_thread():
    code = """
import threading, time
from jaxgan.core import process
process.GRACE = 1
process.bound_to_main()
{thread}
print("done")
"""
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    for thread, expected in (
        ("", 0),
        ("threading.Thread(target=time.sleep, args=[60]).start()", 1),
    ):
        script = [sys.executable, "-c", code.format(thread=thread)]
        ran = subprocess.run(
            script, capture_output=True, text=True, cwd=ROOT, timeout=30, env=buffered
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (expected, "done\n", "")


def test_output_that_goes_nowhere():
    with open("/dev/full", "w") as full:
        code, _, told = ended(start("print('a')", stdout=full), 10)
    assert code == 2 and told.endswith("No space left on device.\n") and told.count("\n") == 1
    reader, writer = os.pipe()
    os.close(reader)  # as `| head` does
    with open(writer, "w") as closed:
        assert ended(start("print('a')", stdout=closed), 10) == (141, None, "")


def test_any_path_can_be_shown():
    process = start("print('\\u00fc\\udce9')", {"PYTHONIOENCODING": "ascii"})
    assert ended(process, 10) == (0, "\\xfc\\udce9\n", "")
