"""Nearest neighbours of features: fidelity and variety apart from each other, and memorisation."""

import warnings
from typing import NamedTuple

import numpy as np

from jaxgan.metrics.features import TooFew, pair, rows, same_width

BLOCK = 2**20  # distances that are held at once: never N x M, never N x M x D


class PrecisionRecall(NamedTuple):
    """Improved precision and recall, both in [0, 1] and higher is better.

    Attributes:
      precision: float, share of the fakes that lie among the real examples (fidelity).
      recall: float, share of the real examples that lie among the fakes (variety).
    """

    precision: float
    recall: float


def precision_recall(real, fake, k=3):
    """Improved precision and recall (Kynkaanniemi et al. 2019, eq. 1 and 2).

    A set's support is the union of balls, one around each row, up to its k-th nearest neighbour
    in its own set. Precision asks whether the *fakes* are in the *real* balls, recall whether
    the *real* rows are in the *fake* balls: a collapsed generator has high precision, low recall.
    Neither is 1 for a perfect generator; compare with two halves of the real examples. The balls
    shrink as rows are added, so both sets should be equally large (50 000 in the paper).

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples; exchanging the two exchanges the values.
      k: which neighbour; 3 in the paper.

    Returns:
      PrecisionRecall.

    Raises:
      ValueError: the widths differ, a set has no k-th neighbour, or a value is not finite.
    """
    real, fake = _prepared(real, fake, k)
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    precise, recalled = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for part, squares in _blocks(real, fake):
        precise |= np.any(squares <= real_radii[part, None], axis=0)
        recalled[part] = np.any(squares <= fake_radii, axis=1)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))


class DensityCoverage(NamedTuple):
    """Density and coverage, higher is better.

    Attributes:
      density: float >= 0, how many real balls a fake lies in, over k: 1 for a perfect generator,
        more where the fakes gather in the densest places.
      coverage: float in [0, 1], share of the real balls that hold a fake: about 1 - 2^-k for a
        perfect generator of as many rows.
    """

    density: float
    coverage: float


def density_coverage(real, fake, k=5):
    """Density and coverage (Naeem et al. 2020, eq. 3 and 4).

    Only the real examples have balls, so that a stray fake cannot inflate recall, nor a stray
    real example, being one ball in many, precision. The roles are not exchangeable.

    Args:
      real: [N, D] features of real examples.
      fake: [M, D] features of generated examples, best N of them.
      k: which neighbour; 5 in the paper.

    Returns:
      DensityCoverage.

    Raises:
      ValueError: the widths differ, a set has no k-th neighbour, or a value is not finite.
    """
    real, fake = _prepared(real, fake, k)
    radii = _radii(real, k)
    inside = np.zeros(len(real), np.int64)
    for part, squares in _blocks(real, fake):
        inside[part] = np.sum(squares <= radii[part, None], axis=1)
    return DensityCoverage(float(inside.sum() / (k * len(fake))), float(np.mean(inside > 0)))


