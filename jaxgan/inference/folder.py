"""A folder of a user's pictures, translated: those of one size together."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.data.decode import decode, stored_size
from jaxgan.data.view import View, apply, to_channels
from jaxgan.evaluation import draw, grid, tiles
from jaxgan.evaluation.inputs import mask_of
from jaxgan.inference.translation import Translator
from jaxgan.run import progress

TOLD = 10  # sizes of which is said what is done to them
BLOCK = 2**23  # pixels of the pictures that are in memory at once


def translate_files(
    translate: Translator,
    named: Mapping[str, Path],
    out: Path,
    *,
    asked: list[dict],
    view: View,
    mask: Path | None = None,
    **options,
) -> int:
    """Translate picture files, and write what is made of each below a folder.

    Args:
      translate: from ``translation.load``.
      named: {name below ``out``: file}.
      out: the folder.
      asked: {category: class} of every version of a picture; several stand beside the picture.
      view: what pictures are brought to.
      mask: of all pictures, or a folder with one for each.
      options: of ``translate``.

    Returns:
      how many could be read; of the others it is told why not.
    """
    sizes, done = _by_size(named, view), 0
    if view.size:
        process.say(f"All are brought to {view.size} x {view.size} (--fit={view.fit}).")
    make = partial(versions, translate, asked, **options)
    count = sum(map(len, sizes.values()))
    with progress.bar(0, count, " picture") as counted:
        for number, (size, pairs) in enumerate(sizes.items()):
            _tell(number, size, len(pairs), len(sizes), translate)
            block = min(max(BLOCK // len(asked) // (size[0] * size[1]), 1), draw.CHUNK)
            for start in range(0, len(pairs), block):
                some = pairs[start : start + block]
                done += _translate_block(make, some, out, mask, view)
                counted.update(len(some))
    return done


def versions(translate: Translator, asked, images, **options) -> np.ndarray:
    """What is made of images; where much is asked, one beside the other behind the image itself."""
    made = [translate(images, attributes=each, **options) for each in asked]
    if len(made) == 1:
        return made[0]
    channels, height = (max(x.shape[axis] for x in (images, *made)) for axis in (3, 1))
    strip = [_brought(x, channels, height // x.shape[1]) for x in (images, *made)]
    return np.concatenate(strip, axis=2)


def _brought(images, channels, factor):
    """Images uint8 [N, H, W, C] with so many channels, enlarged by a whole factor."""
    return to_channels(images, channels).repeat(factor, axis=1).repeat(factor, axis=2)


def _by_size(named, view):
    """{(height, width): [(name, file)]} of the pictures that can be read."""
    sizes = defaultdict(list)
    for target, file in named.items():
        try:
            size = stored_size(file)
        except UserError as error:
            process.tell(error)
            continue
        sizes[(view.size, view.size) if view.size else size].append((target, file))
    return sizes


def _tell(number, size, count, sizes, translate):
    """Say what is done to pictures of the ``number``-th size."""
    words = tiles.told(size, translate.plan(*size))
    if words and number < TOLD:
        noun = "picture is" if count == 1 else "pictures are"
        process.say(f"{count} {noun} {size[0]} high, {size[1]} wide: {words}.")
    if number == TOLD:
        process.say(f"So are those of {sizes - TOLD} other sizes, where they must be.")


def _translate_block(make: Callable, pairs, out, mask, view):
    """Read, translate and write pictures of one size; returns how many could be read."""
    read, masks = {}, []
    for target, file in pairs:
        try:
            image = apply(view, decode(file))
            if mask:
                hole = np.uint8(255 * mask_of(mask, target, file))[..., None]
                masks.append(apply(view._replace(channels=1), hole)[..., 0] > 127)
        except UserError as error:
            process.tell(error)
            continue
        read[target] = image
    if not read:
        return 0
    # The noise of the first row for all: a picture comes out alike whatever lies beside it.
    rows = np.zeros(len(read), int)
    whole, holes = np.stack(list(read.values())), np.stack(masks) if mask else None
    for target, image in zip(read, make(whole, mask=holes, rows=rows), strict=True):
        grid.save_png(image, out / target)
    return len(read)
