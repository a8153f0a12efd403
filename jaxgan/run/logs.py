"""What a run tells while it runs: metrics.jsonl, TensorBoard events, samples, a progress bar.

All of it on the host, and in one process of a run.
"""

import contextlib
import json
import math
import sys
from pathlib import Path

import jax

from jaxgan.core.files import write_text
from jaxgan.core.numbers import finite
from jaxgan.evaluation import grid
from jaxgan.evaluation.ranking import ESTIMATE
from jaxgan.run import doctor
from jaxgan.run.events import Events
from jaxgan.run.progress import bar

METRICS, MEMBERS, FLOORS = "metrics.jsonl", "members.jsonl", "floors.json"
# What the progress bar shows, and how it calls it.
SHORT_NAMES = {"critic_loss": "critic", "generator_loss": "generator", ESTIMATE: "W"}


class Logs:
    """The open ends of a run directory; made by ``open_logs``, closed by ``with``."""

    def __init__(self, workdir, metrics_file, events, bar, telling, rows):
        self.workdir = workdir
        self._rows = rows
        self._file = metrics_file
        self._members = None  # opened by the first row
        self._events = events
        self._bar = bar
        self._telling = telling

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self._bar.close()
        for file in (self._file, self._members, self._events):
            # What cannot be written cannot be closed either; the first error is the one to tell.
            with contextlib.suppress(OSError) if failed else contextlib.nullcontext():
                if file:
                    file.close()

    def scalars(self, step, values, examined=None):
        """Add a row to metrics.jsonl and points to TensorBoard.

        Args:
          step: generator updates done.
          values: ``{name: number}``. One that is not finite becomes null in metrics.jsonl, because
            JSON has no NaN, and no point in TensorBoard.
          examined: (name of the metric that ranks, its floor or None) of a row that ends with what
            was measured: what ``doctor.examine`` finds is added to it, and said when it is new.
        """
        row = {"step": int(step), **finite({n: float(v) for n, v in values.items()})}
        if told := examined and doctor.examine([*self._rows, row], *examined):
            row[doctor.WARNINGS] = told
            known = doctor.named(self._rows)
            for sentence in (told[name] for name in told if name not in known):
                self.say(f"Warning at step {step}: {sentence}")
        self._rows.append(row)
        self._file.write(json.dumps(row, allow_nan=False) + "\n")
        self._file.flush()
        self._events.scalars(step, {n: float(v) for n, v in values.items() if math.isfinite(v)})

    def floors(self, values):
        """Add to floors.json: ``{of what: {name: number}}``, as ``Looks.floors`` tells them.

        A run that goes on may not have measured all of them yet.
        """
        known = read_floors(self.workdir / FLOORS)
        whole = known | {of: known.get(of, {}) | finite(each) for of, each in values.items()}
        write_text(self.workdir / FLOORS, json.dumps(whole, indent=2, allow_nan=False) + "\n")

    def members(self, step, values):
        """Add a row to members.jsonl: ``{name: [N]}``, a number or null of each member."""
        self._members = self._members or open(self.workdir / MEMBERS, "a")
        row = finite({name: [float(value) for value in each] for name, each in values.items()})
        self._members.write(json.dumps({"step": int(step), **row}, allow_nan=False) + "\n")
        self._members.flush()

    def image(self, step, pixels, member=None):
        """Write a picture, uint8 [H, W, 1 or 3], to ``samples/<step>.png`` and to TensorBoard.

        A member of a population has a folder of its own in ``samples/``.
        """
        name = "samples" if member is None else f"samples/member-{member:02d}"
        grid.save_png(pixels, self.workdir / name / f"{step:08d}.png")
        self._events.image(step, name, pixels)

    def progress(self, step, values):
        """Move the progress bar to ``step`` and show the losses among ``values``."""
        shown = {SHORT_NAMES[name]: f"{values[name]:.3g}" for name in SHORT_NAMES if name in values}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(int(step) - self._bar.n)

    def say(self, sentence):
        """Print a line on stderr without tearing the progress bar."""
        with self._telling():
            self._bar.write(sentence, file=sys.stderr)


class NoLogs:
    """``Logs`` that tells nothing: that of a run's other processes."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def scalars(self, step, values, examined=None):
        """Tell nothing."""

    progress = members = scalars

    def floors(self, values):
        """Tell nothing."""

    def image(self, step, pixels, member=None):
        """Tell nothing."""

    def say(self, sentence):
        """Tell nothing."""


def open_logs(workdir, first_step, last_step, telling=contextlib.nullcontext):
    """Open the logs of a run.

    What an earlier run wrote in the directory past ``first_step`` is taken back: rows of
    metrics.jsonl, and points of TensorBoard.

    Args:
      workdir: run directory; created where it is missing.
      first_step: generator updates done already: the restored step, 0 for a new run.
      last_step: generator updates to be done in all.
      telling: () -> the context in which something is printed.
    """
    workdir = Path(workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    for name in (METRICS, MEMBERS):
        truncate(workdir / name, first_step)
    events = Events(workdir / "tensorboard", first_step)
    file = open(workdir / METRICS, "a")
    shown = bar(first_step, last_step, telling=telling)
    return Logs(workdir, file, events, shown, telling, read_metrics(workdir / METRICS))


def read_floors(path):
    """What ``Logs.floors`` has written; {} of an older version, or where nothing is measured."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def traced(folder, steps, written):
    """Trace the few ``steps`` inside, for TensorBoard and Perfetto, and say where it is."""
    with jax.profiler.trace(str(folder), create_perfetto_trace=True):
        yield
    (file,) = sorted(folder.rglob("perfetto_trace.json.gz"))[-1:]
    written.say(f"A trace of {steps} steps at most: {file}")


def truncate(path, step):
    """Drop the rows of a metrics.jsonl past ``step``, all of them at step 0, and a torn last line.

    A new file takes the old one's place by a rename.
    """
    path = Path(path)
    if path.exists():
        rows = [row for row in read_metrics(path) if step and row["step"] <= step]
        write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def read_metrics(path):
    """The rows of a metrics.jsonl, without a line torn by a kill. No such file: no rows."""
    path = Path(path)
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows
