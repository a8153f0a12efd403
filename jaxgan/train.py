"""The host's loop: build, restore, play, write. Everything with a side effect happens here."""

import contextlib
import signal
from functools import partial
from pathlib import Path

import jax
import numpy as np

from jaxgan import defaults
from jaxgan.build.run import prepare
from jaxgan.core.errors import Stopped, UserError
from jaxgan.evaluation import judge, plot
from jaxgan.evaluation.encode import network_name, observer
from jaxgan.evaluation.pictures import QUALITY, studio
from jaxgan.run import checkpoint, directory, report, tables
from jaxgan.run.stop import Stop, check_finite, check_members
from jaxgan.step import parallel, population, state

PROFILED = 5  # steps in a profile


def free(config):
    """The keys that a resumed run may change; an annealed rate, 0 at the last step, ties steps."""
    tied = any(config[side]["optimizer"]["anneal"] for side in ("generator", "critic"))
    known = (name for name, key in defaults.KEYS.items() if key.free)
    return tuple(name for name in known if not (tied and name == "steps"))


def next_stop(step, config):
    """The first step after ``step`` at which the host has something to do."""
    stops = [step + config["steps_per_call"], config["steps"]]
    for key in ("log_every", "sample_every", "checkpoint_every", "eval_every"):
        if every := config[key]:
            stops.append(step - step % every + every)
    return min(stops)


def restore_or_create(run, checkpoints):
    """The state to go on from, and what to tell the user of it."""
    fresh = run.create
    if not checkpoints.steps():
        return run.devices.replicate(jax.jit(fresh)()), []
    now, notes = checkpoint.restore(checkpoints, jax.eval_shape(fresh))
    return run.devices.replicate(now), [*notes, f"Resuming at step {int(now.step)}."]


def open_directory(workdir, config, run):
    """Claim the run directory for this config, or raise ``UserError`` if it belongs to another."""
    plain = config.to_dict()
    if (Path(workdir) / "config.json").exists():
        old = defaults.complete(directory.read_config(workdir)["config"])
        if different := directory.contradictions(old, plain, free=free(plain)):
            raise UserError(
                f"{workdir} holds a run of another config: {'; '.join(different)}. "
                "Use another --workdir, or the values of the stored run."
            )
    if parallel.is_first_process():
        try:
            directory.write_config(workdir, plain, run.source.shape, run.source.classes)
        except OSError as error:
            raise UserError(f"{workdir} cannot be a run directory: {error.strerror}.") from error


def train(config, workdir, *, device_count=None, profile=False) -> state.GanState:
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
    ranked_by = judge.ranking(config.evaluation, run.source, run.classes > 0)
    if ranked_by != QUALITY and not config.eval_every:
        raise UserError(f"evaluation.rank_by={config.evaluation.rank_by} needs eval_every.")
    if config.eval_every:  # or what is missing would be missed hours later
        judge.set_size(run.source, config.evaluation.num)
        observer(run.source, config.evaluation.features, config.evaluation.inception_weights)
    workdir = Path(workdir)
    open_directory(workdir, config, run)
    with checkpoint.open_checkpoints(
        workdir / "checkpoints", keep=config.keep_checkpoints, metric=ranked_by
    ) as checkpoints:
        now, notes = restore_or_create(run, checkpoints)
        first = parallel.is_first_process()
        span = (workdir, int(now.step), config.steps)
        with report.open_report(*span) if first else report.Silence() as written, Stop() as stop:
            for note in notes:
                written.say(note)
            folder = workdir / "profile" if profile else None
            now = loop(config, run, now, written, checkpoints, stop, folder)
    if int(now.step) < config.steps:
        number = stop.signal or signal.SIGTERM  # another process was asked
        raise Stopped(
            f"asked to leave by {signal.Signals(number).name}; step {int(now.step)} is saved in "
            f"{workdir}, and the same command goes on from there.",
            128 + number,
        )
    if first:
        rows = report.read_metrics(workdir / report.METRICS)
        plot.save_png(plot.curves_figure(rows), workdir / "curves.png")
        network = network_name(run.source, config.evaluation.features)
        if run.members.count > 1:
            print(f"The median of {run.members.count} members:")
        print(tables.best_and_last(rows, ranked_by, network))
        if run.members.count > 1:
            print(tables.members_table(workdir, ranked_by, run.members.describe))
        print(
            f"Step {int(now.step)} of {config.steps} done. In {workdir}: samples/ (pictures), "
            "curves.png, metrics.jsonl, tensorboard/, checkpoints/, config.json."
        )
    return now


