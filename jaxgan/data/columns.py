"""Categories of a folder's images, from a table that lies beside them."""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.labels import categorise
from jaxgan.data.remarks import listed
from jaxgan.data.source import Entry

CELEBA = "list_attr_celeba.txt"
# In the folder of the images, or in the one that it lies in.
TABLES = ("attributes.csv", CELEBA)
# What examples, games and critics call something else.
TAKEN = ("x", "source", "z", "mask", "attributes", "score", "features")
SIGNS = {"-1": "no", "1": "yes"}  # of a column that has no other values, as all of CelebA's


def read_columns(
    directory: Path, paths: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, Entry], str, tuple[str, ...]]:
    """Read categories of images from ``attributes.csv``, or from CelebA's list of attributes.

    A CSV file has a line of names, and a line for each image: its path below the folder, then its
    values: words, or whole numbers from 0. A column of -1 and 1 becomes no and yes.

    Args:
      directory: of the images.
      paths: of the images, below the directory.
      names: of the columns.

    Returns:
      {name: int32 [N]}, {name: ``Entry``}, a word by which these values are known again, remarks.

    Raises:
      UserError: no table, one that cannot be read or has no such column, or two; a name that means
        something else here; an image that it does not name, or without a value; values that are
        no classes.
    """
    if taken := [name for name in names if name in TAKEN or name.startswith("source_")]:
        raise UserError(f"{directory}: no category may be called {taken[0]!r}; rename its column.")
    places = [folder / table for folder in (directory, directory.parent) for table in TABLES]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise UserError(
            f"{directory}: has no table of {listed(names)}; put {' or '.join(TABLES)} into it, or "
            "into the folder that it lies in."
        )
    header, rows = (_celeba if file.name == CELEBA else read_csv)(file)
    if not header:
        raise UserError(f"{file}: has no columns; commas must stand between them.")
    if missing := [name for name in names if name not in header]:
        raise UserError(f"{file}: has no column {missing[0]!r}; it has {', '.join(header)}.")
    if twice := [name for name in names if header.count(name) > 1]:
        raise UserError(f"{file}: has two columns {twice[0]!r}; leave one of them.")
    if lost := [path for path in paths if path not in rows]:
        raise UserError(f"{file}: names {len(lost)} of the images not: {listed(lost)}.")
    values, entries, version = {}, {}, hashlib.sha256()
    for name in names:
        words = [rows[path][header.index(name)] for path in paths]
        if empty := [path for path, word in zip(paths, words, strict=True) if not word]:
            raise UserError(f"{file}: {len(empty)} images have no {name}: {listed(empty)}.")
        version.update(repr((name, words)).encode())
        values[name], entries[name] = categorise(_typed(words), len(paths), f"{file}, {name}")
    more = len(rows.keys() - set(paths))
    told = f"{', '.join(names)} as {file.name} has them" + f", beside {more} others" * bool(more)
    return values, entries, version.hexdigest(), (f"{told}.",)


def read_csv(file: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Names of the columns behind the first, and {path: values}."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            (_, *header), *lines = [line for line in csv.reader(opened) if line]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{file}: cannot be read as CSV ({error}).") from error
    header = [name.strip() for name in header]
    return header, _rows(file, header, lines)


def _celeba(file):
    """The same of CelebA's list: how many, the names, and lines of a file's name and values."""
    try:
        _, header, *lines = file.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read as CelebA's list ({error}).") from error
    header = header.split()
    return header, _rows(file, header, [line.split() for line in lines if line.strip()])


def _rows(file, header, lines):
    rows = {}
    for path, *values in lines:
        if len(values) != len(header):
            raise UserError(
                f"{file}: the line of {path} has {len(values)} values, not {len(header)}."
            )
        path = str(PurePosixPath(path.strip()))
        if path in rows:
            raise UserError(f"{file}: names {path} twice.")
        rows[path] = [value.strip() for value in values]
    return rows


def _typed(words):
    """Values as numbers if all are, those of -1 and 1 as no and yes."""
    if set(words) <= set(SIGNS):
        return np.array([SIGNS[word] for word in words])
    for kind in (int, float):  # of the latter ``categorise`` tells that they are no classes
        try:
            return np.array([kind(word) for word in words])
        except ValueError:
            continue
    return np.array(words)
