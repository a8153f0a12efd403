"""A name becomes a ``Source`` of examples."""

import inspect
from functools import partial

import numpy as np

from jaxgan.core import table
from jaxgan.core.errors import UserError, within
from jaxgan.core.table import Row
from jaxgan.data.arrays import mnist10k, npz
from jaxgan.data.folders import folder
from jaxgan.data.idx import idx
from jaxgan.data.source import from_arrays, only_split
from jaxgan.data.stacked import stacked_digits
from jaxgan.data.tfds import looks_like_tfds, tfds
from jaxgan.data.toy import TOYS
from jaxgan.data.view import make_view, refuse_for_points

SETS = {"mnist10k": mnist10k, "stacked_digits": stacked_digits}  # by name, as TOYS are too
FORMS = {"folder": folder, "idx": idx, "npz": npz}  # by what stands before the colon
TOY_DEFAULTS = {"points": 100_000, "seed": 0}  # options of every toy set


def load(name, *, size=None, fit="crop", channels=None, split="train", data_dir=None, options=None):
    """Load a data set.

    Names: ``mnist10k`` and ``stacked_digits`` (bundled), the rows of ``TOYS``, ``folder:DIR``,
    ``idx:DIR``, ``npz:FILE``, and any image set of TensorFlow Datasets by its name there
    (``cifar10``, ``lsun/bedroom``).

    Args:
      name: one of the names above.
      size: side of the square images in pixels; None keeps the stored height and width.
      fit: how images are brought to ``size``: "crop" (the greatest centred square, resized),
        "stretch" (height and width resized separately), "pad" (centred on black, shrunk first if
        larger than ``size``, never enlarged).
      channels: 1 (grey) or 3 (colour); None keeps those that there are.
      split: "train"; "test" too for idx; for TFDS any split of the set, or slice
        of one ("train[:90%]").
      data_dir: where TFDS keeps prepared sets; None: its own default (~/tensorflow_datasets, or
        the environment variable TFDS_DATA_DIR). Only for TFDS sets.
      options: of a set that is drawn, those of ``options_of``: ``points`` (how many), ``seed``,
        and those of a toy's row in ``TOYS``. Only for such sets.

    Returns:
      a ``Source``: uint8 images [H, W, C] or float32 points [D].

    Raises:
      UserError: an unknown name, split or option, a setting that the set does not take, and files
        that are missing, damaged or do not match; the sentence names the file.
    """
    view = make_view(size, fit, channels)
    form, colon, _ = name.partition(":")
    known = known_names()
    special = {"options": options} if options_of(name) else {}
    if name in TOYS:
        row = load_toy
    elif name in SETS:
        row = load_set
    elif colon and form in FORMS:
        row = FORMS[form]
    elif looks_like_tfds(name):
        row, special = partial(tfds, known=known), {"data_dir": data_dir}
    else:
        raise UserError(
            f"unknown data set {name!r}; known: {', '.join(known)}, and the names of TensorFlow "
            "Datasets."
        )
    for key, value in {"options": options, "data_dir": data_dir}.items():
        if value and key not in special:
            raise UserError(f"{name} takes no {key}; leave it unset.")
    return row(name, view, split, **special)


def load_set(name, view, split, options=None):
    """Load a row of ``SETS`` with its options."""
    return SETS[name](name, view, split, **_chosen(name, options))


def _chosen(name, options):
    """The options of a set: its defaults, and what is given of them."""
    return table.options_of(Row(load, options_of(name)), "data set", name, dict(options or {}))


def load_toy(name, view, split, options):
    """Draw a toy set: ``points`` of them, a pure function of ``seed`` and the row's options."""
    only_split(split, ("train",), name)
    refuse_for_points(view, name)
    settings = _chosen(name, options)
    points, seed = (settings.pop(key) for key in TOY_DEFAULTS)
    within("points", points, 1)
    within("seed", seed, 0)
    toy = TOYS[name](**settings)
    x, label = toy.sample(np.random.default_rng(seed), points)
    return from_arrays(
        name,
        x,
        label,
        classes=len(toy.mixture.weights) if toy.mixture else 0,
        density=toy.density,
        mixture=toy.mixture,
    )


def options_of(name):
    """The options of a data set with their defaults: only sets that are drawn have any."""
    if name in TOYS:
        return TOY_DEFAULTS | _keywords(TOYS[name])
    return _keywords(SETS[name]) if name in SETS else {}


def _keywords(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def known_names():
    """The names that jaxgan knows by itself."""
    return [*SETS, *TOYS, *(f"{form}:PATH" for form in FORMS)]
