"""Clips as examples: some frames are given, the next one is made, and those after it follow.

A clip is uint8 [L, H, W, C]. Frames of one example are stacked in channels, the first in front.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.data.source import Source, from_reader, pixels


def stacked(frames: np.ndarray) -> np.ndarray:
    """Frames [..., T, H, W, C] as one image [..., H, W, T * C], frame after frame."""
    frames = np.moveaxis(frames, -4, -2)
    return frames.reshape(*frames.shape[:-2], -1)


def entries_of(frames: np.ndarray, given: int) -> dict[str, np.ndarray]:
    """The named arrays of windows [..., T, H, W, C]: source, x and, where it goes on, future.

    source: the first ``given`` frames, stacked; x: the next; future: those after it, stacked.
    """
    parts = {"source": stacked(frames[..., :given, :, :, :]), "x": frames[..., given, :, :, :]}
    if frames.shape[-4] > given + 1:
        parts["future"] = stacked(frames[..., given + 1 :, :, :, :])
    return parts


def length_of(given: int, ahead: int) -> int:
    """Frames of a window: those that are given, the next, and those ahead of it.

    Raises:
      UserError: ``given`` below 1, or ``ahead`` below 0.
    """
    within("given", given, 1)
    within("ahead", ahead, 0)
    return given + 1 + ahead


def windows(
    name: str, clips: Sequence[np.ndarray], keys: Sequence[str], given: int, ahead: int, **more
) -> Source:
    """The ``Source`` of all windows of some clips: one begins at every frame that leaves enough.

    A window is held out or not by the key of its clip, so that no frame is in both parts.

    Args:
      clips: [L, H, W, C] each, of one H, W, C.
      keys: of the clips, by which an error names them.
      given, ahead: frames in front of the one that is made, and after it.
      more: what else a ``Source`` has.

    Raises:
      UserError: a clip that is shorter than a window.
    """
    length = length_of(given, ahead)
    for key, clip in zip(keys, clips, strict=True):
        if len(clip) < length:
            raise UserError(
                f"{name}: the clip {key} has {len(clip)} frame{'s' * (len(clip) != 1)}, and an "
                f"example takes {length}: {given} given, the next, {ahead} after it; take longer "
                "clips, or lower data.options.given or data.options.ahead."
            )
    places = [(c, start) for c, clip in enumerate(clips) for start in range(len(clip) - length + 1)]
    of_clips = [keys[clip] for clip, _ in places]
    first = entries_of(clips[0][:length], given)
    return from_reader(
        name,
        partial(_read_rows, clips, places, length, given),
        size=len(places),
        entries={entry: pixels(values.shape) for entry, values in first.items()},
        key=of_clips.__getitem__,
        **more,
    )


def _read_rows(clips, places, length, given, indices):
    chosen = (places[index] for index in indices)
    return [entries_of(clips[clip][start : start + length], given) for clip, start in chosen]
