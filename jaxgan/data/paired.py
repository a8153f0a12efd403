"""A user's own pairs of pictures: side by side in one file, or of one name in two folders."""

from functools import partial
from pathlib import PurePosixPath

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.decode import decode, is_grey, stored_size
from jaxgan.data.remarks import listed, looks
from jaxgan.data.scan import pictures
from jaxgan.data.source import from_reader, only_split, pixels
from jaxgan.data.view import apply, shape_after

DIRECTIONS = ("AtoB", "BtoA")  # from what is given to what is made


def ab(name, view, split, *, direction="AtoB"):
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
    files = [directory / path for path in paths]
    sizes = [stored_size(file) for file in files]
    for file, (_, width) in zip(files, sizes, strict=True):
        if width % 2:
            raise UserError(f"{file}: is {width} pixels wide, and has no two halves side by side.")
    halves = [(height, width // 2) for height, width in sizes]
    return _paired(view, direction, [_half], [files], paths, [halves], remarks, name)


def pairs(name, view, split, *, direction="AtoB"):
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
    files = [
        [folder / of[stem] for stem in stems] for folder, of in zip(folders, found, strict=True)
    ]
    # Where the view sets a size, those of the files do not matter, and none is opened.
    sizes = [] if view.size else [[stored_size(file) for file in each] for each in files]
    for index, (a, b) in enumerate(zip(*sizes, strict=True)):
        if a != b:
            raise UserError(
                f"{files[0][index]} is {a[0]} x {a[1]} pixels and {files[1][index]} {b[0]} x "
                f"{b[1]}; set size (the side in pixels) to bring both to one."
            )
    return _paired(view, direction, [_whole, _whole], files, stems, sizes, remarks, name)


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


def _paired(view, direction, cuts, files, keys, sizes, remarks, name):
    """The ``Source``; ``files``, ``sizes`` of each folder; ``cuts`` tell what is read of them."""
    if direction not in DIRECTIONS:
        raise UserError(f"unknown direction {direction!r}; known: {', '.join(DIRECTIONS)}.")
    if view.size is None:
        for each, of_each in zip(files, sizes, strict=True):
            for file, size in zip(each, of_each, strict=True):
                if size != sizes[0][0]:
                    raise UserError(
                        f"{file}: is {size[0]} x {size[1]} pixels, and {files[0][0].name} "
                        f"{sizes[0][0][0]} x {sizes[0][0][1]}; set size (the side in pixels) to "
                        "bring them to one size."
                    )
    # A half of a grey picture is grey; each folder has its own channels.
    views = [
        view if view.channels else view._replace(channels=1 if all(map(is_grey, each)) else 3)
        for each in files
    ]
    views, files = (2 * part if len(part) == 1 else part for part in (views, files))
    cuts = [partial(cuts[0], side=0), partial(cuts[-1], side=1)]
    order = (0, 1) if direction == "AtoB" else (1, 0)
    size = (view.size, view.size) if view.size else sizes[0][0]
    entries = {
        entry: pixels(shape_after(views[i], (*size, views[i].channels)))
        for entry, i in zip(("source", "x"), order, strict=True)
    }
    sides = {e: (files[i], views[i], cuts[i]) for e, i in zip(entries, order, strict=True)}
    contents = tuple(dict.fromkeys(file for each in files for file in each))
    more = {"key": list(keys).__getitem__, "contents": contents, "remarks": tuple(remarks)}
    read_rows = partial(_read_rows, sides)
    return looks(from_reader(name, read_rows, size=len(keys), entries=entries, **more))


def _read_rows(sides, indices):
    return [
        {
            entry: apply(view, cut(decode(files[index])))
            for entry, (files, view, cut) in sides.items()
        }
        for index in indices
    ]


def _half(image, side):
    width = image.shape[1] // 2
    return image[:, side * width : (side + 1) * width]


def _whole(image, side):
    return image
