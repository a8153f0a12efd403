"""Frames a second of the lab's page, and what they cost: python -m benchmarks.lab [--seconds=20]

The ring of a new page, WGAN-GP: trained alone, and while Chromium watches over the WebSocket.
Seconds are the clock's, which other work on the machine makes longer, and the processor's, which it
leaves nearly alone; of these a frame has what the lab's process takes beside its steps. Needs
Linux, the extras ``lab`` and ``browser``, and the system's chromium.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import chromium
from jaxgan.lab.setting import STEPS_PER_CALL, base

PATIENCE = 600_000  # milliseconds, for what is compiled


class Run(NamedTuple):
    """Steps and frames, and the seconds that they took by the clock and by the processor."""

    steps: int
    frames: int
    clock: float
    processor: float


def alone(seconds):
    """The ``Run`` with nobody watching."""
    from jaxgan.build.parts import both_dense
    from jaxgan.lab.game import LiveGame
    from jaxgan.step import compilation

    config = base()
    compilation.set_xla_flags(both_dense(config))
    game = LiveGame(config)
    game.play("both", STEPS_PER_CALL)
    begun, spent, first = time.monotonic(), time.process_time(), game.step
    while time.monotonic() - begun < seconds:
        game.play("both", STEPS_PER_CALL)
    return Run(game.step - first, 0, time.monotonic() - begun, time.process_time() - spent)


@contextmanager
def served():
    """The address of a lab in a process of its own, and the process's number."""
    words = ["-c", "from jaxgan.cli import main; main()", "lab", "--port=0", "--no_browser"]
    lab = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)
    try:
        found = (re.search(r"http\S+", line) for line in lab.stderr)
        if not (address := next(filter(None, found), None)):
            raise RuntimeError("the lab has not started")
        yield address.group(), lab.pid
    finally:
        lab.terminate()
        lab.wait()


def spent_by(process):
    """Seconds of processor that another process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def watched(seconds):
    """The ``Run`` with a page that draws it."""
    from playwright.sync_api import sync_playwright

    with served() as (address, lab), sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium.path())
        page, frames = browser.new_page(), []
        page.set_default_timeout(PATIENCE)

        def count(message):
            if isinstance(message, bytes):
                frames.append(time.monotonic())

        page.on("websocket", lambda socket: socket.on("framereceived", count))
        page.goto(f"{address}#games=1")

        def step():
            return int(page.locator("dd").first.inner_text().split()[0])

        page.wait_for_selector("dd")
        while step() < STEPS_PER_CALL:
            page.wait_for_timeout(100)
        page.wait_for_timeout(3000)  # the number of steps a frame settles
        begun, spent, first, seen = time.monotonic(), spent_by(lab), step(), len(frames)
        page.wait_for_timeout(1000 * seconds)
        clock, processor = time.monotonic() - begun, spent_by(lab) - spent
        found = Run(step() - first, len(frames) - seen, clock, processor)
        browser.close()
    return found


def main():
    """Print both."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=20)
    seconds = arguments.parse_args().seconds
    one, other = watched(seconds), alone(seconds)
    step = other.processor / other.steps
    frame = (one.processor - step * one.steps) / one.frames
    print(
        f"watched: {one.frames / one.clock:.1f} frames and {one.steps / one.clock:.0f} steps a "
        f"second; {1000 * one.processor / one.frames:.1f} ms of processor from frame to frame, "
        f"{1000 * frame:.1f} ms of it beside the steps"
    )
    print(
        f"alone: {other.steps / other.clock:.0f} steps a second; {1000 * step:.2f} ms of processor "
        "a step"
    )


if __name__ == "__main__":
    main()
