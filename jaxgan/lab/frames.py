"""Messages to a page: words are JSON, arrays are float32 behind a JSON head.

    uint32 little-endian: length of the head, a multiple of 4 | head, padded with blanks | arrays

The head has ``arrays``: a list of [name, shape], in their order.
"""

import base64
import json

import numpy as np

from jaxgan.core.numbers import finite
from jaxgan.evaluation import grid

PNG = "data:image/png;base64,"  # how a text begins that is a picture


def words(kind, **values):
    """A text message; a number that is not finite is null."""
    return json.dumps({"kind": kind, **finite(values)})


def packed(kind, arrays, **values):
    """A binary message of named arrays.

    Args:
      kind: what it is.
      arrays: {name: array}.
      values: of the head.
    """
    arrays = {name: np.ascontiguousarray(array, "<f4") for name, array in arrays.items()}
    shapes = [[name, array.shape] for name, array in arrays.items()]
    head = json.dumps({"kind": kind, **finite(values), "arrays": shapes}).encode()
    head += b" " * (-len(head) % 4)
    parts = [np.uint32(len(head)).astype("<u4").tobytes(), head]
    return b"".join([*parts, *(array.tobytes() for array in arrays.values())])


def picture(pixels):
    """A picture, uint8 [H, W, 1 or 3], as a text that an image's address can be."""
    return PNG + base64.b64encode(grid.png(pixels)).decode()
