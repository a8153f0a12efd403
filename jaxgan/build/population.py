"""Who the members of a population are: what ``config.population`` says."""

from collections.abc import Callable, Mapping

import numpy as np

from jaxgan.build.check import find
from jaxgan.build.schedules import RATES, WEIGHTS
from jaxgan.core.errors import UserError, within
from jaxgan.step.population import Members, member


def members(config: Mapping) -> Members:
    """Read ``config.population``.

    Raises:
      UserError: a key that members cannot differ in, or not one value for each member.
    """
    settings = config["population"]
    count, values = settings["members"], {}
    for word in settings["vary"].split():
        key, _, text = word.partition("=")
        if key in values:
            raise UserError(f"population.vary names {key} twice.")
        if key not in RATES + WEIGHTS:
            raise UserError(
                f"population.vary: members cannot differ in {key!r}; they can in "
                f"{', '.join(RATES)} and penalties.NAME.weight, with KEY=VALUE,VALUE,... a word."
            )
        try:
            values[key] = np.array([float(value) for value in text.split(",")], np.float32)
        except ValueError as error:
            raise UserError(f"population.vary: {word} must have numbers, as 1e-4,2e-4.") from error
        if len(values[key]) != count:
            raise UserError(
                f"population.vary: {key} has {len(values[key])} values for {count} members; "
                "each needs one."
            )
        for value in values[key]:
            within(f"population.vary: {key}", float(value), 0, float("inf"))
            if key in RATES and not value > 0:
                raise UserError(f"population.vary: {key} is 0; it must be greater.")
    if values and count == 1:
        raise UserError("population.vary is of several members; set population.members.")
    return Members(np.uint32(config["seed"]) + np.arange(count, dtype=np.uint32), values)


def largest(config: Mapping, values: Mapping[str, np.ndarray]) -> dict:
    """The config (nested dictionaries) with the largest of each key's values: all is in play."""
    return _with(config, {dotted: each.max() for dotted, each in values.items()})


def alone(config: Mapping, who: Members, i: int) -> dict:
    """The config (nested dictionaries) of member i as a run of its own, the same to rounding.

    ``who``: the config's ``Members``.
    """
    own = _with(config, {dotted: each[i] for dotted, each in who.values.items()})
    return own | {"population": {"members": 1, "vary": ""}, "seed": int(who.seeds[i])}


def restore_of(restore: Callable, who: Members, i: int) -> Callable:
    """``restore``, step -> (variables, the step that they are of), for member i alone.

    Raises:
      UserError: at once, where there is no such member.
    """
    within("member", i, 0, who.count)

    def restored(step=None):
        variables, found = restore(step)
        return (member(variables, i) if who.count > 1 else variables), found

    return restored


def _with(config, values):
    config = {key: _copied(value) for key, value in config.items()}
    for dotted, value in values.items():
        group, key = find(config, dotted)
        group[key] = float(value)
    return config


def _copied(value):
    return {key: _copied(each) for key, each in value.items()} if hasattr(value, "items") else value
