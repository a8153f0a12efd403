"""The generator of a run as one pure function of named arrays, and what there is to know of it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.build import parts
from jaxgan.build.phases import grows, progress
from jaxgan.build.population import alone, restore_of
from jaxgan.build.population import members as members_of
from jaxgan.data.source import Entry
from jaxgan.evaluation import draw
from jaxgan.run import checkpoint, directory


class Generator(NamedTuple):
    """What is exported.

    Attributes:
      apply: (variables, {name: float32 [B, *shape]}) -> x, float32 [B, *made].
      variables: of the average generator, arrays of this host.
      inputs: {name: shape} of one example.
      made: shape of one x.
      entries: of the run's data.
      content: what ``config.json`` holds, of this member alone, with ``step``.
      config: of the run, every key spelt out.
      direction: which way apply goes; "" of a run that goes one way.
    """

    apply: Callable
    variables: Mapping[str, Any]
    inputs: Mapping[str, tuple[int, ...]]
    made: tuple[int, ...]
    entries: Mapping[str, Entry]
    content: dict
    config: Mapping[str, Any]
    direction: str


def load(workdir, step=None, member=0, direction=None, weights=False) -> Generator:
    """Load the average generator of a run.

    Args:
      workdir, step, member: as ``sample.load`` has them.
      direction: of a run that translates both ways.
      weights: whether variables are all that is wanted: the direction may be None, for the first.

    Raises:
      UserError: no run there, no such checkpoint, member or direction.
    """
    content = directory.read_content(workdir)
    stored = directory.parse(content, Path(workdir) / "config.json")
    config, entries = stored["config"], stored["entries"]
    members = members_of(config)
    restore = partial(checkpoint.restore_ema, Path(workdir) / "checkpoints")
    restore = restore_of(restore, members, member)
    played = parts.players(config, entries)
    if weights and direction is None:
        way = next(iter(played.game.makes))
    else:
        way = draw.direction_of(played.game, direction, workdir)
    variables, found = restore(step)
    turn = {"name": way} if way else {}
    inputs = {name: played.shapes[name] for name in played.generator.inputs}
    if way:  # each of both networks is given its image by the same name
        inputs = {"source": played.shapes[parts.rules(config)[0].directions[way][0]]}

    beside = {}
    if grows(config):  # how far it has grown is known by the step, and not asked of a caller
        del inputs["grown"]
        beside["grown"] = progress(config)(found)

    def apply(variables, given):
        rows = next(iter(given.values())).shape[:1]
        known = {name: jnp.broadcast_to(value, rows) for name, value in beside.items()}
        return played.generator.apply(variables, {**given, **known}, train=False, **turn)[0]["x"]

    specs = {n: jax.ShapeDtypeStruct((1, *shape), np.float32) for n, shape in inputs.items()}
    made = jax.eval_shape(apply, variables, specs).shape[1:]
    content = {**content, "step": found}
    if members.count > 1:
        content["config"] = alone(config, members, member)
    numbers = jax.tree.map(np.asarray, variables)
    return Generator(apply, numbers, inputs, made, entries, content, config, way)
