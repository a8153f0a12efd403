"""How an experiment tells what it found: a table on the screen, a figure in a file."""

import argparse
from pathlib import Path

from matplotlib.figure import Figure

COLOURS = ("#2563eb", "#ea580c", "#16a34a", "#9333ea", "#0891b2", "#dc2626", "#a16207", "#6b7280")


def arguments(description, **numbers):
    """The command line of an experiment: ``--out`` and whole numbers with their defaults."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--out", default="docs/experiments", help="folder of the figure")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"({default})")
    return parser.parse_args()


def table(header, rows):
    """A Markdown table; numbers come as they should be read."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def mean_and_error(values, digits=2):
    """Mean and standard error of the mean over seeds, as "7.9 ± 0.1"; of one seed "7.9"."""
    mean = f"{values.mean():.{digits}f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {values.std(ddof=1) / len(values) ** 0.5:.{digits}f}"


def panels(rows, columns, width=4.0, height=3.4):
    """A figure and its axes [rows][columns], without pyplot and its global state."""
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def save(figure, folder, name):
    """Write the figure as ``folder/name.png`` and say so."""
    path = Path(folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\n{path}")
