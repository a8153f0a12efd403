"""Networks that grow: images of 4x4 pixels first, of twice the sides level by level.

The parameters of all levels exist from the start; a level uses those up to its own.

Reference: Progressive Growing of GANs (arXiv:1710.10196), sections 2 to 4, table 2, and the
authors' ``networks.py``.
"""

from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.resize import double, halve
from jaxgan.models.sizes import image_shape

_SAME = (3, 1, 1)  # (window, stride, padding)
_POINT = (1, 1, 0)
_GAIN = 2**0.5  # of a layer in front of a rectifier
SMALLEST = 4  # side of the first level


def levels_of(shape: tuple[int, ...]) -> int:
    """The last level of images (H, W, C): how often they are halved to sides of 4 to 7 pixels."""
    height, width, _ = image_shape(shape, "progressive")
    count = 0
    while height % 2 == width % 2 == 0 and min(height, width) >= 2 * SMALLEST:
        height, width, count = height // 2, width // 2, count + 1
    return count


def fade(before: jax.Array, after: jax.Array, grown: jax.Array, level: int) -> jax.Array:
    """From ``before`` to ``after`` [B, H, W, C] as a level fades in (figure 2).

    ``grown`` [B]: at ``level`` - 1 and below there is nothing of ``after``, at ``level`` and above
    nothing else.
    """
    share = jnp.clip(grown - (level - 1), 0, 1)[:, None, None, None].astype(after.dtype)
    return (1 - share) * before + share * after


def at_level(x: jax.Array, grown: jax.Array, level: int) -> jax.Array:
    """Real images [B, H, W, C] as a level sees them: smaller, and without what has not faded in."""
    for _ in range(levels_of(x.shape[1:]) - level):
        x = halve(x)
    return fade(double(halve(x)), x, grown, level) if level else x


class ProgressiveGenerator(nn.Module):
    """z of mean square 1 - linear 4x4x512 - conv 512 - {double, conv, conv} a level - conv 1x1 C.

    After each layer but the last a leaky rectifier, and each pixel's channels to a mean square of
    1. There is no tanh.

    Fields:
      channels: of the images inside, from the smallest on: as many as there are levels, or more.
      norm: a row of ``norms.NORMS``, in front of the rectifiers; spectral of all layers.
      level: the last that is made; -1: each as far as ``grown`` says.
    """

    initializer: ClassVar[str] = "unit"
    shape: tuple[int, ...]
    channels: tuple[int, ...] = (512, 512, 512, 512, 256, 128, 64, 32, 16)
    norm: str = "none"
    norm_eps: float = 1e-5
    level: int = -1
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z, label=None, grown=None, keys=None, train):
        """z [B, Z], one-hot label [B, K], grown [B] -> {"x": [B, h, w, C]}, about [-1, 1].

        ``grown``: the level, and between two how far the upper one has faded in; without it all are
        there. The sides h, w are those of ``level``; at -1 those of the last, of doubled pixels.
        """
        last = levels_of(self.shape)
        top, lowest = _range(self, last, "generator")
        height, width, colours = self.shape
        start = (height >> last, width >> last, self.channels[0])
        own = {name: getattr(self, name) for name in ("norm", "norm_eps", "dtype", "axis_name")}
        grown = _all_of(last, z) if grown is None else grown

        x = to_unit_pixels(labels.joined(self, z, label))
        x = layers.dense(self, _equalised(x, gain=_GAIN / 4), prod(start)).reshape(-1, *start)
        x = to_unit_pixels(nn.leaky_relu(norms.norm(self, x, train=train, code=label), 0.2))
        image = None
        for level in range(top + 1):
            features, resizes = self.channels[level], ("up", "") if level else ("",)
            x = _Level((features,) * len(resizes), resizes, True, **own, name=f"level_{level}")(
                x, train, label
            )
            if level >= lowest:
                seen = _Colours(colours, 1.0, self.norm, self.dtype, name=f"colours_{level}")(x)
                seen = layers.as_output(seen)
                image = seen if image is None else fade(double(image), seen, grown, level)
        return {"x": image}


