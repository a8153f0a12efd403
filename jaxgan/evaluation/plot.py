"""Figures: points, densities, curves.

Only this file draws with matplotlib. Figures are drawn without pyplot, so that no global state and
no display is touched, and come back as uint8 RGB [H, W, 3].
"""

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.evaluation.ranking import ESTIMATE

BLUE, ORANGE, GREY, INK = "#2563eb", "#ea580c", "#9ca3af", "#374151"
DPI = 100


def points_picture(samples, real=None, critic=None, density=None, title=None, generators=1):
    """The figure of points by their dimension; ``scatter_figure`` and ``density_figure`` tell more.

    Raises:
      UserError: points of more than two dimensions.
    """
    dimensions = np.shape(samples)[1]
    if dimensions == 1:
        return density_figure(samples, real, critic, density, title, generators)
    if dimensions == 2:
        return scatter_figure(samples, real, critic, title, generators)
    raise UserError(f"points of {dimensions} dimensions have no picture; known: 1 and 2.")


def scatter_figure(samples, real=None, critic=None, title=None, generators=1):
    """Points of the plane: real ones, samples, and what the critic thinks of the plane.

    Args:
      samples: [N, 2].
      real: [M, 2] or None; the frame is theirs, so that it stays the same during a run.
      critic: points [K, 2] -> scores [K], or None.
      title: str or None.
      generators: how many made the samples, in turn; each has its colour.
    """
    samples = np.asarray(samples)
    center, radius = _frame(samples if real is None else real)
    figure, (axes,) = _figure(1, (6.4, 5.6) if critic else (5.6, 5.6))
    if critic:
        _draw_critic(figure, axes, critic, center, radius)
    dots = {"s": 9, "linewidths": 0}
    if real is not None:
        axes.scatter(*np.asarray(real).T, color=INK, alpha=0.35, label="real", **dots)
    for part, colour, label in _by_generator(samples, generators):
        axes.scatter(*part.T, color=colour, alpha=0.75, label=label, **dots)
    axes.set_xlim(center[0] - radius, center[0] + radius)
    axes.set_ylim(center[1] - radius, center[1] + radius)
    axes.set_aspect("equal")
    _caption(axes, title, *axes.get_legend_handles_labels(), markerscale=2)
    return _pixels(figure)


def density_figure(samples, real=None, critic=None, density=None, title=None, generators=1):
    """Numbers on a line: a histogram of the samples, the truth, the critic's scores.

    Args:
      samples: [N, 1].
      real: [M, 1] or None; the frame is theirs. Their histogram is the truth without ``density``.
      critic: points [K, 1] -> scores [K], or None.
      density: points [K, 1] -> density [K], or None.
      title: str or None.
      generators: as ``scatter_figure`` has it; each has its share of the whole histogram.
    """
    center, radius = _frame(samples if real is None else real)
    low, high = center[0] - radius, center[0] + radius
    x = np.linspace(low, high, 400, dtype=np.float32)
    figure, (axes,) = _figure(1, (7.2, 4.2))
    for part, colour, label in _by_generator(np.asarray(samples), generators):
        heights, edges = _histogram(part, low, high)
        bars = {"color": colour, "alpha": 0.45, "label": label, "fill": True}
        axes.stairs(heights * len(part) / len(samples), edges, **bars)
    if density is not None:
        axes.plot(x, np.ravel(density(x[:, None])), color=INK, lw=2, label="true density")
    elif real is not None:
        axes.stairs(*_histogram(real, low, high), color=INK, lw=1.2, label="real")
    axes.set_xlim(low, high)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("density")
    handles, labels = axes.get_legend_handles_labels()
    if critic:
        other = axes.twinx()
        handles += other.plot(x, np.ravel(critic(x[:, None])), color=BLUE, lw=1.5, ls="--")
        labels += ["critic"]
        other.set_ylabel("critic's score", color=BLUE)
        other.tick_params(axis="y", colors=BLUE)
        other.spines["top"].set_visible(False)
    _caption(axes, title, handles, labels)
    return _pixels(figure)


