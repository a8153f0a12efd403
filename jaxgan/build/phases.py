"""A run's phases: what ``config.phases`` says differs from the config's own values, and until when.

    --config.phases="1000:n_critic=0,adversarial=0 2000:n_generator=0"

plays steps 0 to 999 without a critic, 1000 to 1999 without a generator, and the rest as the config
has it. Distances to the truth may weigh otherwise, too: 1000:terms.l2.weight=1,adversarial=0.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.core.errors import UserError, within
from jaxgan.core.table import READERS, TYPES
from jaxgan.defaults import FLOAT32, KEYS
from jaxgan.losses import DISTANCES
from jaxgan.models.progressive import levels_of

MAY_DIFFER = ("n_critic", "n_generator", "batch_size", "adversarial", "level", "fade")
LAST = 2**10  # a level that no image has
WEIGHTS = {f"terms.{name}.weight": name for name in DISTANCES}
# Examples of one compiled call: their positions are counted in int32, beside those of an epoch.
PER_CALL = 2**30


class Phase(NamedTuple):
    """Steps ``first_step <= t < last_step``, and the values that they are played with.

    ``terms``: (row of ``DISTANCES``, weight) of those that weigh otherwise than in the config.
    ``own_batches``: how many batches a generator update plays with; 0: with the critic's last.
    ``level``: of networks that grow, -1: the last; ``fade``: whether it fades in meanwhile.
    """

    first_step: int
    last_step: int
    n_critic: int
    n_generator: int
    batch_size: int
    adversarial: float
    terms: tuple[tuple[str, float], ...] = ()
    own_batches: int = 0
    level: int = -1
    fade: bool = False

    @property
    def batches(self) -> int:
        """How many batches a step plays with.

        The first generator update shares that of the last critic update; further ones have theirs,
        and with ``own_batches`` all.
        """
        if self.own_batches:
            return self.n_critic + self.n_generator * self.own_batches
        return max(self.n_critic, 1) + max(self.n_generator - 1, 0)

    @property
    def examples(self) -> int:
        """How many examples the whole phase plays with."""
        return (self.last_step - self.first_step) * self.batch_size * self.batches


def phases(config: Mapping[str, Any]) -> tuple[Phase, ...]:
    """The phases of a run: at least one, without a gap from step 0 to ``config.steps``.

    A run that is given more steps gets them at its end: no earlier phase changes.

    Raises:
      UserError: a word that cannot be read, a key that no phase may set, a value of a wrong type or
        out of its range, steps that do not ascend or are beyond the run's, or nobody who learns.
    """
    own = {key: config[key] for key in MAY_DIFFER}
    if own["fade"]:  # it would end with the run, and a run may be made longer
        raise UserError("fade is of a phase, as phases=1000:level=1,fade=true; leave it out.")
    _check(own, config, "")
    # A number of epochs is one of steps once the data are known; until then none is too many.
    steps = noise.INITIAL - 1 if config["epochs"] else config["steps"]
    found, first = [], 0
    for word in config["phases"].split():
        last, values = _read(word)
        where = f"phases: {word}: "
        if last <= first:
            raise UserError(f"{where}a phase must end after step {first}; the steps ascend.")
        if last > steps:
            raise UserError(f"{where}it ends at step {last}, the run at steps={steps}.")
        terms = tuple((WEIGHTS[key], values.pop(key)) for key in list(values) if key in WEIGHTS)
        for name, weight in terms:
            within(f"{where}terms.{name}.weight", weight, 0, FLOAT32)
        values = own | values
        _check(values, config, where)
        batches = _own_batches(values, config, where)
        found.append(Phase(first, last, **values, terms=terms, own_batches=batches))
        first = last
    if first < steps or not found:
        found.append(Phase(first, steps, **own, own_batches=_own_batches(own, config, "")))
    return tuple(found)


def weighed(config: Mapping[str, Any], phase: Phase) -> Mapping[str, Any]:
    """The config with the weights that the phase gives its terms."""
    changed = {name: {**config["terms"][name], "weight": weight} for name, weight in phase.terms}
    return ChainMap({"terms": ChainMap(changed, config["terms"])}, config)


def phase_at(phases: tuple[Phase, ...], step: int) -> Phase:
    """The phase that plays ``step``."""
    return next(phase for phase in phases if step < phase.last_step)


def positions(phases: tuple[Phase, ...]) -> list[int]:
    """The position, in the run's endless sequence of examples, that each phase begins at."""
    return [0, *accumulate(phase.examples for phase in phases[:-1])]


