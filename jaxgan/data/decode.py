"""One image file to pixels, by Pillow: which kinds are read, and what becomes of each."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.view import to_channels

SIXTEEN = ("I", "I;16", "I;16B", "I;16L", "I;16N")
ICONS = ("ICNS", "ICO")  # hold pictures whose sizes are known only once they are decoded
GREY_MODES = ("1", "L", "LA", "La", *SIXTEEN)
ORIENTATION = 0x0112  # EXIF tag; 5 to 8 exchange width and height
ANIMATED = ("GIF", "PNG", "WEBP")  # whose frames follow in time; pages of a TIFF do not
BITS_PER_SAMPLE = 258  # TIFF tag


@cache
def formats() -> list[str]:
    """Pillow's formats that are pictures by their media type: no PDF, PostScript or video."""
    from PIL import Image

    Image.init()
    return [name for name in Image.ID if Image.MIME.get(name, "").startswith("image/")]


def endings() -> tuple[str, ...]:
    """The endings of the files that are read, in lower case and in order."""
    from PIL import Image

    read = set(formats())
    return tuple(sorted(e for e, name in Image.registered_extensions().items() if name in read))


def decode(file: Path) -> np.ndarray:
    """Decode a file to uint8 [H, W, C]: 1 channel (grey), 3 (colour) or 4 (colour and alpha).

    EXIF orientation is obeyed. Of an animation or of several pages the first counts. Of 16 bits the
    upper 8 count, so that 12 bits stored as 16 come out nearly black. Palettes, CMYK and YCbCr
    become colour without a profile.

    Raises:
      UserError: no sound image, or one of floating or signed numbers, whose range is not known.
    """
    from PIL import ImageOps

    with opened(file) as image:
        bits = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (16,))[0]
        image = ImageOps.exif_transpose(image)
        if image.mode in SIXTEEN:
            # Pillow would cut them off at 255 instead of scaling them. Packed 12 bits stay 12.
            return (np.asarray(image) >> (bits - 8)).astype(np.uint8)[..., None]
        if image.has_transparency_data:
            return np.asarray(image.convert("RGBA"))
        if image.mode in GREY_MODES:
            return np.asarray(image.convert("L"))[..., None]
        return np.asarray(image.convert("RGB"))


def frames_in(file: Path) -> int:
    """How many frames a file has: 1 of a still picture and of pages; reads no more than it must."""
    with opened(file) as image:
        return getattr(image, "n_frames", 1) if image.format in ANIMATED else 1


def decode_all(file: Path) -> list[np.ndarray]:
    """Decode all frames of a file to uint8 [H, W, 3]; what is transparent lies on black.

    EXIF orientation is obeyed of a still picture; frames of an animation stay as they are stored.

    Raises:
      UserError: as ``decode``.
    """
    from PIL import ImageSequence

    if frames_in(file) == 1:
        return [to_channels(decode(file), 3)]
    with opened(file) as image:
        return [
            to_channels(np.asarray(frame.convert("RGBA")), 3)
            for frame in ImageSequence.Iterator(image)
        ]


class Head(NamedTuple):
    """What a file tells before it is decoded.

    Attributes:
      size: height and width after EXIF orientation.
      grey: whether it is stored without colours.
    """

    size: tuple[int, int]
    grey: bool


def head(file: Path) -> Head:
    """Read the head of a file; all of a PNG whose sides differ, where EXIF may come last."""
    with opened(file) as image:
        (width, height), grey = image.size, image.mode in GREY_MODES
        # Pillow turns the size of a TIFF itself.
        if width == height or image.format == "TIFF":
            return Head((height, width), grey)
        turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return Head((width, height) if turned else (height, width), grey)


def is_grey(file: Path) -> bool:
    """Whether the file is stored without colours; reads no more than its head."""
    with opened(file) as image:
        return image.mode in GREY_MODES


def stored_size(file: Path) -> tuple[int, int]:
    """Height and width after EXIF orientation."""
    return head(file).size


@contextmanager
def opened(file, without=()):
    """Open an image with Pillow; whatever is wrong with the file becomes a ``UserError``.

    ``without``: formats that are refused, as ``ICONS``, of which some are decoded as they open.
    """
    from PIL import Image

    try:
        kinds = [name for name in formats() if name not in without]
        with Image.open(file, formats=kinds) as image:
            # Pillow scales the grey of PNG and PGM to 16 bits; other files hold what they hold.
            if image.mode == "F" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
                kind = "floating" if image.mode == "F" else "signed or 32-bit"
                raise UserError(
                    f"{file}: is a picture of {kind} numbers, whose range is not known; save it "
                    "with unsigned 8 or 16 bits."
                )
            yield image
    except UserError:
        raise
    # Pillow's decoders raise all of these on damaged files.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{file}: cannot be read as an image ({error}).") from error
