"""Networks by name. A new network is a new row in these two tables.

A network takes what it is given by name (``z`` [B, Z], one-hot ``label`` [B, K], ``attributes``
[B, K], ``caption`` [B, D], ``source`` and ``x`` [B, H, W, C], ...), ``keys`` [B] of its dropout,
and ``train``. A generator returns {"x": [B, *shape], ...}, a critic {"score": [B] or [B, h, w],
"features": [B, F], ...}; all float32.
"""

import dataclasses
import inspect
from typing import Any

from jaxgan.core.table import Row
from jaxgan.models import (
    biggan,
    completion,
    dcgan,
    mlp,
    multiscale,
    patch,
    progressive,
    r3gan,
    resnet,
    resnet_translator,
    srresnet,
    stackgan,
    stargan,
    text,
    unet,
    zi2zi,
)

_SET_BY_BUILDER = {"shape", "level", "outputs", "heads", "dtype", "axis_name", "parent", "name"}


def _row(module_class, **facts):
    """A network's row: its options are the fields that a user may set, tuples and plain scalars."""
    fields = fields_of(module_class).items()
    options = {name: value for name, value in fields if name not in _SET_BY_BUILDER}
    return Row(module_class, options, facts=facts)


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


# The fact ``dense``: all that a network computes with weights are products of matrices.
GENERATORS = {
    "mlp": _row(mlp.MLPGenerator, dense=True),
    "toy": _row(mlp.ToyGenerator, dense=True),
    "dcgan32": _row(dcgan.DCGAN32Generator),
    "dcgan": _row(dcgan.DCGANGenerator),
    "resnet32": _row(resnet.ResNet32Generator),
    "biggan": _row(biggan.BigGANGenerator),
    "progressive": _row(progressive.ProgressiveGenerator),
    "unet": _row(unet.UNetGenerator),
    "resnet_translator": _row(resnet_translator.ResNetTranslator),
    "srresnet": _row(srresnet.SRResNetGenerator),
    "completion": _row(completion.CompletionGenerator),
    "r3gan": _row(r3gan.R3GANGenerator),
    "text": _row(text.TextGenerator),
    "stackgan": _row(stackgan.StackGANGenerator),
    "multiscale": _row(multiscale.MultiscaleGenerator),
}

CRITICS = {
    "mlp": _row(mlp.MLPCritic, dense=True),
    "toy": _row(mlp.ToyCritic, dense=True),
    "dcgan32": _row(dcgan.DCGAN32Critic),
    "dcgan": _row(dcgan.DCGANCritic),
    "resnet32": _row(resnet.ResNet32Critic),
    "biggan": _row(biggan.BigGANCritic),
    "progressive": _row(progressive.ProgressiveCritic),
    "patch": _row(patch.PatchCritic),
    "zi2zi": _row(zi2zi.Zi2ziCritic),
    "stargan": _row(stargan.StarGANCritic),
    "srgan": _row(srresnet.SRGANCritic),
    "global_local": _row(completion.GlobalLocalCritic),
    "r3gan": _row(r3gan.R3GANCritic),
    "text": _row(text.TextCritic),
    "stackgan": _row(stackgan.StackGANCritic),
    "multiscale": _row(multiscale.MultiscaleCritic),
}
