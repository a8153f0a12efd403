"""Folders of image files, decoded when they are read."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.captions import TABLE as CAPTIONS
from jaxgan.data.captions import read_captions, texts_beside
from jaxgan.data.columns import TABLES, read_columns
from jaxgan.data.decode import decode, head, is_grey, stored_size
from jaxgan.data.remarks import looks, shown
from jaxgan.data.scan import scan
from jaxgan.data.source import Source, category, from_reader, only_split, pixels
from jaxgan.data.view import View, apply, shape_after


def folder(
    name: str,
    view: View,
    split: str,
    captions: bool = False,
    *,
    columns: tuple[str, ...] = (),
) -> Source:
    """Load ``folder:DIR``: its image files, or one sub-folder of them for each class.

    All that Pillow reads as pictures counts, at every depth; ``decode`` says how. Hidden files and
    folders, empty ones and other endings are left out, and told in ``remarks``. Files are in the
    order of their paths, classes in natural order ("2" before "10"). A file is held out or not by
    its path below DIR ("cats/1.png"): another file moves none. With ``channels`` None the images
    are grey if all of them are, else colour.

    Args:
      captions: whether each image has one; see ``read_captions``.
      columns: names of categories that a table beside the images has; see ``read_columns``.

    Raises:
      UserError: no image there, images beside sub-folders of images, sizes that differ while
        ``size`` is None, or (when it is read) a file that is no sound image; it names the file.
    """
    only_split(split, ("train",), name)
    directory = expand(name.partition(":")[2])
    apart = (*(TABLES if columns else ()), *((CAPTIONS,) if captions else ()))
    beside = texts_beside(directory) if captions else ""
    paths, label, classes, remarks = scan(directory, apart, beside)
    files = [directory / path for path in paths]
    head_of = cache(head)  # each file is opened once
    if view.channels is None:
        each = (is_grey(file) if view.size else head_of(file).grey for file in files)
        coloured = next((index for index, grey in enumerate(each) if not grey), None)
        view = view._replace(channels=1 if coloured is None else 3)
        if coloured:
            grey, colour = shown(paths[0]), shown(paths[coloured])
            remarks += (f"Grey pictures are read as colour, as {grey}: others are, as {colour}.",)
    size = common_size(files, view, lambda file: head_of(file).size)
    shape = shape_after(view, (*size, view.channels))
    entries = {"x": pixels(shape)}
    contents, values = tuple(files), {}
    if label is not None:
        values["label"], entries["label"] = label, category(len(classes), classes)
    if columns := [name for name in columns if name not in entries]:
        more, kinds, version, told = read_columns(directory, paths, columns)
        values, entries = values | more, entries | kinds
        contents, remarks = (*contents, version), (*remarks, *told)
    sentences = ()
    if captions:
        sentences, version = read_captions(directory, paths)
        contents = (*contents, version)
    known = {
        "captions": sentences,
        "key": paths.__getitem__,
        "contents": contents,
        "remarks": remarks,
    }
    known |= {"size": len(files), "entries": entries, "categories": values}
    return looks(from_reader(name, partial(_read_rows, files, values, view), **known))


def common_size(
    files: Sequence[Path], view: View, size_of: Callable = stored_size
) -> tuple[int, int]:
    """Height and width of the stored images; where the view sets a size they do not matter."""
    if view.size is not None:
        return view.size, view.size
    first = size_of(files[0])
    for file in files[1:]:
        size = size_of(file)
        if size != first:
            raise UserError(
                f"{file}: is {size[0]} x {size[1]} pixels, and {files[0].name} {first[0]} x "
                f"{first[1]}; set size (the side in pixels) to bring them to one size."
            )
    return first


def _read_rows(files, values, view, indices):
    return [
        {"x": apply(view, decode(files[index]))}
        | {name: column[index] for name, column in values.items()}
        for index in indices
    ]
