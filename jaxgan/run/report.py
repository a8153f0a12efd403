"""What a run tells while it runs: metrics.jsonl, TensorBoard events, samples, a progress bar.

All of it on the host, and in one process of a run.
"""

import json
import math
import sys
from pathlib import Path

from jaxgan.core.files import write_text
from jaxgan.evaluation import plot
from jaxgan.run.progress import bar

METRICS, MEMBERS = "metrics.jsonl", "members.jsonl"
# What the progress bar shows, and how it calls it.
SHORT_NAMES = {"critic_loss": "critic", "generator_loss": "generator", "wasserstein": "W"}


class Report:
    """The open ends of a run directory; made by ``open_report``, closed by ``with``."""

    def __init__(self, workdir, metrics_file, writer, bar):
        self.workdir = workdir
        self._file = metrics_file
        self._members = None  # opened by the first row
        self._writer = writer
        self._bar = bar

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        if self._members:
            self._members.close()
        self._writer.close()
        self._bar.close()

    def scalars(self, step, values):
        """Add a row to metrics.jsonl and points to TensorBoard.

        Args:
          step: generator updates done.
          values: ``{name: number}``. One that is not finite becomes null in metrics.jsonl, because
            JSON has no NaN, and no point in TensorBoard.
        """
        values = {name: float(value) for name, value in values.items()}
        row = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self._file.write(json.dumps({"step": int(step), **row}, allow_nan=False) + "\n")
        self._file.flush()
        for name, value in values.items():
            if math.isfinite(value):
                self._writer.add_scalar(name, value, int(step))

    def members(self, step, values):
        """Add a row to members.jsonl: ``{name: [N]}``, a number or null of each member."""
        self._members = self._members or open(self.workdir / MEMBERS, "a")
        row = {
            name: [float(value) if math.isfinite(value) else None for value in each]
            for name, each in values.items()
        }
        self._members.write(json.dumps({"step": int(step), **row}, allow_nan=False) + "\n")
        self._members.flush()

    def image(self, step, pixels, member=None):
        """Write a picture, uint8 [H, W, 1 or 3], to ``samples/<step>.png`` and to TensorBoard.

        A member of a population has a folder of its own in ``samples/``.
        """
        name = "samples" if member is None else f"samples/member-{member:02d}"
        plot.save_png(pixels, self.workdir / name / f"{step:08d}.png")
        self._writer.add_image(name, pixels, int(step), dataformats="HWC")

    def progress(self, step, values):
        """Move the progress bar to ``step`` and show the losses among ``values``."""
        shown = {SHORT_NAMES[name]: f"{values[name]:.3g}" for name in SHORT_NAMES if name in values}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(int(step) - self._bar.n)

    def say(self, sentence):
        """Print a line on stderr without tearing the progress bar."""
        self._bar.write(sentence, file=sys.stderr)


class NoReport:
    """A ``Report`` that tells nothing: that of a run's other processes."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def scalars(self, step, values):
        """Tell nothing."""

    progress = members = scalars

    def image(self, step, pixels, member=None):
        """Tell nothing."""

    def say(self, sentence):
        """Tell nothing."""


def open_report(workdir, first_step, last_step):
    """Open the reports of a run.

    What an earlier run wrote in the directory past ``first_step`` is taken back: rows of
    metrics.jsonl, and points of TensorBoard.

    Args:
      workdir: run directory; created where it is missing.
      first_step: generator updates done already: the restored step, 0 for a new run.
      last_step: generator updates to be done in all.
    """
    from tensorboardX import SummaryWriter

    workdir = Path(workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    for name in (METRICS, MEMBERS):
        truncate(workdir / name, first_step)
    # Their names tell the second alone: without the suffix, a quick restart writes over a file.
    events = {"purge_step": first_step and first_step + 1, "filename_suffix": f".{first_step}"}
    writer = SummaryWriter(str(workdir / "tensorboard"), **events)
    return Report(workdir, open(workdir / METRICS, "a"), writer, bar(first_step, last_step))


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
