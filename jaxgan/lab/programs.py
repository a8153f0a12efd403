"""Compiled calls, shared by all games that are alike: compiling is what a user waits for.

Alike are games that differ in their data's points, their seed, learning rates and weights of
penalties alone: these are arguments of a program, and the rest is in its text.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import jax

from jaxgan.build import parts
from jaxgan.build.population import RATES, WEIGHTS
from jaxgan.core import noise
from jaxgan.core.dotted import at, put
from jaxgan.data import feed as feeds
from jaxgan.lab import sights
from jaxgan.step import compilation, parallel
from jaxgan.step.call import make_call
from jaxgan.step.state import create

KEPT = 24  # programs; the one that was used the longest ago is given up
# Who moves in a step: all as the config has it, or one update of one side.
TURNS = {"both": {}, "critic": (1, 0), "generator": (0, 1)}


class Program(NamedTuple):
    """What games that are alike share.

    Attributes:
      create: seed -> ``GanState`` at step 0, as ``jaxgan train`` begins.
      phase: turn, of ``TURNS`` -> the ``Phase`` that is played.
      play: turn -> compiled call(state, data, block, count) -> (state, log, done); ``data`` are
        {"examples", "seed", "values"}.
      look, measured: of ``sights``, compiled, without the game.
      lock: one thread compiles, the others wait for it.
      ready: names of what is compiled.
    """

    create: Callable
    phase: Callable
    play: Callable
    look: Callable
    measured: Callable
    lock: threading.Lock
    ready: set


def live(config):
    """{dotted key: value} of what may change while a game goes on: rates, and penalties in play."""
    found = {}
    for dotted in (*RATES, *WEIGHTS):
        if value := at(config, dotted):
            found[dotted] = value
    return found


def alike(config, entries):
    """What a program's text depends on, hashable."""
    loose = {"seed": 0, "data": None}
    plain = {**config.to_dict(), **loose}
    for dotted in live(config):
        put(plain, dotted, "in play")
    shapes = [(name, entry.shape, entry.classes) for name, entry in entries.items()]
    return repr((plain, shapes))


_programs = OrderedDict()
_guard = threading.Lock()


def program_of(config, run, sources):
    """The ``Program`` of a config's games: a known one, or a new one that is not compiled yet.

    Args:
      config: whole.
      run: from ``prepare``.
      sources: the data as the game sees them.
    """
    key = alike(config, sources[0].entries)
    with _guard:
        if key not in _programs:
            _programs[key] = _make(config, run, sources)
        _programs.move_to_end(key)
        while len(_programs) > KEPT:
            _programs.popitem(last=False)
        return _programs[key]


def _make(config, run, sources):
    (whole,) = run.phases

    def phase(turn):
        if turn == "both":
            return whole
        critic, generator = TURNS[turn]
        return whole._replace(n_critic=critic, n_generator=generator)

    @functools.cache
    def play(turn):
        steps = config["steps_per_call"]
        batches = feed_of(config, run, sources, phase(turn)).batches

        def call(state, data, block, count):
            step = run.step(phase(turn), data["values"])
            played = make_call(
                lambda state, batches, key: step(state, batches, key, {}),
                lambda data, block, i: batches(data["examples"], block, i),
                steps_per_call=steps,
                seed=data["seed"],
            )
            return played(state, data, block, count)

        return run.devices.compile(call, compilation.options(parallel.kind()))

    def begin(seed):
        optimizers = (parts.optimizer(config, side) for side in parts.SIDES)
        key = noise.stream(seed, noise.INITIAL)
        return create(run.generator, run.critic, *optimizers, key, run.game.memory())

    return Program(
        create=jax.jit(begin),
        phase=phase,
        play=play,
        look=jax.jit(functools.partial(sights.look, run.game)),
        measured=jax.jit(functools.partial(sights.measured, run.game)),
        lock=threading.Lock(),
        ready=set(),
    )


def feed_of(config, run, sources, phase, arrays=None):
    """The ``Feed`` of a phase from step 0 on."""
    return feeds.resident(
        sources,
        arrays=() if arrays is None else arrays,
        batch_size=phase.batch_size,
        batches=phase.batches,
        steps_per_call=config["steps_per_call"],
        seed=config["seed"],
        devices=run.devices,
    )
