"""Images laid out as pictures, and the door where they leave: [-1, 1] float in, uint8 out.

The only file here that knows Pillow.
"""

import functools
import io
import math
import textwrap
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import whole
from jaxgan.data.view import to_uint8
from jaxgan.evaluation.plot import points_picture

# Images are enlarged by the largest whole factor that keeps their longer side within this.
VIEW_SIDE = 64
GIF_SIDE = 2**16 - 1
FEW = 8  # images of a class that lie in one row, however many rows there are
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
    scale = scale or scale_of(height, width)
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    empty = rows * columns - count
    edge = (padding, padding)
    pixels = np.pad(pixels, ((0, empty), edge, edge, (0, 0)))
    _, height, width, channels = pixels.shape
    grid = pixels.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, channels)


def scale_of(height, width):
    """The whole factor by which an image is enlarged."""
    return max(1, VIEW_SIDE // max(height, width))


def class_rows(images, label, names, columns=None):
    """Images in rows by their class, the class's name at the left of the first of its rows.

    Where that is far taller than wide, classes go on in further columns, as in a newspaper.

    Args:
      images: [N, H, W, C] in [-1, 1].
      label: int [N].
      names: of all classes; long ones go on below, as far as there is room, and one in letters that
        no font of the machine has is shown by its number.
      columns: images a row, at most; None: as square as it goes, but few in one row.

    Returns:
      uint8 [H', W', 1 or 3], as ``image_grid`` has it.
    """
    label = np.asarray(label)
    present, counts = np.unique(label, return_counts=True)
    square = math.ceil(math.sqrt(len(images)))
    wide = min(counts.max(), columns or (FEW if counts.max() <= FEW else square))
    blocks = [image_grid(np.asarray(images)[label == each], wide) for each in present]
    captions = [
        _caption(names[each], str(each), len(block))
        for each, block in zip(present, blocks, strict=True)
    ]
    beside = max(caption.shape[1] for caption in captions)
    rows = []
    for caption, block in zip(captions, blocks, strict=True):
        text = np.repeat(padded(caption, len(block), beside), block.shape[2], axis=2)
        rows.append(np.concatenate([text, block], axis=1))
    return _in_columns(rows)


def _caption(text, instead, height):
    """``line``s of a text, below one another as the height has room for -> uint8 [h, W, 1]."""
    text, room = _printable(text), max(1, height // (CAPTION + 6))
    parts = textwrap.wrap(text, LONGEST, max_lines=room, placeholder="...") or [text]
    lines = [line(part) for part in parts] if _font_of(text) else [line(instead)]
    width = max(each.shape[1] for each in lines)
    return np.concatenate([padded(each, len(each), width) for each in lines])[:height]


def padded(picture, height, width, paper=0):
    """A picture uint8 [h, w, C] as [height, width, C], grey at the right and below."""
    edges = ((0, height - len(picture)), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, edges, constant_values=paper)


def _in_columns(blocks):
    """Blocks of one width below one another, in as many columns as make them about square."""
    height, width = sum(map(len, blocks)), blocks[0].shape[1]
    each = math.ceil(len(blocks) / max(1, round(math.sqrt(height / width))))
    columns = [np.concatenate(blocks[i : i + each]) for i in range(0, len(blocks), each)]
    tallest = max(map(len, columns))
    return np.concatenate([padded(column, tallest, width) for column in columns], axis=1)


def line(text, instead="", longest=LONGEST):
    """A line of text, white on black -> uint8 [CAPTION + 6, W, 1].

    Args:
      text: of more than ``longest`` letters it is cut.
      instead: what is shown where no font of the machine has its letters, which would be boxes.
    """
    from PIL import Image, ImageDraw, ImageFont

    text = _printable(text)
    text = text if len(text) <= longest else f"{text[:longest]}..."
    file = _font_of(text)
    text = text if file else instead
    font = ImageFont.truetype(file or _font_of("0"), CAPTION)
    image = Image.new("L", (math.ceil(font.getlength(text)) + CAPTION, CAPTION + 6))
    ImageDraw.Draw(image).text((CAPTION // 2, 2), text, fill=255, font=font)
    return np.asarray(image)[..., None]


def _printable(text):
    """A text in one line; names come from folders too, whose bytes need not be UTF-8."""
    return " ".join(text.encode(errors="replace").decode().split())


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
      looks: {name: ``games.Shown``} with ``given`` [N, h, w, c] or None, ``made`` [N, H, W, C], and
        ``truth`` like it or None. Smaller images are enlarged to the largest by whole factors.
      triples: how many rows of the batch lie in a row of the picture.

    Returns:
      uint8 [H', W', 3]: a block of rows for every name.
    """
    blocks = []
    for shown in looks.values():
        if _several(shown):
            blocks.append(clips(shown, triples))
            continue
        parts = [part for part in (shown.given, shown.made, shown.truth) if part is not None]
        beside = np.stack(alike(parts), axis=1)
        empty = -len(beside) % triples
        beside = np.pad(beside, [(0, empty)] + [(0, 0)] * 4, constant_values=-1.0)
        flat = beside.reshape(-1, *beside.shape[2:])
        blocks.append(image_grid(flat, columns=triples * len(parts)))
    width = max(block.shape[1] for block in blocks)
    padded = [np.pad(block, ((0, 0), (0, width - block.shape[1]), (0, 0))) for block in blocks]
    return np.concatenate(padded)


def _several(shown):
    """Whether it is of a clip: frames were made of made ones, or several given, beside one another.

    The latter is told by the shapes: what was given is wider, of one height, than what was made.
    """
    if shown.given is None:
        return False
    (height, width), made = shown.given.shape[1:3], shown.made.shape[1:3]
    return shown.rolled is not None or (height == made[0] and width > made[1])


def clips(shown, columns=1):
    """Frames in their order: given and then made, and below what is true.

    Args:
      shown: ``games.Shown`` with ``given`` [N, H, T * W, C], whose frames lie beside one another.
      columns: how many rows of the batch lie beside one another.

    Returns:
      uint8 [H', W', 3].
    """
    made = shown.made if shown.rolled is None else shown.rolled
    truth = shown.truth if shown.future is None else shown.future
    width = shown.made.shape[2]
    empty = np.full_like(shown.given, -0.5)
    lines = [np.concatenate([shown.given, made], axis=2)]
    if truth is not None:
        lines.append(np.concatenate([empty, truth[:, :, : made.shape[2]]], axis=2))
    whole = np.stack(lines, axis=1)
    whole = np.repeat(whole, 3, axis=4) if whole.shape[4] == 1 else whole[..., :3]
    whole = np.pad(whole, [(0, -len(whole) % columns)] + [(0, 0)] * 4, constant_values=-1.0)
    blocks, height = whole.shape[0] // columns, whole.shape[2]
    tiles = whole.reshape(blocks, columns, len(lines), height, -1, width, 3)
    tiles = tiles.transpose(0, 2, 1, 4, 3, 5, 6)  # frames of one line beside one another
    return image_grid(tiles.reshape(-1, height, width, 3), columns * tiles.shape[3])


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


def png(pixels):
    """uint8 [H, W, 1 or 3] as the bytes of a PNG file."""
    written = io.BytesIO()
    _pillow(pixels).save(written, "PNG")
    return written.getvalue()


@functools.lru_cache(maxsize=256)
def read_small(path, stamp, limit):
    """An image file in at most ``limit`` bytes, so that a page can hold many.

    One that is larger becomes WebP, with a little loss, else with more, else smaller and smaller.

    Args:
      path: of the file.
      stamp: of its last change: what was read is kept for the next time.
      limit: bytes.

    Returns:
      its kind, "png" or "webp", and its bytes.
    """
    from PIL import Image

    content = Path(path).read_bytes()
    if len(content) <= limit:
        return "png", content
    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGB")
    while True:
        for quality in (90, 75):
            written = io.BytesIO()
            image.save(written, "WEBP", quality=quality, method=2)
            if written.tell() <= limit or max(image.size) < 2:
                return "webp", written.getvalue()
        image = image.resize([max(1, side // 2) for side in image.size], Image.Resampling.BOX)


def save_gif(frames, path, frame_ms):
    """Write uint8 [T, H, W, 1 or 3] as an animated GIF that begins anew; as ``save_png`` else.

    ``frame_ms``: how long a frame stays, in milliseconds; GIF counts hundredths of a second.

    Raises:
      UserError: frames of more pixels a side than the format counts.
    """
    if max(np.shape(frames[0])[:2]) > GIF_SIDE:
        height, width = np.shape(frames[0])[:2]
        raise UserError(
            f"a .gif has at most {GIF_SIDE} pixels a side, and these frames have {height} x "
            f"{width}; take fewer samples, or a .png."
        )
    _save(frames, path, format="GIF", save_all=True, duration=frame_ms, loop=0)


def _save(frames, path, **options):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = map(_pillow, frames)
    with whole(path) as draft:
        first.save(draft, append_images=others, **options)


def _pillow(pixels):
    """uint8 [H, W, 1 or 3] as an image of Pillow's."""
    from PIL import Image

    pixels = np.asarray(pixels)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def picture(samples, generators=1, columns=None):
    """The picture of samples alone: a grid of images [N, H, W, C], or points [N, 1 or 2].

    Of several generators, that made the samples in turn, each has columns or a colour of its own;
    ``columns``: images a row, or a few more for that; None: as square as it goes.
    """
    if np.ndim(samples) != 4:
        return points_picture(samples, generators=generators)
    wide = columns or math.ceil(math.sqrt(len(samples)))
    return image_grid(samples, math.ceil(wide / generators) * generators)
