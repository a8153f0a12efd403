"""Which examples of a set count: those of some classes of its categories."""

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.labels import class_names, class_of
from jaxgan.data.source import (
    Entry,
    Source,
    categories,
    category,
    classes_of,
    recategorised,
    subset,
)


def chosen(source: Source, text: str) -> Source:
    """The examples of a ``Source`` that meet every one of the ``conditions`` in a text.

    A category of which classes are chosen keeps these alone, in their order. What was known of the
    distribution of a toy is not known of a part of it.

    Args:
      source: ``Source``.
      text: the conditions, classes by their names, or else their numbers; "": all examples.

    Raises:
      UserError: another form, a category or class that the set does not have, or no such example.
    """
    wanted = conditions(text)
    if not wanted:
        return source
    known, kept, kinds, numbers = categories(source), np.full(source.size, True), {}, {}
    for name, words in wanted.items():
        entry = category_of(source, name)
        names = class_names(entry)
        numbered = sorted({class_of(word, names, f"data.where: {name}") for word in words})
        kept &= np.isin(known[name], numbered)
        kinds[name] = category(len(numbered), [names[number] for number in numbered])
        numbers[name] = np.searchsorted(numbered, np.arange(entry.classes)).astype(np.int32)
    if not kept.any():
        raise UserError(f"no example of {source.name} meets data.where={text}.")
    told = f"Of {source.size} examples, {kept.sum()} with {text}."
    part = recategorised(subset(source, np.flatnonzero(kept)), kinds, numbers)
    return part._replace(truth=None, remarks=(*source.remarks, told))


def conditions(text: str) -> dict[str, list[str]]:
    """{category: [class, ...]} of "tone=light|dark,gender=woman"; "": {}.

    Conditions are CATEGORY=CLASS|CLASS..., commas between.

    Raises:
      UserError: another form, or a category twice.
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, words = (piece.strip() for piece in part.partition("="))
        if not (name and equals and words):
            raise UserError(f"data.where: {part!r} should be CATEGORY=CLASS or CLASS|CLASS.")
        if name in found:
            raise UserError(f"data.where: names {name} twice; put its classes together, with | .")
        found[name] = [word.strip() for word in words.split("|")]
    return found


def category_of(source: Source, name: str) -> Entry:
    """The ``Entry`` of a category of a source.

    Raises:
      UserError: there is none of that name.
    """
    entry = source.entries.get(name)
    if entry is None or not entry.classes:
        known = classes_of(source.entries)
        raise UserError(
            f"{source.name} has no category {name!r}; it has {', '.join(known) or 'none'}."
        )
    return entry
