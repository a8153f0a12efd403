"""Which files of a folder are its examples and classes, and which are left out."""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.decode import endings
from jaxgan.data.labels import composed, natural
from jaxgan.data.remarks import counted, listed, shown

# What systems and storage boxes put beside pictures, in lower case; so is what begins with a dot.
HIDDEN_NAMES = {
    *("__macosx", "lost+found", "$recycle.bin", "system volume information"),
    *("@eadir", "@tmp", "@recycle", "#recycle", "#snapshot"),
    *("thumbs.db", "ehthumbs.db", "desktop.ini"),
}
SPLITS = {
    *("train", "training", "trainset", "val", "valid", "validation", "dev"),
    *("test", "testing", "testset", "eval", "evaluation", "holdout", "held_out"),
}
# What is found in a folder.
PICTURE, HIDDEN, ENDING, BROKEN, CIRCLE, EMPTY, UNREADABLE, FOLDER = range(8)
LEFT_OUT = {
    HIDDEN: "Hidden, and not read",
    ENDING: "Not read, by their endings",
    BROKEN: "Links that lead nowhere",
    CIRCLE: "Links back to a folder that they lie in, not followed",
    EMPTY: "Empty files, not read",
    UNREADABLE: "No permission to read, left out",
}


def scan(directory: Path, apart: Sequence[str] = (), beside: str = "") -> tuple:
    """Find the examples of a folder; nothing is opened.

    Classes are numbered in natural order ("2" before "10"), by code points else, their names in
    NFC: alike on every machine.

    Args:
      directory: path of the folder.
      apart: names of files that are no examples, and not told as left out.
      beside: ending of files that are not told either, where each has a picture's name; "": none.

    Returns:
      the paths below the folder, "cats/1.png", in their order; labels int32 [N] or None; the names
      of the classes; remarks.

    Raises:
      UserError: no such directory, no picture in it, pictures beside sub-folders of pictures, or
        two classes of one name.
    """
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; folder:DIR names a directory of images.")
    paths, left_out = pictures(directory, apart, beside)
    nested = [path for path in paths if "/" in path]
    if not nested:
        return paths, None, (), left_out
    if len(nested) < len(paths):
        raise UserError(
            f"{directory}: has images beside sub-folders of images ({_class(nested[0])}); "
            "put every image into a sub-folder (its class), or none."
        )
    names = sorted(set(map(_class, paths)), key=lambda name: natural(composed(name)))
    twice = [name for name, count in Counter(map(composed, names)).items() if count > 1]
    if twice:
        raise UserError(
            f"{directory}: two folders are both named {shown(twice[0])}, one with its accents "
            "stored as characters of their own; put their images into one of them, or rename one."
        )
    number = {name: index for index, name in enumerate(names)}
    label = np.array([number[_class(path)] for path in paths], np.int32)
    remarks = (*left_out, *_of_classes(directory, names, paths))
    return paths, label, tuple(map(composed, names)), remarks


def pictures(
    directory: Path, apart: Sequence[str] = (), beside: str = ""
) -> tuple[list[str], tuple[str, ...]]:
    """The pictures of a folder, at every depth; nothing is opened.

    ``apart``, ``beside``: as ``scan`` has them.

    Returns:
      the paths below the folder, in their order, and remarks on what was left out.

    Raises:
      UserError: there is none.
    """
    found = defaultdict(list)
    for path, what in _walk(directory, "", (), set(endings())):
        if path not in apart:
            found[what].append(path)
    if beside:
        texts = {os.path.splitext(path)[0] + beside for path in found[PICTURE]}
        found[ENDING] = [path for path in found[ENDING] if path not in texts]
    left_out = tuple(_left_out(what, found[what]) for what in LEFT_OUT if found[what])
    if not found[PICTURE]:
        known = f"known kinds: {', '.join(endings())}."
        raise UserError(" ".join([f"{directory}: holds no image; {known}", *left_out]))
    return sorted(found[PICTURE], key=lambda path: path.split("/")), left_out


def _walk(folder, prefix, above, known):
    """Every (path, what it is) below a folder; ``above``: the folders that it lies in."""
    above = (*above, _identity(os.stat(folder)))
    try:
        with os.scandir(folder) as inside:
            entries = sorted(inside, key=lambda entry: entry.name)
    except OSError:
        yield prefix or ".", UNREADABLE
        return
    for entry in entries:
        path = prefix + entry.name
        what = _what(entry, above, known)
        if what == FOLDER:
            yield from _walk(entry.path, f"{path}/", above, known)
        else:
            yield path, what


def _what(entry, above, known):
    """What an entry of a folder is."""
    if _is_hidden(entry.name):
        return HIDDEN
    if entry.is_symlink() and not os.path.exists(entry.path):
        return BROKEN
    if entry.is_dir():
        return CIRCLE if entry.is_symlink() and _identity(entry.stat()) in above else FOLDER
    if _ending(entry.name) not in known:
        return ENDING
    status = entry.stat()
    if not stat.S_ISREG(status.st_mode) or not os.access(entry.path, os.R_OK):
        return UNREADABLE
    return PICTURE if status.st_size else EMPTY


def _is_hidden(name):
    return name.startswith(".") or name.lower() in HIDDEN_NAMES


def _identity(status):
    return status.st_dev, status.st_ino


def _ending(name):
    return os.path.splitext(name)[1].lower()


def _class(path):
    return path.partition("/")[0]


def _left_out(what, paths):
    names = [path.rpartition("/")[2] for path in paths]
    if what == ENDING:
        return f"{LEFT_OUT[what]}: {counted(_ending(name) or 'none' for name in names)}."
    if what == HIDDEN:  # macOS puts a "._NAME" beside every file on foreign disks
        return f"{LEFT_OUT[what]}: {counted('._*' if n.startswith('._') else n for n in names)}."
    return f"{LEFT_OUT[what]}: {len(paths)} ({listed(paths)})."


def _of_classes(directory, names, paths):
    """Remarks on folders that may not be meant as classes."""
    folders = {e.name for e in os.scandir(directory) if e.is_dir() and not _is_hidden(e.name)}
    if bare := sorted(folders - set(names)):
        yield f"Folders without a picture, which are no classes: {listed(bare)}."
    splits = [name for name in names if name.lower() in SPLITS]
    if len(splits) >= min(2, len(names)):
        yield (
            f"Folders that look like splits are taken for classes: {listed(splits)}; "
            f"folder:{shown(str(directory / splits[0]))} takes one alone."
        )
    deeper = {"/".join(path.split("/")[:2]) for path in paths if path.count("/") > 1}
    if deeper:
        yield f"Folders in classes are no classes of their own: {listed(sorted(deeper))}."
