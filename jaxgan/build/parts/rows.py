"""The rows of tables that a config names, and their options."""

from collections.abc import Mapping
from typing import Any

from jaxgan.core.dotted import at
from jaxgan.core.errors import choose
from jaxgan.core.table import options_of
from jaxgan.defaults import GROUPS
from jaxgan.games import Rules

NO_VALUES = {}  # no member of a population has a value that replaces the config's


def row_of(config: Mapping, dotted: str) -> tuple[Any, dict]:
    """The row that a group of the config names, and its options as the group has them."""
    group = at(config, dotted)
    row = choose(GROUPS[dotted].table, group["name"], dotted)
    given = {key: value for key, value in group.items() if key not in ("name", "optimizer")}
    return row, options_of(row, dotted, group["name"], given)


def rules(config: Mapping) -> tuple[Rules, dict]:
    """The row of ``GAMES``, and its options."""
    return row_of(config, "game")
