"""From a config to a run: everything that can be wrong is found here, before any compilation."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from jaxgan import data
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.build.population import largest, members
from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.data.feed import check_shared
from jaxgan.data.feed import feed as make_feed
from jaxgan.models.network import Network
from jaxgan.step import compilation, parallel, population, state
from jaxgan.step.call import make_call
from jaxgan.step.step import make_step


class Run(NamedTuple):
    """A config made into functions, before anything is compiled.

    Attributes:
      source: the data.
      devices: ``parallel.Devices``.
      generator: its ``Network`` outside of any compiled call.
      critic: the same.
      classes: how many labels the players see.
      members: ``population.Members``; of several every state has an axis of members.
      create: () -> the ``GanState`` at step 0.
      feed: the ``Feed`` of batches, () -> Feed (it moves the data to the devices).
      call: (feed) -> the compiled call of ``step.make_call``.
    """

    source: data.Source
    devices: parallel.Devices
    generator: Network
    critic: Network
    classes: int
    members: population.Members
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
    if config["compilation_cache"]:
        compilation.remember()
    who = members(config)
    whole = largest(config, who.values)  # whatever any member plays
    devices = parallel.devices(config["parallel"], device_count)
    parallel.check_batch(config["batch_size"], devices.count)
    parts.check_names(whole)  # before the data, which may take long to come
    stored = {key: config["data"][key] for key in ("resident_bytes", "workers")}
    (source,) = data.load_sources(config["data"])
    if who.count > 1:
        check_shared((source,), stored["resident_bytes"])
    classes = parts.classes_in_play(config, source.classes)

    def players(axis_name):
        shape = source.shape
        generator = parts.generator(config, shape, classes, axis_name)
        return generator, parts.critic(config, shape, classes, axis_name)

    def optimizers(values):
        return [parts.optimizer(whole, side, values) for side in ("generator", "critic")]

    def create():
        def one(key):
            return state.create(*players(None), *optimizers({}), key)

        return population.create(one, who, noise.INITIAL)

    template = jax.eval_shape(create)  # traces every network: sizes that do not fit show here
    if parts.penalties(whole) and "batch_stats" in template.critic.mutables:
        raise UserError(
            f"critic {config['critic']['name']!r} has batch statistics, under which a penalty on "
            "single examples has no meaning; set critic.norm to none, layer or spectral."
        )
    batch_size, n_critic = config["batch_size"], config["n_critic"]
    seed = config["seed"] if who.count == 1 else who.seeds
    calls = {"steps_per_call": config["steps_per_call"], "seed": seed}

    def feed():
        sizes = {"batch_size": batch_size, "batches": n_critic}
        return make_feed((source,), devices=devices, **stored, **sizes, **calls)

    def step(values):
        playing = players(devices.axis_name)
        game = parts.game(whole, *playing, classes, devices.mean, values)
        sizes = {"batch_size": batch_size, "n_critic": n_critic}
        return make_step(game, *optimizers(values), ema=config["ema"], devices=devices, **sizes)

    def call(feed):
        played = make_call(population.together(step, who), feed.batches, **calls)
        return devices.compile(played, compilation.options(parallel.kind()))

    return Run(source, devices, *players(None), classes, who, create, feed, call)
