"""Folders of image files, decoded when they are read."""

from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.source import category, from_reader, only_split, pixels
from jaxgan.data.view import apply, shape_after

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B")
ORIENTATION = 0x0112  # EXIF tag; 5 to 8 exchange width and height


def folder(name, view, split):
    """Load ``folder:DIR``: its image files, or one sub-folder of them for each class.

    Files and classes are in the order of their names; names that begin with a dot are skipped. A
    file is held out or not by its path below DIR ("cats/1.png"): another file moves none. Of an
    animation the first frame counts. EXIF orientation is obeyed, alpha is laid on black, 16-bit
    grey becomes 8-bit. With ``channels`` None the images are grey if all of them are, else colour.

    Raises:
      UserError: no image there, images beside sub-folders of images, sizes that differ while
        ``size`` is None, or (when it is read) a file that is no sound image; it names the file.
    """
    only_split(split, ("train",), name)
    directory = Path(name.partition(":")[2]).expanduser()
    files, label, classes = scan(directory)
    if view.channels is None:
        view = view._replace(channels=1 if all(map(is_grey, files)) else 3)
    shape = shape_after(view, (*common_size(files, view), view.channels))
    entries = {"x": pixels(shape)}
    if label is not None:
        entries["label"] = category(len(classes), classes)
    paths = [file.relative_to(directory).as_posix() for file in files]
    read_rows = partial(_read_rows, files, label, view)
    more = {"key": paths.__getitem__, "contents": tuple(files)}
    return from_reader(name, read_rows, size=len(files), entries=entries, **more)


def scan(directory):
    """Return the sorted files, their labels int32 [N] or None, and the names of the classes."""
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; folder:DIR names a directory of images.")
    loose = _images(directory.iterdir())
    classes = {
        entry.name: _images(entry.rglob("*"))
        for entry in sorted(directory.iterdir())
        if entry.is_dir() and not entry.name.startswith(".")
    }
    classes = {name: files for name, files in classes.items() if files}
    groups = list(classes.values())
    if loose and groups:
        raise UserError(
            f"{directory}: has images beside sub-folders of images ({groups[0][0].parent.name}); "
            "put every image into a sub-folder (its class), or none."
        )
    if not loose and not groups:
        raise UserError(f"{directory}: holds no image; known kinds: {', '.join(SUFFIXES)}.")
    if loose:
        return loose, None, []
    label = np.repeat(np.arange(len(groups), dtype=np.int32), [len(group) for group in groups])
    return [file for group in groups for file in group], label, list(classes)


def common_size(files, view):
    """Height and width of the stored images; where the view sets a size they do not matter."""
    if view.size is not None:
        return view.size, view.size
    first = stored_size(files[0])
    for file in files[1:]:
        size = stored_size(file)
        if size != first:
            raise UserError(
                f"{file}: is {size[0]} x {size[1]} pixels, and {files[0].name} {first[0]} x "
                f"{first[1]}; set size (the side in pixels) to bring them to one size."
            )
    return first


def decode(file):
    """Decode a file to uint8 [H, W, C]: 1 channel (grey), 3 (colour) or 4 (colour and alpha)."""
    from PIL import ImageOps

    with _open(file) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            # Sixteen bits: Pillow would cut them off at 255 instead of scaling them.
            return (np.asarray(image) >> 8).astype(np.uint8)[..., None]
        if image.has_transparency_data:
            return np.asarray(image.convert("RGBA"))
        if image.mode in GREY_MODES:
            return np.asarray(image.convert("L"))[..., None]
        return np.asarray(image.convert("RGB"))


def is_grey(file):
    """Whether the file is stored without colours; reads no more than its head."""
    with _open(file) as image:
        return image.mode in GREY_MODES


def stored_size(file):
    """Height and width after EXIF orientation; reads no more than the file's head."""
    with _open(file) as image:
        width, height = image.size
        turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (width, height) if turned else (height, width)


def _images(entries):
    return sorted(
        entry
        for entry in entries
        if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    )


@contextmanager
def _open(file):
    """Open an image with Pillow; whatever is wrong with the file becomes a ``UserError``."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            yield image
    # Pillow's decoders raise all of these on damaged files.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{file}: cannot be read as an image ({error}).") from error


def _read_rows(files, label, view, indices):
    rows = [{"x": apply(view, decode(files[index]))} for index in indices]
    if label is None:
        return rows
    return [row | {"label": label[index]} for row, index in zip(rows, indices, strict=True)]
