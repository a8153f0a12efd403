"""How numbers of a config move while a run trains: what ``config.schedules`` says.

    --config.schedules.to="penalties.r1.weight=*0.1 critic.optimizer.b2=0.99"
    --config.schedules.steps=2000

has each go from its own value to this one by half a cosine in 2000 steps, and stay there; ``*0.1``
is a tenth of its own value, whatever that is. ``ema`` goes so in half-lives, from 0 on where it is
0. All are functions of the step alone: a run goes on with the numbers that it had, and may be made
longer.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgan.build.check import find
from jaxgan.core.errors import UserError, within
from jaxgan.defaults import KEYS
from jaxgan.losses import PENALTIES

RATES = ("generator.optimizer.learning_rate", "critic.optimizer.learning_rate")
DECAYS = tuple(f"{side}.optimizer.{b}" for side in ("generator", "critic") for b in ("b1", "b2"))
PROBABILITY = "augmentation.probability"
WEIGHTS = tuple(f"penalties.{name}.weight" for name in PENALTIES)
BELOW_ONE = (*DECAYS, "ema")
MAY_MOVE = (*RATES, *DECAYS, *WEIGHTS, "ema", PROBABILITY)


class End(NamedTuple):
    """Where a number goes: to ``number``, or to so many times its start, as ``relative`` says."""

    number: float
    relative: bool

    def of(self, start):
        """The number that it goes to from ``start``."""
        return self.number * start if self.relative else self.number


def ends(config: Mapping) -> dict[str, End]:
    """{dotted key: where it goes}.

    Raises:
      UserError: a word that cannot be read, a key that does not move, a value out of its range, a
        weight from 0 on, which is not played, a rate that is annealed, too; no steps to move in.
    """
    settings, found = config["schedules"], {}
    for word in settings["to"].split():
        key, _, text = word.partition("=")
        if key in found:
            raise UserError(f"schedules.to names {key} twice.")
        if key not in MAY_MOVE:
            raise UserError(
                f"schedules.to: {key!r} does not move; what does: {', '.join(RATES)}, b1 and b2 of "
                f"either Adam, penalties.NAME.weight, ema and {PROBABILITY}, KEY=VALUE each."
            )
        try:
            group, name = find(config, key)
        except UserError as error:
            raise UserError(f"schedules.to: {error}") from error
        try:
            found[key] = End(float(text.removeprefix("*")), text.startswith("*"))
        except ValueError as error:
            raise UserError(
                f"schedules.to: {word} must have a number, as {key}=0.5, or as {key}=*0.5, of its "
                "own value."
            ) from error
        end = found[key].of(group[name])
        within(f"schedules.to: {key}", end, 0, 1 if key in BELOW_ONE else math.inf)
        if key == PROBABILITY:
            within(f"schedules.to: {key}", end, 0, KEYS[key].high)
            if group["target"]:
                raise UserError(f"schedules.to: {key} is steered by its target; leave one of them.")
        if key in WEIGHTS and end and not group[name]:
            raise UserError(f"schedules.to: {key} is 0 at first, and is not played then.")
        if key in RATES and group["anneal"]:
            raise UserError(f"schedules.to: {key} falls by anneal already; leave one of them.")
    if bool(found) != bool(settings["steps"]):
        raise UserError("schedules.to tells where numbers go, schedules.steps in how many steps.")
    return found


def at(config: Mapping, values: Mapping, step: jax.Array) -> dict:
    """``values`` with all that moves as it is at a step, by dotted key.

    Args:
      config: of the run.
      values: of a member of a population, in place of the config's; each moves from its own.
      step: steps done.
    """
    now = dict(values)
    for key, where in ends(config).items():
        group, name = find(config, key)
        start = values.get(key, group[name])
        end = where.of(start)
        share = jnp.minimum(step / config["schedules"]["steps"], 1.0)
        left = (1 + jnp.cos(math.pi * share)) / 2
        if key == "ema":
            half_life = _half_life(end) + (_half_life(start) - _half_life(end)) * left
            now[key] = 0.5 ** (1 / half_life)
        else:
            now[key] = end + (start - end) * left
    return now


def _half_life(decay):
    """In how many steps an average forgets half of what it was."""
    return math.log(0.5) / math.log(decay) if decay else 0.0
