"""Clips that are drawn: digits that bounce in a frame, and a ball with two futures."""

import numpy as np

from jaxgan.core.errors import within
from jaxgan.data.bundled import digits as bundled_digits
from jaxgan.data.held_out import tenth
from jaxgan.data.source import Source, from_named, only_split
from jaxgan.data.view import View, resize, to_channels
from jaxgan.data.windows import entries_of, length_of

SIDE, STEP = 64, 0.1  # of a frame, and of the way that is free, a frame (Srivastava et al. 2015)

REPEATS = 8  # clips of one past, half of which go either way
TURN = np.pi / 3
# In pixels of a frame of 32: radius, way a frame, and how far from the middle the ball may turn.
BALL, RADIUS, SPEED, SPREAD = 32, 3.5, 4.0, 3.0
PAPER = 96  # level of the ground: a tanh is far from its bounds there


def moving_digits(
    name: str,
    view: View,
    split: str,
    *,
    points: int = 5000,
    seed: int = 0,
    digits: int = 2,
    given: int = 4,
    ahead: int = 9,
) -> Source:
    """Draw clips of digits that move straight on and bounce off the borders of the frame.

    uint8 frames [H, W, C], [64, 64, 1] or as the view has them, in which a digit is 28/64 of the
    side: source [H, W, given * C], x [H, W, C], future [H, W, ahead * C] where ``ahead`` is not 0.
    Where two meet, the brighter pixel is seen. Each digit begins anywhere and goes in any
    direction, a tenth of its free way a frame. Clip i is drawn from (seed, i) and has the key i; a
    clip that is held out shows digits whose index is held out by the same rule, CRC-32 divisible by
    10, and every other clip shows others.

    Reference: Unsupervised Learning of Video Representations using LSTMs (arXiv:1502.04681), 3.1.

    Args:
      points: clips drawn, of both parts together.
      seed: of the draw.
      digits: in a frame.
      given, ahead: frames in front of the one that is made, and after it.

    Raises:
      UserError: another split than "train", a number below 1, or ``seed`` or ``ahead`` below 0.
    """
    only_split(split, ("train",), name)
    within("points", points, 1)
    within("seed", seed, 0)
    within("digits", digits, 1)
    length, side = length_of(given, ahead), view.size or SIDE
    images, small = bundled_digits()[0], max(side * 28 // SIDE, 1)
    apart = np.array([tenth(str(index)) for index in range(len(images))])
    known = {held: np.flatnonzero(apart == held) for held in (False, True)}
    planes = np.stack([resize(image[..., None], small, small)[..., 0] for image in images])
    frames = np.zeros((points, length, side, side), np.uint8)
    for i, clip in enumerate(frames):
        rng = np.random.default_rng((seed, i))
        chosen = rng.choice(known[tenth(str(i))], digits)
        places = np.rint((side - small) * _bounced(rng, digits, length)).astype(int)
        for plane, path in zip(planes[chosen], places, strict=True):
            for frame, (top, left) in zip(clip, path, strict=True):
                part = frame[top : top + small, left : left + small]
                np.maximum(part, plane, out=part)
    frames = to_channels(frames[..., None], view.channels)
    return from_named(name, entries_of(frames, given))


def _bounced(rng, count, length):
    """Paths [count, length, 2] in the unit square: straight on, mirrored at its borders."""
    start, angle = rng.random((count, 1, 2)), 2 * np.pi * rng.random((count, 1))
    move = STEP * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    unfolded = (start + np.arange(length)[:, None] * move) % 2
    return 1 - np.abs(1 - unfolded)


def two_futures(
    name: str, view: View, split: str, *, points: int = 4000, seed: int = 0, given: int = 4
) -> Source:
    """Draw clips of a ball that comes straight on and then turns, by 60 degrees to either side.

    uint8 frames [H, W, C], white on grey, [32, 32, 1] or as the view has them: source
    [H, W, given * C], x [H, W, C], and no future, since one frame is made. Every past has 8 clips,
    of which 4 turn left and 4 right: it has two futures, equally likely and both in the set, and
    nothing that is given tells which it will be. A past, number i // 8 of clip i, is its key: it is
    held out with all of its clips, CRC-32 divisible by 10.

    Args:
      points: clips drawn, of both parts together.
      seed: of the draw.
      given: frames up to the turn.

    Raises:
      UserError: another split than "train", ``points`` or ``given`` below 1, ``seed`` below 0.
    """
    only_split(split, ("train",), name)
    within("points", points, 1)
    within("seed", seed, 0)
    length_of(given, 0)
    side, pasts = view.size or BALL, np.arange(points) // REPEATS
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * rng.random(pasts[-1] + 1)[pasts]
    turn = (BALL - 1) / 2 + SPREAD * (2 * rng.random((pasts[-1] + 1, 2))[pasts] - 1)
    way = SPEED * np.arange(1 - given, 1)[:, None]
    before = turn[:, None] + way * _direction(angle)[:, None]
    after = turn + SPEED * _direction(angle + TURN * (2 * (np.arange(points) % 2) - 1))
    places = np.concatenate([before, after[:, None]], axis=1)
    frames = to_channels(_balls(places, side)[..., None], view.channels)
    return from_named(name, entries_of(frames, given), key=_past)


def _past(index):
    return str(index // REPEATS)


def _direction(angle):
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _balls(places, side):
    """Discs at places [..., 2], rows and columns of a frame of 32 -> uint8 [..., side, side]."""
    pixels = (np.arange(side) + 0.5) * BALL / side - 0.5
    down, across = (pixels - places[..., axis, None] for axis in (0, 1))
    distance = np.hypot(down[..., :, None], across[..., None, :])
    inside = np.clip((RADIUS - distance) * side / BALL + 0.5, 0, 1)  # one pixel's soft edge
    return np.rint(PAPER + (255 - PAPER) * inside).astype(np.uint8)
