"""The host's loop: build, restore, play, write. Everything with a side effect happens here."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import build, checkpoint, data, parallel, plot, report, sample, state
from jaxgan.data import batching
from jaxgan.errors import Stopped, UserError
from jaxgan.metrics import sliced_wasserstein
from jaxgan.networks import Network
from jaxgan.step import make_call, make_step

PICTURED = 64  # samples in a picture
JUDGED = 1000  # samples in the distance that picks the best checkpoint
QUALITY = "sliced_wasserstein"  # its name among the metrics


class Run(NamedTuple):
    """A config made into functions, before anything is compiled.

    Attributes:
      source: the data.
      devices: ``parallel.Devices``.
      generator: its ``Network`` outside of any compiled call.
      critic: the same.
      classes: how many labels the players see.
      create: () -> the ``GanState`` at step 0.
      feed: the ``Feed`` of batches, () -> Feed (it moves the data to the devices).
      call: (feed) -> the compiled call of ``step.make_call``.
    """

    source: data.Source
    devices: parallel.Devices
    generator: Network
    critic: Network
    classes: int
    create: Callable
    feed: Callable
    call: Callable


def check_numbers(config):
    """Raise ``UserError`` for a number that no run can have."""
    least = {
        "steps": 0,
        "batch_size": 1,
        "steps_per_call": 1,
        "n_critic": 1,
        "z_dim": 1,
        "log_every": 0,
        "sample_every": 0,
        "checkpoint_every": 0,
        "keep_checkpoints": 1,
    }
    for key, bound in least.items():
        if config[key] < bound:
            raise UserError(f"{key} is {config[key]}; it must be at least {bound}.")
    if not 0 <= config["ema"] < 1:
        raise UserError(f"ema is {config['ema']}; it must lie in [0, 1).")


def prepare(config, device_count=None):
    """Build a ``Run`` from a config (a mapping); nothing is compiled yet.

    Args:
      config: as ``defaults.get_config`` spells it out.
      device_count: use only the first so many devices; None uses all.

    Raises:
      UserError: whatever is wrong with the config or the data.
    """
    check_numbers(config)
    devices = parallel.devices(config["parallel"], device_count)
    parallel.check_batch(config["batch_size"], devices.count)
    settings = dict(config["data"])
    stored = {key: settings.pop(key) for key in ("resident_bytes", "workers")}
    source = data.load(**{key: value or None for key, value in settings.items()})
    classes = build.classes_in_play(config, source.classes)

    def players(axis_name):
        shape = source.shape
        generator = build.generator(config, shape, classes, axis_name)
        return generator, build.critic(config, shape, classes, axis_name)

    optimizers = [build.optimizer(config, side) for side in ("generator", "critic")]

    def create():
        return state.create(*players(None), *optimizers, jax.random.key(config["seed"]))

    template = jax.eval_shape(create)  # traces every network: sizes that do not fit show here
    if any(config["penalties"].values()) and template.critic.mutables:
        raise UserError(
            f"critic {config['critic']['name']!r} has batch statistics, under which a gradient "
            "penalty has no meaning; set critic.norm='none'."
        )
    common = {key: config[key] for key in ("batch_size", "n_critic")}
    calls = {"steps_per_call": config["steps_per_call"], "seed": config["seed"]}

    def feed():
        return batching.feed(source, devices=devices, **stored, **common, **calls)

    game = build.game(config, *players(devices.axis_name), classes)
    step = make_step(game, *optimizers, ema=config["ema"], devices=devices, **common)

    def call(feed):
        return devices.compile(make_call(step, feed.batches, **calls))

    return Run(source, devices, *players(None), classes, create, feed, call)


def next_stop(step, config):
    """The first step after ``step`` at which the host has something to do."""
    stops = [step + config["steps_per_call"], config["steps"]]
    for key in ("log_every", "sample_every", "checkpoint_every"):
        if every := config[key]:
            stops.append(step - step % every + every)
    return min(stops)


def first_bad_array(tree):
    """Path of the first leaf that is not finite, as ``critic/params/Dense_0/kernel``."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if jnp.issubdtype(leaf.dtype, jnp.inexact) and not np.isfinite(leaf).all():
            return jax.tree_util.keystr(path, simple=True, separator="/")
    return None


def check_finite(step, metrics, now, checkpoints, *, whole=False):
    """Raise ``Stopped`` if the step just done left a metric or an array that is not finite.

    The arrays are looked at where a metric is bad, and before a save (``whole``).
    """
    bad = {name: value for name, value in metrics.items() if not np.isfinite(value)}
    if not bad and not whole:
        return
    array = first_bad_array({"critic": now.critic, "generator": now.generator, "ema": now.ema})
    if not bad and not array:
        return
    checkpoints.wait()
    kept = checkpoints.steps()
    told = [f"{name} is {value}" for name, value in bad.items()]
    told += [f"the first array that is not finite is {array}"] if array else []
    raise Stopped(
        f"step {step} is the first bad one: {', '.join(told)}. "
        + (f"The last good checkpoint is that of step {kept[-1]}." if kept else "None was saved.")
    )


