"""The host's loop: build, restore, play, write. Everything with a side effect happens here."""

import contextlib
import signal
from functools import partial
from pathlib import Path

import jax
import numpy as np

from jaxgan import checkpoint, defaults, judge, parallel, plot, population, report, state
from jaxgan.errors import Stopped, UserError
from jaxgan.observer import network_name, observer
from jaxgan.prepare import prepare
from jaxgan.stop import Stop, check_finite
from jaxgan.studio import QUALITY, studio

# What may change when a run is resumed: where it is computed, how far, and how often it is seen.
FREE = (
    "steps",
    "steps_per_call",
    "parallel",
    "compilation_cache",
    "data.data_dir",
    "data.resident_bytes",
    "data.workers",
    "log_every",
    "sample_every",
    "checkpoint_every",
    "keep_checkpoints",
    "eval_every",
)

PROFILED = 5  # steps in a profile


def free(config):
    """The keys of ``FREE``; a rate that falls to 0 at the last step ties the number of steps."""
    tied = any(config[side]["optimizer"]["anneal"] for side in ("generator", "critic"))
    return tuple(key for key in FREE if not (tied and key == "steps"))


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
        old = defaults.complete(report.read_config(workdir)["config"])
        if different := report.contradictions(old, plain, free=free(plain)):
            raise UserError(
                f"{workdir} holds a run of another config: {'; '.join(different)}. "
                "Use another --workdir, or the values of the stored run."
            )
    if parallel.is_first_process():
        try:
            report.write_config(workdir, plain, run.source.shape, run.source.classes)
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
        observer(run.source, config.evaluation.features)
        judge.set_size(run.source, config.evaluation.num)
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
            folder = workdir / "profile" if profile and first else None
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
        print(report.best_and_last(rows, ranked_by, network))
        if run.members.count > 1:
            print(report.members_table(workdir, ranked_by, run.members.told))
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
    many, well = run.members.count, np.array(True)
    split = partial(population.split, who=run.members)

    def due(key):
        every = config[key]
        return step == config.steps or (every and step % every == 0)

    while step < config.steps and not leaving:
        count = next_stop(step, config) - step
        watched = contextlib.nullcontext()
        if profile and step > first:
            count, watched = min(count, PROFILED), traced(profile, written)
            profile = None
        with watched:
            now, log, done = call(now, *feed.block(step, count), np.int32(count))
            log, done = jax.device_get((log, done))
        step += int(done)
        metrics = {name: entries[done - 1] for name, entries in log.items()}
        well = bury(step, metrics, well, run.members, written)
        if not well.any():
            check_finite(step, population.summary(metrics), now, checkpoints)
        if config.loss.name == "wasserstein":
            metrics["wasserstein"] = metrics["real_score"] - metrics["fake_score"]
        written.progress(step, population.summary(metrics))
        leaving = parallel.any_process(stop.signal is not None)
        evaluated = config.eval_every and due("eval_every")
        scheduled = due("checkpoint_every") or evaluated
        if scheduled or leaving:
            if many == 1:
                check_finite(step, metrics, now, checkpoints, whole=True)
            metrics |= population.joined([judged(look, each, evaluated) for each in split(now)])
        if scheduled or due("log_every"):
            # Before the checkpoint: whatever step a resumed run starts from, its row is there.
            written.scalars(step, population.summary(metrics))
            if many > 1:
                written.members(step, metrics)
        if due("sample_every"):
            for i, each in enumerate(split(now)):
                written.image(step, look.picture(each), i if many > 1 else None)
        if scheduled or leaving:
            checkpoints.save(step, now, population.summary(metrics))
    return now


@contextlib.contextmanager
def traced(folder, written):
    """Trace what runs inside, for TensorBoard and Perfetto, and say where it is."""
    with jax.profiler.trace(str(folder), create_perfetto_trace=True):
        yield
    (file,) = sorted(folder.rglob("perfetto_trace.json.gz"))[-1:]
    written.say(f"A trace of {PROFILED} steps at most: {file}")


def bury(step, metrics, well, who, written):
    """Which members are well still, bool [N] or [] of one; says which are so no more."""
    now_well = well & population.alive(metrics)
    if who.count > 1:
        for i in np.flatnonzero(well & ~now_well):
            written.say(f"Member {i} ({who.told(i)}) is not finite at step {step}; it stays so.")
    return now_well


def judged(look, now, evaluated):
    """How one generator does: the quick distance, and where due all metrics."""
    return {QUALITY: look.distance(now), **(look.metrics(now) if evaluated else {})}
