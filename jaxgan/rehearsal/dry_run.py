"""``jaxgan train --dry_run``: a run up to its first steps, of which nothing is kept or written."""

import math
import time
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import data
from jaxgan.build.parts import rules
from jaxgan.core import memory
from jaxgan.core.files import expand
from jaxgan.data.describe import describe, told
from jaxgan.data.feed import bytes_of
from jaxgan.run import identity
from jaxgan.run.progress import in_words
from jaxgan.step import parallel
from jaxgan.train import restored, set_up

TIMED = 3.0  # seconds for which the steps of a phase are timed


class Timing(NamedTuple):
    """How long a phase takes, in seconds.

    Attributes:
      compiling: until its first step is done.
      step: each further one.
    """

    compiling: float
    step: float


def dry_run(config, workdir, new_data=False) -> str:
    """What ``train`` would do, as a text of lines.

    Args:
      config, workdir, new_data: as ``train`` has them.

    Raises:
      UserError: whatever ``train`` would find wrong before its first step, but another run in the
        directory, and places in it that cannot be written.
    """
    workdir = expand(workdir)
    config = config.copy_and_resolve_references()
    config.compilation_cache = False  # it is a folder of files
    stored, config, run, _, found = set_up(config, workdir)
    known, entries = describe(run.sources, run.held_out), data.entries(run.sources)
    if stored:
        identity.check_config(workdir, stored, config.to_dict(), new_data)
        identity.check_data(workdir, stored, known, entries, new_data)
    state, notes, _ = restored(workdir, stored, run, config["steps"])
    state, timings = run.devices.replicate(state or jax.jit(run.create)()), {}
    template, begin = jax.eval_shape(run.create), int(state.step)
    for phase in run.phases:
        if phase.last_step > begin:
            state, timings[phase] = _timed(run, phase, state, config["steps_per_call"])
    size = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(template))
    held = parallel.peak()
    rows = [
        *_networks(template, rules(config)[0].directions, run.members.count),
        ("state", f"{memory.told(size)}: networks, average, optimisers"),
        ("training data", memory.told(bytes_of(run.sources))),
        *([] if math.isnan(held) else [("memory", f"{memory.told(held)} at most so far")]),
        *_times(timings, begin),
    ]
    lines = [f"{name:24}{text}" for name, text in rows]
    end = "Pictures, evaluations and checkpoints take time of their own.\nNothing was written."
    return "\n".join([*told(known, entries), *notes, *found, *lines, end])


def _networks(template, directions, members):
    """(name, parameters) of each network; of a population those of one member."""
    for side in ("generator", "critic"):
        params = getattr(template, side).params
        each = {f" {name}": params[name] for name in directions} if directions else {"": params}
        for name, own in each.items():
            count = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(own)) // members
            yield f"{side}{name}", f"{count:,} parameters" + f", x {members}" * (members > 1)


def _timed(run, phase, state, most):
    """Play a few steps of a phase, the first ones again and again -> the state, its ``Timing``."""
    feed = run.feed(phase)
    call, most = run.call(phase, feed), min(most, phase.last_step - phase.first_step)

    def play(state, count):
        start = run.devices.replicate(np.int32(phase.first_step))
        block, began = feed.block(phase.first_step, count), time.monotonic()
        state, _, done = call(state.replace(step=start), *block, np.int32(count))
        jax.block_until_ready((state, done))
        return state, time.monotonic() - began

    state, compiling = play(state, 1)
    state, one = play(state, 1)
    count = int(max(1, min(most, TIMED / one)))
    state, several = play(state, count)
    return state, Timing(compiling, several / count)


def _times(timings, begin):
    """How long the steps that are left take, phase by phase and in all."""
    whole = 0.0
    for phase, timing in timings.items():
        first = max(begin, phase.first_step)
        steps = phase.last_step - first
        whole += timing.compiling + steps * timing.step
        rate = f"{1 / timing.step:.3g} a second, after {in_words(timing.compiling)} to compile"
        yield f"steps {first} to {phase.last_step}", rate
    yield "time", in_words(whole) if timings else "none: the run is done"
