"""From a config to a run: everything that can be wrong is found here, before any compilation."""

import functools
from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax

from jaxgan import data
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.build.epochs import IN_EPOCHS, in_steps
from jaxgan.build.phases import Phase, phases, positions
from jaxgan.build.population import largest
from jaxgan.build.population import members as members_of
from jaxgan.build.steps import make_begin, make_steps
from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.data import feed as feeds
from jaxgan.games import Game
from jaxgan.models.network import Network
from jaxgan.step import compilation, parallel, population, state
from jaxgan.step.call import make_call


class Run(NamedTuple):
    """A config made into functions, before anything is compiled.

    Attributes:
      sources: the training data.
      held_out: the examples that training does not see; none where the data hold none out.
      devices: ``parallel.Devices``.
      generator, critic: their ``Network`` outside of any compiled call.
      game: the ``Game`` between these two.
      distribution: of the z of one generator, a row of ``games.draw.DISTRIBUTIONS``; "": of none.
      estimate: of the loss, see ``losses.ADVERSARIAL``.
      members: ``population.Members``; of several every state has an axis of members.
      schedule: {key of the config: steps} of what the config tells in epochs.
      phases: ``phases.Phase``, in their order; each has a feed and a call of its own.
      create: () -> the ``GanState`` at step 0.
      feed: (phase) -> the ``Feed`` of its batches (the first moves the data to the devices).
      call: (phase, feed) -> the compiled call of ``call.make_call``.
      begin: (step, state) -> the state with which the phase that holds the step goes on there:
        where networks begin or end to fade a level in, both optimisers begin anew.
      step: (phase, values) -> one member's step(state, batches, key, variables of the frozen
        networks); ``values`` replace the config's rates and weights, by dotted key, maybe traced.
    """

    sources: tuple[data.Source, ...]
    held_out: tuple[data.Source, ...]
    devices: parallel.Devices
    generator: Network
    critic: Network
    game: Game
    distribution: str
    estimate: bool
    members: population.Members
    schedule: dict[str, int]
    phases: tuple[Phase, ...]
    create: Callable[[], state.GanState]
    feed: Callable[[Phase], feeds.Feed]
    call: Callable[[Phase, feeds.Feed], Callable[..., Any]]
    begin: Callable[[int, state.GanState], state.GanState]
    step: Callable[[Phase, dict[str, Any]], Callable[..., Any]]


def prepare(
    config: Mapping, device_count: int | None = None, known: Mapping[str, data.Entry] | None = None
) -> Run:
    """Build a ``Run`` from a config (a mapping); nothing is compiled yet.

    Args:
      config: as ``defaults.get_config`` spells it out.
      device_count: use only the first so many devices; None uses all.
      known: entries of the stored run, which keeps the numbers of its classes; None: it is new.

    Raises:
      UserError: whatever is wrong with the config or the data.
    """
    check_config(config)
    if config["compilation_cache"]:
        compilation.enable_cache()
    members = members_of(config)
    devices = _devices(config, device_count)
    parts.check_names(largest(config, members.values))  # before data, which may take long to come
    sources, held_out = data.load_parts(config["data"], known)
    schedule = in_steps(config, sources[0].size)
    config = ChainMap(schedule, dict.fromkeys(IN_EPOCHS, 0.0), config)
    _check_sources(config, sources, members)
    whole, all_phases = largest(config, members.values), phases(config)  # what any member plays
    entries = data.entries(sources)
    players = parts.players(whole, entries)
    frozen = parts.frozen(config, players.shapes)
    create = _make_create(whole, players, members)
    step_of = make_steps(whole, entries, players, frozen, devices)
    seed = config["seed"] if members.count == 1 else members.seeds
    calls = {"steps_per_call": config["steps_per_call"], "seed": seed}

    def call(phase, feed):
        together = population.together(partial(step_of, phase), members)
        played = make_call(together, feed.batches, extra=lambda data: (data["frozen"],), **calls)
        return devices.compile(played, compilation.options(parallel.kind()))

    return Run(
        sources=sources,
        held_out=held_out,
        devices=devices,
        generator=players.generator,
        critic=players.critic,
        game=players.game,
        distribution=config["game"].get("z", "") if players.generators == 1 else "",
        estimate=parts.estimate(config),
        members=members,
        schedule=schedule,
        phases=all_phases,
        create=create,
        begin=make_begin(config, devices),
        feed=_make_feeds(config["data"], sources, frozen, all_phases, devices, calls),
        call=call,
        step=step_of,
    )


def _devices(config, count):
    """Those of the run, which must divide the batches of all of its phases."""
    devices = parallel.devices(config["parallel"], count)
    for phase in phases(config):
        parallel.check_batch(phase.batch_size, devices.count)
        parts.check_group(config, phase.batch_size // devices.count)
    return devices


def _check_sources(config, sources, members):
    """Refuse data that the game, or so many members, cannot play with."""
    images = [source for source in sources if source.has_images]
    if len(images) > 1 and not parts.rules(config)[0].unpaired:
        raise UserError(
            f"game {config['game']['name']!r} needs examples whose images belong together, and "
            f"those of {sources[0].name} do not; unpaired data play game='cycle', and images of "
            "several attributes game='attributes'."
        )
    if members.count > 1:
        feeds.check_shared(sources, config["data"]["resident_bytes"])


def _make_create(config, players, members):
    """``Run.create``; networks whose sizes do not fit, or that cannot be penalised, show here."""

    def one(key):
        optimizers = (parts.optimizer(config, side) for side in parts.SIDES)
        memory = players.game.memory()
        return state.create(players.generator, players.critic, *optimizers, key, memory)

    def create():
        return population.create(one, members, noise.INITIAL)

    template = jax.eval_shape(create)  # traces every network
    if parts.penalties(config) and "batch_stats" in template.critic.mutables:
        raise UserError(
            f"critic {config['critic']['name']!r} has batch statistics, under which a penalty on "
            "single examples has no meaning; set critic.norm to none, layer or spectral."
        )
    return create


def _make_feeds(settings, sources, frozen, all_phases, devices, calls):
    """(phase) -> its ``Feed``, whose data are {"examples": ..., "frozen": ...}."""
    stored = {key: settings[key] for key in ("resident_bytes", "workers")}
    first_positions = dict(zip(all_phases, positions(all_phases), strict=True))

    @functools.cache
    def placed():  # once, for the feeds of all phases
        kept = feeds.bytes_of(sources) <= stored["resident_bytes"]
        variables = {name: network.variables for name, network in frozen.items()}
        arrays = feeds.place(sources, devices) if kept else None
        return arrays, devices.replicate(variables)

    def feed(phase):
        arrays, variables = placed()
        made = feeds.feed(
            sources,
            arrays=arrays,
            batch_size=phase.batch_size,
            batches=phase.batches,
            first_step=phase.first_step,
            first_position=first_positions[phase],
            devices=devices,
            **stored,
            **calls,
        )

        def block(first_step, steps):
            examples, block = made.block(first_step, steps)
            return {"examples": examples, "frozen": variables}, block

        return feeds.Feed(block, lambda data, block, i: made.batches(data["examples"], block, i))

    return feed
