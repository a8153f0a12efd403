"""What a command tells in one sentence: a user's mistake, and a run that ended early."""

from collections.abc import Mapping
from typing import Any


class UserError(ValueError):
    """Bad input, told in one sentence: what is wrong, what would be right, the known choices.

    The commands print the sentence without a traceback and exit with code 2.
    """


def choose(table: Mapping, name: str, kind: str) -> Any:
    """Return ``table[name]``; an unknown name is a ``UserError`` that lists the known ones."""
    if name not in table:
        raise UserError(f"unknown {kind} {name!r}; known: {', '.join(sorted(table))}.")
    return table[name]


def within(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise a ``UserError`` unless ``low <= value < high``; NaN never is."""
    if not low <= value < high:
        finite = "finite and " if isinstance(value, float) else ""
        wanted = f"lie in [{low}, {high})" if high < float("inf") else f"be {finite}at least {low}"
        raise UserError(f"{name} is {value}; it must {wanted}.")


class Stopped(Exception):
    """A run ended before its last step; told in one sentence, without a traceback.

    Attributes:
      exit_code: of the command: 1 where the run went non-finite, 128 + n where signal n asked.
    """

    def __init__(self, sentence, exit_code=1):
        super().__init__(sentence)
        self.exit_code = exit_code
