"""What a run tells while it runs: metrics.jsonl, TensorBoard events, samples, a progress bar.

Also ``config.json``, by which a run directory knows what it is. All of it on the host, and in one
process of a run.
"""

import json
import math
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from jaxgan import plot
from jaxgan.errors import UserError

METRICS, MEMBERS = "metrics.jsonl", "members.jsonl"
# What the progress bar shows, and how it calls it.
SHORT_NAMES = {"critic_loss": "critic", "generator_loss": "generator", "wasserstein": "W"}
# Seconds between two lines of progress where nobody looks at a terminal.
LINE_EVERY = 10.0
PACKAGES = ("jaxgan", "jax", "jaxlib", "flax", "optax", "numpy")


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


class Silence:
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
    return Report(workdir, open(workdir / METRICS, "a"), writer, _bar(first_step, last_step))


class _Lines:
    """Stands for a stderr that is no terminal: each state of the bar becomes a line of its own."""

    def write(self, text):
        if text.strip():
            print(text.strip(), file=sys.stderr)

    def flush(self):
        sys.stderr.flush()


def _bar(first_step, last_step, unit="step"):
    """A bar on a terminal; elsewhere, a line now and then."""
    from tqdm import tqdm

    options = {"initial": first_step, "total": last_step, "unit": unit}
    if sys.stderr.isatty():
        columns, lines = shutil.get_terminal_size()  # unlike tqdm's own, never 0
        return tqdm(**options, ncols=columns, nrows=lines)
    return tqdm(**options, file=_Lines(), mininterval=LINE_EVERY, maxinterval=LINE_EVERY)


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
    return Count(_bar(0, None, unit=f" {unit}"))


def best_and_last(rows, ranked_by, network):
    """A table of what was evaluated: at the best step, and at the last that was evaluated.

    Args:
      rows: of metrics.jsonl.
      ranked_by: name of a metric; lower is better.
      network: of the features; the metrics whose names end with it are told too.
    """
    looked = [row for row in rows if row.get(ranked_by) is not None]
    if not looked:
        return f"{ranked_by} was never finite."
    best, last = min(looked, key=lambda row: row[ranked_by]), looked[-1]
    plain = ("modes", "high_quality", "reverse_kl")  # of toys
    names = [ranked_by, *(n for n in last if n.endswith(f"_{network}") or n in plain)]
    cells = [("", f"best (step {best['step']})", f"last (step {last['step']})")]
    for name in dict.fromkeys(names):
        values = [row.get(name) for row in (best, last)]
        cells.append((name, *("-" if value is None else f"{value:.4g}" for value in values)))
    return "\n".join(f"{name:36}{left:22}{right}" for name, left, right in cells)


def members_table(workdir, ranked_by, told):
    """What every member of a population has last: a line each, the best first.

    Args:
      workdir: run directory.
      ranked_by: name of a metric; lower is better.
      told: number of a member -> who it is, in words.
    """
    rows = [row for row in read_metrics(Path(workdir) / MEMBERS) if ranked_by in row]
    if not rows:
        return ""
    last = {i: math.inf if v is None else v for i, v in enumerate(rows[-1][ranked_by])}
    numbers = {i: f"{v:.4g}" if math.isfinite(v) else "not finite" for i, v in last.items()}
    lines = [f"{i:6}  {numbers[i]:22}{told(i)}" for i in sorted(last, key=last.get)]
    return "\n".join([f"member  {ranked_by + ', last':22}", *lines])


def write_config(workdir, config, shape, classes):
    """Write ``config.json``, in one piece or not at all.

    Args:
      workdir: run directory; created where it is missing.
      config: the whole config as plain dictionaries, lists, numbers and strings.
      shape: of one example, (H, W, C) or (D,).
      classes: number of classes, 0 for unlabelled data.
    """
    content = {"config": config, "shape": shape, "classes": classes, "versions": versions()}
    Path(workdir).mkdir(parents=True, exist_ok=True)
    write_text(Path(workdir) / "config.json", json.dumps(content, indent=2) + "\n")


def read_config(workdir):
    """Read ``config.json``: {"config": dict, "shape": tuple, "classes": int, "versions": dict}.

    Raises:
      UserError: there is no such file, or it is damaged.
    """
    path = Path(workdir) / "config.json"
    try:
        content = json.loads(path.read_text())
        content["shape"] = tuple(content["shape"])
        return {name: content[name] for name in ("config", "shape", "classes", "versions")}
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}); is this a run's directory?"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}); a run writes it when it starts.") from error


def contradictions(old, new, free=()):
    """Tell where two configs differ: ``["data.size was 32, is 64", ...]``; tuples equal lists.

    Args:
      old, new: nested dictionaries, as in ``config.json``.
      free: dotted keys that may differ; a key frees all that is below it.
    """
    old, new = _flat(old), _flat(new)
    freed = tuple(f"{key}." for key in free)
    told = [
        (key, old.get(key, "absent"), new.get(key, "absent"))
        for key in {**old, **new}
        if not f"{key}.".startswith(freed)
    ]
    return [f"{key} was {then}, is {now}" for key, then, now in told if then != now]


def _flat(tree, prefix=""):
    if prefix and (not isinstance(tree, dict) or not tree):
        return {prefix: json.loads(json.dumps(tree))}
    flat = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}.{key}" if prefix else key)
    return flat


def versions():
    """The versions of the packages that a number depends on, and Python's."""
    return {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def write_text(path, text):
    """Write by a rename: a kill leaves the old file or the new one."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    os.replace(draft, path)
