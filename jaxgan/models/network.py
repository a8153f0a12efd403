"""A Flax Linen module becomes plain functions; several networks of one kind become one."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgan.core.errors import UserError


class Network(NamedTuple):
    """A network as the rest of the package sees it.

    Attributes:
      init: key -> variables, {"params": ...} and the mutables, if it has any: "batch_stats",
        "spectral".
      apply: (variables, x, label=None, *, keys=None, train) -> (y, mutables). With ``train`` batch
        statistics are those of the batch, units are dropped by the keys [B], and the mutables come
        back moved; without, nothing is dropped and they come back as given.
      features: the same arguments -> (y, what the last layer saw [B, F]). Critics only.
      count: how many networks it is: row i of a batch belongs to number i % count.
    """

    init: Callable
    apply: Callable
    features: Callable | None = None
    count: int = 1


def network(module, example_shape, classes=0):
    """Turn a Linen module into a ``Network``.

    Args:
      module: called as ``module(x [B, *example_shape], label, train=...)``, a critic also with
        ``keys``, one an example.
      example_shape: shape of one input, (z_dim,) for a generator.
      classes: width of the one-hot label; 0 for a network that sees no label.
    """

    def init(key):
        label = jnp.zeros((1, classes)) if classes else None
        variables = module.init(key, jnp.zeros((1, *example_shape)), label, train=False)
        return {name: value for name, value in variables.items() if name != "features"}

    def call(variables, x, label, keys, train, mutable):
        drawn = {} if keys is None else {"keys": keys}
        return module.apply(variables, x, label, train=train, mutable=mutable, **drawn)

    def apply(variables, x, label=None, *, keys=None, train):
        mutables = {name: value for name, value in variables.items() if name != "params"}
        if not (train and mutables):
            return call(variables, x, label, keys, train, False), mutables
        return call(variables, x, label, keys, train, list(mutables))

    def features(variables, x, label=None, *, keys=None, train):
        y, seen = call(
            variables, x, label, keys, train, [*variables.keys() - {"params"}, "features"]
        )
        return y, seen["features"]["last"][0]

    return Network(init, apply, features)


def stacked(network, count, shared=()):
    """Several networks of one kind as one, each variable with a leading axis of ``count``.

    Row i of a batch belongs to network i % count.

    Args:
      network: ``Network``, without labels.
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

    def apply(variables, x, label=None, *, train):
        padded = jnp.pad(x, ((0, -len(x) % count), *((0, 0),) * (x.ndim - 1)))
        y, mutables = jax.vmap(
            lambda variables, x: network.apply(variables, x, train=train),
            in_axes=(axes(variables), 1),
            out_axes=(1, 0),
        )(variables, padded.reshape(-1, count, *x.shape[1:]))
        mutables = reduce_shared(mutables, lambda leaf: leaf.mean(axis=0))
        return y.reshape(-1, *y.shape[2:])[: len(x)], mutables

    return Network(init, apply, count=count)