def curves_figure(rows, title=None, distance="", held=True):
    """Losses against steps; below them the Wasserstein estimate, where there is one.

    Args:
      rows: of metrics.jsonl, ``{"step": int, name: number or None, ...}``.
      title: str or None.
      distance: name of a distance of samples to real examples, which stands beside the estimate.
      held: whether a penalty holds the critic's slope at 1; else it estimates K W1, K unknown.
    """
    estimate = "critic's estimate of " + ("W1" if held else "K W1, K unknown")
    panels = {"loss": {"critic_loss": BLUE, "generator_loss": ORANGE}}
    if any(row.get(ESTIMATE) is not None for row in rows):
        panels[estimate] = {ESTIMATE: INK}
    figure, all_axes = _figure(len(panels), (7.2, 3.0 * len(panels) + 0.6))
    for axes, (label, names) in zip(all_axes, panels.items(), strict=True):
        for name, color in names.items():
            _draw_curve(axes, *_values(rows, name), color, name.replace("_", " "))
        axes.set_ylabel(label)
    if estimate in panels and any(row.get(distance) is not None for row in rows):
        _draw_distance(all_axes[-1], *_values(rows, distance), distance.replace("_", " "))
    all_axes[-1].set_xlabel("generator updates")
    _caption(all_axes[0], title, *all_axes[0].get_legend_handles_labels())
    return _pixels(figure)


def _values(rows, name):
    """Steps and values of the rows that have a number of this name; one NaN where none has."""
    points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
    return np.array(points or [(np.nan, np.nan)], float).T


def _draw_distance(axes, steps, values, label):
    """On a scale of its own: the two have no unit in common."""
    other = axes.twinx()
    other.plot(steps, values, color=ORANGE, lw=1.2, marker="o", ms=4)
    other.set_ylabel(f"{label} of samples", color=ORANGE)
    other.tick_params(axis="y", colors=ORANGE)
    other.set_ylim(bottom=0)
    other.spines["top"].set_visible(False)


def _by_generator(samples, generators):
    """(samples, colour, label) of each generator."""
    if generators == 1:
        return [(samples, ORANGE, "generated")]
    labels = [f"generated by {generators}", *["_"] * generators]  # one entry in the legend
    return [(samples[i::generators], f"C{i % 10}", labels[i]) for i in range(generators)]


def _figure(rows, size):
    """A figure of ``rows`` axes above one another that share x."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    all_axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=GREY, alpha=0.25, lw=0.6)
        axes.set_axisbelow(True)
    return figure, all_axes


def _caption(axes, title, handles, labels, **options):
    """Title and legend above the axes, where they cover nothing."""
    axes.set_title(title or "", loc="left", fontsize=11)
    corner = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
    axes.legend(handles, labels, ncols=len(labels), frameon=False, **corner, **options)


def _pixels(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _frame(points):
    """Center [D] and half side of a cube around the finite points, with a margin."""
    points = np.asarray(points)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return np.zeros(2), 1.0
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, 0.625 * float((high - low).max()) or 1.0


def _histogram(points, low, high, bins=80):
    """Heights and edges; of all points, so that those outside the frame raise none inside."""
    counts, edges = np.histogram(np.ravel(points), bins=bins, range=(low, high))
    return counts / (np.size(points) * np.diff(edges)), edges


def _draw_critic(figure, axes, critic, center, radius, side=100):
    """The critic's scores on a grid, as a filled contour with its scale."""
    x, y = (np.linspace(c - radius, c + radius, side) for c in center)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    scores = np.ma.masked_invalid(np.asarray(critic(points), np.float64).reshape(side, side))
    if scores.count() and np.ptp(scores.compressed()) > 0:
        # Half of the colour map, so that the points stand out of the highest scores too.
        shade = {"cmap": "Blues", "vmin": scores.min(), "vmax": scores.max() + np.ptp(scores)}
        filled = axes.contourf(x, y, scores, levels=20, **shade)
        bar = figure.colorbar(
            filled, ax=axes, shrink=0.85, label="critic's score: more is more real"
        )
        bar.outline.set_visible(False)


def _draw_curve(axes, steps, values, color, label):
    """Faint as measured, firm as a running mean over a fiftieth of the rows."""
    width = max(1, len(values) // 50)
    if width > 1:
        axes.plot(steps, values, color=color, lw=0.7, alpha=0.3)
        kernel = np.ones(width)
        weight = np.convolve(np.ones_like(values), kernel, mode="same")
        values = np.convolve(values, kernel, mode="same") / weight
    axes.plot(steps, values, color=color, lw=1.6, label=label)
