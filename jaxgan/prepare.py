"""From a config to a run: everything that can be wrong is found here, before any compilation."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from jaxgan import build, data, noise, parallel, state
from jaxgan.check import check_config
from jaxgan.data import batching
from jaxgan.errors import UserError
from jaxgan.networks import Network
from jaxgan.step import make_call, make_step


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


def prepare(config, device_count=None):
    """Build a ``Run`` from a config (a mapping); nothing is compiled yet.

    Args:
      config: as ``defaults.get_config`` spells it out.
      device_count: use only the first so many devices; None uses all.

    Raises:
      UserError: whatever is wrong with the config or the data.
    """
    check_config(config)
    devices = parallel.devices(config["parallel"], device_count)
    parallel.check_batch(config["batch_size"], devices.count)
    build.check_names(config)  # before the data, which may take long to come
    settings = dict(config["data"])
    stored = {key: settings.pop(key) for key in ("resident_bytes", "workers")}
    unset = {key: None for key in ("size", "channels", "data_dir") if not settings[key]}
    source = data.load(**settings | unset)
    classes = build.classes_in_play(config, source.classes)

    def players(axis_name):
        shape = source.shape
        generator = build.generator(config, shape, classes, axis_name)
        return generator, build.critic(config, shape, classes, axis_name)

    optimizers = [build.optimizer(config, side) for side in ("generator", "critic")]

    def create():
        return state.create(
            *players(None), *optimizers, noise.stream(config["seed"], noise.INITIAL)
        )

    template = jax.eval_shape(create)  # traces every network: sizes that do not fit show here
    if build.penalties(config) and "batch_stats" in template.critic.mutables:
        raise UserError(
            f"critic {config['critic']['name']!r} has batch statistics, under which a penalty on "
            "single examples has no meaning; set critic.norm to none, layer or spectral."
        )
    common = {key: config[key] for key in ("batch_size", "n_critic")}
    calls = {"steps_per_call": config["steps_per_call"], "seed": config["seed"]}

    def feed():
        return batching.feed(source, devices=devices, **stored, **common, **calls)

    game = build.game(config, *players(devices.axis_name), classes, devices.mean)
    step = make_step(game, *optimizers, ema=config["ema"], devices=devices, **common)

    def call(feed):
        return devices.compile(make_call(step, feed.batches, **calls))

    return Run(source, devices, *players(None), classes, create, feed, call)
