"""The host's loop: build, restore, play, write. Everything with a side effect happens here."""

import contextlib
import signal
from functools import partial
from pathlib import Path

import jax
import numpy as np

from jaxgan import data, defaults
from jaxgan.build.limits import check_limits
from jaxgan.build.phases import phase_at
from jaxgan.build.run import prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.evaluation import plot
from jaxgan.evaluation.measures import QUALITY
from jaxgan.evaluation.pictures import make_looks
from jaxgan.run import checkpoint, directory, report, tables
from jaxgan.run.stop import Stop, check_finite, check_members
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


def restore_or_create(run, checkpoints):
    """The state to go on from, and what to tell the user of it."""
    fresh = run.create
    if not checkpoints.steps():
        return run.devices.replicate(jax.jit(fresh)()), []
    state, notes = checkpoint.restore(checkpoints, jax.eval_shape(fresh))
    return run.devices.replicate(state), [*notes, f"Resuming at step {int(state.step)}."]


def open_directory(workdir, config, run):
    """Claim the run directory for this config, or raise ``UserError`` if it belongs to another."""
    plain = config.to_dict()
    if (Path(workdir) / "config.json").exists():
        old = defaults.complete(directory.read_config(workdir)["config"])
        if different := directory.contradictions(old, plain, free=defaults.free(plain)):
            raise UserError(
                f"{workdir} holds a run of another config: {'; '.join(different)}. "
                "Use another --workdir, or the values of the stored run."
            )
    if parallel.is_first_process():
        try:
            directory.write_config(workdir, plain, data.entries(run.sources))
        except OSError as error:
            raise UserError(f"{workdir} cannot be a run directory: {error.strerror}.") from error


def train(config, workdir, *, device_count=None, profile=False) -> GanState:
    """Train, or go on training, in a run directory.

    Args:
      config: a ``ConfigDict`` as ``defaults.get_config`` spells it out.
      workdir: the run directory; made where it is missing, resumed where it holds this run.
      device_count: use only the first so many devices; None uses all.
      profile: trace a few steps with JAX's profiler into the folder ``profile`` of the directory.

    Returns:
      The final state.

    Raises:
      UserError: bad input, before anything is compiled.
      Stopped: the run went non-finite, and its last good checkpoint is kept; or it was asked to
        leave by SIGTERM or SIGINT, and saved before.
    """
    run = prepare(config, device_count)
    check_limits(run, config)
    looks = make_looks(run, config)
    if looks.ranked_by != QUALITY and not config.eval_every:
        raise UserError(f"evaluation.rank_by={config.evaluation.rank_by} needs eval_every.")
    workdir = Path(workdir)
    open_directory(workdir, config, run)
    with checkpoint.open_checkpoints(
        workdir / "checkpoints", keep=config.keep_checkpoints, metric=looks.ranked_by
    ) as checkpoints:
        state, notes = restore_or_create(run, checkpoints)
        first = parallel.is_first_process()
        span = (workdir, int(state.step), config.steps)
        with report.open_report(*span) if first else report.NoReport() as written, Stop() as stop:
            for note in notes:
                written.say(note)
            folder = workdir / "profile" if profile else None
            state = loop(config, run, looks, state, written, checkpoints, stop, folder)
    if int(state.step) < config.steps:
        number = stop.signal or signal.SIGTERM  # another process was asked
        raise Stopped(
            f"asked to leave by {signal.Signals(number).name}; step {int(state.step)} is saved in "
            f"{workdir}, and the same command goes on from there.",
            128 + number,
        )
    if first:
        print_summary(workdir, run, looks, int(state.step), config.steps)
    return state


