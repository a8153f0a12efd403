"""A user's own pairs of pictures: side by side in one file, or of one name in two folders."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.decode import decode, is_grey, stored_size
from jaxgan.data.folders import common_size
from jaxgan.data.remarks import listed, looks
from jaxgan.data.scan import pictures
from jaxgan.data.source import Source, from_reader, only_split, pixels
from jaxgan.data.view import View, apply, shape_after

DIRECTIONS = ("AtoB", "BtoA")  # from what is given to what is made


class Side(NamedTuple):
    """One of two pictures of every pair: its files, and what of a file's image [H, W, C] it is."""

    files: tuple[Path, ...]
    cut: Callable


def ab(name: str, view: View, split: str, *, direction: str = "AtoB") -> Source:
    """Load ``ab:DIR``: pictures of two halves, A left and B right, as Isola et al. 2017 have them.

    Entries source and x, in the direction that is asked for; both are brought to the view alike. A
    pair is held out or not by its path below DIR. Endings, order and channels are as of ``folder``.

    Raises:
      UserError: no picture there, one of an odd width, sizes that differ while ``size`` is None, or
        another direction.
    """
    only_split(split, ("train",), name)
    directory = _directory(expand(name.partition(":")[2]), "ab:DIR")
    paths, remarks = pictures(directory)
    files = tuple(directory / path for path in paths)
    sizes = {file: stored_size(file) for file in files}
    for file, (_, width) in sizes.items():
        if width % 2:
            raise UserError(f"{file}: is {width} pixels wide, and has no two halves side by side.")

    def size_of(file):
        height, width = sizes[file]
        return height, width // 2

    sides = [Side(files, partial(_half, side=side)) for side in range(2)]
    return _paired(name, view, direction, sides, size_of, paths, remarks)


def pairs(name: str, view: View, split: str, *, direction: str = "AtoB") -> Source:
    """Load ``pairs:DIR_A,DIR_B``: pictures of one path, but for its ending, in two folders.

    Otherwise as ``ab``.

    Raises:
      UserError: as ``ab``; pictures without a partner, which it names, or two of one path in a
        folder; a pair of two sizes while ``size`` is None.
    """
    only_split(split, ("train",), name)
    folders = [expand(folder) for folder in name.partition(":")[2].split(",")]
    if len(folders) != 2:
        raise UserError(f"{name}: names {len(folders)} folders; pairs:DIR_A,DIR_B names two.")
    folders = [_directory(folder, "pairs:DIR_A,DIR_B") for folder in folders]
    found, remarks = [], ()
    for folder in folders:
        paths, left_out = pictures(folder)
        found.append(_by_stem(folder, paths))
        remarks += left_out
    for mine, other, folder in zip(found, found[::-1], folders, strict=True):
        if alone := [path for stem, path in mine.items() if stem not in other]:
            raise UserError(
                f"{folder}: {len(alone)} of its pictures have no partner of their name in the "
                f"other folder: {listed(alone)}."
            )
    stems = list(found[0])
    sides = [
        Side(tuple(folder / of[stem] for stem in stems), _whole)
        for folder, of in zip(folders, found, strict=True)
    ]
    size_of = cache(stored_size)
    if not view.size:  # else those of the files do not matter, and none is opened
        for a, b in zip(*(side.files for side in sides), strict=True):
            (height, width), (other_height, other_width) = size_of(a), size_of(b)
            if (height, width) != (other_height, other_width):
                raise UserError(
                    f"{a} is {height} x {width} pixels and {b} {other_height} x {other_width}; "
                    "set size (the side in pixels) to bring both to one."
                )
    return _paired(name, view, direction, sides, size_of, stems, remarks)


def _directory(directory, form):
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; {form} names directories of images.")
    return directory


def _by_stem(folder, paths):
    """{path without its ending: path}, in order."""
    stems = {}
    for path in paths:
        stem = str(PurePosixPath(path).with_suffix(""))
        if stem in stems:
            raise UserError(f"{folder}: {stems[stem]} and {path} have one name; leave one of them.")
        stems[stem] = path
    return stems


def _paired(name, view, direction, sides, size_of, keys, remarks):
    """The ``Source`` of the two ``Side``; a pair has its key; ``size_of`` what a file gives."""
    if direction not in DIRECTIONS:
        raise UserError(f"unknown direction {direction!r}; known: {', '.join(DIRECTIONS)}.")
    size = common_size([file for side in sides for file in side.files], view, size_of)

    @cache
    def seen(files):  # each folder has its own channels, a half those of the whole
        grey = not view.channels and all(map(is_grey, files))
        return view._replace(channels=view.channels or (1 if grey else 3))

    given, made = sides if direction == "AtoB" else sides[::-1]
    named = {"source": given, "x": made}
    views = {entry: seen(side.files) for entry, side in named.items()}
    entries = {e: pixels(shape_after(view, (*size, view.channels))) for e, view in views.items()}

    contents = tuple(dict.fromkeys(file for side in sides for file in side.files))
    more = {"key": list(keys).__getitem__, "contents": contents, "remarks": tuple(remarks)}
    return looks(
        from_reader(
            name, partial(_read_rows, named, views), size=len(keys), entries=entries, **more
        )
    )


def _read_rows(sides, views, indices):
    return [
        {e: apply(views[e], side.cut(decode(side.files[index]))) for e, side in sides.items()}
        for index in indices
    ]


def _whole(image):
    return image


def _half(image, side):
    width = image.shape[1] // 2
    return image[:, side * width : (side + 1) * width]
