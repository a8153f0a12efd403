"""The referee: one process a side, of which one at a time is on the move."""

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Failed(Exception):
    """A worker told what went wrong, or ended."""


class Worker:
    """A process of ``worker.py``; ``first`` is the time from its start to the end of a step."""

    def __init__(self, task, folder, cache, environment=None):
        path = Path(folder) / "task.json"
        path.write_text(json.dumps(task))
        self._errors = tempfile.TemporaryFile("w+")
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", path],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **_environment(task["device"], cache), **(environment or {})},
        )
        try:
            self.facts = self._answer()
        except BaseException:
            self.close()
            raise
        self.first = time.perf_counter() - start

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise Failed(self._errors.read()[-500:] or "it ended without a word")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise Failed(answer["error"])
        return answer

    def ask(self, command):
        """The answer to a command of ``worker.commands``."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self):
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def _environment(device, cache):
    """Both sides keep what they compile in ``cache``, and leave the other's memory alone."""
    return {
        "JAX_PLATFORMS": device,
        "JAX_COMPILATION_CACHE_DIR": f"{cache}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TORCHINDUCTOR_CACHE_DIR": f"{cache}/torch",
    }


def turn_length(worker, seconds):
    """How many steps take about so long."""
    count = 1
    while (took := worker.ask(f"go {count}")) < seconds / 4:
        count = math.ceil(count * min(10, seconds / 2 / took))
    return max(1, round(count * seconds / took))


def contest(workers, rounds, seconds, spare=()):
    """Every worker's steps a second in every round; who begins changes from round to round.

    Args:
      workers: name -> ``Worker``.
      rounds: how many.
      seconds: about how long each is on the move.
      spare: names of those without whom the others go on.

    Returns:
      name -> [rounds]; and of those spared, name -> what went wrong.

    Raises:
      Failed: one that is not spared.
    """
    lengths, rates, failed = {}, {name: [] for name in workers}, {}
    for i in range(-1, rounds):  # before the first round everyone finds its steps a turn
        names = list(rates)
        for name in names[i % len(names) :] + names[: i % len(names)]:
            try:
                if i < 0:
                    lengths[name] = turn_length(workers[name], seconds)
                else:
                    rates[name].append(lengths[name] / workers[name].ask(f"go {lengths[name]}"))
            except Failed as error:
                if name not in spare:
                    raise
                failed[name] = str(error)
                del rates[name]
    return rates, failed


def spread(values):
    """Median, least and greatest."""
    return [statistics.median(values), min(values), max(values)]


def say(text):
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)
