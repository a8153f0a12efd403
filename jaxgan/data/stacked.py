"""Stacked digits: three random digits in the three channels of an image, 1000 modes in all."""

import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.data.bundled import digits
from jaxgan.data.source import Source, from_arrays, only_split
from jaxgan.data.view import View, apply_all

DIGITS = 3


def stacked_digits(
    name: str, view: View, split: str, *, points: int = 50_000, seed: int = 0
) -> Source:
    """Draw the set of Stacked-MNIST (Metz et al. 2017) from the bundled digits.

    uint8 [points, 28, 28, 3] before the view; the label 100 a + 10 b + c tells the digits of red,
    green and blue, so that there are 1000 classes.

    Args:
      points: images drawn; VEEGAN and PacGAN draw 128,000 (300 MB).
      seed: of the draw.
    """
    only_split(split, ("train",), name)
    within("points", points, 1)
    within("seed", seed, 0)
    if view.channels not in (None, DIGITS):
        raise UserError(f"{name} has a digit in each of {DIGITS} channels; leave channels unset.")
    images, labels = digits()
    planes = apply_all(view._replace(channels=None), images[..., None])[..., 0]
    chosen = np.random.default_rng(seed).integers(0, len(planes), (points, DIGITS))
    stacked = np.stack([planes[column] for column in chosen.T], axis=-1)
    return from_arrays(name, stacked, labels[chosen] @ [100, 10, 1], classes=10**DIGITS)
