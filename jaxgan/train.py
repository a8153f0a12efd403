"""The host's loop: build, restore, play, write. Everything with a side effect happens here."""

import contextlib
import platform
import signal
from collections import ChainMap
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import data
from jaxgan.build.limits import check_limits
from jaxgan.build.phases import phase_at
from jaxgan.build.run import Run, prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.core.files import expand
from jaxgan.data.describe import describe, told
from jaxgan.evaluation.looks import Looks, make_looks
from jaxgan.evaluation.ranking import ESTIMATE, QUALITY
from jaxgan.report import page
from jaxgan.run import checkpoint, directory, identity, lock, logs, places, tables
from jaxgan.run.stop import (
    Pace,
    Stop,
    check_finite,
    check_members,
    first_bad_array,
    saved_on_error,
)
from jaxgan.step import parallel, population
from jaxgan.step.state import GanState

PROFILED = 5  # steps in a profile


def next_stop(step, config, last_step):
    """The first step after ``step`` at which the host has something to do.

    ``last_step`` is that of the phase.
    """
    stops = [step + config["steps_per_call"], last_step]
    for key in ("log_every", "sample_every", "checkpoint_every", "eval_every"):
        if every := config[key]:
            stops.append(step - step % every + every)
    return min(stops)


def stored_in(workdir):
    """What ``directory.read_config`` gives; None of a directory without a run."""
    return directory.read_config(workdir) if (workdir / "config.json").exists() else None


def restored(workdir, stored, run, steps):
    """The ``GanState`` to go on from, None at step 0; sentences for the user; damaged steps."""
    with checkpoint.view_checkpoints(workdir / "checkpoints") as kept:
        notes = identity.check_history(workdir, stored, kept)
        if not kept.steps():
            return None, notes, ()
        if (last := kept.steps()[-1]) > steps:
            raise UserError(
                f"the run is at step {last} already; steps={steps} would have to be more."
            )
        state, damaged = checkpoint.restore(kept, jax.eval_shape(run.create))
    return state, [*damaged.values(), f"Resuming at step {int(state.step)}."], tuple(damaged)


def claim(held, workdir, stored, config, run, new_data, begun):
    """Take the run directory until ``held`` is closed; write ``config.json`` once all is checked.

    Returns:
      the ``GanState`` to go on from, None at step 0; and sentences for the user.
    """
    plain, folder = config.to_dict(), workdir / "checkpoints"

    def check():
        known, entries = describe(run.sources, run.held_out), data.entries(run.sources)
        changed = []
        if stored:
            identity.check_config(workdir, stored, plain, new_data)
            changed = identity.check_data(workdir, stored, known, entries, new_data)
        found = restored(workdir, stored, run, config.steps)
        return known, entries, changed, found, checkpoint.folders(folder)

    def take():
        held.enter_context(lock.only_run(workdir))
        if (stored_in(workdir), checkpoint.folders(folder)) != (stored, folders):
            raise UserError(f"another run has just been in {workdir}; start again.")
        places.check_places(workdir)
        checkpoint.set_aside(folder, damaged)
        earlier = identity.earlier(stored, int(state.step) if state else 0, changed)
        directory.write_config(workdir, plain, entries, known, earlier, begun)

    agreed(workdir, lambda: lock.check_free(workdir), first=True)
    known, entries, changed, (state, notes, damaged), folders = agreed(workdir, check)
    agreed(workdir, take, first=True)
    return state, [*told(known, entries), *notes]


def agreed(workdir, action, first=False):
    """What ``action`` returns, called in every process, or in the first.

    The mistake of one process ends all of them, which would wait for one another.
    """
    mistake = result = None
    if not first or parallel.is_first_process():
        try:
            result = action()
        except OSError as error:
            place = error.filename or workdir
            mistake = UserError(f"{place} cannot be read or written: {error.strerror}.")
        except UserError as error:
            mistake = error
    if parallel.any_process(mistake is not None):
        raise mistake or UserError(f"another process of the run cannot go on in {workdir}.")
    return result


