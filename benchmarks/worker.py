"""A process that plays one row on one side and does what it is told: ``go 50``, ``roof``, ...

Commands come as lines on stdin, answers go as lines of JSON to stdout: seconds for ``go N``. The
first answer comes unasked, when the first step is done. A failure is {"error": "..."}, and the end.
"""

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path


def memory():
    """The most bytes that this process has held at once."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage's number counts the parent's memory, too
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def seconds(function):
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def roof(matmul, size):
    """Operations a second of a product of two matrices, the best of several up to this size."""
    side, rates = 256, []
    while side <= size:
        product = matmul(side)
        product()
        took = min(seconds(product) for _ in range(7))
        rates.append(2 * side**3 / took)
        if took > 0.2:  # a CPU without bfloat16 takes minutes for the largest
            break
        side *= 2
    return max(rates)


def commands(player, size):
    """What can be asked: name -> function of the words that follow it."""
    return {
        "go": lambda count: seconds(lambda: player["play"](int(count))),
        "roof": lambda: roof(player["matmul"], size),
        "memory": lambda: {"host": memory(), "device": player["device_memory"]()},
        "operations": lambda: player["operations"](),
    }


def main(path):
    """Play the task of a JSON file until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print is no answer
    task = json.loads(Path(path).read_text())
    if task["threads"]:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: task["threads"]])
    try:
        player = importlib.import_module(f"benchmarks.{task['module']}").player(task)
        player["play"](1)
        answers.write(json.dumps(player["facts"]()) + "\n")
        known = commands(player, 8192 if task["device"] == "cuda" else 2048)
        for line in sys.stdin:
            name, *words = line.split()
            answers.write(json.dumps(known[name](*words)) + "\n")
    except Exception as error:  # told to the parent, which goes on with the other sides
        answers.write(json.dumps({"error": f"{type(error).__name__}: {error}"[:500]}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
