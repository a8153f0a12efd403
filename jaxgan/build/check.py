"""What a config must be: its keys, their types, their ranges. Looks at nothing but the config.

What names and options there are, the tables know: ``parts`` asks them.
"""

import difflib
import math
from collections.abc import Mapping

from ml_collections import ConfigDict

from jaxgan import defaults
from jaxgan.build.phases import phases
from jaxgan.core.dotted import levels
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.table import check_type, options_of
from jaxgan.defaults import FLOAT32, GROUPS, INF, INT32, KEYS, OPTIMIZER, OPTIONS, WEIGHTED
from jaxgan.games.draw import DISTRIBUTIONS

GROUP = (ConfigDict, Mapping)


def check_config(config: Mapping) -> None:
    """Raise ``UserError`` for a key too few or too many, a wrong type, a number out of range."""
    _check_group(config, defaults.get_config(), "")
    for dotted, group in GROUPS.items():
        _check_row(dotted, group, _holder(config, f"{dotted}.name"))
    if "z" in config["game"]:
        choose(DISTRIBUTIONS, config["game"]["z"], "game.z")
    for dotted, (low, high) in ranges(config).items():
        within(dotted, _holder(config, dotted)[dotted.split(".")[-1]], low, high)
    for dotted, value in _flat(config):
        _check_number(dotted, value)
    phases(config)


def _check_row(dotted, group, held):
    """A group that names a row: the row's options, and the keys that all rows have."""
    name = held["name"]
    known, options = group.make(name), group.table[name].options
    _need(held, [key for key in group.kept if key in known], f"{dotted}.")
    given = {key: held[key] for key in held if key in options or key not in known}
    options_of(group.table[name], dotted, name, given)
    for key in known.keys() - options.keys() - {"optimizer"}:
        check_type(f"{dotted}.{key}", held[key], known[key])


def ranges(config: Mapping) -> dict[str, tuple[float, float]]:
    """(low, high) of the numbers of a config, by dotted name; a row checks more of its options."""
    found = {name: (key.low, key.high) for name, key in KEYS.items() if key.low is not None}
    for group, table in WEIGHTED.items():
        found |= {f"{group}.{row}.weight": (0, INF) for row in table}
    for side in ("generator", "critic"):
        plain = {key: row for key, row in OPTIMIZER.items() if row.low is not None}
        found |= {f"{side}.optimizer.{key}": (row.low, row.high) for key, row in plain.items()}
    there = {name for name, _ in _flat(config)}
    return found | {name: limits for name, limits in OPTIONS.items() if name in there}


def _check_number(dotted, value):
    """Whatever a row makes of its options: numbers fit those of a device."""
    for entry in value if isinstance(value, (tuple, list)) else (value,):
        if isinstance(entry, float) and not math.isfinite(entry):
            raise UserError(f"{dotted} is {entry}; it must be finite.")
        if isinstance(entry, float) and not abs(entry) < FLOAT32:
            raise UserError(f"{dotted} is {entry}; its size must be less than {FLOAT32:g}.")
        if isinstance(entry, int) and dotted not in KEYS:
            within(dotted, entry, -INT32, INT32)


def find(config: Mapping, dotted: str) -> tuple[Mapping, str]:
    """The group that holds a dotted key, and the last of the key's names.

    Raises:
      UserError: there is no such key; it tells the near one.
    """
    for group, prefix, name in levels(config, dotted):
        last = dotted == f"{prefix}{name}"
        if name not in group or not (last or isinstance(group[name], GROUP)):
            raise _unknown(config, group, prefix, dotted)
    return group, name


def _holder(config, dotted):
    """The group that holds a key of a recipe's config, which may have been put together by hand."""
    for group, prefix, name in levels(config, dotted):
        _need(group, [name], prefix)
    return group


def _unknown(config, group, prefix, dotted):
    """The error of a key that ``group``, whose keys begin with ``prefix``, does not have."""
    wrong = dotted.removeprefix(prefix).split(".")[0]
    near = [prefix + key for key in difflib.get_close_matches(wrong, group, n=1)]
    near = near or [key for key in _names(config) if key.endswith(f".{wrong}")]
    hint = f"did you mean {' or '.join(near)}? Known: " if near else "known: "
    level = ", ".join(prefix + key for key in group)
    return UserError(f"unknown config key {dotted!r}; {hint}{level or 'none'}.")


def _names(config, prefix=""):
    """The dotted names of all keys and groups."""
    for key, value in config.items():
        yield prefix + key
        if isinstance(value, GROUP):
            yield from _names(value, f"{prefix}{key}.")


def _flat(config, prefix=""):
    """Dotted name and value of all plain keys."""
    for key, value in config.items():
        if isinstance(value, GROUP):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _need(group, keys, prefix):
    for key in keys:
        if key not in group:
            raise UserError(
                f"the config has no {prefix}{key}; make it with the functions of jaxgan.defaults."
            )


def _check_group(group, known, prefix):
    """Compare a group of keys with the same one of the defaults."""
    _need(group, known, prefix)
    for key, value in group.items():
        if key not in known:
            raise _unknown(known, known, prefix, prefix + key)
        like, name = known[key], prefix + key
        if isinstance(like, GROUP) != isinstance(value, GROUP):
            raise UserError(f"{name} must {'' if isinstance(like, GROUP) else 'not '}be a group.")
        if name in GROUPS or name == "data.options":
            continue
        if isinstance(like, GROUP):
            _check_group(value, like, f"{name}.")
        else:
            check_type(name, value, like)
