"""Tasks: what is given of an example, and what is to be made of it. Rows of ``TASKS``.

A task maps (batch, keys, step) to a batch: pure, on the device. ``batch`` is {name: [B, ...]} with
images float in [-1, 1], ``keys`` one an example [B], ``step`` the run's. A batch without the entry
x, as when one samples from a given source, is left alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.pixels import eight_bits, image_shape
from jaxgan.core.table import Row
from jaxgan.data import colour
from jaxgan.data.holes import HOLES
from jaxgan.data.view import LUMA


class Task(NamedTuple):
    """A built task.

    Attributes:
      apply: (batch, keys, step) -> batch.
      given: (picture [B, H, W, C] in [-1, 1], mask [B, H, W, 1] or None) -> what the generator is
        given of a user's own picture, whose truth nobody knows.
      channels: that such a picture must have; 0: those of the source.
      picture: ``Shown`` -> ``Shown``, whose images are the ones that people look at.
    """

    apply: Callable
    given: Callable = lambda picture, mask: {"source": picture}
    channels: int = 0
    picture: Callable | None = None


def none() -> Task:
    """The batch as it is."""
    return Task(lambda batch, keys, step: batch)


def colourise(*, space: str) -> Task:
    """source [B, H, W, 1] is the grey of x [B, H, W, 3], whatever source the data has.

    Args:
      space: "rgb": grey is the luma, all three colours are made; "lab": grey is L / 50 - 1, and x
        becomes [B, H, W, 2], a and b / 110, as Isola et al. 2017 have it: what is made has the
        true lightness. Pictures and metrics are of sRGB in either.
    """
    split, picture = choose(_SPACES, space, "data.task.space")

    def task(batch, keys, step):
        del keys, step
        if "x" not in batch:
            return batch
        if batch["x"].ndim < 4 or batch["x"].shape[-1] != 3:
            raise UserError(
                f"the task 'colourise' needs images of 3 channels, not x of {batch['x'].shape[1:]}."
            )
        source, x = split(batch["x"])
        return {**batch, "source": source, "x": x}

    return Task(task, lambda image, mask: {"source": split(image)[0]}, 3, picture)


def _split_rgb(x):
    return grey(x), x


def _split_lab(x):
    lab = colour.to_lab(x)
    return lab[..., :1] / 50 - 1, lab[..., 1:] / 110


def _from_lab(shown):
    """What is made of a and b alone, with the lightness that was given."""

    def rgb(ab):
        lightness = (shown.given + 1) * 50
        return np.asarray(colour.to_rgb(jnp.concatenate([lightness, 110 * ab], axis=-1)))

    truth = None if shown.truth is None else rgb(shown.truth)
    return shown._replace(made=rgb(shown.made), truth=truth)


_SPACES = {"rgb": (_split_rgb, None), "lab": (_split_lab, _from_lab)}


def superres(*, factor: int) -> Task:
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

    return Task(task)


def inpaint(*, holes: str, smallest: float, largest: float, fill: str) -> Task:
    """mask [B, H, W, 1] is 1 in a hole anywhere; source is x with ``fill`` there.

    A training step draws other holes at every pass over the data; looks, whose rows have keys of
    their own, see the same ones every time.

    Args:
      holes: row of ``holes.HOLES``.
      smallest, largest: shares of the image's sides, as the row reads them.
      fill: level of the hole in [-1, 1].
    """
    shape = choose(HOLES, holes, "data.task.holes")
    within("data.task.smallest", smallest, 0, 1)
    within("data.task.largest", largest, smallest, 1)
    within("data.task.fill", fill, -1, 1 + 1e-9)

    def given(image, mask):
        return {"mask": mask, "source": jnp.where(mask > 0, fill, image)}

    def task(batch, keys, step):
        del step
        if "x" not in batch:
            return batch
        _, height, width, _ = image_shape("inpaint", batch["x"])
        mask = jax.vmap(lambda key: shape(key, height, width, smallest, largest))(keys)[..., None]
        return {**batch, **given(batch["x"], mask)}

    return Task(task, given)


def edges(*, contrast: float) -> Task:
    """source [B, H, W, 1] is the outline of x: dark where its grey changes, white elsewhere.

    The size of Sobel's gradient, 1 for a step from black to white between two pixels.

    Args:
      contrast: the gradient from which on a line is black.
    """
    within("data.task.contrast", contrast, 1e-6)

    def task(batch, keys, step):
        del keys, step
        if "x" not in batch:
            return batch
        channels = image_shape("edges", batch["x"])[3]
        if channels not in (1, 3):
            raise UserError(f"the task 'edges' needs images of 1 or 3 channels, not of {channels}.")
        image = grey(batch["x"]) if channels == 3 else batch["x"]
        image = jnp.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        down, across = (_slope(_smooth(image, 3 - axis), axis) for axis in (1, 2))
        size = jnp.sqrt(down**2 + across**2)
        return {**batch, "source": 1 - 2 * jnp.clip(size / contrast, 0, 1)}

    return Task(task)


def _smooth(x, axis):
    """Sobel's weights 1/4, 1/2, 1/4 along an axis, which becomes two shorter."""
    a, b, c = (jax.lax.slice_in_dim(x, i, x.shape[axis] - 2 + i, axis=axis) for i in range(3))
    return (a + 2 * b + c) / 4


def _slope(x, axis):
    """Half of the difference of the neighbours along an axis, which becomes two shorter."""
    return jax.lax.slice_in_dim(x, 2, None, axis=axis) / 2 - (
        jax.lax.slice_in_dim(x, 0, x.shape[axis] - 2, axis=axis) / 2
    )


def denoise(*, std: float) -> Task:
    """source is x with normal noise, clipped to [-1, 1]: other noise at every pass over the data.

    Args:
      std: of the noise; [-1, 1] is 2 wide.
    """
    within("data.task.std", std, 0)

    def task(batch, keys, step):
        del step
        if "x" not in batch:
            return batch
        drawn = noise.normal(keys, batch["x"].shape[1:])
        return {**batch, "source": jnp.clip(batch["x"] + std * drawn, -1, 1)}

    return Task(task)


def grey(x: jax.Array) -> jax.Array:
    """Luma (ITU-R 601) of colour images [..., 3] in [-1, 1], as [..., 1] in [-1, 1]."""
    # The weights add up to 1, so that the range stays: no detour over [0, 1].
    return sum(float(weight) * x[..., c, None] for c, weight in enumerate(LUMA / 2**16))


TASKS = {
    "none": Row(none),
    "colourise": Row(colourise, {"space": "rgb"}),
    "superres": Row(superres, {"factor": 4}),
    "edges": Row(edges, {"contrast": 0.25}),
    "denoise": Row(denoise, {"std": 0.5}),
    "inpaint": Row(inpaint, {"holes": "rectangle", "smallest": 0.25, "largest": 0.5, "fill": 0.0}),
}