def print_summary(workdir, run, looks, step, steps):
    """Draw the curves, and print what the run came to."""
    rows = report.read_metrics(workdir / report.METRICS)
    plot.save_png(plot.curves_figure(rows), workdir / "curves.png")
    if run.members.count > 1:
        print(f"The median of {run.members.count} members:")
    print(tables.best_and_last(rows, looks.ranked_by, looks.network))
    if run.members.count > 1:
        print(tables.members_table(workdir, looks.ranked_by, run.members.describe))
    print(
        f"Step {step} of {steps} done. In {workdir}: samples/ (pictures), "
        "curves.png, metrics.jsonl, tensorboard/, checkpoints/, config.json."
    )


def loop(config, run, looks, state, written, checkpoints, stop, profile=None):
    """Play until the last step or a signal; returns the last state.

    ``profile``: the folder of a trace of a few steps, once they are compiled; None: no trace.
    """
    step = first = int(state.step)
    leaving = False
    many = run.members.count > 1
    alive = np.asarray(population.finite(run.devices.local(state))) if many else None
    split = partial(population.split, members=run.members)
    phase = feed = call = None

    def due(key):
        every = config[key]
        return step == config.steps or (every and step % every == 0)

    while step < config.steps and not leaving:
        if phase is None or step >= phase.last_step:
            phase = phase_at(run.phases, step)
            feed = run.feed(phase)
            call = run.call(phase, feed)
        count = next_stop(step, config, phase.last_step) - step
        watched = contextlib.nullcontext()
        if profile and step > first:
            count = min(count, PROFILED)  # in every process of a run
            if parallel.is_first_process():
                watched = traced(profile, written)
            profile = None
        with watched:
            state, log, done = call(state, *feed.block(step, count), np.int32(count))
            log, done = jax.device_get((log, done))
        step += int(done)
        metrics = {name: entries[done - 1] for name, entries in log.items()}
        evaluated = config.eval_every and due("eval_every")
        scheduled = due("checkpoint_every") or evaluated
        leaving = parallel.any_process(stop.signal is not None)
        saving = scheduled or leaving
        if many:
            alive = drop_dead_members(step, metrics, state if saving else None, alive, run, written)
            check_members(step, alive, checkpoints)
        else:
            check_finite(step, metrics, state, checkpoints, whole=saving)
        if config.loss.name == "wasserstein" and phase.n_critic:
            metrics["wasserstein"] = metrics["real_score"] - metrics["fake_score"]
        written.progress(step, population.summary(metrics))
        if saving:
            metrics |= population.joined([judged(looks, each, evaluated) for each in split(state)])
        if scheduled or due("log_every"):
            # Before the checkpoint: whatever step a resumed run starts from, its row is there.
            written.scalars(step, population.summary(metrics))
            if many:
                written.members(step, metrics)
        if due("sample_every"):
            for i, each in enumerate(split(state)):
                written.image(step, looks.picture(each), i if many else None)
        if saving:
            score = {name: population.rank(values) for name, values in metrics.items()}
            checkpoints.save(step, state, score)
    if profile:
        written.say("No profile: the steps that were left fit into one call.")
    return state


@contextlib.contextmanager
def traced(folder, written):
    """Trace what runs inside, for TensorBoard and Perfetto, and say where it is."""
    with jax.profiler.trace(str(folder), create_perfetto_trace=True):
        yield
    (file,) = sorted(folder.rglob("perfetto_trace.json.gz"))[-1:]
    written.say(f"A trace of {PROFILED} steps at most: {file}")


def drop_dead_members(step, metrics, state, alive, run, written):
    """Which members are finite still, bool [N], by their metrics and, unless None, their arrays."""
    still = alive & population.alive(metrics)
    if state is not None:
        still &= np.asarray(population.finite(run.devices.local(state)))
    for i in np.flatnonzero(alive & ~still):
        written.say(f"Member {i} ({run.members.describe(i)}) became non-finite by step {step}.")
    return still


def judged(looks, state, evaluated):
    """How one generator does: the quick distance, and where due all metrics."""
    return {QUALITY: looks.distance(state), **(looks.metrics(state) if evaluated else {})}
