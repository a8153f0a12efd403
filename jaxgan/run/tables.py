"""What a run says at its end: the best and the last, and its members."""

import math
from pathlib import Path

from jaxgan.evaluation import grid, plot
from jaxgan.evaluation.ranking import QUALITY
from jaxgan.run.logs import MEMBERS, METRICS, read_metrics

# Penalties that hold a critic's slope at 1; clipping and spectral norm bound it by a K unknown.
SLOPE_ONE = ("gradient_penalty", "gradient_penalty_one_sided", "gradient_penalty_linear")


def ranked(rows, by):
    """The rows of the best and of the last finite value of a metric, lower is better; None, None
    without any."""
    looked = [row for row in rows if row.get(by) is not None]
    return (min(looked, key=lambda row: row[by]), looked[-1]) if looked else (None, None)


def holds_slope(config):
    """Whether a penalty holds the critic's slope at 1, so that its estimate is W1 itself."""
    return any(config["penalties"][name]["weight"] for name in SLOPE_ONE)


def best_and_last(rows, ranked_by, network):
    """A table of what was evaluated: at the best step, and at the last that was evaluated.

    Args:
      rows: of metrics.jsonl.
      ranked_by: name of a metric; lower is better.
      network: of the features; the metrics whose names end with it are shown too.
    """
    best, last = ranked(rows, ranked_by)
    if best is None:
        return f"{ranked_by} was never finite."
    plain = ("modes", "high_quality", "reverse_kl")  # of toys
    names = [ranked_by, *(n for n in last if n.endswith(f"_{network}") or n in plain)]
    cells = [("", f"best (step {best['step']})", f"last (step {last['step']})")]
    for name in dict.fromkeys(names):
        values = [row.get(name) for row in (best, last)]
        cells.append((name, *("-" if value is None else f"{value:.4g}" for value in values)))
    return "\n".join(f"{name:36}{left:22}{right}" for name, left, right in cells)


def members_table(workdir, ranked_by, describe):
    """What every member of a population has last: a line each, the best first.

    Args:
      workdir: run directory.
      ranked_by: name of a metric; lower is better.
      describe: number of a member -> who it is, in words.
    """
    rows = [row for row in read_metrics(Path(workdir) / MEMBERS) if ranked_by in row]
    if not rows:
        return ""
    last = {i: math.inf if v is None else v for i, v in enumerate(rows[-1][ranked_by])}
    numbers = {i: f"{v:.4g}" if math.isfinite(v) else "not finite" for i, v in last.items()}
    lines = [f"{i:6}  {numbers[i]:22}{describe(i)}" for i in sorted(last, key=last.get)]
    return "\n".join([f"member  {ranked_by + ', last':22}", *lines])


def print_summary(workdir, run, looks, step, config):
    """Draw the curves, and print what the run came to."""
    rows = read_metrics(workdir / METRICS)
    curves = plot.curves_figure(rows, distance=QUALITY, held=holds_slope(config))
    grid.save_png(curves, workdir / "curves.png")
    if run.members.count > 1:
        print(f"The median of {run.members.count} members:")
    print(best_and_last(rows, looks.ranked_by, looks.network))
    if run.members.count > 1:
        print(members_table(workdir, looks.ranked_by, run.members.describe))
    print(
        f"Step {step} of {config['steps']} done. In {workdir}: report.html (all on one page), "
        "samples/ (pictures), curves.png, metrics.jsonl, floors.json, tensorboard/, checkpoints/, "
        "config.json."
    )
