"""What the tables of the package hold: functions by name, with the options that they take."""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxgan.core.errors import UserError


def _read_bool(text):
    return {"true": True, "false": False}[text.lower()]


def _read_tuple(text):
    value = ast.literal_eval(text)
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


# The values of a config from their texts; what cannot be read is a KeyError, ValueError or
# SyntaxError. Below, what the types are called.
READERS = {bool: _read_bool, int: int, float: float, str: str, tuple: _read_tuple}
TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


class Row(NamedTuple):
    """A row of a table: what a config names, and the options that come with the name.

    Attributes:
      build: takes the options, and whatever else its table says, by keyword.
      options: their defaults; a value's type is what a config must give.
      doc: what it is, in the form of a docstring; empty: that of ``build`` says it.
      facts: what else is known of it, by name, and true of few rows; its table says what they mean.
    """

    build: Callable
    options: dict = {}  # never written to
    doc: str = ""
    facts: Mapping[str, Any] = {}  # never written to

    def __call__(self, *args, **options):
        """Build the row; options that are not given have their defaults."""
        return self.build(*args, **self.options | options)


def as_it_is(function: Callable) -> Row:
    """The row of a function that takes no options, and says itself what it is."""
    return Row(lambda: function, doc=function.__doc__)


def doc_of(row: Any) -> str:
    """What a row says of itself: a sentence on the first line, and maybe more below.

    ``row`` is anything that has a ``doc``, or else a docstring: itself, or its ``build``.
    """
    return inspect.cleandoc(getattr(row, "doc", "") or getattr(row, "build", row).__doc__ or "")


def options_of(row: Row, kind: str, name: str, given: Mapping[str, Any]) -> dict:
    """All options of a row: its defaults, and what is given of them.

    Args:
      row: of a table.
      kind: what the table holds, as "loss".
      name: the row's.
      given: options by name; lists stand for tuples, which JSON has not.

    Raises:
      UserError: an option that the row does not have, or a value of another type.
    """
    if unknown := sorted(set(given) - set(row.options)):
        known = ", ".join(row.options) or "none"
        raise UserError(f"{kind} {name!r} has no option {unknown[0]!r}; it has {known}.")
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
    for key, value in given.items():
        check_type(f"{kind}.{key}", value, row.options[key])
    return {**row.options, **given}


def check_type(name: str, value: Any, like: Any) -> None:
    """Raise ``UserError`` unless a value is of the type of the value ``like``.

    A whole number may stand for a number; tuples must have the types of the entries of ``like``.
    """
    kind = type(like)
    if kind is tuple:
        if not isinstance(value, tuple):
            raise UserError(f"{name} is {value!r}; it must be several values, as {like}.")
        for entry in value:
            check_type(name, entry, like[0])
    elif isinstance(value, bool) != (kind is bool) or not isinstance(
        value, (int, float) if kind is float else kind
    ):
        raise UserError(f"{name} is {value!r}; it must be {TYPES[kind]}.")
