"""What a config must be: its keys, their types, their ranges. Looks at nothing but the config.

What names and options there are, the tables know: ``build.py`` asks them.
"""

import difflib
from collections.abc import Mapping

from ml_collections import ConfigDict

from jaxgan import defaults
from jaxgan.core import noise
from jaxgan.core.errors import UserError, within

GROUP = (ConfigDict, Mapping)
INF = float("inf")
# key -> (least, bound above, itself excluded)
RANGES = {
    "seed": (0, 2**31),
    "steps": (0, noise.INITIAL),  # the keys from here on have other uses
    "batch_size": (1, INF),
    "steps_per_call": (1, INF),
    "label_smoothing": (0, 1),
    "instance_noise.std": (0, INF),
    "instance_noise.anneal_steps": (0, INF),
    "n_critic": (1, INF),
    "z_dim": (1, INF),
    "ema": (0, 1),
    "data.size": (0, INF),
    "data.resident_bytes": (0, INF),
    "data.workers": (1, INF),
    "population.members": (1, INF),
    "log_every": (0, INF),
    "sample_every": (0, INF),
    "checkpoint_every": (0, INF),
    "keep_checkpoints": (1, INF),
    "eval_every": (0, INF),
    "evaluation.num": (2, INF),
}
# Groups whose other keys belong to the row that they name.
NAMED = {
    "game": ("name",),
    "loss": ("name",),
    "generator": ("name", "optimizer"),
    "critic": ("name", "optimizer"),
    "generator.optimizer": ("name", "learning_rate"),
    "critic.optimizer": ("name", "learning_rate"),
    "data.task": ("name",),
}
TOLD = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def check_config(config):
    """Raise ``UserError`` for a key too few or too many, a wrong type, a number out of range."""
    _check_group(config, defaults.get_config(), "")
    for key, required in NAMED.items():
        group, _ = find(config, f"{key}.name")
        _need(group, required, f"{key}.")
    for key in [*RANGES, *(f"penalties.{name}.weight" for name in config["penalties"])]:
        group, name = find(config, key)
        within(key, group[name], *RANGES.get(key, (0, INF)))


def check_type(name, value, like):
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
        raise UserError(f"{name} is {value!r}; it must be {TOLD[kind]}.")


def find(config, dotted):
    """The group that holds a dotted key, and the last of the key's names.

    Raises:
      UserError: there is no such key; it tells the near one.
    """
    group, prefix = config, ""
    *path, last = dotted.split(".")
    for name in path:
        if name not in group or not isinstance(group[name], GROUP):
            raise _unknown(config, group, prefix, dotted)
        group, prefix = group[name], f"{prefix}{name}."
    if last not in group:
        raise _unknown(config, group, prefix, dotted)
    return group, last


def _unknown(config, group, prefix, dotted):
    """The error of a key that ``group``, whose keys begin with ``prefix``, does not have."""
    wrong = dotted.removeprefix(prefix).split(".")[0]
    near = [prefix + key for key in difflib.get_close_matches(wrong, group, n=1)]
    near = near or [key for key in _flat(config) if key.endswith(f".{wrong}")]
    hint = f"did you mean {' or '.join(near)}? Known: " if near else "known: "
    level = ", ".join(prefix + key for key in group)
    return UserError(f"unknown config key {dotted!r}; {hint}{level or 'none'}.")


def _flat(config, prefix=""):
    for key, value in config.items():
        yield prefix + key
        if isinstance(value, GROUP):
            yield from _flat(value, f"{prefix}{key}.")


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
        if name in NAMED or name == "data.options":
            continue
        if isinstance(like, GROUP):
            _check_group(value, like, f"{name}.")
        else:
            check_type(name, value, like)
