"""What reads a set, by its name, and how its options reach it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from jaxgan.core import table
from jaxgan.core.errors import UserError, within
from jaxgan.core.table import Row
from jaxgan.data import bundled
from jaxgan.data.names import (
    FORMS,
    SETS,
    TOY_DEFAULTS,
    form_of,
    known_names,
    options_of,
    path_of,
    paths_of,
)
from jaxgan.data.source import Source, Truth, from_arrays, only_split
from jaxgan.data.tfds import looks_like_tfds, tfds
from jaxgan.data.toy import TOYS
from jaxgan.data.view import View, refuse_for_points


def reader_of(name, options, data_dir, columns):
    """What reads a set, (name, view, split, ...) -> ``Source``; what it takes beside these three,
    by name; and whether its held-out part may be another split.
    """
    form, special = form_of(name), {"options": options} if options_of(name) else {}
    if name in TOYS:
        return load_toy, special, False
    if name in SETS:
        return load_set, special, False
    if form:
        special |= {"columns": columns} if columns else {}
        return partial(load_form, form), special, form == "idx"
    if looks_like_tfds(name):
        return partial(tfds, known=known_names()), {"data_dir": data_dir}, True
    raise UserError(
        f"unknown data set {name!r}; known: {', '.join(known_names())}, and the names of "
        "TensorFlow Datasets."
    )


def load_form(form: str, name: str, view: View, split: str, **special) -> Source:
    """Load a row of ``FORMS``; where it is one file, that is what it is known by."""
    if "options" in special:
        special |= _chosen(name, special.pop("options"))
    source = FORMS[form](name, view, split, **special)
    origin = ",".join(str(path.resolve()) for path in paths_of(form, path_of(name)))
    return source._replace(origin=origin, contents=source.contents or (Path(origin),))


def load_set(
    name: str, view: View, split: str, options: Mapping | None = None, **special
) -> Source:
    """Load a row of ``SETS`` with its options."""
    source = SETS[name](name, view, split, **special, **_chosen(name, options))
    if name not in bundled.FILES:
        return source._replace(origin="drawn")
    version = bundled.SHA256[bundled.FILES[name]]
    return source._replace(origin="bundled", contents=(version,))


def _chosen(name, options):
    """The options of a set: its defaults, and what is given of them."""
    return table.options_of(Row(load_set, options_of(name)), "data set", name, dict(options or {}))


def load_toy(name: str, view: View, split: str, options: Mapping | None) -> Source:
    """Draw a toy set: ``points`` of them, a pure function of ``seed`` and the row's options."""
    only_split(split, ("train",), name)
    refuse_for_points(view, name)
    settings = _chosen(name, options)
    points, seed = (settings.pop(key) for key in TOY_DEFAULTS)
    within("points", points, 1)
    within("seed", seed, 0)
    toy = TOYS[name](**settings)
    x, label = toy.sample(np.random.default_rng(seed), points)
    source = from_arrays(
        name,
        x,
        label,
        classes=len(toy.mixture.weights) if toy.mixture else 0,
        truth=Truth(toy.density, toy.mixture),
    )
    return source._replace(origin="drawn")
