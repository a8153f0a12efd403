"""The names of data sets, and what a name says: its form, its paths, its options."""

import inspect
from pathlib import Path
from typing import Any

from jaxgan.core.files import expand
from jaxgan.data import unpaired
from jaxgan.data.arrays import npz
from jaxgan.data.bundled import emoji, glyphs, line_art, mnist10k
from jaxgan.data.clips import frames
from jaxgan.data.drawn_clips import moving_digits, two_futures
from jaxgan.data.folders import folder
from jaxgan.data.idx import idx
from jaxgan.data.paired import ab, pairs
from jaxgan.data.stacked import stacked_digits
from jaxgan.data.toy import TOYS

SETS = {  # by name, as TOYS are too
    "mnist10k": mnist10k,
    "stacked_digits": stacked_digits,
    "emoji": emoji,
    "glyphs": glyphs,
    "line_art": line_art,
    "moving_digits": moving_digits,
    "two_futures": two_futures,
}
# By what stands before the colon.
FORMS = {"folder": folder, "idx": idx, "npz": npz, "ab": ab, "pairs": pairs, "frames": frames}
TOY_DEFAULTS = {"points": 100_000, "seed": 0}  # options of every toy set
OF_FORMS = ("direction", "given", "ahead")  # options of forms that a user sets


def is_set(name: str) -> bool:
    """Whether it is more than a path."""
    return name in (*SETS, *TOYS) or form_of(name) != ""


def form_of(name: str) -> str:
    """The form of a name FORM:PATH, a row of ``FORMS`` or "unpaired"; "" of every other name."""
    form, colon, _ = name.partition(":")
    return form if colon and (form in FORMS or name.startswith(unpaired.FORM)) else ""


def paths_of(form: str, path: str) -> list[Path]:
    """The paths that the PATH of a name FORM:PATH consists of: two for pairs, else one.

    Of two sets without pairs those that are paths.
    """
    if f"{form}:" == unpaired.FORM:
        paths = [path_of(each) or each for each in path.split(",") if each not in (*SETS, *TOYS)]
        return [expand(each) for each in paths]
    return [expand(each) for each in (path.split(",") if form == "pairs" else [path])]


def path_of(name: str) -> str:
    """The PATH of a name FORM:PATH, as it is given; "" of every other name."""
    return name.partition(":")[2] if form_of(name) else ""


def options_of(name: str) -> dict[str, Any]:
    """The options of a data set with their defaults: only those drawn or paired have any."""
    if name in TOYS:
        return TOY_DEFAULTS | _keywords(TOYS[name])
    if (form := form_of(name)) in FORMS:
        return {key: value for key, value in _keywords(FORMS[form]).items() if key in OF_FORMS}
    return _keywords(SETS[name]) if name in SETS else {}


def _keywords(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def known_names() -> list[str]:
    """The names that jaxgan knows by itself."""
    return [*SETS, *TOYS, *(f"{form}:PATH" for form in FORMS), f"{unpaired.FORM}A,B"]
