"""What a checkpoint says of its own leaves: path, shape, type and CRC-32 of each.

The storage format does not notice a flipped bit in a parameter, and Orbax silently casts a leaf
whose type is not the one asked for. A digest notices both. It is plain JSON.
"""

import json
import zlib

import jax
import numpy as np
from flax import traverse_util

from jaxgan.core.errors import UserError


def describe(tree):
    """Return ``[{"path", "shape", "dtype", "crc32"}, ...]``, one for each leaf, in tree order."""

    def one(path, leaf):
        array = np.ascontiguousarray(leaf)
        return {
            "path": _names(path),
            "shape": list(np.shape(leaf)),
            "dtype": array.dtype.name,
            "crc32": zlib.crc32(array.reshape(-1).view(np.uint8)),
        }

    return [one(path, leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)]


def seal(leaves, score):
    """Return the digest ``{"leaves", "score", "crc32"}``, the last a checksum over the others.

    Args:
      leaves: ``{item: describe(tree)}``.
      score: float or None.
    """
    text = json.dumps([leaves, score], sort_keys=True)
    return {"leaves": leaves, "score": score, "crc32": zlib.crc32(text.encode())}


def unseal(digest):
    """Return leaves and score; ValueError if the digest is not as ``seal`` made it."""
    if digest != seal(digest["leaves"], digest["score"]):
        raise ValueError("its digest is garbled")
    return digest["leaves"], digest["score"]


def blank(leaves):
    """Nested dictionaries of uninitialised arrays of the shapes and types of ``leaves``."""
    arrays = {tuple(leaf["path"]): np.empty(leaf["shape"], leaf["dtype"]) for leaf in leaves}
    return traverse_util.unflatten_dict(arrays)


def check_bits(leaves, tree):
    """ValueError naming the first leaf of ``tree`` that differs from ``leaves`` in any bit."""
    found = {tuple(leaf["path"]): leaf for leaf in describe(tree)}
    for leaf in leaves:
        if found.pop(tuple(leaf["path"]), None) != leaf:
            raise ValueError(f"{'.'.join(leaf['path'])} is not what was saved")
    if found:
        raise ValueError(f"{'.'.join(next(iter(found)))} was not saved")


def check_template(leaves, items, where):
    """UserError naming the first leaf in which ``{item: tree}`` is not what was saved.

    Args:
      leaves: ``{item: describe(tree)}`` of a checkpoint.
      items: trees of arrays or ``jax.ShapeDtypeStruct``; their values play no part.
      where: names the checkpoint to the user.
    """
    for name in dict.fromkeys((*items, *leaves)):  # an item may be of one alone
        saved = {
            tuple(leaf["path"]): (leaf["dtype"], *leaf["shape"]) for leaf in leaves.get(name, ())
        }
        wanted = {
            tuple(_names(path)): (np.dtype(leaf.dtype).name, *leaf.shape)
            for path, leaf in jax.tree_util.tree_leaves_with_path(items.get(name))
        }
        for path in [*wanted, *saved]:
            if saved.get(path) != wanted.get(path):
                raise UserError(
                    f"{where} is of another model: {'.'.join((name, *path))} is "
                    f"{_described(saved.get(path))} there and {_described(wanted.get(path))} here."
                )


def _names(path):
    return [jax.tree_util.keystr((key,), simple=True) for key in path]


def _described(leaf):
    return "missing" if leaf is None else f"{leaf[0]} {list(leaf[1:])}"