def updates(phases: tuple[Phase, ...], side: str) -> int:
    """How many updates the optimiser of "generator" or "critic" makes over the whole run."""
    return sum((each.last_step - each.first_step) * getattr(each, f"n_{side}") for each in phases)


def grows(config: Mapping[str, Any]) -> bool:
    """Whether the networks of a run grow, so that they are given ``grown``."""
    return any(phase.level >= 0 for phase in phases(config))


def progress(config: Mapping[str, Any]) -> Callable:
    """(step) -> how far networks have grown, float32 []: the level, or on the way to it.

    It goes evenly from the level below while a level fades in. At the last it is large.
    """
    played = phases(config)
    last_steps = np.array([phase.last_step for phase in played[:-1]], np.int32)
    levels = np.array([p.level if p.level >= 0 else LAST for p in played], np.float32)
    missing = np.array([phase.fade for phase in played], np.float32)  # of the level, at first
    slopes = missing / [max(phase.last_step - phase.first_step, 1) for phase in played]

    def at(step):
        i = jnp.searchsorted(last_steps, step, side="right")
        first, level, lack, slope = (
            jnp.asarray(each)[i]
            for each in ([p.first_step for p in played], levels, missing, slopes)
        )
        return jnp.float32(level - lack + slope * (step - first))

    return at


def level_of(config: Mapping[str, Any], phase: Phase, shape: tuple[int, ...]) -> int:
    """The level of a phase's networks on images (H, W, C); -1 where they do not grow."""
    if not grows(config):
        return -1
    return phase.level if phase.level >= 0 else levels_of(shape)


def afresh(config: Mapping[str, Any]) -> set[int]:
    """The steps at which networks begin or end to fade a level in, and optimisers begin anew."""
    grown = [(phase.level, phase.fade) for phase in phases(config)]
    changes = zip(grown, grown[1:], phases(config)[1:], strict=False)
    return {phase.first_step for before, after, phase in changes if before != after}


def _read(word):
    """A word of ``config.phases`` -> (last step, values by key)."""
    end, _, settings = word.partition(":")
    if not (end.isascii() and end.isdecimal()) or not settings:
        raise UserError(
            f"phases: {word} must be LAST_STEP:KEY=VALUE,KEY=VALUE,..., as 1000:n_critic=0."
        )
    values = {}
    for setting in settings.split(","):
        key, _, text = setting.partition("=")
        if key not in (*MAY_DIFFER, *WEIGHTS):
            known = ", ".join(MAY_DIFFER)
            raise UserError(
                f"phases: {word}: phases cannot differ in {key!r}; they can in {known}, and "
                "terms.NAME.weight."
            )
        if key in values:
            raise UserError(f"phases: {word} sets {key} twice.")
        kind = float if key in WEIGHTS else type(KEYS[key].default)
        try:
            values[key] = READERS[kind](text)
        except (ValueError, KeyError) as error:
            raise UserError(f"phases: {word}: {key} must be {TYPES[kind]}.") from error
    return int(end), values


def _own_batches(values, config, where):
    """``config.generator_batch_size`` in batches of the phase's size."""
    size, batch_size = config["generator_batch_size"], values["batch_size"]
    if size % batch_size:
        raise UserError(
            f"{where}generator_batch_size is {size}; it must be a multiple of batch_size, as "
            f"{2 * batch_size}, or 0."
        )
    return size // batch_size


def _check(values, config, where):
    for key, value in values.items():
        if KEYS[key].low is not None:
            within(f"{where}{key}", value, KEYS[key].low, KEYS[key].high)
    if values["fade"] and values["level"] < 1:
        raise UserError(f"{where}fade is of a level above 0, and level is {values['level']}.")
    if not values["n_critic"] and not values["n_generator"]:
        raise UserError(
            f"{where}n_critic and n_generator are both 0, and nobody learns; set one of them to 1."
        )
    batches = Phase(0, 0, **values, own_batches=_own_batches(values, config, where)).batches
    within(
        f"{where}steps_per_call * batch_size * {batches} batches a step",
        config["steps_per_call"] * values["batch_size"] * batches,
        1,
        PER_CALL,
    )
