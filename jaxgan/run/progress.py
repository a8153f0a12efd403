"""Bars on a terminal, and plain lines, few of them, where nobody looks at one."""

import os
import shutil
import sys
import time

from jaxgan.core import process

# Seconds between two lines where nobody looks at a terminal; and the share of the time so far that
# they are at least, or a log of days would be thousands of lines.
LINE_EVERY, SHARE = 10.0, 0.1


class _Lines:
    """Stands for a bar where there is no terminal."""

    def __init__(self, first, last, unit, telling):
        self.n = self._printed = first
        self._last, self._unit, self._telling = last, unit.strip(), telling
        self._began = self._before = time.monotonic()
        self._compiled = None  # when, and how far: the first update waits for a compiler
        self._shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def set_postfix(self, values, refresh=False):
        """Show ``values``, {name: text}, in the next line."""
        del refresh
        self._shown = "".join(f", {name}={text}" for name, text in values.items())

    def update(self, count):
        """Be ``count`` further, and print where it is time."""
        self.n += count
        now = time.monotonic()
        self._compiled = self._compiled or (now, self.n)
        if now - self._before >= max(LINE_EVERY, SHARE * (now - self._began)):
            self._print(now)

    def write(self, sentence, file):
        """Print a sentence."""
        print(sentence, file=file, flush=True)

    def close(self):
        """Print where it ends, unless the last line has told."""
        if self.n != self._printed:
            self._print(time.monotonic())

    def _print(self, now):
        self._printed, self._before = self.n, now
        place = f"{self.n} {self._unit}"
        if self._last is not None:
            place = f"{self._unit} {self.n}/{self._last}"
        with self._telling():
            print(f"{place}{self._pace(now)}{self._shown}", file=sys.stderr, flush=True)

    def _pace(self, now):
        """The rate, and what is left at it, once there is one."""
        then, start = self._compiled
        if self.n == start or now == then:
            return ""
        rate = (self.n - start) / (now - then)
        more = 0 if self._last is None else self._last - self.n
        left = f", {in_words(more / rate)} left" if more else ""
        return f", {rate:.3g} a second{left}"


def in_words(seconds: float) -> str:
    """A time in the largest unit of which there are two, as "3.5 minutes"."""
    units = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    unit = next((name for name, size in units.items() if seconds >= 2 * size), "seconds")
    # Of .2g alone 100 would be 1e+02.
    return f"{float(f'{seconds / units[unit]:.2g}'):g} {unit}"


def bar(first_step, last_step, unit="step", telling=process.telling):
    """A bar on a terminal that can rewrite a line; elsewhere, one now and then.

    Each of these is printed in a context ``telling()``. No bar has colours, whatever NO_COLOR says.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return _Lines(first_step, last_step, unit, telling)
    from tqdm import tqdm

    columns, lines = shutil.get_terminal_size()  # unlike tqdm's own, never 0
    options = {"initial": first_step, "total": last_step, "unit": unit}
    return tqdm(**options, ncols=columns, nrows=lines)


class Count:
    """A bar that counts what is seen, in several passes; made by ``open_bar``."""

    def __init__(self, bar):
        self._bar, self._done = bar, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()

    def chunk(self, done, total):
        """Tell that ``done`` of the ``total`` of this pass are seen."""
        self._bar.update(done - self._done)
        self._done = done if done < total else 0


def open_bar(unit):
    """Open a progress bar of no known length."""
    return Count(bar(0, None, unit=f" {unit}"))