class Stop:
    """SIGTERM and SIGINT ask the loop to save and leave; a second one does not ask."""

    def __init__(self):
        self.signal = None

    def __enter__(self):
        # Signals belong to the main thread; a run inside another one (a notebook's) does without.
        here = threading.current_thread() is threading.main_thread()
        signals = (signal.SIGTERM, signal.SIGINT) if here else ()
        self._before = {number: signal.signal(number, self._ask) for number in signals}
        return self

    def _ask(self, number, frame):
        del frame
        self.signal = number
        signal.signal(number, self._before[number])

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Studio(NamedTuple):
    """What looks at the average generator: pictures, and the distance of the best checkpoint."""

    picture: Callable
    distance: Callable


def studio(run, config):
    """Compile nothing yet; return functions of a ``GanState``."""
    draw = sample.make_draw(run.generator)
    z, labels = sample.fixed_inputs(config["seed"], PICTURED, config["z_dim"], run.classes)
    rng = np.random.default_rng(config["seed"])
    chosen = rng.choice(run.source.size, min(JUDGED, run.source.size), replace=False)
    examples = [run.source.read(int(index)) for index in np.sort(chosen)]
    real = batching.to_float({"x": np.stack([example["x"] for example in examples])})["x"]
    key_z, key_lines = jax.random.split(jax.random.fold_in(jax.random.key(config["seed"]), 1 << 29))
    z_judged = jax.random.normal(key_z, (len(real), config["z_dim"]))
    labels_judged = jnp.asarray([e["label"] for e in examples]) if run.classes else None
    compare = jax.jit(sliced_wasserstein)

    def judged(now):
        return draw(now.ema, z_judged, labels_judged, run.classes)

    def picture(now):
        if len(run.source.shape) == 3:
            columns = len(z) // run.classes if run.classes else None
            return plot.image_grid(draw(now.ema, z, labels, run.classes), columns)

        def critic_fn(points):
            return run.critic.apply(now.critic.variables, points, train=False)[0]

        # Critics of labelled points have no one surface to show.
        surface = None if run.classes else critic_fn
        return plot.points_picture(judged(now), real, surface, run.source.density)

    def distance(now):
        return float(compare(real, judged(now), key_lines))

    return Studio(picture, distance)


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
        old = report.read_config(workdir)["config"]
        if different := report.contradictions(old, plain, free=("steps",)):
            raise UserError(
                f"{workdir} holds a run of another config: {'; '.join(different)}. "
                "Use another --workdir, or the values of the stored run."
            )
    report.write_config(workdir, plain, run.source.shape, run.source.classes)


def train(config, workdir, *, device_count=None) -> state.GanState:
    """Train, or go on training, in a run directory.

    Args:
      config: a ``ConfigDict`` as ``defaults.get_config`` spells it out.
      workdir: the run directory; made where it is missing, resumed where it holds this run.
      device_count: use only the first so many devices; None uses all.

    Returns:
      The final state.

    Raises:
      UserError: bad input, before anything is compiled.
      Stopped: the run went non-finite, and its last good checkpoint is kept; or it was asked to
        leave by SIGTERM or SIGINT, and saved before.
    """
    run = prepare(config, device_count)
    workdir = Path(workdir)
    open_directory(workdir, config, run)
    with checkpoint.open_checkpoints(
        workdir / "checkpoints", keep=config.keep_checkpoints, metric=QUALITY
    ) as checkpoints:
        now, notes = restore_or_create(run, checkpoints)
        with report.open_report(workdir, int(now.step), config.steps) as written, Stop() as stop:
            for note in notes:
                written.say(note)
            now = loop(config, run, now, written, checkpoints, stop)
    if stop.signal is not None:
        raise Stopped(
            f"asked to leave by {signal.Signals(stop.signal).name}; step {int(now.step)} is saved in "
            f"{workdir}, and the same command goes on from there.",
            128 + stop.signal,
        )
    rows = report.read_metrics(workdir / report.METRICS)
    plot.save_png(plot.curves_figure(rows), workdir / "curves.png")
    print(
        f"Step {int(now.step)} of {config.steps} done. In {workdir}: samples/ (pictures), curves.png, "
        "metrics.jsonl, tensorboard/, checkpoints/, config.json."
    )
    return now


def loop(config, run, now, written, checkpoints, stop):
    """Play until the last step or a signal; returns the last state."""
    feed = run.feed()
    call, look = run.call(feed), studio(run, config)
    step = int(now.step)

    def due(key):
        every = config[key]
        return step == config.steps or (every and step % every == 0)

    while step < config.steps and stop.signal is None:
        count = next_stop(step, config) - step
        now, log, done = call(now, *feed.block(step, count), np.int32(count))
        log, done = jax.device_get((log, done))
        step += int(done)
        metrics = {name: float(entries[done - 1]) for name, entries in log.items()}
        check_finite(step, metrics, now, checkpoints)
        if config.loss == "wasserstein":
            metrics["wasserstein"] = metrics["real_score"] - metrics["fake_score"]
        written.progress(step, metrics)
        scheduled = due("checkpoint_every")
        saving = scheduled or stop.signal is not None
        if saving:
            check_finite(step, metrics, now, checkpoints, whole=True)
            metrics[QUALITY] = look.distance(now)
        if scheduled or due("log_every"):
            # Before the checkpoint: whatever step a resumed run starts from, its row is there.
            written.scalars(step, metrics)
        if due("sample_every"):
            written.image(step, look.picture(now))
        if saving:
            checkpoints.save(step, now, metrics)
    return now
