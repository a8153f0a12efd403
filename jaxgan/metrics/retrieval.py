"""Whether what was made is found again among what could have been meant."""

import numpy as np

BLOCK = 256  # rows that are compared at once


def retrieval(made, truth, labels=None):
    """The share of examples whose nearest real one is their own truth, and is of their own class.

    Nearest by the Euclidean distance of what is given, pixels or features. Where several are as
    near, each counts by its part. Truths that are the same to the bit are one, as where an image is
    to be made of several.

    Args:
      made: [N, ...], N at least 1.
      truth: [N, ...], one beside each of ``made``.
      labels: integers [N] of the truth, or None: one class.

    Returns:
      (top1, label): top1 among the truths of its own class alone, label among those of all classes;
      both in [0, 1].

    Raises:
      ValueError: the shapes differ.
    """
    made, truth = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (made, truth))
    labels = np.zeros(len(made), int) if labels is None else np.asarray(labels)
    if made.shape != truth.shape or labels.shape != made.shape[:1] or not made.size:
        raise ValueError(f"made {made.shape}, truth {truth.shape}, labels {labels.shape} differ.")
    squares, top1, label = (truth**2).sum(axis=1), 0.0, 0.0
    _, same = np.unique(truth, axis=0, return_inverse=True)
    for start in range(0, len(made), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(made)))
        distances = squares - 2 * made[rows] @ truth.T  # but for what all of a row share
        alike = labels[rows, None] == labels
        label += _share(_nearest(distances), alike).sum()
        own = same[rows, None] == same
        top1 += _share(_nearest(np.where(alike, distances, np.inf)), own).sum()
    return top1 / len(made), label / len(made)


def caption_retrieval(images, captions, tops=(1, 10)):
    """How often an image's own caption is among those that fit it best, {top: share}.

    Captions fit by their inner product with the image, v . t. Those that are the same to the bit
    are one, and no other may fit better than the own one, or fewer than ``top``.

    Args:
      images: vectors [N, D].
      captions: vectors [N, D], one beside each image.
      tops: how many of the best.
    """
    unique, own = np.unique(captions, axis=0, return_inverse=True)
    scores = np.asarray(images, np.float64) @ np.asarray(unique, np.float64).T
    right = scores[np.arange(len(scores)), own.reshape(-1)]
    better = (scores > right[:, None]).sum(axis=1)
    return {top: float(np.mean(better < top)) for top in tops}


def _nearest(distances):
    """Of each row, those that are nearest, up to rounding."""
    least = distances.min(axis=1, keepdims=True)
    return distances <= least + 1e-9 * (1 + np.abs(least))


def _share(nearest, right):
    return (nearest & right).sum(axis=1) / nearest.sum(axis=1)
