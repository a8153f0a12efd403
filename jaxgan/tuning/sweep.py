"""A recipe as a population of learning rates and penalty weights, played for some minutes."""

import functools
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import data
from jaxgan.build.limits import check_limits
from jaxgan.build.phases import phase_at
from jaxgan.build.population import alone, members
from jaxgan.build.run import prepare
from jaxgan.build.schedules import RATES, WEIGHTS
from jaxgan.core.dotted import at
from jaxgan.core.errors import UserError
from jaxgan.data.describe import describe, told
from jaxgan.evaluation.looks import make_looks
from jaxgan.evaluation.ranking import QUALITY, SPREAD
from jaxgan.run.progress import in_words
from jaxgan.run.stop import Pace
from jaxgan.step import population

# Multiples of the recipe's own. Gamma differs by a hundred between sizes of images.
RATE_FACTORS, WEIGHT_FACTORS = (0.5, 1.0, 2.0), (0.1, 1.0, 10.0)
ENOUGH = 200  # steps; in fewer, all members are at their beginning still


class Tried(NamedTuple):
    """A member after its minutes.

    Attributes:
      number: of the member.
      values: {dotted key: what it was played with}.
      distance: of its average's samples to real examples, lower is better; infinite where it is no
        number.
      spread: of the samples, over that of real examples.
    """

    number: int
    values: dict[str, float]
    distance: float
    spread: float


class Sweep(NamedTuple):
    """All of them.

    Attributes:
      members: each, after its minutes.
      steps: that each did.
      floor: the distance of other real examples; None where there are none.
      enough: whether so many steps are enough to choose by.
    """

    members: list[Tried]
    steps: int
    floor: float | None
    enough: bool = True


def population_of(config, rates: tuple[float, ...], weights: tuple[float, ...] | None = None):
    """The config with a member for each multiple of its rates and of the weights that it plays.

    ``weights``: None is ``WEIGHT_FACTORS`` where a penalty is played.

    Raises:
      UserError: it has a population already, or no penalty for the weights; a single member.
    """
    if config.population.members > 1:
        raise UserError("tune makes a population of its own; leave population.members at 1.")
    config = config.copy_and_resolve_references()
    played = [key for key in WEIGHTS if at(config, key)]
    if weights and not played:
        raise UserError("--weights are multiples of penalties' weights, and no penalty is played.")
    pairs = list(itertools.product(rates, (weights or WEIGHT_FACTORS) if played else (1.0,)))
    if len(pairs) == 1:
        raise UserError("one rate and one weight are nothing to choose from; give several.")
    vary = {key: [at(config, key) * rate for rate, _ in pairs] for key in RATES}
    vary |= {key: [at(config, key) * weight for _, weight in pairs] for key in played}
    config.population.members = len(pairs)
    config.population.vary = " ".join(
        f"{key}={','.join(f'{value:.6g}' for value in values)}" for key, values in vary.items()
    )
    return config


