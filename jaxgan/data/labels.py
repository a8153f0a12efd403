"""Labels as they are stored become categories: whole numbers from 0, with names."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.source import Entry, Source, category, recategorised

KNOWN = 20  # classes that an error names
MANY = 100  # classes, from which on there must be two examples of each on the average


def class_names(entry: Entry) -> tuple[str, ...]:
    """The names of a category's classes; where the data have none, their numbers, zero-padded."""
    digits = len(str(entry.classes - 1))
    return entry.names or tuple(f"{i:0{digits}d}" for i in range(entry.classes))


def class_of(label: Any, names: tuple[str, ...], category: str = "label") -> int:
    """The number of a class that is called by its name, or else by its number.

    Args:
      label: a name, or a number as such or in decimals; "1" is the class with that name, if any.
      names: of all classes.
      category: their entry, for the sentence.

    Raises:
      UserError: no such class; it tells the known ones.
    """
    if label in names:
        return names.index(label)
    numbers = {str(i): i for i in range(len(names))}
    if str(label) in numbers:
        return numbers[str(label)]
    known = ", ".join([*names[:KNOWN], *["..."] * (len(names) > KNOWN)])
    raise UserError(
        f"{category} {label} is unknown; known: {known} (numbers 0 to {len(names) - 1})."
    )


def natural(name: str) -> tuple[list, str]:
    """Sort key by which "2" comes before "10"; all else by code points, alike on every machine."""
    parts = re.split("([0-9]+)", name)  # text and digits in turns
    numbers = [part.lstrip("0") for part in parts[1::2]]
    parts[1::2] = [(len(number), number) for number in numbers]
    return parts, name


def composed(name: str) -> str:
    """The name with its accents in one form (NFC): some systems store them apart."""
    return unicodedata.normalize("NFC", name)


def categorise(
    label: np.ndarray, size: int, where: Path | str, names: np.ndarray | None = None
) -> tuple[np.ndarray, Entry]:
    """Number the classes of labels 0, 1, ... in the order of their values.

    Labels 0 to K - 1, each with an example, stay as they are and have no names. Others, with gaps
    or not from 0, are named by their values, and words by themselves, in natural order.

    Args:
      label: whole numbers from 0, truth values or words, [N].
      size: N, that of the examples.
      where: file or set, for the sentence.
      names: of the classes 0 to K - 1, which then stay as they are; None: they have none.

    Returns:
      int32 [N] and the ``Entry``.

    Raises:
      UserError: any other array, with its conversion; labels that number the examples.
    """
    if wrong := _wrong(label, size):
        raise UserError(
            f"{where}: labels must be whole numbers from 0, or words, one for each of the {size} "
            f"examples; found {label.dtype} of shape {label.shape}{wrong}."
        )
    if names is not None:
        return _named(label, names, where)
    values, label = np.unique(label, return_inverse=True)
    _check_number(len(values), size, where)
    if values.dtype.kind in "US":
        words = [_word(value, where) for value in values]
        names = sorted(set(words), key=natural)
        place = {word: index for index, word in enumerate(names)}
        label = np.array([place[word] for word in words], np.int32)[label]
    else:
        plain = values.dtype.kind != "b" and values[-1] == len(values) - 1
        names = () if plain else [str(value) for value in values]
    return label.astype(np.int32), category(len(names) or len(values), names)


def numbered_as(source: Source, entries: Mapping[str, Entry], folders: bool = False) -> Source:
    """The source with its classes numbered as a run has them.

    Older versions put "10" before "2", and counted numbers without an example as classes; a run
    that they began goes on under their numbers. The oldest kept no names of classes.

    Args:
      source: a ``Source``.
      entries: {name: ``Entry``} of the run. Only categories count with the same names in another
        order, or with more classes that are named by their numbers, or not named; whoever calls
        compares the others.
      folders: whether classes are folders, which older versions took in the order of code points.
    """
    numbers, kinds = {}, {}
    for key, kind in source.entries.items():
        then, has = entries.get(key, kind), [composed(name) for name in kind.names]
        values = [str(number) for number in range(then.classes)]
        unnamed = sorted(has) if folders and then.classes == kind.classes else values
        had = [composed(name) for name in then.names] or unnamed
        gaps = had == values and kind.classes < then.classes and set(has) <= set(had)
        if has and has != had and (gaps or sorted(has) == sorted(had)):
            numbers[key] = np.array([had.index(name) for name in has], np.int32)
            kinds[key] = then._replace(names=tuple(had)) if folders else then
    if not numbers:
        return source
    return recategorised(source, kinds, numbers)


def _wrong(label, size):
    """What is wrong with labels, and what mends it; "" if nothing is."""
    kind = label.dtype.kind
    if label.shape == (size, 1):
        return ": write labels[:, 0]"
    if label.ndim == 2 and len(label) == size:
        return ": if a row marks one class, write labels.argmax(axis=1)"
    if label.shape != (size,):
        return ", which is not that"
    if kind == "f":
        whole = np.array_equal(label, np.round(label))
        return ": write labels.astype(np.int64)" if whole else ", which are measures and no classes"
    if kind not in "iubUS":
        return ", which are no classes"
    if kind == "i" and label.min() < 0:
        return f", from {label.min()}: leave out examples without a class, or add {-label.min()}"
    return ""


def _check_number(classes, size, where):
    if classes > MANY and size < 2 * classes:
        raise UserError(
            f"{where}: the labels have {classes} values for {size} examples, and seem to number "
            "the examples; a class needs several: leave the labels out, or group them."
        )


def _named(label, names, where):
    fits = names.ndim == 1 and names.dtype.kind == "U" and label.dtype.kind in "iu"
    if not fits or label.max() >= len(names):
        raise UserError(
            f"{where}: class_names must be the words of the labels 0, 1, ..., "
            f"{label.max()}; found {names.dtype} of shape {names.shape}."
        )
    return label.astype(np.int32), category(len(names), names.tolist())


def _word(value, where):
    try:
        return composed(value.decode() if isinstance(value, bytes) else str(value))
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: the label {value!r} is no UTF-8; save words as str.") from error
