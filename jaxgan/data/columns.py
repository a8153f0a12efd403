"""Categories of a folder's images, from a table that lies beside them."""

import csv
from pathlib import PurePosixPath

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.labels import categorise
from jaxgan.data.remarks import listed

CELEBA = "list_attr_celeba.txt"
# In the folder of the images, or in the one that it lies in.
TABLES = ("attributes.csv", CELEBA)
SIGNS = {"-1": "no", "1": "yes"}  # of a column that has no other values, as all of CelebA's


def read_columns(directory, paths, names):
    """Read categories of images from ``attributes.csv``, or from CelebA's list of attributes.

    A CSV file has a line of names, and a line for each image: its path below the folder, then its
    values: words, or whole numbers from 0. A column of -1 and 1 becomes no and yes.

    Args:
      directory: of the images.
      paths: of the images, below the directory.
      names: of the columns.

    Returns:
      {name: int32 [N]}, {name: ``Entry``}, the table's path and remarks.

    Raises:
      UserError: no table, one that cannot be read or has no such column, an image that it does not
        name, or values that are no classes.
    """
    places = [folder / table for folder in (directory, directory.parent) for table in TABLES]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise UserError(
            f"{directory}: has no table of {listed(names)}; put {' or '.join(TABLES)} into it, or "
            "into the folder that it lies in."
        )
    header, rows = (_celeba if file.name == CELEBA else _csv)(file)
    if missing := [name for name in names if name not in header]:
        raise UserError(f"{file}: has no column {missing[0]!r}; it has {', '.join(header)}.")
    if lost := [path for path in paths if path not in rows]:
        raise UserError(f"{file}: names {len(lost)} of the images not: {listed(lost)}.")
    values, entries = {}, {}
    for name in names:
        words = [rows[path][header.index(name)] for path in paths]
        values[name], entries[name] = categorise(_typed(words), len(paths), f"{file}, {name}")
    more = len(rows.keys() - set(paths))
    told = f"{', '.join(names)} as {file.name} has them" + f", beside {more} others" * bool(more)
    return values, entries, file, (f"{told}.",)


def _csv(file):
    """Names of the columns behind the first, and {path: values}."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            (_, *header), *lines = [line for line in csv.reader(opened) if line]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{file}: cannot be read as CSV ({error}).") from error
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
        path = str(PurePosixPath(path))
        if path in rows:
            raise UserError(f"{file}: names {path} twice.")
        rows[path] = [value.strip() for value in values]
    return rows


def _typed(words):
    """Values as numbers if all are, those of -1 and 1 as no and yes."""
    if set(words) <= set(SIGNS):
        return np.array([SIGNS[word] for word in words])
    try:
        return np.array([int(word) for word in words])
    except ValueError:
        return np.array(words)
