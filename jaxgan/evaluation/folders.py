"""Two folders of images that are to be compared: brought to one shape, or told why not."""

import numpy as np

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.evaluation.examples import FEWEST

PART = 512  # images that are looked at together


def load_pair(real, fake, size=None, channels=None):
    """The sources of two folders of images of one shape, and what to tell the user of them.

    Grey images are often stored in colour: where one folder is grey and the other is so in every
    pixel, both are read as grey, which loses nothing.

    Args:
      size: side of the squares that both are brought to; None needs them alike.
      channels: 1 (grey) or 3 (colour); None needs them alike. Alpha is laid on black.

    Raises:
      UserError: other shapes, or too few fakes to say anything.
    """
    options, notes = {"size": size, "fit": "crop"}, []

    def both(channels):
        return [data.load(f"folder:{one}", channels=channels, **options) for one in (real, fake)]

    pair = both(channels)
    coloured = [source for source in pair if source.shape[2] == 3]
    if len(coloured) == 1 and _is_grey(coloured[0]):
        pair = both(1)
        notes.append(
            f"{coloured[0].name} is stored in colour and grey in every pixel: read as grey."
        )
    first, second = pair
    if first.shape != second.shape:
        ways = {
            "--size=N brings both to N x N": first.shape[:2] != second.shape[:2],
            "--channels=1 brings both to grey, --channels=3 to colour": first.shape[2]
            != second.shape[2],
        }
        raise UserError(
            f"{first.name} holds images of {first.shape} and {second.name} of {second.shape}; "
            f"{', '.join(way for way, needed in ways.items() if needed)}."
        )
    if second.size < FEWEST:
        raise UserError(
            f"{second.name} holds {second.size} images; fewer than {FEWEST} say nothing."
        )
    return first, second, notes


def _is_grey(source):
    """Whether every pixel of a source of three channels is; stops at the first that is not."""
    rows = np.arange(source.size)
    return not any(
        np.ptp(source.arrays(rows[i : i + PART])["x"], axis=3).any()
        for i in range(0, source.size, PART)
    )
