"""What every data set is to the rest of the package: examples that are named arrays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.check import check_category, check_entry
from jaxgan.data.toy import Mixture

CHUNK = 64  # examples that one thread reads at a time


class Entry(NamedTuple):
    """One named array of an example.

    Attributes:
      shape: (H, W, C) of images, (D,) of points, () of a category.
      dtype: uint8 are pixels, 0..255, and [-1, 1] inside; int32 is a category; float32 is as it is.
      classes: of a category, how many there are, in every part of the set; else 0.
      names: of the classes, where the set tells them.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    classes: int = 0
    names: tuple[str, ...] = ()


class Truth(NamedTuple):
    """What is known of a drawn set's distribution.

    Attributes:
      density: points [..., D] -> [...], integrates to 1.
      mixture: its modes, or None.
    """

    density: Callable
    mixture: Mixture | None = None


class Source(NamedTuple):
    """Examples with random access and one order; plain functions, so that it can be pickled.

    Attributes:
      name: as the user gave it.
      size: number of examples.
      entries: the arrays of an example by name.
      read: index -> {name: array of the entry's shape}.
      arrays: (indices, or None for all) -> {name: [N, *shape]}, in the order of the indices.
      truth: of toys; None of all others.
      categories: {name: int32 [N]} of all examples, where no picture need be read for them.
      key: index -> the word by which the example is held out or not, and goes on to be so when
        others join the set.
      origin: where it is from: a resolved path, "bundled" or "drawn".
      contents: by what it is known again: the files that it is read from, or words for its version.
      remarks: what was left out of the set and what looks wrong, a sentence each.
      captions: a sentence for each example, [N]; none where the set has none.
    """

    name: str
    size: int
    entries: dict[str, Entry]
    read: Callable[[int], dict]
    arrays: Callable[..., dict]
    truth: Truth | None = None
    categories: Mapping[str, np.ndarray] = {}  # never written to
    key: Callable[[int], str] = str
    origin: str = ""
    contents: tuple[Path | str, ...] = ()
    remarks: tuple[str, ...] = ()
    captions: np.ndarray | tuple = ()

    @property
    def shape(self):
        """Of the entry ``x``."""
        return self.entries["x"].shape

    @property
    def has_images(self):
        """Whether it has an entry ``x`` or ``source``, and not only what is told beside them."""
        return "x" in self.entries or "source" in self.entries

    @property
    def dtype(self):
        """Of the entry ``x``."""
        return self.entries["x"].dtype

    @property
    def classes(self):
        """Of the entry ``label``; 0 where there is none."""
        return self.entries["label"].classes if "label" in self.entries else 0

    @property
    def density(self):
        """The true density, or None."""
        return self.truth and self.truth.density

    @property
    def mixture(self):
        """The true modes, or None."""
        return self.truth and self.truth.mixture


def pixels(shape: Sequence[int]) -> Entry:
    """The ``Entry`` of 8-bit images [H, W, C]."""
    return Entry(tuple(shape), np.dtype(np.uint8))


def category(classes: int, names: Sequence[str] = ()) -> Entry:
    """The ``Entry`` of a category."""
    return Entry((), np.dtype(np.int32), classes, tuple(names))


def from_arrays(
    name: str,
    x: np.ndarray,
    label: np.ndarray | None = None,
    *,
    classes: int | None = None,
    truth: Truth | None = None,
) -> Source:
    """Make a ``Source`` of arrays in memory, with the entries x and, unless None, label.

    Args:
      x: [N, *shape], uint8 or float32.
      label: integers [N] from 0, or None.
      classes: number of classes; None: the greatest label plus one.
      truth: as in ``Source``.
    """
    if label is None:
        return from_named(name, {"x": x}, truth=truth)
    check_category(np.asarray(label), "label", name, len(x))
    classes = int(np.max(label)) + 1 if classes is None else classes
    return from_named(name, {"x": x, "label": label}, {"label": category(classes)}, truth=truth)


def from_named(
    name: str,
    whole: Mapping[str, np.ndarray],
    categories: Mapping[str, Entry] | None = None,
    **more: Any,
) -> Source:
    """Make a ``Source`` of named arrays in memory.

    Args:
      whole: {name: [N, *shape]}, uint8 or float32; integers where the name is a category's.
      categories: {name: ``Entry``} of those that are categories.
      more: what else a ``Source`` has.

    Raises:
      UserError: other types or lengths, a category out of its range, channels that come first.
    """
    categories = categories or {}
    size = len(next(iter(whole.values())))
    for key, values in whole.items():
        if key in categories:
            check_category(np.asarray(values), key, name, size, categories[key].classes)
        else:
            check_entry(values, key, name, size)
    whole = {
        key: np.asarray(values, np.int32) if key in categories else values
        for key, values in whole.items()
    }
    entries = {
        key: categories.get(key) or Entry(values.shape[1:], values.dtype)
        for key, values in whole.items()
    }
    more["categories"] = {key: whole[key] for key in categories}
    return Source(name, size, entries, partial(_take, whole), partial(_take, whole), **more)