def train(
    config, workdir, *, device_count=None, profile=False, new_data=False, begun=None
) -> GanState:
    """Train, or go on training, in a run directory.

    Args:
      config: a ``ConfigDict`` as ``defaults.get_config`` spells it out.
      workdir: the run directory; made where it is missing, resumed where it holds this run.
      device_count: use only the first so many devices; None uses all.
      profile: trace a few steps with JAX's profiler into the folder ``profile`` of the directory.
      new_data: go on though the data have changed, where they fit the run's networks.
      begun: of the command, for the report: its recipe, overrides, and where the two differ.

    Returns:
      The final state.

    Raises:
      UserError: bad input, before anything is compiled; another run in the directory; later, a file
        that cannot be read or written: the state is saved before, if it can be.
      Stopped: the run went non-finite, and its last good checkpoint is kept; or it was asked to
        leave by a signal or a closed pipe, and saved before.
    """
    workdir, stop = expand(workdir), Stop()
    stored, config, run, looks, found = set_up(config, workdir, device_count, stop.look)
    device = f"{run.devices.count} x {parallel.kind()}, {platform.machine()}"
    begun = {**(begun or {}), "device": device, "ranked_by": looks.ranked_by}
    with contextlib.ExitStack() as held:
        held.enter_context(stop)
        state, notes = claim(held, workdir, stored, config, run, new_data, begun)
        first = parallel.is_first_process()
        if first:  # whatever the run's end will be, and once its checkpoints are on the disk
            held.callback(page.write_own, workdir)
        checkpoints = held.enter_context(
            checkpoint.open_checkpoints(
                workdir / "checkpoints", keep=config.keep_checkpoints, metric=looks.ranked_by
            )
        )
        state = run.devices.replicate(state or jax.jit(run.create)())
        span = (workdir, int(state.step), config.steps, stop.telling)
        written = held.enter_context(logs.open_logs(*span) if first else logs.NoLogs())
        for note in (*notes, *found):
            written.say(note)
        folder = workdir / "profile" if profile else None
        state = loop(config, run, looks, state, written, checkpoints, stop, folder)
    step = int(state.step)
    if step < config.steps:
        number = stop.signal or signal.SIGTERM  # another process was asked
        raise Stopped(
            f"asked to leave by {signal.Signals(number).name}; step {step} is saved in "
            f"{workdir}, and the same command goes on from there.",
            128 + number,
        )
    if first:
        tables.print_summary(workdir, run, looks, step, config)
    return state


class Setup(NamedTuple):
    """A run before its first step; nothing is written yet, and nothing compiled.

    Attributes:
      stored: what ``directory.read_config`` gives of the directory; None: it holds no run.
      config: a ``ConfigDict`` with its epochs in steps.
      run: the ``Run``.
      looks: its ``Looks``.
      found: sentences for the user.
    """

    stored: dict | None
    config: Mapping
    run: Run
    looks: Looks
    found: list[str]


def set_up(config, workdir, device_count=None, progress=None) -> Setup:
    """All that can be wrong with a run but what its directory holds, as ``train`` takes it.

    ``progress``: as ``make_looks`` takes it.
    """
    places.check_path(workdir)
    stored = stored_in(workdir)
    moved, found = identity.find_data(workdir, stored, config.data, "--config.data")
    settings = ChainMap({"data": ChainMap(moved, config.data)}, config)
    kept = stored["entries"] if stored else None
    run = agreed(workdir, lambda: prepare(settings, device_count, kept))
    if run.schedule:  # epochs in steps
        config = config.copy_and_resolve_references()
        config.update(run.schedule)
    found += [f"In epochs: {key}={steps}." for key, steps in run.schedule.items()]
    if not stored:  # what has begun may go on
        check_limits(run, config)
    looks = make_looks(run, config, progress)
    if looks.ranked_by != QUALITY and not config.eval_every:
        raise UserError(f"evaluation.rank_by={config.evaluation.rank_by} needs eval_every.")
    return Setup(stored, config, run, looks, found)


