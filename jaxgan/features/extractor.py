"""What turns images into features: the same checks, eight bits and chunks for every network."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.core.pixels import eight_bits
from jaxgan.metrics import perceptual

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
      maps: (variables, x [B, H, W, C] in [-1, 1]) -> maps [B, h, w, D] of x as it is, at several
        depths; pure. None: the network offers none.
      run: (images, progress=None) -> (features [N, F], logits [N, K]), float32 NumPy arrays, both
        by one pass. ``images`` are floats [N, H, W, C] in [-1, 1], N >= 1, and are seen in the
        eight bits that they would be saved in. ``progress(done, N)`` is called after every chunk.
        Anything else is a ``UserError``.
      compare: (made, truth) -> ``metrics.perceptual`` of each pair [N], float32; images as ``run``
        takes and sees them. None where there are no maps.
    """

    name: str
    hash: str
    width: int
    classes: int
    variables: Any
    forward: Callable
    check: Callable
    resize: str
    maps: Callable | None
    run: Callable
    compare: Callable | None

    def see(self, variables, x, depth=None):
        """What a loss looks at in x [B, H, W, C]; pure.

        Args:
          variables: of the network.
          x: images in [-1, 1].
          depth: 0: features [B, F]; k: the k-th of the maps; None: all maps.
        """
        if depth == 0:
            return self.forward(variables, x)[0]
        found = self.maps(variables, x)
        return found if depth is None else found[depth - 1]

    def check_depth(self, depth, shape):
        """Raise ``UserError`` if ``see`` has no such depth in an image of this shape."""
        if depth == 0:
            return
        if self.maps is None:
            raise UserError(f"feature network {self.name!r} offers no maps, only its features.")
        x = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
        count = len(jax.eval_shape(self.maps, self.variables, x))
        if depth is not None and depth > count:
            raise UserError(
                f"feature network {self.name!r} has maps 1 to {count}, and 0 is its features; "
                f"there is no depth {depth}."
            )

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


def make(name, hash, sizes, forward, variables, check, chunk, resize="", maps=None):
    """Make an ``Extractor``; it compiles once for every size of images.

    Args:
      name, hash: as in ``Extractor``.
      sizes: (width, classes).
      forward: (variables, x [chunk, H, W, C]) -> (features [chunk, F], logits [chunk, K]).
      variables: of the network, a tree of arrays.
      check: (H, W, C) -> None, or a ``UserError`` for images that the network cannot see.
      chunk: images in one pass; bounds the memory.
      resize, maps: as in ``Extractor``.
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
            for result, seen in zip(results, see(variables, _filled(part, chunk)), strict=True):
                result[start:end] = seen[: len(part)]
            if progress is not None:
                progress(end, len(images))
        return tuple(results)

    @jax.jit
    def distance(variables, made, truth):
        with jax.default_matmul_precision("highest"):
            return perceptual(*(maps(variables, eight_bits(x)) for x in (made, truth)))

    def compare(made, truth):
        made, truth = _checked(made), _checked(truth)
        check(made.shape[1:])
        return np.concatenate(
            [
                distance(
                    variables, *(_filled(x[start : start + chunk], chunk) for x in (made, truth))
                )
                for start in range(0, len(made), chunk)
            ]
        )[: len(made)]

    found = (run, compare if maps else None)
    return Extractor(name, hash, *sizes, variables, forward, check, resize, maps, *found)


def _filled(part, chunk):
    """Images [N, ...] and black ones behind them, [chunk, ...]."""
    return np.pad(part, [(0, chunk - len(part)), (0, 0), (0, 0), (0, 0)])


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
