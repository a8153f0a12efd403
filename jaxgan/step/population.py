"""Many members of one config, trained at once: the member is a leading axis, under one ``vmap``.

Member i has the config's seed + i, and so its own weights, noise and order of the data; what
``config.population.vary`` names differs too. A state of members has that axis on every leaf but the
step, which they share.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.step.state import GanState, PyTree

# Where a state of members has the axis.
AXES = GanState(step=None, generator=0, critic=0, ema=0, memory=0)
QUARTILES = {"": 0.5, "_q1": 0.25, "_q3": 0.75}  # endings of a number's name


class Members(NamedTuple):
    """The members of a population.

    Attributes:
      seeds: uint32 [N].
      values: {dotted key of the config: float32 [N]}, what they differ in beside the seed.
    """

    seeds: np.ndarray
    values: dict

    @property
    def count(self):
        """N; 1 is a run like any other, whose state has no axis of members."""
        return len(self.seeds)

    def describe(self, i):
        """Member i in words: "seed 3, critic.optimizer.learning_rate 0.0001"."""
        values = [f"{key} {each[i]:g}" for key, each in self.values.items()]
        return ", ".join([f"seed {self.seeds[i]}", *values])


def together(step_of: Callable, members: Members) -> Callable:
    """The step of all members: ``step(state, batches, keys) -> (state, metrics)``.

    Args:
      step_of: ({dotted key: this member's value}) -> step of one, (state, batches, key, frozen).
      members: ``Members``.

    Returns:
      for one member ``step_of({})``; else batches, keys and metrics have an axis of members.
    """
    if members.count == 1:
        return step_of({})
    step = jax.vmap(
        lambda values, *args: step_of(values)(*args),
        in_axes=(0, AXES, 0, 0, None),
        out_axes=(AXES, 0),
    )
    return lambda *args: step(members.values, *args)


def create(create_one: Callable, members: Members, number: int) -> PyTree:
    """``create_one(key)`` for every member, the key from the stream ``number`` of its seed."""
    if members.count == 1:
        return create_one(noise.stream(int(members.seeds[0]), number))
    return jax.vmap(create_one, out_axes=AXES)(noise.stream(members.seeds, number))


def member(tree: PyTree, i: int) -> PyTree:
    """Member i of a tree whose every leaf has the axis; of a ``GanState``, see ``AXES``."""
    if isinstance(tree, GanState):
        parts = {name: getattr(tree, name) for name, axis in vars(AXES).items() if axis == 0}
        return tree.replace(**{name: member(part, i) for name, part in parts.items()})
    return jax.tree.map(lambda leaf: leaf[i], tree)


def split(state: PyTree, members: Members) -> list[PyTree]:
    """The states of all members."""
    return [state] if members.count == 1 else [member(state, i) for i in range(members.count)]


def alive(metrics: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which members have finite metrics only: bool [N] of {name: [N]}."""
    return np.all([np.isfinite(values) for values in metrics.values()], axis=0)


@jax.jit
def finite(state: GanState) -> jax.Array:
    """Which members have finite arrays only: bool [N]."""
    sides = (state.generator, state.critic, state.ema, state.memory)
    leaves = [x for x in jax.tree.leaves(sides) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return jnp.stack([jnp.isfinite(x).reshape(len(x), -1).all(1) for x in leaves]).all(0)


def joined(rows: list[dict]) -> dict:
    """[{name: number} of each member] -> {name: [N]}; of a single one as it is."""
    return rows[0] if len(rows) == 1 else {n: np.array([row[n] for row in rows]) for n in rows[0]}


def rank(values: np.ndarray) -> float:
    """The number that ranks a checkpoint: the median; a member gone bad counts as the worst."""
    values = np.asarray(values, float)
    return float(np.median(np.where(np.isfinite(values), values, np.inf)))


def summary(metrics: Mapping[str, np.ndarray | float]) -> dict[str, float]:
    """Numbers of all members -> their medians, and the quartiles with _q1 and _q3 at the name.

    Args:
      metrics: {name: [N]}; what is not finite is left out, where any is finite. A plain number
        stays as it is.
    """
    found = {}
    for name, values in metrics.items():
        if not np.ndim(values):
            found[name] = float(values)
            continue
        values = np.asarray(values, float)
        finite = values[np.isfinite(values)]
        for ending, q in QUARTILES.items():
            found[name + ending] = float(np.quantile(finite, q)) if len(finite) else float("nan")
    return found