def loop(config, run, looks, state, written, checkpoints, stop, profile=None):
    """Play until the last step or a signal; returns the last state, of which the save has begun.

    ``profile``: the folder of a trace of a few steps, once they are compiled; None: no trace.
    """
    step = first = int(state.step)
    leaving = False
    many = run.members.count > 1
    alive = np.asarray(population.finite(run.devices.local(state))) if many else None
    phase = feed = call = None

    def is_worth(state):
        return (
            population.finite(run.devices.local(state)).any()
            if many
            else not first_bad_array(state)
        )

    pace = Pace()
    if jax.process_count() > 1:  # one that ended at once would leave the others waiting
        stop.listen()
    with saved_on_error(lambda: state, checkpoints, is_worth):
        if step == 0 and config.sample_every:  # something to see while the step is compiled
            picture(run, looks, step, state, written)
        while step < config.steps and not leaving:
            checkpoints.check()
            if phase is None or step >= phase.last_step:
                phase, state = phase_at(run.phases, step), run.begin(step, state)
                feed = run.feed(phase)
                call = run.call(phase, feed)
            count = pace.within(next_stop(step, config, phase.last_step) - step)
            watched = contextlib.nullcontext()
            if profile and step > first:
                count = min(count, PROFILED)  # in every process of a run
                if parallel.is_first_process():
                    watched = logs.traced(profile, PROFILED, written)
                profile = None
            block = feed.block(step, count)
            with watched, pace.of(count):
                state, log, done = call(state, *block, np.int32(count))
                log, done = jax.device_get((log, done))
            step += int(done)
            stop.listen()
            metrics = {name: entries[done - 1] for name, entries in log.items()}
            leaving = parallel.any_process(stop.signal is not None)
            saving = leaving or due(config, step, "checkpoint_every", "eval_every")
            if many:
                alive = drop_dead_members(step, metrics, state, saving, alive, run, written)
                check_members(step, alive, checkpoints)
            else:
                check_finite(step, metrics, state, checkpoints, whole=saving)
            if run.estimate and phase.n_critic:
                metrics[ESTIMATE] = metrics["real_score"] - metrics["fake_score"]
            look(config, run, looks, step, state, metrics, written, checkpoints, leaving, stop)
    if profile:
        written.say("No profile: the steps that were left fit into one call.")
    return state


def due(config, step, *keys):
    """Whether any of what these keys schedule is due at a step; at the last, all of it is."""
    every = [config[key] for key in keys if config[key]]
    return step == config.steps or any(step % each == 0 for each in every)


def look(config, run, looks, step, state, metrics, written, checkpoints, leaving, stop):
    """Write down and save what is due; ``leaving``: save, and before what takes long."""
    many = run.members.count > 1
    evaluated = config.eval_every and due(config, step, "eval_every")
    scheduled = evaluated or due(config, step, "checkpoint_every")
    if leaving and (evaluated or not scheduled):
        checkpoints.save(step, state)
    split = partial(population.split, state, run.members)
    written.progress(step, population.summary(metrics))
    if scheduled:
        with stop.meanwhile(lambda: _saved(checkpoints, step, state)):
            found = population.joined([judged(looks, each, evaluated) for each in split()])
        # Behind what training tells, where a term of the loss may have the name of a metric.
        metrics = {n: value for n, value in metrics.items() if n not in found} | found
    if scheduled or due(config, step, "log_every"):
        # Before the checkpoint: whatever step a resumed run starts from, its row is there.
        floors = looks.floors()
        ranked = (looks.ranked_by, floors.get("real", {}).get(looks.ranked_by))
        written.scalars(step, population.summary(metrics), ranked if scheduled else None)
        if many:
            written.members(step, metrics)
    if due(config, step, "sample_every"):
        picture(run, looks, step, state, written)
    if scheduled:
        score = {name: population.rank(values) for name, values in metrics.items()}
        checkpoints.save(step, state, score)
        written.floors(floors)
    if evaluated and parallel.is_first_process():
        page.write_own(written.workdir, written.say)


def picture(run, looks, step, state, written):
    """Write the picture of a step, of a population one a member."""
    many = run.members.count > 1
    for i, each in enumerate(population.split(state, run.members)):
        written.image(step, looks.picture(each), i if many else None)


def _saved(checkpoints, step, state):
    """Save, and wait until it is on the disk."""
    checkpoints.save(step, state)
    checkpoints.wait()


def drop_dead_members(step, metrics, state, whole, alive, run, written):
    """Which members are finite still, bool [N], by their metrics and, ``whole``, their arrays."""
    still = alive & population.alive(metrics)
    if whole:
        still &= np.asarray(population.finite(run.devices.local(state)))
    for i in np.flatnonzero(alive & ~still):
        written.say(f"Member {i} ({run.members.describe(i)}) became non-finite by step {step}.")
    return still


def judged(looks, state, evaluated):
    """How one generator does: the quick distance, and where due all metrics."""
    return {**looks.quick(state), **(looks.metrics(state) if evaluated else {})}
