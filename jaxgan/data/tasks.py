"""Tasks: what is given of an example, and what is to be made of it. Rows of ``TASKS``.

A built task is ``task(batch, keys, step) -> batch``: pure, on the device. ``batch`` is {name: [B,
...]} with images float in [-1, 1], ``keys`` one an example [B], ``step`` the run's. A batch without
the entry x, as when one samples from a given source, is left alone.
"""

import jax

from jaxgan.core.errors import UserError
from jaxgan.core.pixels import eight_bits, image_shape
from jaxgan.core.table import Row
from jaxgan.data.holes import inpaint
from jaxgan.data.view import LUMA


def none():
    """The batch as it is."""
    return lambda batch, keys, step: batch


def colourise():
    """source [B, H, W, 1] is the grey of x [B, H, W, 3], whatever source the data has."""

    def task(batch, keys, step):
        del keys, step
        if "x" not in batch:
            return batch
        if batch["x"].ndim < 4 or batch["x"].shape[-1] != 3:
            raise UserError(
                f"the task 'colourise' needs images of 3 channels, not x of {batch['x'].shape[1:]}."
            )
        return {**batch, "source": grey(batch["x"])}

    return task


def superres(*, factor):
    """source [B, H / factor, W / factor, C] is x made smaller, in eight bits, as a file would be.

    Cubic (Keys 1981, a = -1/2) with antialiasing, as Pillow's BICUBIC and MATLAB's imresize.

    Args:
      factor: by which x is larger than its source.
    """

    def task(batch, keys, step):
        del keys, step
        if "x" not in batch:
            return batch
        rows, height, width, channels = image_shape("superres", batch["x"])
        if height % factor or width % factor:
            raise UserError(
                f"the task 'superres' makes images smaller by data.task.factor={factor}, which "
                f"must divide their sides, {height}x{width}."
            )
        small = (rows, height // factor, width // factor, channels)
        return {**batch, "source": eight_bits(jax.image.resize(batch["x"], small, "cubic"))}

    return task


def grey(x):
    """Luma (ITU-R 601) of colour images [..., 3] in [-1, 1], as [..., 1] in [-1, 1]."""
    # The weights add up to 1, so that the range stays: no detour over [0, 1].
    return sum(float(weight) * x[..., c, None] for c, weight in enumerate(LUMA / 2**16))


TASKS = {
    "none": Row(none),
    "colourise": Row(colourise),
    "superres": Row(superres, {"factor": 4}),
    "inpaint": Row(inpaint, {"holes": "rectangle", "smallest": 0.25, "largest": 0.5, "fill": 0.0}),
}
