"""Holes in images: rectangles and strokes, each from its example's own key. Rows of ``HOLES``.

A hole is ``hole(key, height, width) -> [H, W]``, 1.0 in the hole and 0.0 outside; it is never empty
and never the whole image.
"""

import jax
import jax.numpy as jnp

VERTICES = 5  # of a stroke


def rectangle(
    key: jax.Array, height: int, width: int, smallest: float, largest: float
) -> jax.Array:
    """One rectangle, wholly inside: each side uniform from ``smallest`` to ``largest``, in pixels.

    Both are shares of the image's sides; the place is uniform over all that fit.
    """
    return _crossed(key, height, width, smallest, largest, middle=False)


def centre(key: jax.Array, height: int, width: int, smallest: float, largest: float) -> jax.Array:
    """The same in the middle; Pathak et al. 2016 have one of half the sides.

    Of a middle between two pixels it is the upper left.
    """
    return _crossed(key, height, width, smallest, largest, middle=True)


def _crossed(key, height, width, smallest, largest, middle):
    of_height, of_width = jax.random.split(key, 2)
    down = _band(of_height, height, smallest, largest, middle)
    return jnp.outer(down, _band(of_width, width, smallest, largest, middle))


def _band(key, side, smallest, largest, middle):
    """Where a rectangle lies along one axis: [side]; anywhere, or in the middle."""
    low, high = (min(max(round(share * side), 1), side - 1) for share in (smallest, largest))
    of_length, of_place = jax.random.split(key)
    length = jax.random.randint(of_length, (), low, high + 1)
    anywhere = jax.random.randint(of_place, (), 0, side - length + 1)
    start = (side - length) // 2 if middle else anywhere
    at = jnp.arange(side)
    return ((at >= start) & (at < start + length)).astype(jnp.float32)


def stroke(key: jax.Array, height: int, width: int, smallest: float, largest: float) -> jax.Array:
    """A stroke of a round brush along a random walk of straight pieces (after Yu et al. 2019).

    It begins anywhere in the image and may leave it. In mean sides of the image, its four pieces
    are up to ``largest`` / 2 long, and its radius is from ``smallest`` / 4 to ``largest`` / 4.
    """
    of_start, of_angle, of_turns, of_length, of_brush = jax.random.split(key, 5)
    mean = (height + width) / 2
    start = jax.random.uniform(of_start, (2,)) * jnp.array([height, width])
    turns = jax.random.uniform(of_turns, (VERTICES - 1,), minval=-1.5, maxval=1.5)
    angles = jax.random.uniform(of_angle, maxval=2 * jnp.pi) + jnp.cumsum(turns)
    lengths = jax.random.uniform(of_length, (VERTICES - 1,), maxval=largest * mean / 2)
    ways = lengths[:, None] * jnp.stack([jnp.sin(angles), jnp.cos(angles)], axis=1)
    ends = start + jnp.cumsum(ways, axis=0)
    starts = jnp.concatenate([start[None], ends[:-1]])
    radius = mean / 4 * jax.random.uniform(of_brush, minval=smallest, maxval=largest)
    pixels = jnp.stack(jnp.mgrid[:height, :width], axis=-1)[:, :, None] + 0.5
    along = ((pixels - starts) * ways).sum(-1) / jnp.maximum((ways**2).sum(-1), 1e-6)
    nearest = starts + jnp.clip(along, 0, 1)[..., None] * ways
    distance = jnp.sqrt(((pixels - nearest) ** 2).sum(-1)).min(axis=-1)
    # At the least the pixel that it begins in.
    return (distance <= jnp.maximum(radius, 0.75)).astype(jnp.float32)


def either(key: jax.Array, height: int, width: int, smallest: float, largest: float) -> jax.Array:
    """A rectangle or a stroke, with equal odds."""
    of_kind, of_hole = jax.random.split(key)
    kinds = [shape(of_hole, height, width, smallest, largest) for shape in (rectangle, stroke)]
    return jnp.where(jax.random.bernoulli(of_kind), *kinds)


HOLES = {"rectangle": rectangle, "centre": centre, "stroke": stroke, "either": either}
