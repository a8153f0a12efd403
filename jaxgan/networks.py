"""A Flax Linen module becomes two plain functions."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp


class Network(NamedTuple):
    """A network as the rest of the package sees it.

    Attributes:
      init: key -> variables, {"params": ..., "batch_stats": ...} (the latter only if it has any).
      apply: (variables, x, label=None, *, train) -> (y, mutables). With ``train`` batch statistics
        are those of the batch and the mutables come back moved; without, they come back as given.
    """

    init: Callable
    apply: Callable


def network(module, example_shape, classes=0):
    """Turn a Linen module into a ``Network``.

    Args:
      module: called as ``module(x [B, *example_shape], label, train=...)``.
      example_shape: shape of one input, (z_dim,) for a generator.
      classes: width of the one-hot label; 0 for a network that sees no label.
    """

    def init(key):
        label = jnp.zeros((1, classes)) if classes else None
        return module.init(key, jnp.zeros((1, *example_shape)), label, train=False)

    def apply(variables, x, label=None, *, train):
        mutables = {name: value for name, value in variables.items() if name != "params"}
        if not (train and mutables):
            return module.apply(variables, x, label, train=train), mutables
        return module.apply(variables, x, label, train=True, mutable=list(mutables))

    return Network(init, apply)
