"""Frames a second of the lab's page, and what they cost: python -m benchmarks.lab [--seconds=20]

The ring of a new page, WGAN-GP: trained alone, and while Chromium watches over the WebSocket.
Needs the extras ``lab`` and ``browser``, and the system's chromium.
"""

import argparse
import re
import subprocess
import sys
import time
from contextlib import contextmanager

from benchmarks import chromium
from jaxgan.lab.setting import STEPS_PER_CALL, base

PATIENCE = 600_000  # milliseconds, for what is compiled


def alone(seconds):
    """Steps a second with nobody watching."""
    from jaxgan.lab.game import LiveGame
    from jaxgan.models import both_dense
    from jaxgan.step import compilation

    config = base()
    compilation.set_xla_flags(both_dense(config))
    game = LiveGame(config)
    game.play("both", STEPS_PER_CALL)
    begun, first = time.monotonic(), game.step
    while time.monotonic() - begun < seconds:
        game.play("both", STEPS_PER_CALL)
    return (game.step - first) / (time.monotonic() - begun)


@contextmanager
def served():
    """The address of a lab in a process of its own."""
    words = ["-c", "from jaxgan.cli import main; main()", "lab", "--port=0", "--no_browser"]
    lab = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)
    try:
        found = (re.search(r"http\S+", line) for line in lab.stderr)
        if not (address := next(filter(None, found), None)):
            raise RuntimeError("the lab has not started")
        yield address.group()
    finally:
        lab.terminate()
        lab.wait()


def watched(seconds):
    """Steps and frames a second with a page that draws them."""
    from playwright.sync_api import sync_playwright

    with served() as address, sync_playwright() as started:
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
        begun, first, seen = time.monotonic(), step(), len(frames)
        page.wait_for_timeout(1000 * seconds)
        spent = time.monotonic() - begun
        found = (step() - first) / spent, (len(frames) - seen) / spent
        browser.close()
    return found


def main():
    """Print both."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=20)
    seconds = arguments.parse_args().seconds
    steps, frames = watched(seconds)
    print(f"watched: {steps:.0f} steps and {frames:.1f} frames a second")
    print(f"alone: {alone(seconds):.0f} steps a second")


if __name__ == "__main__":
    main()
