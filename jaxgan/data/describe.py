"""What a run keeps of its data: how many, which, from where; told in a line, and compared."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.fingerprint import fingerprint
from jaxgan.data.labels import composed
from jaxgan.data.names import path_of
from jaxgan.data.remarks import LOOKED
from jaxgan.data.source import Entry, Source

NAMED = 6  # classes that are named in a line


class Description(NamedTuple):
    """What is known of data beside their entries; plain values, as ``config.json`` holds them.

    Attributes:
      name: as the user gave it.
      origin: where they are from, as of a ``Source``.
      examples: how many training sees.
      held_out: how many it does not.
      range: least and greatest value of x; of images in ``LOOKED`` of them.
      fingerprint: by which they are known again.
      left_out: what was left out and why, a sentence each.
    """

    name: str
    origin: str
    examples: int
    held_out: int
    range: list[float]
    fingerprint: str
    left_out: list[str]


def describe(sources: tuple[Source, ...], held_out: tuple[Source, ...] = ()) -> Description:
    """Describe data: tuples of ``Source``, as ``load_parts`` gives them.

    Raises:
      UserError: a file or an example that cannot be read.
    """
    first, parts = sources[0], (*sources, *held_out)
    remarked = sources if len(held_out) > 1 else parts  # two domains are told of alike in both
    contents = dict.fromkeys(part for source in parts for part in source.contents)
    try:
        known_by = fingerprint(contents)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read ({error.strerror}).") from error
    return Description(
        name=first.name,
        origin=first.origin,
        examples=first.size,
        held_out=held_out[0].size if held_out else 0,
        range=_range(first),
        fingerprint=known_by,
        left_out=list(dict.fromkeys(remark for source in remarked for remark in source.remarks)),
    )


def told(data: Description, entries: Mapping[str, Entry]) -> list[str]:
    """The lines for a user: what the data are, and below it each thing that was left out.

    Args:
      data: ``Description``.
      entries: {name: ``Entry``}.
    """
    path, size = path_of(data.name), data.examples
    place = f"in {data.origin}" if path else f"of {data.name} ({data.origin})"
    apart = f", and {data.held_out} held out" if data.held_out else ""
    low, high = data.range
    part = len(entries["x"].shape) == 3 and size > LOOKED and (low, high) != (0, 255)
    values = f" with values from {low:.4g} to {high:.4g}" + f" in {LOOKED} of them" * part
    forms = [_form(name, entry) + values * (name == "x") for name, entry in entries.items()]
    line = f"Data: {size} example{'s' * (size > 1)} {place}{apart}: {'; '.join(forms)}."
    return [line, *data.left_out]


def misfits(then: Mapping[str, Entry], now: Mapping[str, Entry]) -> list[str]:
    """Tell how entries {name: ``Entry``} differ for which a network is built, in sentences."""
    shapes = [{n: (e.shape, e.classes) for n, e in entries.items()} for entries in (then, now)]
    return [
        f"there were {_of(then, name)}, and there are {_of(now, name)}"
        for name in {**then, **now}
        if shapes[0].get(name) != shapes[1].get(name)
    ]


def changes(
    then: Description | None,
    now: Description,
    entries_then: Mapping[str, Entry],
    entries_now: Mapping[str, Entry],
) -> list[str]:
    """Tell how data differ that fit the same networks: [sentence, ...].

    Args:
      then, now: ``Description``; ``then`` is None where an older version kept none.
      entries_then, entries_now: {name: ``Entry``}; names of classes count where both have them.
    """
    told = []
    for name in entries_then:
        both = zip(entries_then[name].names, entries_now[name].names, strict=False)
        others = [(i, a, b) for i, (a, b) in enumerate(both) if composed(a) != composed(b)]
        told += [f"class {i} was {a}, and is {b}" for i, a, b in others[:1]]
    if then is None:
        return told
    for key, what in {"examples": "examples", "held_out": "held-out examples"}.items():
        was, is_ = getattr(then, key), getattr(now, key)
        if was != is_:
            told.append(f"there were {was} {what}, and there are {is_}")
    if then.fingerprint != now.fingerprint and not told:
        told.append("the files have other names or contents")
    return told


def _range(source):
    """Least and greatest value of x, plain numbers."""
    few = len(source.shape) == 3 and source.size > LOOKED
    x = source.arrays(np.linspace(0, source.size - 1, LOOKED).astype(int) if few else None)["x"]
    return [x.min().item(), x.max().item()]


def _form(name, entry):
    """An entry in words: "images of 28 x 28 x 1", "2 classes (cat, dog)"."""
    if entry.classes:
        of = "" if name == "label" else f" of {name}"
        more = ", ..." if len(entry.names) > NAMED else ""
        names = f" ({', '.join(entry.names[:NAMED])}{more})" if entry.names else ""
        return f"{entry.classes} class{'es' * (entry.classes > 1)}{of}{names}"
    if name == "x" and len(entry.shape) == 1:
        return f"points in {entry.shape[0]} dimension{'s' * (entry.shape[0] > 1)}"
    return f"{'images' if name == 'x' else name} of {' x '.join(map(str, entry.shape)) or 1}"


def _of(entries, name):
    return _form(name, entries[name]) if name in entries else f"no {name}"