def loop(config, run, now, written, checkpoints, stop, profile=None):
    """Play until the last step or a signal; returns the last state.

    ``profile``: the folder of a trace of a few steps, once they are compiled; None: no trace.
    """
    feed = run.feed()
    call, look = run.call(feed), studio(run, config)
    step = first = int(now.step)
    leaving = False
    many = run.members.count
    well = np.asarray(population.finite(run.devices.local(now))) if many > 1 else None
    split = partial(population.split, who=run.members)

    def due(key):
        every = config[key]
        return step == config.steps or (every and step % every == 0)

    while step < config.steps and not leaving:
        count = next_stop(step, config) - step
        watched = contextlib.nullcontext()
        if profile and step > first:
            count = min(count, PROFILED)  # in every process of a run
            if parallel.is_first_process():
                watched = traced(profile, written)
            profile = None
        with watched:
            now, log, done = call(now, *feed.block(step, count), np.int32(count))
            log, done = jax.device_get((log, done))
        step += int(done)
        metrics = {name: entries[done - 1] for name, entries in log.items()}
        evaluated = config.eval_every and due("eval_every")
        scheduled = due("checkpoint_every") or evaluated
        leaving = parallel.any_process(stop.signal is not None)
        saving = scheduled or leaving
        if many == 1:
            check_finite(step, metrics, now, checkpoints, whole=saving)
        else:
            well = bury(step, metrics, now if saving else None, well, run, written)
            check_members(step, well, checkpoints)
        if config.loss.name == "wasserstein":
            metrics["wasserstein"] = metrics["real_score"] - metrics["fake_score"]
        written.progress(step, population.summary(metrics))
        if saving:
            metrics |= population.joined([judged(look, each, evaluated) for each in split(now)])
        if scheduled or due("log_every"):
            # Before the checkpoint: whatever step a resumed run starts from, its row is there.
            written.scalars(step, population.summary(metrics))
            if many > 1:
                written.members(step, metrics)
        if due("sample_every"):
            for i, each in enumerate(split(now)):
                written.image(step, look.picture(each), i if many > 1 else None)
        if saving:
            score = {name: population.rank(values) for name, values in metrics.items()}
            checkpoints.save(step, now, score)
    if profile:
        written.say("No profile: the steps that were left fit into one call.")
    return now


@contextlib.contextmanager
def traced(folder, written):
    """Trace what runs inside, for TensorBoard and Perfetto, and say where it is."""
    with jax.profiler.trace(str(folder), create_perfetto_trace=True):
        yield
    (file,) = sorted(folder.rglob("perfetto_trace.json.gz"))[-1:]
    written.say(f"A trace of {PROFILED} steps at most: {file}")


def bury(step, metrics, now, well, run, written):
    """Which members are well still, bool [N], by their metrics and, unless None, their arrays."""
    still = well & population.alive(metrics)
    if now is not None:
        still &= np.asarray(population.finite(run.devices.local(now)))
    for i in np.flatnonzero(well & ~still):
        written.say(f"Member {i} ({run.members.describe(i)}) is finite no more by step {step}.")
    return still


def judged(look, now, evaluated):
    """How one generator does: the quick distance, and where due all metrics."""
    return {QUALITY: look.distance(now), **(look.metrics(now) if evaluated else {})}
