"""The one exception for a user's mistake."""


class UserError(ValueError):
    """Bad input, told in one sentence: what is wrong, what would be right, the known choices.

    The commands print the sentence without a traceback and exit with code 2.
    """


def choose(table, name, kind):
    """Return ``table[name]``; an unknown name is a ``UserError`` that lists the known ones."""
    if name not in table:
        raise UserError(f"unknown {kind} {name!r}; known: {', '.join(sorted(table))}.")
    return table[name]


class Stopped(Exception):
    """A run ended before its last step; told in one sentence, without a traceback.

    Attributes:
      exit_code: of the command: 1 for a run that went non-finite, 128 + n for one asked by signal n.
    """

    def __init__(self, sentence, exit_code=1):
        super().__init__(sentence)
        self.exit_code = exit_code
