"""An exported function read again: a row an ending, (file, its direction) -> ``Network.apply``.

What it makes is as the network without keys makes it, and its weights are within it.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.extras import bring

ONNXRUNTIME = "a .onnx file is read by onnxruntime: pip install onnxruntime."
SILENT = 3  # it warns of shapes, which are right


def stablehlo(path, direction):
    """Read a function that JAX calls, within a compiled program, too."""
    bring("flatbuffers", what="a .stablehlo file", extra="export")
    try:
        exported = jax.export.deserialize(bytearray(path.read_bytes()))
    except Exception as error:  # whatever it meets in bytes of another kind
        raise _damaged(path, error) from error
    _, names = jax.tree.unflatten(exported.in_tree, range(exported.in_tree.num_leaves))
    return _apply(lambda given: exported.call(**{n: given[n] for n in names}), direction)


def onnx(path, direction):
    """Read a function that onnxruntime calls, on this machine's CPU."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(ONNXRUNTIME) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    try:
        session = onnxruntime.InferenceSession(str(path), options)
    except Exception as error:  # its errors have no common class
        raise _damaged(path, error) from error
    names = [entry.name for entry in session.get_inputs()]
    shape = session.get_outputs()[0].shape[1:]

    def call(given):
        taken = {name: given[name] for name in names}
        size = len(next(iter(taken.values())))
        made = jax.ShapeDtypeStruct((size, *shape), jnp.float32)
        return jax.pure_callback(run, made, taken)

    def run(taken):
        return session.run(None, {name: np.asarray(x) for name, x in taken.items()})[0]

    return _apply(call, direction)


def _apply(call, direction):
    def apply(variables, given, *, keys=None, train, name=direction):
        del variables, keys, train
        made = call(given) if name == direction else given["source"]  # which nobody looks at
        return {"x": made}, {}

    return apply


def _damaged(path, error):
    told = str(error).splitlines()[0] if str(error) else type(error).__name__
    return UserError(f"{path} is no function that jaxgan export wrote, or it is damaged ({told}).")


READERS = {".stablehlo": stablehlo, ".onnx": onnx}
