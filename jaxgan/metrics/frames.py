"""How sharp a predicted frame is, and whether it is one of several that may be."""

import numpy as np

LEAST = 1e-10  # of a mean difference: of equal images, 100 dB


def sharpness(made, truth):
    """How alike the edges of two images are, in dB, mean of the images (Mathieu et al. 2016, 4.2).

    10 log10(1 / mean | (|dx y| + |dy y|) - (|dx y'| + |dy y'|) |) for images in [0, 1], the paper's
    formula with max = 1: dx and dy are the differences to the left and the upper neighbour, added
    before they are compared, of all pixels that have both. Two others go by this name: the authors'
    code compares the axes apart, in other units, and dyelax's adds them within other borders. Since
    the difference is not squared, the unit of the pixels shifts the number: compare with none of
    another source.

    Args:
      made, truth: [N, H, W, C] in [-1, 1], sides of 2 or more; channels are images of their own.

    Returns:
      float, 100 at most, where the steepness is the same everywhere; a shift of grey changes
      nothing.
    """
    steep = [_steepness((np.asarray(x, np.float64) + 1) / 2) for x in (made, truth)]
    differences = np.abs(steep[0] - steep[1]).reshape(len(made), -1).mean(axis=1)
    return float(np.mean(-10 * np.log10(np.maximum(differences, LEAST))))


def _steepness(x):
    """|dx| + |dy| of the pixels with an upper and a left neighbour: [N, H - 1, W - 1, C]."""
    here = x[:, 1:, 1:]
    return np.abs(here - x[:, :-1, 1:]) + np.abs(here - x[:, 1:, :-1])


def futures(made, truth, given):
    """Whether samples choose among the futures of one past, or mix them.

    Rows of one past have the same ``given`` to the bit, and their truths, wherever they differ, are
    its futures. A sample's error is its squared distance to the nearest future over that of this
    future to the one nearest to it. Midway between two futures, as their mean is, it is 1/4; nearer
    to a future than to that middle, below 1/16, a sample is near it.

    Args:
      made, truth, given: [N, ...].

    Returns:
      (near, error, taken): the share of samples near a future; the median error; the share of pasts
      all of whose futures have a sample near them. Pasts of one future are left out; None where
      there are no others.
    """
    made, truth = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (made, truth))
    _, past = np.unique(np.reshape(given, (len(given), -1)), axis=0, return_inverse=True)
    errors, taken = [], []
    for rows in (np.flatnonzero(past == number) for number in np.unique(past)):
        known = np.unique(truth[rows], axis=0)
        if len(known) < 2:
            continue
        apart = _squares(known, known)
        np.fill_diagonal(apart, np.inf)
        distances = _squares(made[rows], known)
        nearest = distances.argmin(axis=1)
        error = distances.min(axis=1) / apart.min(axis=1)[nearest]
        errors.append(error)
        taken.append(len(set(nearest[error < 1 / 16])) == len(known))
    if not errors:
        return None
    errors = np.concatenate(errors)
    return float(np.mean(errors < 1 / 16)), float(np.median(errors)), float(np.mean(taken))


def _squares(a, b):
    return ((a[:, None] - b[None]) ** 2).sum(axis=2)
