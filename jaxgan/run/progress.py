"""Bars on a terminal, and lines where nobody looks at one."""

import shutil
import sys

from jaxgan.core import process

# Seconds between two lines of progress where nobody looks at a terminal.
LINE_EVERY = 10.0


class _Lines:
    """Stands for a stderr that is no terminal: each state of the bar becomes a line of its own."""

    def __init__(self, telling):
        self._telling = telling

    def write(self, text):
        if text.strip():
            with self._telling():
                print(text.strip(), file=sys.stderr, flush=True)

    def flush(self):
        pass


def bar(first_step, last_step, unit="step", telling=process.telling):
    """A bar on a terminal; elsewhere, a line now and then, each in a context ``telling()``."""
    from tqdm import tqdm

    options = {"initial": first_step, "total": last_step, "unit": unit}
    if sys.stderr.isatty():
        columns, lines = shutil.get_terminal_size()  # unlike tqdm's own, never 0
        return tqdm(**options, ncols=columns, nrows=lines)
    return tqdm(**options, file=_Lines(telling), mininterval=LINE_EVERY, maxinterval=LINE_EVERY)


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
