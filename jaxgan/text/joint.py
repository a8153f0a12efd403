"""The bundled weights of captions and images in one space: emoji and their names.

``experiments/train_joint.py`` made them. The half of the images is ``features.joint``.
"""

from functools import cache, partial
from importlib import resources
from pathlib import Path

import jax
import numpy as np
from flax import serialization

from jaxgan.core.files import read_bundled
from jaxgan.text.char_cnn_rnn import CharCNNRNN, letters

NAME = "emoji_joint"
SHA256 = "2e2c133cf9bf0b2e90f3cd8f1592f0388d7793139bdc379c63be04c420ff03ff"
CHUNK = 256  # captions, or images, in one pass


@cache
def weights() -> dict:
    """{"captions": parameters, "images": parameters}, float32.

    Raises:
      UserError: the file is missing or damaged.
    """
    data = read_bundled(resources.files("jaxgan.text") / "weights" / f"{NAME}.msgpack", SHA256)
    return jax.tree.map(lambda a: np.asarray(a, np.float32), serialization.msgpack_restore(data))


def save(file, params) -> None:
    """Write what ``weights`` gives in half precision, as msgpack."""
    halves = jax.tree.map(lambda a: np.asarray(a, np.float16), params)
    Path(file).write_bytes(serialization.msgpack_serialize(halves))


@cache
def _forward():
    return jax.jit(partial(_vectors, CharCNNRNN()))


def _vectors(network, params, letters):
    with jax.default_matmul_precision("highest"):
        return network.apply({"params": params}, letters)


def encode(captions, params=None) -> np.ndarray:
    """The vectors float32 [N, D] of captions; ``params``: others than the bundled ones."""
    params = weights()["captions"] if params is None else params
    return in_chunks(_forward(), params, letters(captions))


def in_chunks(forward, params, rows) -> np.ndarray:
    """``forward(params, rows [CHUNK, ...])`` of all rows [N, ...], zeros behind the last."""
    parts = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        filled = np.pad(part, [(0, CHUNK - len(part))] + [(0, 0)] * (part.ndim - 1))
        parts.append(np.asarray(forward(params, filled))[: len(part)])
    return np.concatenate(parts)
