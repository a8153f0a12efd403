"""What turns images into features: the same checks, eight bits and chunks for every network."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.core.pixels import eight_bits

ROUNDING = 1e-3  # how far beyond [-1, 1] arithmetic may carry an image


class Extractor(NamedTuple):
    """A network with its weights, as metrics see it.

    Attributes:
      name: of its row in ``FEATURES``. A Frechet distance by it is called ``fd_NAME``; FID is the
        one by "inception" and no other.
      hash: SHA-256 of the weights' file, 64 hexadecimal digits, for the record of an evaluation.
      width: F, the number of features.
      classes: K, the number of classes.
      variables: of the network, a tree of arrays.
      forward: (variables, x [B, H, W, C] in [-1, 1]) -> (features [B, F], logits [B, K]); pure.
      check: (H, W, C) -> None, or a ``UserError`` for images that the network cannot see.
      resize: how images of other sizes are brought to the network's, for the record.
      run: (images, progress=None) -> (features [N, F], logits [N, K]), float32 NumPy arrays, both
        by one pass. ``images`` are floats [N, H, W, C] in [-1, 1], N >= 1, and are seen in the
        eight bits that they would be saved in. ``progress(done, N)`` is called after every chunk.
        Anything else is a ``UserError``.
    """

    name: str
    hash: str
    width: int
    classes: int
    variables: Any
    forward: Callable
    check: Callable
    resize: str
    run: Callable

    def features(self, images, progress=None):
        """Features [N, F] of images [N, H, W, C] in [-1, 1]; see ``run``."""
        return self.run(images, progress)[0]

    def probabilities(self, images, progress=None):
        """Class probabilities [N, K] of images [N, H, W, C] in [-1, 1]; see ``run``."""
        return probabilities(self.run(images, progress)[1])


def probabilities(logits):
    """The softmax of logits [..., K] over their last axis, float64."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
    return odds / odds.sum(axis=-1, keepdims=True)


def make(name, hash, sizes, forward, variables, check, chunk, resize=""):
    """Make an ``Extractor``; it compiles once for every size of images.

    Args:
      name, hash: as in ``Extractor``.
      sizes: (width, classes).
      forward: (variables, x [chunk, H, W, C]) -> (features [chunk, F], logits [chunk, K]).
      variables: of the network, a tree of arrays.
      check: (H, W, C) -> None, or a ``UserError`` for images that the network cannot see.
      chunk: images in one pass; bounds the memory.
      resize: as in ``Extractor``.
    """
    within("chunk", chunk, 1)

    @jax.jit
    def see(variables, x):
        # Accelerators would round the products' factors to 8 or 10 bits, and the distances differ.
        with jax.default_matmul_precision("highest"):
            return forward(variables, eight_bits(x))

    variables = jax.device_put(variables)

    def run(images, progress=None):
        images = _checked(images)
        check(images.shape[1:])
        results = [np.empty((len(images), size), np.float32) for size in sizes]
        for start in range(0, len(images), chunk):
            part = images[start : start + chunk]
            end = start + len(part)
            padded = np.pad(part, [(0, chunk - len(part)), (0, 0), (0, 0), (0, 0)])
            for result, seen in zip(results, see(variables, padded), strict=True):
                result[start:end] = seen[: len(part)]
            if progress is not None:
                progress(end, len(images))
        return tuple(results)

    return Extractor(name, hash, *sizes, variables, forward, check, resize, run)


def _checked(images):
    images = np.asarray(images)
    if images.ndim != 4 or not images.size:
        raise UserError(f"images must be [N, H, W, C] with N at least 1, not {images.shape}.")
    if not jnp.issubdtype(images.dtype, jnp.floating):
        raise UserError(
            f"images must be floats in [-1, 1], not {images.dtype}; x / 127.5 - 1 makes them of "
            "pixels from 0 to 255."
        )
    low, high = images.min(), images.max()
    if not (low >= -1 - ROUNDING and high <= 1 + ROUNDING):
        raise UserError(f"images must lie in [-1, 1]; these reach from {low} to {high}.")
    return images.astype(np.float32, copy=False)
