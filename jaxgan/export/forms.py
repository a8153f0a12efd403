"""What a generator is written as: a row an ending, (file, ``Generator``) -> the file."""

import logging

import jax
import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.extras import bring
from jaxgan.core.files import whole
from jaxgan.models import conv
from jaxgan.run import generator

PLATFORMS = ("cpu", "cuda", "tpu")
JAX2ONNX = (
    "a .onnx file needs jax2onnx, which wants an older orbax-checkpoint than jaxgan: "
    "pip install --no-deps jax2onnx, and what its pip check names but for orbax-checkpoint."
)


def safetensors(path, exported):
    """The weights by name, with the config and the data's entries in the metadata."""
    generator.write(path, exported.variables, exported.content)


def stablehlo(path, exported):
    """The whole function with its weights, for any batch size, on CPU, CUDA and TPU.

    What CUDA and TPU would run was run on a CPU, and nowhere else.
    """
    bring("flatbuffers", what="a .stablehlo file", extra="export")
    (batch,) = jax.export.symbolic_shape("batch")
    specs = _specs(exported, batch)
    function = jax.jit(lambda **given: exported.apply(exported.variables, given))
    text = jax.export.export(function, platforms=PLATFORMS)(**specs).serialize()
    _write(path, text, exported)


def onnx(path, exported):
    """The whole function with its weights, for any batch size, in ONNX's operators."""
    try:
        from jax2onnx import to_onnx
    except ImportError as error:
        raise UserError(JAX2ONNX) from error
    logging.getLogger("onnx_ir").setLevel(logging.ERROR)  # it warns of shapes without a type
    names = list(exported.inputs)

    def function(*arrays):
        return exported.apply(exported.variables, dict(zip(names, arrays, strict=True)))

    shapes = [("B", *shape) for shape in exported.inputs.values()]
    with conv.plain():
        model = to_onnx(function, inputs=shapes, input_names=names, output_names=["x"])
    _write(path, model.SerializeToString(), exported)


def _write(path, text, exported):
    """Write a function, and beside it what jaxgan has to know to draw from it."""
    with whole(path) as draft:
        draft.write_bytes(text)
    generator.write_content(path, {**exported.content, "direction": exported.direction})


def _specs(exported, batch):
    return {
        name: jax.ShapeDtypeStruct((batch, *shape), np.float32)
        for name, shape in exported.inputs.items()
    }


FORMS = {".safetensors": safetensors, ".stablehlo": stablehlo, ".onnx": onnx}
