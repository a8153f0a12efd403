"""From images as stored to images as wanted: first the channels, then the size. All in uint8."""

from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError, choose

# Pillow's own integer weights of red, green and blue (ITU-R 601), in 1/65536.
LUMA = np.array([19595, 38470, 7471], np.uint32)


class View(NamedTuple):
    """How images are wanted; ``make_view`` makes a checked one.

    Attributes:
      size: side of the square image in pixels; None keeps height and width.
      fit: row of ``FITS``: how an image is brought to ``size``.
      channels: 1 (grey) or 3 (red, green, blue); None keeps those that there are.
    """

    size: int | None = None
    fit: str = "crop"
    channels: int | None = None


def make_view(size: int | None, fit: str, channels: int | None) -> View:
    """Check the three settings and return the ``View``; a wrong one is a ``UserError``."""
    choose(FITS, fit, "fit")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise UserError(f"size must be a side in pixels, 1 or more; got {size!r}.")
    if channels not in (None, 1, 3):
        raise UserError(
            f"channels must be 1 or 3, or unset to keep those there are; got {channels!r}."
        )
    return View(size, fit, channels)


def refuse_for_points(view: View, name: str) -> None:
    """Raise a ``UserError`` if the view asks for a size or for channels: points have neither."""
    if view.size is not None or view.channels is not None:
        raise UserError(
            f"{name} holds points, which have no size and no channels: leave both unset."
        )


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Map [-1, 1] to 0..255, the inverse of ``x / 127.5 - 1``; outside is clipped, NaN is black."""
    images = np.nan_to_num(np.asarray(images, np.float32), nan=-1.0)
    return np.round((np.clip(images, -1.0, 1.0) + 1.0) * 127.5).astype(np.uint8)


def apply(view: View, image: np.ndarray) -> np.ndarray:
    """Bring one image, uint8 [H, W, C], to the view, uint8 [size, size, channels]."""
    image = to_channels(image, view.channels)
    if view.size is None or image.shape[:2] == (view.size, view.size):
        return image
    return FITS[view.fit](image, view.size)


def apply_all(view: View, images: np.ndarray) -> np.ndarray:
    """Bring many images of one size, uint8 [N, H, W, C], to the view."""
    images = to_channels(images, view.channels)
    if view.size is None or images.shape[1:3] == (view.size, view.size):
        return images
    return np.stack([FITS[view.fit](image, view.size) for image in images])


def shape_after(view: View, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape (H, W, C) that ``apply`` gives to an image of the shape (H, W, C)."""
    height, width, channels = shape
    return (view.size or height, view.size or width, view.channels or channels)


def to_channels(images: np.ndarray, channels: int | None) -> np.ndarray:
    """Convert the last axis of uint8 [..., C] to 1 or 3 channels; None keeps it.

    Four channels are taken for red, green, blue and alpha, and laid on black.
    """
    have = images.shape[-1]
    if channels in (None, have):
        return images
    if have == 4:
        alpha = images[..., 3:].astype(np.uint16)
        images = ((images[..., :3] * alpha + 127) // 255).astype(np.uint8)
        return to_channels(images, channels)
    if (have, channels) == (1, 3):
        return np.repeat(images, 3, axis=-1)
    if (have, channels) == (3, 1):
        grey = (images.astype(np.uint32) @ LUMA + 0x8000) >> 16
        return grey.astype(np.uint8)[..., None]
    raise UserError(
        f"images with {have} channels cannot be converted to {channels}: only 1, 3 and 4 can."
    )


def crop(image: np.ndarray, size: int) -> np.ndarray:
    """Cut the greatest centred square out and resize it to ``size``."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(image[top : top + side, left : left + side], size, size)


def stretch(image: np.ndarray, size: int) -> np.ndarray:
    """Resize height and width, each to ``size``: the proportions change."""
    return resize(image, size, size)


def pad(image: np.ndarray, size: int) -> np.ndarray:
    """Centre the whole image on black; one larger than ``size`` is first shrunk to fit."""
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest > size:
        height, width = (max(1, round(side * size / longest)) for side in (height, width))
        image = resize(image, height, width)
    top, left = (size - height) // 2, (size - width) // 2
    out = np.zeros((size, size, image.shape[2]), image.dtype)
    out[top : top + height, left : left + width] = image
    return out


FITS = {"crop": crop, "stretch": stretch, "pad": pad}


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize uint8 [H, W, C] with Pillow's antialiased Lanczos filter, any number of channels."""
    from PIL import Image

    def plane(values):
        resized = Image.fromarray(values).resize((width, height), Image.Resampling.LANCZOS)
        return np.asarray(resized)

    if image.shape[-1] == 3:
        return plane(image)
    # One channel at a time: of four channels Pillow would take the last for alpha.
    return np.stack([plane(image[..., c]) for c in range(image.shape[-1])], axis=-1)
