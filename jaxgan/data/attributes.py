"""Images that are translated from some attributes to others: StarGAN's view of a set.

The entry "source" is the image that is given, "x" another one, each with its own order. The
attributes are categories: those of x have their own names, and are what the source is to be given;
those of the source are ``source_NAME``. Of an endless sequence the two are independent: what is
asked for is as frequent as it is in the data, as where the authors shuffle the labels of a batch.
"""

from collections.abc import Mapping

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data.source import Source, categories, only, renamed, subset
from jaxgan.data.unpaired import paired, refuse_pairs, rows_by_key
from jaxgan.data.where import category_of

OF_SOURCE = "source_"


def names_of(text: str) -> tuple[str, ...]:
    """The names in "tone,gender"."""
    return tuple(text.replace(",", " ").split())


def known(classes: Mapping[str, int]) -> tuple[str, ...]:
    """Those of some categories {name: classes} that are attributes of source and x."""
    return tuple(name for name in classes if OF_SOURCE + name in classes)


def of_attributes(source: Source, text: str, *, held_out: bool = False) -> tuple[Source, ...]:
    """The view of a ``Source`` without pairs.

    Args:
      source: ``Source``.
      text: names of categories, commas between.
      held_out: whether to pair, for a truth, images of one key that differ in attributes: each
        with one other, by chance of a seed of its own, so that none is there twice.

    Returns:
      (x, source), or one source of pairs.

    Raises:
      UserError: pairs, no such category, or one of a single class.
    """
    refuse_pairs(source, "data.attributes")
    names = names_of(text)
    for name in names:
        if category_of(source, name).classes < 2:
            raise UserError(f"data.attributes: {name} of {source.name} has one class alone.")
    # In the order that is asked for, whatever the set's.
    x = only(source, ("x", *names))
    x = x._replace(entries={name: x.entries[name] for name in ("x", *names)})
    given = renamed(x, {name: "source" if name == "x" else OF_SOURCE + name for name in x.entries})
    given = given._replace(contents=(), remarks=())
    rng = np.random.default_rng(0)
    if held_out:
        found = np.stack(list(categories(x).values()), axis=1)
        turns = [rng.permutation(rows) for rows in rows_by_key(source).values()]
        pairs = [(i, j) for rows in turns for i, j in zip(rows, np.roll(rows, 1), strict=True)]
        pairs = [(i, j) for i, j in pairs if (found[i] != found[j]).any()]
        if pairs:
            return paired(x, given, pairs)
    # Looks take a row of each: those of one number are images of their own.
    return subset(x, rng.permutation(source.size)), given