class ProgressiveCritic(nn.Module):
    """conv 1x1 - {conv, conv, halve} a level - deviation, conv 512, linear 512 - linear 1.

    The generator in the mirror, without its norm. "Deviation" is one more channel: how much the
    examples of a group differ from one another (section 3). So the rows of a group see one another,
    under penalties too, as the paper has it.

    Fields:
      channels, norm, level: as the generator's.
      group: so many examples, beside one another in the batch, are a group.
      dropout: share of the hidden units that are dropped, behind each level.
      outputs, heads: as those of ``DCGAN32Critic``.
    """

    initializer: ClassVar[str] = "unit"
    channels: tuple[int, ...] = (512, 512, 512, 512, 256, 128, 64, 32, 16)
    group: int = 4
    norm: str = "none"
    norm_eps: float = 1e-5
    dropout: float = 0.0
    level: int = -1
    outputs: int = 1
    heads: tuple[tuple[str, int], ...] = ()
    dtype: Any = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, x, label=None, grown=None, keys=None, train):
        """x [B, h, w, C] -> see ``heads.scores``; label [B, K], grown [B], keys [B].

        The sides are those of ``level``; at -1 those of the last, of doubled pixels where ``grown``
        has not come so far.
        """
        last = levels_of(x.shape[1:]) if self.level < 0 else self.level
        top, lowest = _range(self, last, "critic")
        own = {name: getattr(self, name) for name in ("norm", "norm_eps", "dtype", "axis_name")}
        grown = _all_of(last, x) if grown is None else grown
        x = labels.join(x, label)

        def enter(x, level):
            features = self.channels[level]
            entered = _Colours(features, _GAIN, self.norm, self.dtype, name=f"colours_{level}")
            return nn.leaky_relu(entered(x), 0.2)

        seen = enter(x, top)
        for level in range(top, 0, -1):
            features = (self.channels[level], self.channels[level - 1])
            seen = _Level(features, ("", "down"), False, **own, name=f"level_{level}")(seen, train)
            x = halve(x)
            if level > lowest:
                seen = fade(enter(x, level - 1), seen, grown, level)
            seen = layers.dropout(self, seen, keys, level, train=train)
        seen = jnp.concatenate([seen, deviation(seen, self.group)], axis=3)
        seen = _Level(self.channels[:1], ("",), False, **own, name="level_0")(seen, train)
        seen = layers.dense(self, _equalised(layers.flatten(seen)), self.channels[0])
        seen = nn.leaky_relu(norms.norm(self, seen, train=train), 0.2)
        seen = layers.dropout(self, seen, keys, 0, train=train)
        return heads.scores(self, _equalised(seen, gain=1.0))


class _Level(nn.Module):
    """Convolutions of 3x3, each with what is behind it; ``unit``: each pixel is normalised, too."""

    initializer: ClassVar[str] = "unit"
    features: tuple[int, ...]
    resizes: tuple[str, ...]
    unit: bool
    norm: str
    norm_eps: float
    dtype: Any
    axis_name: str | None

    @nn.compact
    def __call__(self, x, train, code=None):
        for features, resize in zip(self.features, self.resizes, strict=True):
            x = layers.convolve(self, _equalised(x, 9), features, _SAME, resize)
            x = nn.leaky_relu(norms.norm(self, x, train=train, code=code), 0.2)
            x = to_unit_pixels(x) if self.unit else x
        return x


class _Colours(nn.Module):
    """From or to colours, pixel by pixel."""

    initializer: ClassVar[str] = "unit"
    features: int
    gain: float
    norm: str
    dtype: Any

    @nn.compact
    def __call__(self, x):
        return layers.convolve(self, _equalised(x, gain=self.gain), self.features, _POINT)


def to_unit_pixels(x: jax.Array) -> jax.Array:
    """x [..., C] over the root of its mean square over the channels (section 4.2)."""
    exact = layers.as_output(x)
    return (exact * jax.lax.rsqrt((exact**2).mean(-1, keepdims=True) + 1e-8)).astype(x.dtype)


def deviation(x: jax.Array, group: int) -> jax.Array:
    """One channel [B, H, W, 1]: the standard deviation over the group, mean of pixels and channels.

    Raises:
      UserError: B is not a whole number of groups.
    """
    size = group if len(x) > 1 else 1  # a single row is there to tell shapes alone
    if len(x) % size:
        raise UserError(
            f"the critic compares examples in groups of {group}, and {len(x)}, the batch of a "
            "device, is no multiple of it; change batch_size or critic.group."
        )
    groups = layers.as_output(x).reshape(-1, size, *x.shape[1:])
    each = jnp.sqrt(groups.var(axis=1) + 1e-8).mean(axis=(1, 2, 3))
    planes = jnp.broadcast_to(each.repeat(size)[:, None, None, None], (*x.shape[:3], 1))
    return planes.astype(x.dtype)


def _equalised(x, taps=1, gain=_GAIN):
    """x [..., C] as it meets weights of N(0, 1), in place of weights of N(0, gain^2 / fan-in).

    So each weight learns at the same rate under Adam (section 4.1).
    """
    return x * (gain / (taps * x.shape[-1]) ** 0.5)


def _all_of(last, batch):
    return jnp.full(len(batch), last, jnp.float32)


def _range(module, last, side):
    """The level that ends a network, and the lowest of which colours are made or taken."""
    if module.level > last:
        raise UserError(f"level is {module.level}; these images have levels 0 to {last}.")
    if len(module.channels) <= last:
        raise UserError(
            f"{side} progressive has {len(module.channels)} channels {module.channels}, and images "
            f"of {last + 1} levels need as many; add some to {side}.channels."
        )
    return (last, 0) if module.level < 0 else (module.level, max(module.level - 1, 0))
