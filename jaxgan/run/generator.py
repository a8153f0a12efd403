"""A run's average generator and by what it is known: in its directory, or in a file of its own.

The file is one of the package safetensors: the arrays, called by their places as
"params/Dense_0/kernel", and under "jaxgan" what ``config.json`` holds, with the step.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.extras import bring
from jaxgan.core.files import whole
from jaxgan.run import checkpoint, directory

ENDING = ".safetensors"
BROUGHT = {"what": f"a {ENDING} file", "extra": "export"}


def find(path) -> tuple[dict, Callable]:
    """Where a generator is, and by what it is known.

    Args:
      path: of a run directory, or of a file that ``write`` wrote.

    Returns:
      as ``directory.read_config``; and step -> (the averaged variables, the step), as
      ``checkpoint.restore_ema``: a file has one step.

    Raises:
      UserError: neither, or damaged.
    """
    path = Path(path)
    if not path.is_file():
        return directory.read_config(path), partial(checkpoint.restore_ema, path / "checkpoints")
    content, variables = _read(path)

    def restore(step=None):
        if step not in (None, content["step"]):
            raise UserError(f"there is no step {step} in {path}; known: {content['step']}.")
        return variables, content["step"]

    return directory.parse(content, path), restore


def write(path, variables, content: dict) -> None:
    """Write the variables of a generator, and what ``config.json`` holds, with ``step``."""
    save = bring("safetensors.numpy", **BROUGHT).save
    text = save(dict(_flat(variables)), {"jaxgan": json.dumps(content)})
    with whole(path) as draft:
        draft.write_bytes(text)


def _read(path):
    safetensors = bring("safetensors", **BROUGHT)
    try:
        with safetensors.safe_open(path, "numpy") as file:
            content = json.loads(file.metadata()["jaxgan"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}
            return {"step": int(content["step"]), **content}, _nested(arrays)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is no generator that jaxgan export wrote, or it is damaged ({error})."
        ) from error


def _flat(tree, place=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{place}{name}/")
        else:
            yield f"{place}{name}", np.ascontiguousarray(value)


def _nested(arrays):
    tree = {}
    for place, array in arrays.items():
        *path, last = place.split("/")
        held = tree
        for name in path:
            held = held.setdefault(name, {})
        held[last] = array
    return tree
