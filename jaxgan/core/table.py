"""What the tables of the package hold: functions by name, with the options that they take."""

from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """A row of a table: what a config names, and the options that come with the name.

    Attributes:
      build: takes the options, and whatever else its table says, by keyword.
      options: their defaults; a value's type is what a config must give.
    """

    build: Callable
    options: dict = {}  # never written to

    def __call__(self, *args, **options):
        """Build the row; options that are not given have their defaults."""
        return self.build(*args, **self.options | options)