def from_reader(
    name: str, read_rows: Callable, *, size: int, entries: Mapping[str, Entry], **more: Any
) -> Source:
    """Make a ``Source`` of images that are decoded whenever they are read.

    Args:
      read_rows: list of indices -> list of {name: array}. Several at once, because some formats
        read many far faster than one.
      size, entries: as in ``Source``.
      more: what else a ``Source`` has.
    """
    arrays = partial(_read_many, read_rows, size)
    return Source(name, size, entries, partial(_read_one, read_rows), arrays, **more)


def subset(source: Source, indices: np.ndarray) -> Source:
    """The ``Source`` of the examples at these indices, int [N], in their order."""
    return source._replace(
        size=len(indices),
        read=partial(_at, source.read, indices),
        arrays=partial(_many_at, source.arrays, indices),
        categories={key: values[indices] for key, values in source.categories.items()},
        key=partial(_at, source.key, indices),
        captions=source.captions[indices] if len(source.captions) else (),
    )


def renamed(source: Source, names: Mapping[str, str]) -> Source:
    """The ``Source`` with other names for its entries, {old: new}; the rest keep theirs."""
    return _changed(source, partial(_rename, names), _rename(names, source.entries))


def only(source: Source, names: Sequence[str]) -> Source:
    """The ``Source`` with some of its entries."""
    return _changed(source, partial(_chosen, names), _chosen(names, source.entries))


def recategorised(
    source: Source, kinds: Mapping[str, Entry], numbers: Mapping[str, np.ndarray]
) -> Source:
    """The ``Source`` with other numbers for the classes of some categories.

    Args:
      kinds: {name: its new ``Entry``}.
      numbers: {name: int32 [K], the new number of every old one}.
    """
    return _changed(source, partial(_numbered, numbers), source.entries | kinds)


def joined(first: Source, *others: Source) -> Source:
    """Sources of one length as one: its row i has the entries of row i of each."""
    parts = (first, *others)
    return first._replace(
        entries=entries(parts),
        read=partial(_joined, [part.read for part in parts]),
        arrays=partial(_joined, [part.arrays for part in parts]),
        categories=union(part.categories for part in parts),
    )


def categories(source: Source) -> dict[str, np.ndarray]:
    """{name: int32 [N]} of all categories of all examples; read where they are not known."""
    names = classes_of(source.entries)
    if set(names) <= set(source.categories):
        return {name: source.categories[name] for name in names}
    return _chosen(names, source.arrays())


def union(parts: Iterable[Mapping]) -> dict:
    """One dictionary of several by name: of entries, or of the arrays of a batch.

    Raises:
      UserError: two of them have the same name.
    """
    whole = {}
    for part in parts:
        if twice := sorted(whole.keys() & part.keys()):
            raise UserError(f"two sources have an entry {twice[0]!r}; each needs names of its own.")
        whole |= part
    return whole


def entries(sources: tuple[Source, ...]) -> dict[str, Entry]:
    """{name: ``Entry``} of all sources together."""
    return union(source.entries for source in sources)


def classes_of(entries: Mapping[str, Entry]) -> dict[str, int]:
    """How many classes each category among {name: ``Entry``} has, by name."""
    return {name: entry.classes for name, entry in entries.items() if entry.classes}


def only_split(split: str, known: Sequence[str], name: str) -> None:
    """Raise a ``UserError`` unless ``split`` is one of those that the set ``name`` has."""
    if split not in known:
        raise UserError(f"{name} has no split {split!r}; known: {', '.join(known)}.")


def _take(whole, index=None):
    """One example, those of many indices, or all."""
    return {key: v if index is None else v[index] for key, v in whole.items()}


def _at(read, indices, index):
    return read(int(indices[index]))


def _many_at(arrays, own, indices=None):
    return arrays(own if indices is None else own[indices])


def _changed(source, change, entries):
    """The ``Source`` with these entries: ``change`` makes of its named arrays those of the new."""
    return source._replace(
        entries=entries,
        read=partial(_then, source.read, change),
        arrays=partial(_then, source.arrays, change),
        categories=change(source.categories),
    )


def _then(read, change, *index):
    return change(read(*index))


def _rename(names, parts):
    return {names.get(key, key): part for key, part in parts.items()}


def _numbered(numbers, parts):
    return {key: numbers[key][part] if key in numbers else part for key, part in parts.items()}


def _chosen(names, parts):
    return {key: part for key, part in parts.items() if key in names}


def _joined(reads, *index):
    return union(read(*index) for read in reads)


def _read_one(read_rows, index):
    return read_rows([index])[0]


def _read_many(read_rows, size, indices=None):
    indices = list(range(size)) if indices is None else [int(index) for index in indices]
    first = _read_one(read_rows, indices[0])
    whole = {
        key: np.empty((len(indices), *np.shape(value)), value.dtype) for key, value in first.items()
    }

    def put(start):
        rows = read_rows(indices[start : start + CHUNK])
        for place, row in enumerate(rows, start):
            for key, value in row.items():
                whole[key][place] = value

    # Decoding and resizing run outside Python's lock, so threads do help.
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(put, range(0, len(indices), CHUNK)):
            pass
    return whole
