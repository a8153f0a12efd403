"""A Flax Linen module becomes plain functions; several networks become one side."""

from collections.abc import Callable, Mapping
from math import lcm
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError


class Network(NamedTuple):
    """A network as the rest of the package sees it.

    Attributes:
      init: key -> variables, {"params": ...} and the mutables, if it has any: "batch_stats",
        "spectral".
      apply: (variables, given, *, keys=None, train) -> ({name: [B, ...]}, mutables). ``given`` is a
        mapping of which the network takes its inputs and leaves the rest. A generator makes "x", a
        critic "score", [B] or a map [B, h, w], and "features"; either may make more. With ``train``
        batch statistics are those of the batch, units are dropped by the keys [B], and the mutables
        come back moved; without, they come back as given.
      inputs: the names of ``given`` that it takes.
      bounds: (least, greatest) that its "x" can be, as behind a tanh; None: any number.
      multiple: of a generator that takes images of other sizes than those it learned from, what
        their sides must be multiples of; 0: it does not.
    """

    init: Callable
    apply: Callable
    inputs: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    multiple: int = 0


def bounds_of(module: type | nn.Module) -> tuple[float, float] | None:
    """The ``bounds`` of a Linen module, or of a class of them."""
    return getattr(module, "bounds", None)


def network(
    module: nn.Module, inputs: tuple[str, ...], shapes: Mapping[str, tuple[int, ...]]
) -> Network:
    """Turn a Linen module into a ``Network``.

    Args:
      module: called as ``module(**{name: [B, ...]}, keys=None, train=...)``; returns {name: array}.
        Its class may tell the ``bounds`` of its "x".
      inputs: names that it is given.
      shapes: of one example, by name; those of ``inputs`` at least. Of a class with a method
        ``multiple``, (H, W) of the source -> ``Network.multiple``, source is one of them.
    """

    @jax.jit  # or hundreds of small programs would be compiled, one an operation
    def init(key):
        zeros = {name: jnp.zeros((1, *shapes[name])) for name in inputs}
        return dict(module.init(key, **zeros, train=False))

    def apply(variables, given, *, keys=None, train):
        taken = {name: given[name] for name in inputs}
        mutables = {name: value for name, value in variables.items() if name != "params"}
        if not (train and mutables):
            return module.apply(variables, **taken, keys=keys, train=train), mutables
        return module.apply(variables, **taken, keys=keys, train=train, mutable=list(mutables))

    other = getattr(module, "multiple", None)
    source = shapes.get("source", ())
    multiple = other(*source[:2]) if other and len(source) == 3 else 0
    return Network(init, apply, inputs, bounds_of(module), multiple)


def team(**networks: Network) -> Network:
    """Several networks of one side, by name: the optimiser and the average see nothing of it.

    Each kind of variables gains a level, {"params": {name: ...}, ...}.

    Returns:
      a ``Network`` whose ``apply`` also takes ``name``, whose turn it is; the mutables of the
      others stay as they are.
    """

    def init(key):
        keys = jax.random.split(key, len(networks))
        each = {name: one.init(k) for (name, one), k in zip(networks.items(), keys, strict=True)}
        kinds = sorted(set().union(*each.values()))
        return {kind: {n: v[kind] for n, v in each.items() if kind in v} for kind in kinds}

    def apply(variables, given, *, name, keys=None, train):
        own = {kind: group[name] for kind, group in variables.items() if name in group}
        out, moved = networks[name].apply(own, given, keys=keys, train=train)
        mutables = {
            kind: {**group, name: moved[kind]} if kind in moved else group
            for kind, group in variables.items()
            if kind != "params"
        }
        return out, mutables

    each = list(networks.values())
    inputs = tuple(dict.fromkeys(name for one in each for name in one.inputs))
    bounds = each[0].bounds if len({one.bounds for one in each}) == 1 else None
    return Network(init, apply, inputs, bounds, lcm(*(one.multiple for one in each)))


def stacked(network: Network, count: int, shared: tuple[str, ...] = ()) -> Network:
    """Several networks of one kind as one, each variable with a leading axis of ``count``.

    Its inputs and outputs are [B, count, ...]: one entry a network.

    Args:
      network: ``Network``.
      count: how many.
      shared: top-level names of variables that there is but one of, for all (a common trunk). They
        are learned from the rows of all; their mutables are the average.

    Raises:
      UserError: a shared name that the network does not have.
    """

    def axes(variables):
        return {
            kind: {name: None if name in shared else 0 for name in group}
            for kind, group in variables.items()
        }

    def reduce_shared(variables, reduce):
        return {
            kind: {
                name: jax.tree.map(reduce, value) if name in shared else value
                for name, value in group.items()
            }
            for kind, group in variables.items()
        }

    def init(key):
        variables = jax.vmap(network.init)(jax.random.split(key, count))
        known = sorted(set().union(*variables.values()))
        if unknown := sorted(set(shared) - set(known)):
            raise UserError(
                f"the generator has no layer {unknown[0]!r} to share; it has {', '.join(known)}."
            )
        return reduce_shared(variables, lambda leaf: leaf[0])

    def apply(variables, given, *, keys=None, train):
        taken = {name: given[name] for name in network.inputs}
        # Each network has keys of its own, or all would drop the same units.
        each = None if keys is None else _keys_of_each(keys, count)
        out, mutables = jax.vmap(
            lambda variables, taken, keys: network.apply(variables, taken, keys=keys, train=train),
            in_axes=(axes(variables), 1, 1),
            out_axes=(1, 0),
        )(variables, taken, each)
        return out, reduce_shared(mutables, lambda leaf: leaf.mean(axis=0))

    return Network(init, apply, network.inputs, network.bounds)


def _keys_of_each(keys, count):
    """[B] keys -> [B, count]."""
    return jax.vmap(lambda key: jax.random.split(key, count))(keys)
