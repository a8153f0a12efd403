"""Networks by name. A new network is a new row in these two tables.

A generator takes (z [B, Z], label=None, *, train) to [B, *shape]; a critic takes (x [B, *shape],
label=None, *, train, keys=None) to raw scores [B], or [B, outputs] for more than one. A label is
one-hot [B, K], keys are random ones for dropout [B]. Results are float32.
"""

import dataclasses

from jaxgan.core.table import Row
from jaxgan.models import dcgan, mlp, resnet

_SET_BY_BUILDER = {"shape", "outputs", "dtype", "axis_name", "parent", "name"}


def options(module_class):
    """The fields that a user may set, with their defaults: tuples and plain scalars."""
    fields = dataclasses.fields(module_class)
    return {field.name: field.default for field in fields if field.name not in _SET_BY_BUILDER}


def _rows(**classes):
    return {
        name: Row(module_class, options(module_class)) for name, module_class in classes.items()
    }


GENERATORS = _rows(
    mlp=mlp.MLPGenerator,
    toy=mlp.ToyGenerator,
    dcgan32=dcgan.DCGAN32Generator,
    dcgan=dcgan.DCGANGenerator,
    resnet32=resnet.ResNet32Generator,
)

CRITICS = _rows(
    mlp=mlp.MLPCritic,
    toy=mlp.ToyCritic,
    dcgan32=dcgan.DCGAN32Critic,
    dcgan=dcgan.DCGANCritic,
    resnet32=resnet.ResNet32Critic,
)
