"""Inception score: how sure and how varied a classifier finds the generated examples."""

import warnings

import numpy as np

from jaxgan.metrics.features import TooFew, rows


def inception_score(predictions, splits=10, logits=False):
    """Inception score exp(E KL(p(y|x) || p(y))) of a classifier's predictions; higher is better.

    Salimans et al. 2016, section 4: the rows are cut into equal runs, in their order, which must
    be a random one; each run has its own p(y) and its own score. It looks at the generated
    examples alone and is the Inception score only with that network: name the classifier.

    Args:
      predictions: [N, K] class probabilities of generated examples, or logits.
      splits: number of runs; 10 in the paper, of 5000 rows each.
      logits: whether the predictions are unnormalised log-probabilities.

    Returns:
      (mean, deviation): floats over the runs, the deviation over ``splits`` and not one less, as
      in the paper's code. The score lies in [1, K], and is at most the rows of a run.

    Raises:
      ValueError: predictions that are not finite [N, K], or no probabilities (negative, or rows
        that do not sum to 1), or more splits than rows.
    """
    predictions = rows("predictions", predictions)
    if not 1 <= splits <= len(predictions):
        raise ValueError(f"splits is {splits}; it must be from 1 to {len(predictions)}, the rows.")
    if logits:
        shifted = predictions - predictions.max(1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        p = np.exp(log_p)
    else:
        p = predictions
        if p.min() < 0 or np.abs(p.sum(1) - 1).max() > 1e-3:
            raise ValueError("predictions must be probabilities that sum to 1; or set logits=True.")
        log_p = np.log(np.maximum(p, np.finfo(np.float64).tiny))  # times p = 0 where p is 0
    size, classes = len(p) // splits, p.shape[1]
    if size < 5 * classes:
        warnings.warn(
            f"{size} rows a split are fewer than 5 for each of {classes} classes: "
            "the Inception score is a tenth too low, or worse.",
            TooFew,
            stacklevel=2,
        )
    bounds = np.arange(splits + 1) * len(p) // splits
    scores = []
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
        marginal = p[start:end].mean(0)
        own = np.sum(p[start:end] * log_p[start:end], axis=1).mean()
        shared = np.sum(marginal * np.log(np.maximum(marginal, np.finfo(np.float64).tiny)))
        scores.append(np.exp(own - shared))
    return float(np.mean(scores)), float(np.std(scores))
