"""What arrays must be to be taken for images or points, and what makes them so."""

import math
from typing import Any

import numpy as np

from jaxgan.core.errors import UserError

CHANNELS = (1, 3, 4)  # that images usually have
FEW = max(CHANNELS)


def check_examples(x: np.ndarray, key: str, where: Any) -> None:
    """Raise a ``UserError`` unless an array holds images or points; it tells the conversion.

    Args:
      x: images: uint8 [N, H, W] or [N, H, W, C]; points: floating [N, D], finite.
      key: name of the array, for the conversion.
      where: file or set, for the sentence.
    """
    if not x.size:
        raise UserError(f"{where}: {key} holds no example: its shape is {x.shape}.")
    if x.ndim == 2 and x.dtype.kind == "f":
        if not np.isfinite(x).all():
            raise UserError(f"{where}: the points are not all finite.")
        return
    wrong, remedy = _layout(x.shape, key) if x.ndim in (3, 4) else _rank(x, key)
    if x.ndim in (3, 4) and x.dtype != np.uint8:
        values, remedy = _values(x, remedy)
        wrong = " and ".join(filter(None, (wrong, values)))
    if wrong:
        told = f"write {remedy}" if remedy else "bring it to 0..255 and to uint8"
        raise UserError(
            f"{where}: images must be uint8 [N, H, W] or [N, H, W, C] and points floating [N, D]; "
            f"found {x.dtype} of shape {x.shape}, {wrong}: {told}."
        )


def check_category(
    values: np.ndarray, key: str, where: Any, size: int, classes: int | None = None
) -> None:
    """Raise a ``UserError`` unless an array holds whole numbers from 0, [size].

    Args:
      values: the array.
      key, where: for the sentence.
      size: number of examples.
      classes: how many there are; None: as many as the values say.
    """
    if values.shape != (size,) or values.dtype.kind not in "iu" or not size:
        raise UserError(
            f"{where}: {key} is {values.dtype} of shape {values.shape}; a category is one whole "
            f"number for each of the {size} examples."
        )
    low, high = values.min(), values.max()
    if low < 0 or (classes is not None and high >= classes):
        known = f"its {classes} classes are 0 to {classes - 1}" if classes else "classes begin at 0"
        raise UserError(f"{where}: {key} lies in {low}..{high}; {known}.")


def check_entry(values: np.ndarray, key: str, where: Any, size: int) -> None:
    """Raise a ``UserError`` unless an array is uint8 or float32 [size, *shape].

    Images [N, H, W, C] must not have their axes in another order.
    """
    found = f"{where}: {key} is {values.dtype} of shape {values.shape}"
    if not values.size:
        raise UserError(f"{found}; it holds no example.")
    if not values.ndim or len(values) != size:
        raise UserError(f"{found}; it must have one row for each of the {size} examples.")
    if values.dtype not in (np.uint8, np.float32):
        raise UserError(f"{found}; it must be uint8 (pixels, 0..255) or float32.")
    if values.dtype == np.uint8 and values.ndim == 4:
        wrong, remedy = _layout(values.shape, key)
        if wrong:
            raise UserError(f"{found}, {wrong}: write {remedy}; images are [N, H, W, C].")


def _layout(shape, key):
    """What is wrong with the order of the axes ("": nothing), and the array with it mended."""
    if len(shape) == 3:
        if shape[2] in CHANNELS and min(shape[:2]) > 2 * FEW:
            return "which seems to be one image", f"{key}[None]"
        return "", key
    examples, one, two, last = shape
    # Images of 4 x 4 x 8, 4 x 8 x 16 or 8 x 16 x 16 are right as they are.
    wide = min(two, last) > 2 * FEW
    if one in CHANNELS and last > FEW and (two == last or wide):
        return "whose channels come first", f"{key}.transpose(0, 2, 3, 1)"
    if two in CHANNELS and last > FEW and examples == one > FEW:
        return "whose examples come last", f"{key}.transpose(3, 0, 1, 2)"
    return "", key


def _values(x, key):
    """What is wrong with values that are no uint8, and the array with them mended, or ""."""
    if x.dtype.kind not in "biuf":
        return "which are no numbers", ""
    if x.dtype.kind == "b":
        return "of truth values", f"255 * {key}.astype(np.uint8)"
    low, high = x.min(), x.max()
    if not np.isfinite([low, high]).all():
        return "not all finite", ""
    found = f"from {low:.6g} to {high:.6g}"
    if x.dtype.kind == "f" and -1 <= low and high <= 1:
        scaled = f"255 * {key}" if low >= 0 else f"127.5 * ({key} + 1)"
        return found, f"({scaled}).round().astype(np.uint8)"
    if low >= 0 and high <= 255:
        return found, f"{key}{'.round()' if x.dtype.kind == 'f' else ''}.astype(np.uint8)"
    if x.dtype.kind != "f" and low >= 0 and high < 2**16:
        bits = 12 if high < 2**12 else 16
        return f"{found}, {bits} bits", f"({key} >> {bits - 8}).astype(np.uint8)"
    return found, ""


def _rank(x, key):
    """The same for arrays of neither 3 nor 4 dimensions."""
    if x.dtype.kind not in "biuf":
        return "which are no numbers", f"{key}.astype(np.float32) if they are any"
    if x.ndim == 1:
        return "one number each", f"{key}[:, None].astype(np.float32) for points of a line"
    if x.ndim == 2:
        points = f"or {key}.astype(np.float32) for points"
        return "flat", f"{key}.reshape({_sides(x.shape[1])}) for images, {points}"
    return f"of {x.ndim} dimensions", f"{key}.reshape(-1, H, W, C)"


def _sides(size):
    for channels, shape in ((1, "-1, {0}, {0}"), (3, "-1, {0}, {0}, 3")):
        side = math.isqrt(size // channels)
        if channels * side**2 == size:
            return shape.format(side)
    return "-1, H, W"
