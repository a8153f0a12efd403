"""Two domains without pairs: A is the entry "source", B the entry "x", each with its own order."""

from functools import partial

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.held_out import crc32
from jaxgan.data.source import renamed, subset

FORM = "unpaired:"  # and the names of two sets, with a comma between


def disjoint(source):
    """Pairs as two sets of which no example belongs to the other's: (B, A).

    Which half an example goes to follows from its key: CRC-32 // 10 even in A, odd in B; by the
    remainder it may be held out. Categories stay with B.

    Raises:
      UserError: the set has no pairs, or so few that a domain would be empty.
    """
    if "source" not in source.entries:
        raise UserError(
            f"data.unpaired is of pairs, and {source.name} has none; unpaired:A,B takes two sets."
        )
    even = np.array([crc32(source.key(i)) // 10 % 2 == 0 for i in range(source.size)])
    if even.all() or not even.any():
        raise UserError(
            f"{source.name} has {source.size} pairs, and taken apart one domain has none of them; "
            "data.unpaired needs more."
        )
    a = _only(subset(source, np.flatnonzero(even)), ("source",))
    b = _only(subset(source, np.flatnonzero(~even)), tuple(set(source.entries) - {"source"}))
    told = f"Unpaired: {a.size} of domain A (source), {b.size} others of domain B (x)."
    return b._replace(remarks=(*b.remarks, told)), a


def two(name, load):
    """The sets that ``unpaired:A,B`` names: (B, A), of B its categories, too.

    Args:
      name: as the user gave it.
      load: name of a set -> ``Source``.

    Raises:
      UserError: not two sets, or one that has pairs itself.
    """
    a, b = (load(each) for each in names_of(name))
    if set(a.entries) & {"source"} or set(b.entries) & {"source"}:
        raise UserError(f"{name}: pairs play unpaired by data.unpaired=True, by their own name.")
    a = renamed(_only(a, ("x",)), {"x": "source"})
    told = f"Unpaired: {a.size} of domain A (source), {b.size} of domain B (x)."
    b = b._replace(
        name=name,
        origin=f"{_place(a)},{_place(b)}",
        contents=(*a.contents, *b.contents),
        remarks=(*a.remarks, *b.remarks, told),
    )
    return b, a._replace(contents=(), remarks=())


def names_of(name):
    """The names of the two sets; a folder may be named without ``folder:``.

    Raises:
      UserError: not two.
    """
    names = name.removeprefix(FORM).split(",")
    if len(names) != 2 or not all(names):
        raise UserError(f"{name}: names {len(names)} sets; unpaired:A,B names two.")
    return names


def _place(source):
    """By what a set is named wherever one is: a folder's path, FORM:PATH, or its own name."""
    form, colon, _ = source.name.partition(":")
    if not colon:
        return source.name
    return source.origin if form == "folder" else f"{form}:{source.origin}"


def _only(source, names):
    """The ``Source`` with some of its entries."""
    return source._replace(
        entries=_chosen(names, source.entries),
        read=partial(_read, source.read, names),
        arrays=partial(_read, source.arrays, names),
    )


def _chosen(names, parts):
    return {key: part for key, part in parts.items() if key in names}


def _read(read, names, *index):
    return _chosen(names, read(*index))
