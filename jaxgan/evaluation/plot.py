"""Pictures, and the door where images leave: [-1, 1] float in, uint8 out.

The only file that knows matplotlib and Pillow. Figures are drawn without pyplot, so that no global
state and no display is touched, and come back as uint8 RGB [H, W, 3].
"""

import functools
import math
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import whole
from jaxgan.data.view import to_uint8

BLUE, ORANGE, GREY, INK = "#2563eb", "#ea580c", "#9ca3af", "#374151"
# Images are enlarged by the largest whole factor that keeps their longer side within this.
VIEW_SIDE = 64
DPI = 100
CAPTION, LONGEST = 12, 24  # height of a class's name in pixels, and its letters at most


def image_grid(images, columns=None, padding=2, scale=None):
    """Lay images out in rows, from the left, on black.

    Args:
      images: [N, H, W, C] in [-1, 1]. C = 1 and 3 stay; 2 gets an empty third channel; of more than
        three the first three are shown.
      columns: images a row; None: as square as it goes.
      padding: pixels around each image.
      scale: whole factor by which an image is enlarged; None: as fits within 64 pixels (28 -> x2).

    Returns:
      uint8 [H', W', 1 or 3].
    """
    pixels = to_uint8(images)
    count, height, width, channels = pixels.shape
    if channels == 2:
        pixels = np.concatenate([pixels, np.zeros_like(pixels[..., :1])], axis=-1)
    pixels = pixels[..., :3]
    scale = scale or max(1, VIEW_SIDE // max(height, width))
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    empty = rows * columns - count
    edge = (padding, padding)
    pixels = np.pad(pixels, ((0, empty), edge, edge, (0, 0)))
    _, height, width, channels = pixels.shape
    grid = pixels.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, channels)


def class_rows(images, label, names, columns=None):
    """Images in rows by their class, the class's name at the left of the first of its rows.

    Args:
      images: [N, H, W, C] in [-1, 1].
      label: int [N].
      names: of all classes; long ones are cut, and one in letters that no font of the machine
        has is shown by its number.
      columns: images a row, at most; None: as square as it goes.

    Returns:
      uint8 [H', W', 1 or 3], as ``image_grid`` has it.
    """
    label = np.asarray(label)
    present, counts = np.unique(label, return_counts=True)
    wide = min(counts.max(), columns or math.ceil(math.sqrt(len(images))))
    blocks = [image_grid(np.asarray(images)[label == each], wide) for each in present]
    grid = np.concatenate(blocks)
    texts = {int(each): names[each] for each in present}
    beside = _captions(texts, [len(block) for block in blocks])
    return np.concatenate([np.repeat(beside, grid.shape[2], axis=2), grid], axis=1)


def _captions(texts, heights):
    """Lines {number: text}, white on black, each at the top of its height -> uint8 [sum, W, 1]."""
    lines = [line(text, str(number)) for number, text in texts.items()]
    width = max(each.shape[1] for each in lines)
    blocks = [np.zeros((height, width, 1), np.uint8) for height in heights]
    for block, each in zip(blocks, lines, strict=True):
        height = min(len(block), len(each))
        block[:height, : each.shape[1]] = each[:height]
    return np.concatenate(blocks)


