"""Structural similarity of images, and the variety within one class that it tells of."""

import warnings
from typing import NamedTuple

import numpy as np

from jaxgan.metrics.features import TooFew

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # finest scale first (Wang et al. 2003)
WINDOW, SIGMA = 11, 1.5
STABLE = 0.01**2, 0.03**2  # (K1 L)^2 and (K2 L)^2 for the range L = 1
BLOCK = 2**22  # pixels that are worked on at once


def ms_ssim(a, b):
    """Multi-scale structural similarity of pairs of images (Wang, Simoncelli and Bovik 2003).

    Gaussian windows of 11 x 11 (deviation 1.5) that lie wholly inside the image; contrast and
    structure at every scale, luminance at the coarsest; scales by 2 x 2 means, an odd last row or
    column left out. A negative mean contrast-structure counts as 0. Channels are images of their
    own, averaged at the end.

    The paper's five scales need 176 pixels. Smaller images get the scales whose shorter side still
    holds a window (1 from 11 pixels, 2 from 22, 3 from 44, 4 from 88), with the first weights
    divided by their sum: compare values of one image size only.

    Args:
      a: [N, H, W, C] images in [-1, 1].
      b: [N, H, W, C] images in [-1, 1], one beside each of ``a``; exchanging them changes nothing.

    Returns:
      float64 [N] in [0, 1], 1 for equal images.

    Raises:
      ValueError: the shapes differ, the images are smaller than a window, or out of range.
    """
    a, b = _images("a", a), _images("b", b)
    if a.shape != b.shape:
        raise ValueError(f"a {a.shape} and b {b.shape} must have one shape.")
    size = max(1, BLOCK // a[0].size)
    parts = [_ms_ssim(a[i : i + size], b[i : i + size]) for i in range(0, len(a), size)]
    return np.concatenate(parts)


class Diversity(NamedTuple):
    """How alike the images of a class are.

    Attributes:
      similarity: float in [0, 1], mean MS-SSIM of pairs; lower is more diverse.
      standard_error: float, of that mean over the choice of pairs, given these images.
    """

    similarity: float
    standard_error: float


def diversity(images, pairs=100, seed=0):
    """Mean MS-SSIM of random pairs of different images of one class (Odena et al. 2017, sec. 4.2).

    Lower is more diverse, but noise, too, is unlike itself: compare with the value of the real
    images of the class. Call it once for each class; pairs across classes would hide a collapse.

    Args:
      images: [N, H, W, C] in [-1, 1], all of one class.
      pairs: number of pairs, drawn independently, at least 2; 100 a class in the paper.
      seed: of the pairs.

    Returns:
      Diversity.

    Raises:
      ValueError: fewer than 2 images or pairs, images smaller than 11 x 11, or out of range.
    """
    images = _images("images", images)
    n = len(images)
    if n < 2 or pairs < 2:
        raise ValueError(f"{n} images and {pairs} pairs: at least 2 of each are needed.")
    if n * (n - 1) // 2 < pairs:
        warnings.warn(
            f"{n} images have fewer than {pairs} pairs: the same ones are drawn again.",
            TooFew,
            stacklevel=2,
        )
    rng = np.random.default_rng(seed)
    first = rng.integers(n, size=pairs)
    second = (first + rng.integers(1, n, size=pairs)) % n  # any but the first
    values = ms_ssim(images[first], images[second])
    return Diversity(float(values.mean()), float(values.std(ddof=1) / np.sqrt(pairs)))


def _images(name, x):
    x = np.asarray(x)
    if x.ndim != 4 or not x.size or min(x.shape[1:3]) < WINDOW:
        raise ValueError(
            f"{name} must be [N, H, W, C] with sides of {WINDOW} or more; got {x.shape}."
        )
    if (x.dtype.kind != "f" and x.dtype.name != "bfloat16") or not np.all(np.abs(x) <= 1):
        raise ValueError(f"{name} must be real numbers in [-1, 1]; its dtype is {x.dtype}.")
    return x.astype(np.float64)


def _ms_ssim(a, b):
    a, b = (a + 1) / 2, (b + 1) / 2  # luminance is a ratio of means: black must be 0
    weights = np.array(WEIGHTS[: int(np.log2(min(a.shape[1:3]) / WINDOW)) + 1])
    if len(weights) < len(WEIGHTS):
        weights /= weights.sum()  # all five stay as published: their sum is 1.0001
    result = 1.0
    for scale, weight in enumerate(weights):
        luminance, structure = compare(a, b, _smooth)
        if scale == len(weights) - 1:
            structure = luminance * structure
        result = result * np.maximum(structure.mean((1, 2)), 0) ** weight
        a, b = _halve(a), _halve(b)
    return result.mean(-1)


def compare(a, b, smooth):
    """Luminance and contrast-structure of every window (Wang et al. 2004, eq. 6 and 13).

    Arithmetic alone, for arrays of NumPy and of JAX.

    Args:
      a, b: [N, H, W, C] in [0, 1].
      smooth: x [N, H, W, C] -> its means over each window [N, H - 10, W - 10, C].

    Returns:
      Two arrays [N, H - 10, W - 10, C]; their product is SSIM.
    """
    mean_a, mean_b = smooth(a), smooth(b)
    # In this order equal images have equal terms, whatever the rounding.
    variances = (smooth(a * a) - mean_a**2) + (smooth(b * b) - mean_b**2)
    covariance = smooth(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + STABLE[0]) / (mean_a**2 + mean_b**2 + STABLE[0])
    return luminance, (2 * covariance + STABLE[1]) / (variances + STABLE[1])


def gaussian_window():
    """The window along one axis, float64 [WINDOW] of sum 1."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(offsets**2) / (2 * SIGMA**2))
    return window / window.sum()


def _smooth(x):
    from scipy.ndimage import correlate1d

    window = gaussian_window()
    for axis in (1, 2):
        x = correlate1d(x, window, axis)
    edge = WINDOW // 2
    return x[:, edge:-edge, edge:-edge]


def _halve(x):
    n, h, w, c = x.shape
    x = x[:, : h // 2 * 2, : w // 2 * 2]
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
