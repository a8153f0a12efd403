"""Completion of images: a generator that fills a hole, and a critic that looks at it closely.

Reference: Globally and Locally Consistent Image Completion (Iizuka, Simo-Serra and Ishikawa 2017,
ACM Transactions on Graphics 36(4)), tables 1 to 3, in the layout of the authors' code.
"""

import itertools
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError, within
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.sizes import check_multiples, check_source, image_shape

# (window, stride, padding)
_FIRST, _KEEP, _HALVE, _DOUBLE = (5, 1, 2), (3, 1, 1), (3, 2, 1), (4, 2, 1)
_SHRINK = (5, 2, 2)


class CompletionGenerator(nn.Module):
    """Two halvings, dilated convolutions, two doublings; what is known stays as it is.

    conv 5x5 w - conv 2w of stride 2, 2w - 4w of stride 2, 4w, 4w - a 4w for each dilation - 4w, 4w
    - convT 2w, conv 2w - convT w, conv w/2 - conv to the image, tanh. All but the last BN ReLU.

    Fields:
      width: w, 64 in the paper.
      dilations: of the convolutions at a quarter of the sides, by which a pixel in a hole sees what
        is around; the paper's for 256x256.
      norm, initializer: rows of ``norms.NORMS`` and ``inits.INITS``. With ``batch`` what is
        normalised has no bias.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    shape: tuple[int, ...]
    width: int = 64
    dilations: tuple[int, ...] = (2, 4, 8, 16)
    norm: str = "batch"
    norm_eps: float = 1e-5
    initializer: str = "he"
    dtype: Any = jnp.float32
    axis_name: str | None = None

    def multiple(self, height, width):
        """See ``Network.multiple``: every tap must have met more than padding."""
        return 4 if max(self.dilations, default=0) < min(height, width) // 4 else 0

    @nn.compact
    def __call__(self, *, source, mask=None, label=None, keys=None, train):
        """An image from one with a hole.

        Args:
          source: [B, H, W, C], sides multiples of 4.
          mask: [B, H, W, 1], 1 in the hole and 0 outside, seen beside it; None: all is made anew.
          label: one-hot [B, K], as planes, or None.
          keys: unused, for there is no dropout.
          train: whether batch statistics are those of the batch.

        Returns:
          "x": images [B, H, W, C] in [-1, 1], float32, the source itself outside of the hole.
        """
        height, width, colours = image_shape(self.shape, "completion")
        check_multiples(height, width, 4, "generator completion")
        check_source(source, self.shape, "generator completion")

        def after(x):
            return nn.relu(norms.norm(self, x, train=train))

        bias = self.norm != "batch"

        def features(share):
            return max(int(self.width * share), 1)

        def block(x, share, geometry=_KEEP, dilation=1):
            window, stride, padding = geometry
            more = {"bias": bias, "dilation": dilation}
            geometry = (window, stride, padding * dilation)
            return after(layers.convolve(self, x, features(share), geometry, **more))

        def doubled(x, share):
            return after(layers.convolve_transpose(self, x, features(share), _DOUBLE, bias))

        x = source if mask is None else jnp.concatenate([source, mask], axis=3)
        x = block(labels.join(x, label), 1, _FIRST)
        x = block(block(x, 2, _HALVE), 2)
        x = block(block(block(x, 4, _HALVE), 4), 4)
        for dilation in self.dilations:
            x = block(x, 4, dilation=dilation)
        x = block(block(x, 4), 4)
        x = block(doubled(x, 2), 2)
        x = block(doubled(x, 1), 0.5)
        x = jnp.tanh(layers.as_output(layers.convolve(self, x, colours, _KEEP)))
        return {"x": x if mask is None else jnp.where(mask > 0.5, x, layers.as_output(source))}


class GlobalLocalCritic(nn.Module):
    """One stack sees the whole image, one a window around the hole; a linear layer sees both.

    A stack is conv 5x5 of stride 2 w, 2w, 4w, 8w, 8w, ..., each BN ReLU, - linear; the window's has
    one convolution less, as in the paper, whose window is half of the image.

    Fields: as those of ``dcgan.DCGAN32Critic``, and
      layers: convolutions of the whole image, 6 in the paper for 256x256.
      width: w.
      hidden: units of each stack's linear layer, 1024 in the paper.
      window: side of the square that is cut out; 0: there is no local stack.
    """

    layers: int = 4
    width: int = 64
    hidden: int = 1024
    window: int = 16
    norm: str = "batch"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    initializer: str = "he"
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, mask=None, label=None, keys=None, train):
        """Scores of whole images.

        Args:
          x: images [B, H, W, C].
          mask: [B, H, W, 1], 1 in the hole, of which only the place is used; None: the window lies
            in the middle.
          label: one-hot [B, K], as planes, or None.
          keys: [B], of dropout, or None.
          train: whether batch statistics are those of the batch, and units are dropped.

        Returns:
          see ``heads.scores``.
        """
        height, width, _ = image_shape(x.shape[1:], "global_local")
        within("global_local's layers", self.layers, 2)
        if self.window > min(height, width):
            raise UserError(
                f"critic global_local cuts a window of {self.window}x{self.window}, which images "
                f"of {height}x{width} do not have; set critic.window."
            )
        x = labels.join(x, label)
        numbers = itertools.count()  # of what drops units

        def stack(x, depth):
            for i in range(depth):
                features, bias = self.width * min(2**i, 8), self.norm != "batch"
                x = layers.convolve(self, x, features, _SHRINK, bias=bias)
                x = nn.relu(norms.norm(self, x, train=train))
                x = layers.dropout(self, x, keys, next(numbers), train=train)
            x = nn.relu(layers.dense(self, layers.flatten(x), self.hidden))
            return layers.dropout(self, x, keys, next(numbers), train=train)

        seen = [stack(x, self.layers)]
        if self.window:
            seen.append(stack(cut(x, mask, self.window), self.layers - 1))
        return heads.scores(self, jnp.concatenate(seen, axis=1))


def cut(x: jax.Array, mask: jax.Array, window: int) -> jax.Array:
    """The square of x [B, H, W, C] around its hole: [B, window, window, C].

    Its middle is that of the box around the hole, unless it would leave the image. ``mask`` [B, H,
    W, 1] is 1 in the hole; None, or one without a hole: the middle of the image.
    """
    height, width = x.shape[1:3]
    if mask is None:
        mask = jnp.ones((len(x), height, width, 1), x.dtype)

    def start(met, side):
        """met [side], whether a row or a column has a part of the hole."""
        first, last = jnp.argmax(met), side - 1 - jnp.argmax(met[::-1])
        return jnp.clip((first + last + 1 - window) // 2, 0, side - window)

    def one(x, hole):
        starts = (start(hole.any(axis=1), height), start(hole.any(axis=0), width), 0)
        return jax.lax.dynamic_slice(x, starts, (window, window, x.shape[2]))

    return jax.vmap(one)(x, mask[..., 0] > 0.5)
