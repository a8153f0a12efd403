"""A run's average generator and by what it is known: in its directory, or in a file of its own.

Weights are a file of the package safetensors: the arrays, called by their places as
"params/Dense_0/kernel", and under "jaxgan" what ``config.json`` holds, with the step. A function
has its weights within it; the same content, with its direction, lies beside it.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.core.extras import bring
from jaxgan.core.files import whole, write_text
from jaxgan.run import checkpoint, directory
from jaxgan.run.functions import READERS

ENDING = ".safetensors"
BROUGHT = {"what": f"a {ENDING} file", "extra": "export"}


class Found(NamedTuple):
    """A generator that was found.

    Attributes:
      stored: as ``directory.read_config`` gives it.
      restore: step -> (the averaged variables, the step), as ``checkpoint.restore_ema``: a file has
        one step, and a function no variables.
      instead: of a function, what takes the place of the network's own ``apply``, as
        ``parts.players`` takes both.
    """

    stored: dict
    restore: Callable
    instead: dict


def find(path) -> Found:
    """Find a generator.

    Args:
      path: of a run directory, or of a file that ``jaxgan export`` wrote.

    Raises:
      UserError: neither, or damaged.
    """
    path = Path(path)
    if not path.is_file():
        restore = partial(checkpoint.restore_ema, path / "checkpoints")
        return Found(directory.read_config(path), restore, {})
    if path.suffix in READERS:
        content, variables = _read_content(path), {"params": {}}
        way = content["direction"]
        instead = {"apply": READERS[path.suffix](path, way), "direction": way}
    else:
        (content, variables), instead = _read(path), {}

    def restore(step=None):
        if step not in (None, content["step"]):
            raise UserError(f"there is no step {step} in {path}; known: {content['step']}.")
        return variables, content["step"]

    return Found(directory.parse(content, path), restore, instead)


def write(path, variables, content: dict) -> None:
    """Write the variables of a generator, and what ``config.json`` holds, with ``step``."""
    save = bring("safetensors.numpy", **BROUGHT).save
    text = save(dict(_flat(variables)), {"jaxgan": json.dumps(content)})
    with whole(path) as draft:
        draft.write_bytes(text)


def beside(path) -> Path:
    """Where the content of an exported function lies."""
    return path.with_name(f"{path.name}.json")


def write_content(path, content: dict) -> None:
    """Write what is to be known of an exported function: as ``write``, with ``direction``."""
    write_text(beside(path), json.dumps(content) + "\n")


def _read_content(path):
    file = beside(path)
    try:
        content = json.loads(file.read_text())
        return {"step": int(content["step"]), "direction": content["direction"], **content}
    except FileNotFoundError as error:
        raise UserError(
            f"{path} is read with {file.name} beside it, as jaxgan export wrote both."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{file} is damaged ({error}); jaxgan export writes it.") from error


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
