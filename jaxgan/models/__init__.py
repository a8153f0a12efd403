"""Networks by name. A new network is a new row in these two tables.

A network takes what it is given by name (``z`` [B, Z], one-hot ``label`` [B, K], ``attributes``
[B, K], ``source`` and ``x`` [B, H, W, C], ...), ``keys`` [B] of its dropout, and ``train``. A
generator returns {"x": [B, *shape], ...}, a critic {"score": [B] or [B, h, w], "features": [B, F],
...}; all float32.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxgan.models import (
    completion,
    dcgan,
    mlp,
    patch,
    resnet,
    resnet_translator,
    srresnet,
    stargan,
    unet,
    zi2zi,
)


class NetworkRow(NamedTuple):
    """A row of both tables.

    Attributes:
      build, options, doc: as ``core.table.Row`` has them.
      dense: whether all that it computes with weights are products of matrices.
    """

    build: Callable
    options: dict = {}  # never written to
    doc: str = ""
    dense: bool = False

    def __call__(self, **options):
        """Build the network; options that are not given have their defaults."""
        return self.build(**self.options | options)


_SET_BY_BUILDER = {"shape", "outputs", "heads", "dtype", "axis_name", "parent", "name"}


def _row(module_class, dense=False):
    """A network's row: its options are the fields that a user may set, tuples and plain scalars."""
    fields = fields_of(module_class).items()
    options = {name: value for name, value in fields if name not in _SET_BY_BUILDER}
    return NetworkRow(module_class, options, dense=dense)


def fields_of(module_class: type) -> dict[str, Any]:
    """The fields of a module, {name: default}."""
    return {field.name: field.default for field in dataclasses.fields(module_class)}


def takes(module_class: type) -> dict[str, bool]:
    """The names that a module's call knows, {name: whether it does without}."""
    parameters = inspect.signature(module_class.__call__).parameters
    return {
        name: parameter.default is not parameter.empty
        for name, parameter in parameters.items()
        if name not in ("self", "keys", "train")
    }


GENERATORS = {
    "mlp": _row(mlp.MLPGenerator, dense=True),
    "toy": _row(mlp.ToyGenerator, dense=True),
    "dcgan32": _row(dcgan.DCGAN32Generator),
    "dcgan": _row(dcgan.DCGANGenerator),
    "resnet32": _row(resnet.ResNet32Generator),
    "unet": _row(unet.UNetGenerator),
    "resnet_translator": _row(resnet_translator.ResNetTranslator),
    "srresnet": _row(srresnet.SRResNetGenerator),
    "completion": _row(completion.CompletionGenerator),
}

CRITICS = {
    "mlp": _row(mlp.MLPCritic, dense=True),
    "toy": _row(mlp.ToyCritic, dense=True),
    "dcgan32": _row(dcgan.DCGAN32Critic),
    "dcgan": _row(dcgan.DCGANCritic),
    "resnet32": _row(resnet.ResNet32Critic),
    "patch": _row(patch.PatchCritic),
    "zi2zi": _row(zi2zi.Zi2ziCritic),
    "stargan": _row(stargan.StarGANCritic),
    "srgan": _row(srresnet.SRGANCritic),
    "global_local": _row(completion.GlobalLocalCritic),
}


def both_dense(config: Mapping) -> bool:
    """Whether both networks of a config are ``dense``."""
    tables = {"generator": GENERATORS, "critic": CRITICS}
    return all(table[config[side]["name"]].dense for side, table in tables.items())
