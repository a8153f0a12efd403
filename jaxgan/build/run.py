"""From a config to a run: everything that can be wrong is found here, before any compilation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxgan import data
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.build.phases import Phase, phases, positions
from jaxgan.build.population import largest, members
from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.data import feed as feeds
from jaxgan.games import Game
from jaxgan.models.network import Network
from jaxgan.step import compilation, parallel, population, state
from jaxgan.step.call import make_call
from jaxgan.step.step import make_step


class Run(NamedTuple):
    """A config made into functions, before anything is compiled.

    Attributes:
      sources: the training data.
      held_out: the examples that training does not see; none where the data hold none out.
      devices: ``parallel.Devices``.
      generator, critic: their ``Network`` outside of any compiled call.
      game: the ``Game`` between these two.
      members: ``population.Members``; of several every state has an axis of members.
      phases: ``phases.Phase``, in their order; each has a feed and a call of its own.
      create: () -> the ``GanState`` at step 0.
      feed: (phase) -> the ``Feed`` of its batches (the first moves the data to the devices).
      call: (phase, feed) -> the compiled call of ``call.make_call``.
    """

    sources: tuple[data.Source, ...]
    held_out: tuple[data.Source, ...]
    devices: parallel.Devices
    generator: Network
    critic: Network
    game: Game
    members: population.Members
    phases: tuple[Phase, ...]
    create: Callable[[], state.GanState]
    feed: Callable[[Phase], feeds.Feed]
    call: Callable[[Phase, feeds.Feed], Callable[..., Any]]


def prepare(config, device_count=None) -> Run:
    """Build a ``Run`` from a config (a mapping); nothing is compiled yet.

    Args:
      config: as ``defaults.get_config`` spells it out.
      device_count: use only the first so many devices; None uses all.

    Raises:
      UserError: whatever is wrong with the config or the data.
    """
    check_config(config)
    if config["compilation_cache"]:
        compilation.enable_cache()
    who = members(config)
    whole = largest(config, who.values)  # whatever any member plays
    devices = parallel.devices(config["parallel"], device_count)
    course = phases(config)
    for phase in course:
        parallel.check_batch(phase.batch_size, devices.count)
    parts.check_names(whole)  # before the data, which may take long to come
    stored = {key: config["data"][key] for key in ("resident_bytes", "workers")}
    sources, held_out = data.load_parts(config["data"])
    if who.count > 1:
        feeds.check_shared(sources, stored["resident_bytes"])
    entries = data.entries(sources)
    alone = parts.players(whole, entries)
    generator, critic, shapes, axis = alone.generator, alone.critic, alone.shapes, devices.axis_name
    playing = (
        parts.generator(whole, shapes, axis),
        parts.critic(whole, shapes, entries, axis),
    )

    def optimizers(values):
        return [parts.optimizer(whole, side, values) for side in ("generator", "critic")]

    frozen = parts.frozen(config, shapes["x"])

    def create():
        def one(key):
            return state.create(generator, critic, *optimizers({}), key, alone.game.memory())

        return population.create(one, who, noise.INITIAL)

    template = jax.eval_shape(create)  # traces every network: sizes that do not fit show here
    if parts.penalties(whole) and "batch_stats" in template.critic.mutables:
        raise UserError(
            f"critic {config['critic']['name']!r} has batch statistics, under which a penalty on "
            "single examples has no meaning; set critic.norm to none, layer or spectral."
        )
    seed = config["seed"] if who.count == 1 else who.seeds
    calls = {"steps_per_call": config["steps_per_call"], "seed": seed}
    placed = []  # once, for the feeds of all phases

    def feed(phase):
        if not placed:
            kept = feeds.bytes_of(sources) <= stored["resident_bytes"]
            placed.append(feeds.place(sources, devices) if kept else None)
            placed.append(devices.replicate({n: f.variables for n, f in frozen.items()}))
        made = feeds.feed(
            sources,
            arrays=placed[0],
            batch_size=phase.batch_size,
            batches=phase.batches,
            devices=devices,
            **stored,
            first_step=phase.first_step,
            first_position=dict(zip(course, positions(course), strict=True))[phase],
            **calls,
        )

        def block(first_step, steps):
            examples, block = made.block(first_step, steps)
            return {"examples": examples, "frozen": placed[1]}, block

        return feeds.Feed(block, lambda d, block, i: made.batches(d["examples"], block, i))

    def call(phase, feed):
        def step(values):
            def step(state, batches, key, variables):
                see = {
                    name: lambda x, network=network, own=variables[name]: network.forward(own, x)[0]
                    for name, network in frozen.items()
                }
                rules = parts.game(
                    whole,
                    alone.draw,
                    *playing,
                    adversarial=phase.adversarial,
                    mean_over_devices=devices.mean,
                    values=values,
                    see=see,
                )
                return make_step(
                    rules,
                    *optimizers(values),
                    batch_size=phase.batch_size,
                    n_critic=phase.n_critic,
                    n_generator=phase.n_generator,
                    ema=config["ema"],
                    devices=devices,
                )(state, batches, key)

            return step

        played = make_call(
            population.together(step, who), feed.batches, extra=lambda d: (d["frozen"],), **calls
        )
        return devices.compile(played, compilation.options(parallel.kind()))

    return Run(
        sources, held_out, devices, generator, critic, alone.game, who, course, create, feed, call
    )
