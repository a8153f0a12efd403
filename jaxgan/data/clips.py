"""A user's clips: folders of numbered pictures, and files that are animated."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.decode import decode_all, frames_in
from jaxgan.data.labels import natural
from jaxgan.data.remarks import listed
from jaxgan.data.scan import pictures
from jaxgan.data.source import Source, only_split
from jaxgan.data.view import View, apply_all
from jaxgan.data.windows import windows


def frames(name: str, view: View, split: str, *, given: int = 4, ahead: int = 0) -> Source:
    """Load ``frames:DIR``: the clips of a folder, as examples of a window each.

    A clip is a file of several frames (GIF, APNG, WebP), or all other pictures of a folder in
    natural order of their names ("2" before "10"); pictures in DIR itself are one, too. All clips
    are read at once. With ``channels`` None they are grey if every pixel is. A clip is held out or
    not by its path below DIR, with all of its windows.

    Entries are uint8: source [H, W, given * C], x [H, W, C] and, where ``ahead`` is not 0, future
    [H, W, ahead * C].

    Args:
      given, ahead: frames in front of the one that is made, and after it, to which judging rolls
        out.

    Raises:
      UserError: no clip there, one with too few frames, frames of other sizes in a clip, clips of
        other sizes while ``size`` is None, a file that is no sound image, ``given`` below 1,
        ``ahead`` below 0, or an unknown split.
    """
    only_split(split, ("train",), name)
    directory = expand(name.partition(":")[2])
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; frames:DIR names a directory of clips.")
    found, remarks = _clips_in(directory)
    keys = list(found)
    clips = [read_clip(found[key]) for key in keys]
    if view.channels is None:
        coloured = any(np.ptp(clip, axis=3).any() for clip in clips)
        view = view._replace(channels=3 if coloured else 1)
    clips = [apply_all(view, clip) for clip in clips]
    for key, clip in zip(keys, clips, strict=True):
        if clip.shape[1:] != clips[0].shape[1:]:
            (height, width), (others, wide) = clip.shape[1:3], clips[0].shape[1:3]
            raise UserError(
                f"{directory}: the clip {key} is {height} x {width} pixels, and {keys[0]} {others} "
                f"x {wide}; set size (the side in pixels) to bring them to one size."
            )
    contents = tuple(file for key in keys for file in found[key])
    return windows(name, clips, keys, given, ahead, contents=contents, remarks=remarks)


def _clips_in(directory):
    """{path below a folder, "." of its own pictures: files} of its clips, in order; and remarks."""
    paths, remarks = pictures(directory)
    found, still = {}, defaultdict(list)
    for path in paths:
        if frames_in(directory / path) > 1:
            found[path] = [directory / path]
        else:
            still[path.rpartition("/")[0]].append(path)
    for folder, names in still.items():
        found[folder or "."] = [directory / path for path in sorted(names, key=natural)]
    return dict(sorted(found.items())), remarks


def read_clip(files: Sequence[Path]) -> np.ndarray:
    """The frames of some files, one after another: uint8 [L, H, W, 3].

    Raises:
      UserError: one that is no sound image, or frames of more than one size.
    """
    found, first = [], None
    for file in files:
        frames = decode_all(file)
        for number, frame in enumerate(frames):
            first = frame.shape if first is None else first
            if frame.shape != first:
                which = f"its frame {number} " if len(frames) > 1 else ""
                raise UserError(
                    f"{file}: {which}is {frame.shape[0]} x {frame.shape[1]} pixels, and the clip "
                    f"begins with {first[0]} x {first[1]}; the frames of a clip must have one size."
                )
            found.append(frame)
    return np.stack(found)


def clip_at(path: Path) -> np.ndarray:
    """The clip that a path names, an animated file or a folder of pictures: uint8 [L, H, W, 3].

    Raises:
      UserError: there is none, a folder of several, or as ``read_clip``.
    """
    if path.is_dir():
        found, _ = _clips_in(path)
        if len(found) > 1:
            some = listed(list(found)[:3])
            raise UserError(f"{path}: holds {len(found)} clips, as {some}; name one of them.")
        (files,) = found.values()
        return read_clip(files)
    if not path.exists():
        raise UserError(f"{path}: no such file or folder.")
    return read_clip([path])
