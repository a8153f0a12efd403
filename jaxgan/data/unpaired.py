"""Two domains without pairs: A is the entry "source", B the entry "x", each with its own order.

What is held out is paired where it is known what belongs together: then it is the truth.
"""

from collections.abc import Callable

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.held_out import crc32
from jaxgan.data.labels import class_names, class_of
from jaxgan.data.source import Source, categories, joined, only, renamed, subset
from jaxgan.data.where import category_of

FORM = "unpaired:"  # and the names of two sets, with a comma between


def disjoint(source: Source) -> tuple[Source, ...]:
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
    a = only(subset(source, np.flatnonzero(even)), ("source",))
    b = only(subset(source, np.flatnonzero(~even)), tuple(set(source.entries) - {"source"}))
    told = f"Unpaired: {a.size} of domain A (source), {b.size} others of domain B (x)."
    return b._replace(remarks=(*b.remarks, told)), a


def of_classes(source: Source, text: str) -> tuple[Source, Source]:
    """Two classes of a category as the two domains: (B, A); of B the other categories, too.

    Args:
      source: ``Source`` without pairs.
      text: "tone:light,dark": the category, the class of A and that of B.

    Raises:
      UserError: another form, pairs, or a category or class that the set does not have.
    """
    name, colon, words = text.partition(":")
    words = [word.strip() for word in words.split(",")]
    if not (name and colon and len(words) == 2 and all(words)):
        raise UserError(f"data.domains={text}: should be CATEGORY:CLASS,CLASS, as label:cats,dogs.")
    refuse_pairs(source, "data.domains")
    entry, of = category_of(source, name), categories(source)[name]
    classes = [class_of(word, class_names(entry), f"data.domains: {name}") for word in words]
    if classes[0] == classes[1]:
        raise UserError(f"data.domains={text}: names one class twice.")
    a, b = (subset(source, np.flatnonzero(of == number)) for number in classes)
    for domain, word in zip((a, b), words, strict=True):
        if not domain.size:
            raise UserError(f"data.domains={text}: {source.name} has no example of {word}.")
    a, b = _as_a(a), only(b, set(b.entries) - {name})
    told = f"Unpaired: {a.size} of {words[0]} (domain A, source), {b.size} of {words[1]} (B, x)."
    return b._replace(remarks=(*b.remarks, told)), a._replace(remarks=())


def refuse_pairs(source: Source, setting: str) -> None:
    """Raise a ``UserError`` if the examples have a source already, which the setting makes."""
    if "source" in source.entries:
        raise UserError(
            f"{setting} makes two images of the entry x, and {source.name} has pairs; leave their "
            "source out, as by data.options.source=''."
        )


def twins(b: Source, a: Source) -> tuple[Source, ...]:
    """Domains as pairs of the rows of one key, if there are any: one source, (joined,); else both.

    Of several rows of a key the first of one belongs to the first of the other, and so on.
    """
    rows, pairs = rows_by_key(b), []
    for key, own in rows_by_key(a).items():
        pairs += zip(own, rows.get(key, ()), strict=False)
    return paired(b, a, pairs)


def paired(b: Source, a: Source, pairs: list[tuple[int, int]]) -> tuple[Source, ...]:
    """One source, (joined,), of the pairs (row of a, row of b); of none both, (b, a)."""
    if not pairs:
        return b, a
    of_a, of_b = np.array(pairs).T
    return (joined(subset(b, of_b), subset(a, of_a)),)


def rows_by_key(source: Source) -> dict:
    """{key: [row, ...]} of a ``Source``."""
    rows = {}
    for row in range(source.size):
        rows.setdefault(source.key(row), []).append(row)
    return rows


def two(name: str, load: Callable) -> tuple[Source, ...]:
    """The sets that ``unpaired:A,B`` names: (B, A), of B its categories, too.

    Args:
      name: as the user gave it.
      load: name of a set -> ``Source``.

    Raises:
      UserError: not two sets, or one that has pairs itself.
    """
    a, b = (load(each) for each in _names_of(name))
    if set(a.entries) & {"source"} or set(b.entries) & {"source"}:
        raise UserError(f"{name}: pairs play unpaired by data.unpaired=True, by their own name.")
    a = _as_a(a)
    told = f"Unpaired: {a.size} of domain A (source), {b.size} of domain B (x)."
    b = b._replace(
        name=name,
        origin=f"{_place(a)},{_place(b)}",
        contents=(*a.contents, *b.contents),
        remarks=(*a.remarks, *b.remarks, told),
    )
    return b, a._replace(contents=(), remarks=())


def _names_of(name: str):
    """The names of the two sets; a folder may be named without ``folder:``.

    Raises:
      UserError: not two.
    """
    names = name.removeprefix(FORM).split(",")
    if len(names) != 2 or not all(names):
        raise UserError(f"{name}: names {len(names)} sets; unpaired:A,B names two.")
    return names


def _as_a(source):
    """The images of a ``Source`` alone, as domain A."""
    return renamed(only(source, ("x",)), {"x": "source"})


def _place(source):
    """By what a set is named wherever one is: a folder's path, FORM:PATH, or its own name."""
    form, colon, _ = source.name.partition(":")
    if not colon:
        return source.name
    return source.origin if form == "folder" else f"{form}:{source.origin}"