def line(text, instead="", longest=LONGEST):
    """A line of text, white on black -> uint8 [CAPTION + 6, W, 1].

    Args:
      text: of more than ``longest`` letters it is cut.
      instead: what is shown where no font of the machine has its letters, which would be boxes.
    """
    from PIL import Image, ImageDraw, ImageFont

    # Names come from folders too, whose bytes need not be UTF-8.
    text = " ".join(text.encode(errors="replace").decode().split())
    text = text if len(text) <= longest else f"{text[:longest]}..."
    file = _font_of(text)
    text = text if file else instead
    font = ImageFont.truetype(file or _font_of("0"), CAPTION)
    image = Image.new("L", (math.ceil(font.getlength(text)) + CAPTION, CAPTION + 6))
    ImageDraw.Draw(image).text((CAPTION // 2, 2), text, fill=255, font=font)
    return np.asarray(image)[..., None]


def _font_of(text):
    """The file of a font with all letters of ``text``: matplotlib's own, or the machine's."""
    from matplotlib import font_manager, get_data_path

    own = str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    letters = set(map(ord, text))
    if letters <= _letters(own):
        return own
    found = sorted({font.fname for font in font_manager.fontManager.ttflist})
    real = (file for file in found if "lastresort" not in file.lower())  # that one has boxes alone
    return next((file for file in real if letters <= _letters(file)), None)


@functools.cache
def _letters(file):
    """The code points that a font can show; none of one that cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return set(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):
        return set()


def columns(looks, triples=2):
    """What was given, what was made of it, and what is true, beside one another.

    Args:
      looks: {name: ``games.Shown``} with ``given`` [N, h, w, c], ``made`` [N, H, W, C], and
        ``truth`` like it or None. Smaller images are enlarged to the largest by whole factors.
      triples: how many rows of the batch lie in a row of the picture.

    Returns:
      uint8 [H', W', 3]: a block of rows for every name.
    """
    blocks = []
    for shown in looks.values():
        parts = [part for part in (shown.given, shown.made, shown.truth) if part is not None]
        beside = np.stack(alike(parts), axis=1)
        empty = -len(beside) % triples
        beside = np.pad(beside, [(0, empty)] + [(0, 0)] * 4, constant_values=-1.0)
        flat = beside.reshape(-1, *beside.shape[2:])
        blocks.append(image_grid(flat, columns=triples * len(parts)))
    width = max(block.shape[1] for block in blocks)
    padded = [np.pad(block, ((0, 0), (0, width - block.shape[1]), (0, 0))) for block in blocks]
    return np.concatenate(padded)


def alike(parts):
    """Images in one form: [[N, h, w, 1 or 3], ...] -> [[N, H, W, 3], ...], H the largest h.

    Smaller ones are enlarged by whole factors.
    """
    side = max(part.shape[1] for part in parts)
    return [_as_rgb(part, side) for part in parts]


def _as_rgb(images, side):
    """[N, h, w, 1 or 3] -> [N, side, side, 3], enlarged by a whole factor."""
    factor = max(side // images.shape[1], 1)
    images = np.asarray(images).repeat(factor, axis=1).repeat(factor, axis=2)
    return np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images[..., :3]


def save_png(pixels, path):
    """Write uint8 [H, W, 1 or 3] as PNG, by a rename; makes the folders it lies in."""
    _save([pixels], path, format="PNG")


def save_gif(frames, path, frame_ms):
    """Write uint8 [T, H, W, 1 or 3] as an animated GIF that begins anew; as ``save_png`` else.

    ``frame_ms``: how long a frame stays, in milliseconds; GIF counts hundredths of a second.
    """
    _save(frames, path, format="GIF", save_all=True, duration=frame_ms, loop=0)


def _save(frames, path, **options):
    from PIL import Image

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [np.asarray(frame) for frame in frames]
    frames = [frame[..., 0] if frame.shape[-1] == 1 else frame for frame in frames]
    first, *others = map(Image.fromarray, frames)
    with whole(path) as draft:
        first.save(draft, append_images=others, **options)


def picture(samples, generators=1, columns=None):
    """The picture of samples alone: a grid of images [N, H, W, C], or points [N, 1 or 2].

    Of several generators, that made the samples in turn, each has columns or a colour of its own;
    ``columns``: images a row, or a few more for that; None: as square as it goes.
    """
    if np.ndim(samples) != 4:
        return points_picture(samples, generators=generators)
    wide = columns or math.ceil(math.sqrt(len(samples)))
    return image_grid(samples, math.ceil(wide / generators) * generators)


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


def curves_figure(rows, title=None):
    """Losses against steps; below them the Wasserstein estimate, where there is one.

    Args:
      rows: of metrics.jsonl, ``{"step": int, name: number or None, ...}``.
      title: str or None.
    """
    panels = {"loss": {"critic_loss": BLUE, "generator_loss": ORANGE}}
    if any(row.get("wasserstein") is not None for row in rows):
        panels["Wasserstein estimate"] = {"wasserstein": INK}
    figure, all_axes = _figure(len(panels), (7.2, 3.0 * len(panels) + 0.6))
    for axes, (label, names) in zip(all_axes, panels.items(), strict=True):
        for name, color in names.items():
            points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
            steps, values = np.array(points or [(np.nan, np.nan)], float).T
            _draw_curve(axes, steps, values, color, name.replace("_", " "))
        axes.set_ylabel(label)
    all_axes[-1].set_xlabel("generator updates")
    _caption(all_axes[0], title, *all_axes[0].get_legend_handles_labels())
    return _pixels(figure)


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