def play(config, seconds: float, tell: Callable[[str], None]) -> Sweep:
    """Train all members for so long, compiling aside, and look at each.

    Args:
      config: from ``population_of``.
      seconds: of training; the run's own steps are the most.
      tell: takes a sentence: of the data, and of how far the members come.

    Raises:
      UserError: a run of no steps; as ``prepare`` and ``check_limits``.
    """
    run = prepare(config)
    last = run.phases[-1].last_step  # config.steps, or epochs in steps
    if not last:
        raise UserError("a run of steps=0 trains nothing to choose by; give it more.")
    check_limits(run, config)
    for line in told(describe(run.sources, run.held_out), data.entries(run.sources)):
        tell(line)
    looks, pace = make_looks(run, config), Pace()

    @functools.cache
    def compiled(phase):
        feed = run.feed(phase)
        return feed, run.call(phase, feed)

    def advance(state, most):
        """The state after a call, and whether any member is finite still."""
        step = int(state.step)
        phase = phase_at(run.phases, step)
        feed, call = compiled(phase)
        count = min(most, phase.last_step - step)
        state = run.begin(step, state)
        with pace.of(count):
            state, _, done = call(state, *feed.block(step, count), np.int32(count))
            return state, int(done) == count

    tell(f"Compiling {run.members.count} members.")
    state, good = advance(run.devices.replicate(jax.jit(run.create)()), 1)  # it compiles
    began, timed = time.monotonic(), False
    while good and int(state.step) < last and time.monotonic() - began < seconds:
        state, good = advance(state, pace.within(config.steps_per_call) if timed else 1)
        if not timed:  # one further step is
            timed = True
            took, starts = time.monotonic() - began, [phase.first_step for phase in run.phases]
            for line in forecast(took, seconds, last, run.members.count, starts):
                tell(line)
    found = [looks.quick(each) for each in population.split(state, run.members)]
    tried = [
        Tried(
            i,
            {key: float(values[i]) for key, values in run.members.values.items()},
            one[QUALITY] if math.isfinite(one[QUALITY]) else math.inf,
            one[SPREAD],
        )
        for i, one in enumerate(found)
    ]
    steps, floor = int(state.step), looks.floors().get("real", {}).get(QUALITY)
    return Sweep(tried, steps, floor, steps >= enough(last))


def enough(last: int) -> int:
    """Steps to choose by, of a run of ``last``."""
    return min(last, ENOUGH)


def forecast(
    step: float, seconds: float, last: int, members: int, starts: Sequence[int] = (0,)
) -> list[str]:
    """How far members come, in sentences.

    Args:
      step: seconds of one, in the first phase.
      seconds: of training.
      last: the run's own number of steps, which are the most.
      members: how many.
      starts: first step of each phase; the last phase is the one to choose by.
    """
    steps, first = min(last, int(seconds / step)), starts[-1]
    speed = f", at the speed of the first of {len(starts)} phases" if len(starts) > 1 else ""
    lines = [f"About {steps} steps of {members} members in {in_words(seconds)}{speed}."]
    if steps < (wanted := enough(last)):
        minutes = math.ceil(wanted * step / 6) / 10  # in tenths
        lines.append(
            f"{steps} steps are too few to choose by; --minutes={minutes:g} would be about "
            f"{wanted}."
        )
        if members > len(WEIGHT_FACTORS):
            lines.append("Fewer --rates or --weights, as --rates=1, are fewer members.")
    if steps <= first:
        lines.append(
            f"The run's last phase begins at step {first}; --config.phases= plays it from the "
            "start."
        )
    return lines


def best_first(sweep: Sweep) -> Sweep:
    """The sweep with its members in the order of their distances.

    Raises:
      UserError: none has a finite one.
    """
    ranked = sorted(sweep.members, key=lambda tried: tried.distance)
    if not math.isfinite(ranked[0].distance):
        raise UserError("no member stayed finite; try smaller --rates or other --weights.")
    return sweep._replace(members=ranked)


def table(sweep: Sweep) -> str:
    """A line for each member, its distance, its spread, and what it was played with."""
    keys = list(sweep.members[0].values)
    floor = "" if sweep.floor is None else f"; other real examples: {sweep.floor:.4g}"
    heads = f"distance  spread  {'  '.join(keys)}"
    lines = [f"After {sweep.steps} steps{floor}.", heads]
    for tried in sweep.members:
        distance = f"{tried.distance:.4g}" if math.isfinite(tried.distance) else "none"
        numbers = (f"{value:<{len(key)}.6g}" for key, value in tried.values.items())
        lines.append(f"{distance:<8}  {tried.spread:<6.3g}  {'  '.join(numbers)}".rstrip())
    return "\n".join(lines)


def settings(config: Mapping, number: int) -> list[tuple[str, str]]:
    """(dotted key, text) by which a run of its own is that member: its rates, weights and seed."""
    who = members(config)
    own = alone(config, who, number)
    return [*((key, f"{at(own, key):.6g}") for key in who.values), ("seed", f"{own['seed']}")]
