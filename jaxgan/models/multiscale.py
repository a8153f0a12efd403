"""The next frame at four scales: each sees the frames and the guess of the scale below.

Reference: Deep multi-scale video prediction beyond mean square error (arXiv:1511.05440), section 3
and table 1, by the sizes of dyelax/Adversarial_Video_Generation.

Scales are named by their divisor: "x_8" is an eighth of the sides of "x".
"""

from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import labels, layers, norms
from jaxgan.models.resize import double, halve
from jaxgan.models.sizes import check_multiples, check_source, image_shape

DIVISORS = (8, 4, 2)  # of the scales below the whole, the smallest in front
SMALLEST = 32  # side of an image whose smallest scale still fills the critic's windows


class _Scale(NamedTuple):
    """Layers of a scale, in units of a network's width; a window for each convolution."""

    features: tuple[int, ...]
    windows: tuple[int, ...]
    hidden: tuple[int, ...] = ()


# The last convolution of a generator makes the image.
_GENERATOR = {
    8: _Scale((1, 2, 1), (3, 3, 3, 3)),
    4: _Scale((1, 2, 1), (5, 3, 3, 5)),
    2: _Scale((1, 2, 4, 2, 1), (5, 3, 3, 3, 3, 5)),
    1: _Scale((1, 2, 4, 2, 1), (7, 5, 5, 5, 5, 7)),
}
_CRITIC = {
    8: _Scale((1,), (3,), (8, 4)),
    4: _Scale((1, 2, 2), (3, 3, 3), (16, 8)),
    2: _Scale((2, 4, 4), (5, 5, 5), (16, 8)),
    1: _Scale((2, 4, 8, 2), (7, 7, 5, 5), (16, 8)),
}


def with_scales(images: dict) -> dict:
    """Named images and, of "x" [B, H, W, C], the smaller scales that are not there: x_2, x_4, x_8.

    Each is of the means of 2x2 pixels of the one above. Without "x" they stay as they are.

    Raises:
      UserError: sides that are no multiples of 8.
    """
    if "x" not in images:
        return dict(images)
    height, width, _ = image_shape(images["x"].shape[1:], "multiscale")
    check_multiples(height, width, DIVISORS[0], "a game of several scales")
    smaller, found = images["x"], dict(images)
    for divisor in reversed(DIVISORS):
        smaller = halve(smaller)
        found.setdefault(f"x_{divisor}", smaller)
    return found


class MultiscaleGenerator(nn.Module):
    """Convolutions at an eighth, a quarter, a half of the sides and at all of them.

    Each scale is given the frames, made smaller by means, and the guess of the scale below, every
    pixel four times; a rectifier behind each layer, tanh behind the last. Everything is a
    convolution: it takes other sizes than it learned from.

    Fields:
      width: of the first layer of each scale; 128 in the paper's code.
      added: whether the guess of the scale below is added inside the tanh (the paper's recursion,
        and its authors' code); False is dyelax's, which only sees it, and what the recipes' numbers
        are of.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``; the paper has no norm. With
        ``batch`` what is normalised has no bias.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    width: int = 128
    added: bool = False
    norm: str = "none"
    norm_eps: float = 1e-5
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    def multiple(self, height, width):
        """See ``Network.multiple``: four scales."""
        return DIVISORS[0]

    @nn.compact
    def __call__(self, *, source, z=None, label=None, keys=None, train):
        """source [B, H, W, T * C], z [B, Z] and label [B, K] as planes of every scale, or None.

        Returns:
          "x": [B, H, W, C], and "x_2", "x_4", "x_8", the guesses of the smaller scales, in [-1, 1].
        """
        height, width, colours = image_shape(self.shape, "multiscale")
        check_multiples(height, width, DIVISORS[0], "generator multiscale")
        check_source(source, self.shape, "generator multiscale")
        frames, made, guess = {1: source}, {}, None
        bias = self.norm != "batch"  # which shifts by itself
        for divisor in reversed(DIVISORS):
            frames[divisor] = halve(frames[divisor // 2])
        for divisor, (features, windows, _) in _GENERATOR.items():
            x = labels.join(labels.join(frames[divisor], z), label)
            x = x if guess is None else jnp.concatenate([x, guess.astype(x.dtype)], axis=3)
            for count, window in zip(features, windows[:-1], strict=True):
                geometry = (window, 1, window // 2)
                x = layers.convolve(self, x, count * self.width, geometry, bias=bias)
                x = nn.relu(norms.norm(self, x, train=train))
            x = layers.convolve(self, x, colours, (windows[-1], 1, windows[-1] // 2))
            x = layers.as_output(x)
            x = jnp.tanh(x if guess is None or not self.added else x + guess)
            made["x" if divisor == 1 else f"x_{divisor}"] = x
            guess = double(x)
        return made


class MultiscaleCritic(nn.Module):
    """A critic for each of four scales: convolutions, a maximum of 2x2 pixels, linear layers.

    Convolutions lie wholly inside the image, a rectifier behind each layer but the last.

    Fields:
      width: of the first layer of the smallest scale; 64 in the paper's code.
      norm, initializer: as the generator's.
      dropout: share of the units of the linear layers that are dropped.
    """

    width: int = 64
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(
        self, *, x, x_2=None, x_4=None, x_8=None, source=None, label=None, keys=None, train
    ):
        """Scores of an image at four scales.

        Args:
          x: [B, H, W, C], sides multiples of 8, 32 or more.
          x_2, x_4, x_8: what is judged at the smaller scales, [B, H / 2, W / 2, C], ...; None: x,
            made smaller by means.
          source: the frames in front of it [B, H, W, T * C], seen at every scale, or None.
          label: one-hot [B, K], as planes, or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          "score": [B, 4], the smallest scale in front; "features": what all scores are of [B, F].
        """
        height, width, _ = image_shape(x.shape[1:], "multiscale")
        if min(height, width) < SMALLEST:
            raise UserError(
                f"critic multiscale needs images of {SMALLEST}x{SMALLEST} or more, not of "
                f"{height}x{width}; set data.size={SMALLEST}."
            )
        given = {"x_2": x_2, "x_4": x_4, "x_8": x_8}
        given = with_scales({"x": x} | {n: v for n, v in given.items() if v is not None})
        frames, scores, seen = {1: source}, [], []
        bias = self.norm != "batch"
        for divisor in reversed(DIVISORS):
            frames[divisor] = None if source is None else halve(frames[divisor // 2])
        for divisor, (features, windows, hidden) in _CRITIC.items():
            y = given["x" if divisor == 1 else f"x_{divisor}"]
            y = y if source is None else jnp.concatenate([frames[divisor], y], axis=3)
            y = labels.join(y, label)
            for count, window in zip(features, windows, strict=True):
                y = layers.convolve(self, y, count * self.width, (window, 1, 0), bias=bias)
                y = nn.relu(norms.norm(self, y, train=train))
            y = layers.flatten(nn.max_pool(y, (2, 2), (2, 2)))  # an odd last row is left out
            for number, count in enumerate(hidden):
                y = nn.relu(layers.dense(self, y, count * self.width))
                y = layers.dropout(self, y, keys, 2 * divisor + number, train=train)
            scores.append(layers.as_output(layers.dense(self, y, 1)))
            seen.append(layers.as_output(y))
        return {"score": jnp.concatenate(scores, axis=1), "features": jnp.concatenate(seen, axis=1)}