class Nearest(NamedTuple):
    """The nearest of some examples to each of N others, nearest first.

    Attributes:
      indices: int64 [N, k], of the first of those that are as near.
      distances: float64 [N, k], Euclidean.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(x, others, k, first=0, found=None):
    """The k nearest rows of ``others`` to each row of x; of a set that comes in parts, so far.

    Args:
      x: [N, D].
      others: [M, D], the whole set or a part of it.
      k: how many; of fewer rows there are fewer.
      first: index in the whole set of the first row of ``others``.
      found: what the parts before gave; None: there were none.

    Returns:
      Nearest.

    Raises:
      ValueError: the widths differ, or a value is not finite.
    """
    x, others = rows("x", x, 1), rows("others", others, 1)
    same_width("x", x, "others", others)
    indices, distances = [], []
    for _, squares in _blocks(x, others):
        every, chosen, near = np.arange(len(squares)), [], []
        for _ in range(min(k, len(others))):  # k is small: it takes less than to sort
            chosen.append(squares.argmin(axis=1))
            near.append(squares[every, chosen[-1]])
            squares[every, chosen[-1]] = np.inf
        indices.append(np.stack(chosen, axis=1) + first)
        distances.append(np.sqrt(np.stack(near, axis=1)))
    here = Nearest(np.concatenate(indices), np.concatenate(distances))
    if found is None:
        return here
    both = Nearest(*(np.concatenate(pair, axis=1) for pair in zip(found, here, strict=True)))
    order = np.argsort(both.distances, axis=1, kind="stable")[:, :k]
    return Nearest(*(np.take_along_axis(each, order, axis=1) for each in both))


class Memorisation(NamedTuple):
    """Whether fakes lie closer to the training set than unseen real examples do.

    Attributes:
      auc: float in [0, 1], probability that a fake is farther from its nearest training example
        than a held-out real one is (ties count half): 1/2 is ideal, 0 is copying, 1 is fakes
        that lie far from all the data.
      z: float, the same as the Mann-Whitney statistic in standard deviations: below -3 the
        training set is copied, beyond chance; above 3 the fakes are too far away.
      median_ratio: float, median distance of the fakes over that of the held-out; 1 is ideal.
      copies: float in [0, 1], share of the fakes closer than the closest hundredth of the
        held-out; 0.01 is ideal, and more finds copies that the other numbers may average away.
    """

    auc: float
    z: float
    median_ratio: float
    copies: float


def memorisation(train, held_out, fake):
    """Test for copies of the training set (Meehan et al. 2020, C_T with a single cell).

    Both the fakes and real examples that the generator never saw are measured by the distance to
    their nearest training example; a generator that has learned the distribution, and not the
    examples, gives both the same distances. All three must come from one pipeline.

    Args:
      train: [T, D] features of the examples that the generator was trained on.
      held_out: [N, D] features of real examples that it was not trained on.
      fake: [M, D] features of generated examples.

    Returns:
      Memorisation.

    Raises:
      ValueError: the widths differ, a set has fewer than 2 rows, or a value is not finite.
    """
    train, held_out, fake = rows("train", train), rows("held_out", held_out), rows("fake", fake)
    same_width("train", train, "held_out", held_out)
    same_width("train", train, "fake", fake)
    if len(held_out) < 100:
        warnings.warn(
            f"the closest hundredth of {len(held_out)} held-out examples is less than one of them: "
            "the share of copies is not calibrated.",
            TooFew,
            stacklevel=2,
        )
    unseen, made = (nearest(x, train, 1).distances[:, 0] for x in (held_out, fake))
    n, m = len(unseen), len(made)
    ordered = np.sort(unseen)
    below, up_to = (np.searchsorted(ordered, made, side) for side in ("left", "right"))
    auc = float((below + up_to).sum() / (2 * n * m))
    # Equal distances (copies are all at 0) have one rank and narrow the statistic's spread.
    _, ties = np.unique(np.concatenate([unseen, made]), return_counts=True)
    ties = ties.astype(np.float64)
    spread = n + m + 1 - np.sum(ties**3 - ties) / ((n + m) * (n + m - 1))
    z = (auc - 0.5) * n * m / np.sqrt(n * m / 12 * spread) if spread > 0 else 0.0
    middle, usual = np.median(made), np.median(unseen)
    # Held-out examples that are themselves in the training set: a ratio of equals is 1.
    ratio = middle / usual if usual > 0 else (1.0 if middle == 0 else np.inf)
    copies = np.mean(made < np.quantile(unseen, 0.01))
    return Memorisation(auc, float(z), float(ratio), float(copies))


def _prepared(real, fake, k):
    if k != int(k) or k < 1:
        raise ValueError(f"k is {k}; it must be a whole number, 1 or more.")
    real, fake = pair(real, fake, least=k + 1)
    if few := [name for name, x in (("real", real), ("fake", fake)) if len(x) < 1000]:
        warnings.warn(
            f"too few of {' and '.join(few)}, in {len(real)} real and {len(fake)} fake rows: below "
            "1000 the balls are so large that their number, more than the generator, sets the "
            "values.",
            TooFew,
            stacklevel=3,
        )
    return real, fake


def _blocks(a, b):
    """Yield (slice of a's rows, squared distances [rows, len(b)]) until a is done."""
    # |x|^2 + |y|^2 - 2 x.y, one matrix product. It cancels far from the origin, so the origin is
    # moved to the most central row; what is left within rounding of 0 is 0: copies are copies.
    centre = b[np.argmin(np.sum((b - b.mean(0)) ** 2, axis=1))]
    a, b = a - centre, b - centre
    square_a, square_b = np.sum(a**2, axis=1), np.sum(b**2, axis=1)
    smallest = 16 * np.finfo(np.float64).eps * (square_a + square_b.max())
    size = max(1, BLOCK // len(b))
    for start in range(0, len(a), size):
        part = slice(start, start + size)
        squares = a[part] @ b.T
        squares *= -2
        squares += square_a[part, None]
        squares += square_b
        squares[squares < smallest[part, None]] = 0
        yield part, squares


def _radii(x, k):
    """Squared distance of each row to its k-th nearest neighbour, itself not counted."""
    # The row itself is at distance 0, so that index k of the sorted distances is the k-th other.
    return np.concatenate([np.partition(squares, k, axis=1)[:, k] for _, squares in _blocks(x, x)])
