"""Augmentations: how a training example is varied before its task sees it. Rows of ``AUGMENTS``.

An augmentation maps (batch, keys) to a batch of the same shapes: pure, on the device. ``batch`` is
{name: [B, ...]} with images float in [-1, 1], ``keys`` one an example [B]. All images of an example
are varied alike, so that a pair stays a pair. Only training steps do so: pictures and metrics are
of examples as they are.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from jaxgan.core.errors import UserError, within
from jaxgan.core.table import Row


def none() -> Callable:
    """Examples as they are."""
    return lambda batch, keys: batch


def jitter(*, scale: float, mirror: bool) -> Callable:
    """Enlarge, cut a window of the old size anywhere, mirror every other one (Isola et al. 2017).

    Cubic (Keys 1981, a = -1/2), cut off at [-1, 1]. The window lies between pixels, at one place in
    all images of an example, whatever the size of each.

    Args:
      scale: by which it is larger; the paper's is 286 / 256.
      mirror: whether left and right are exchanged with probability 1/2; letters should not be.

    Raises:
      UserError: a scale below 1; while tracing: examples without an image.
    """
    within("data.augment.scale", scale, 1)

    def augment(batch, keys):
        images = {name: x for name, x in batch.items() if x.ndim == 4}
        if not images:
            raise UserError("data.augment=jitter needs images, and these examples have none.")
        # Uniform over the places of the window, 0 to 1 in either direction, and over the sides.
        drawn = jax.vmap(lambda key: jax.random.uniform(key, (3,)))(keys)
        place, mirrored = drawn[:, :2], drawn[:, 2] < 0.5

        def vary(x):
            moved = jax.vmap(partial(_window, scale=scale))(x, place)
            if not mirror:
                return moved
            return jnp.where(mirrored[:, None, None, None], moved[:, :, ::-1], moved)

        return {**batch, **{name: vary(x) for name, x in images.items()}}

    return augment


def _window(image, place, scale):
    """The window [H, W, C] of ``image`` made larger, at ``place`` [2] from 0 to 1."""
    room = (scale - 1) * jnp.array(image.shape[:2])
    cut = jax.image.scale_and_translate(
        image, image.shape, (0, 1), jnp.full(2, scale), -place * room, "cubic", antialias=False
    )
    return jnp.clip(cut, -1, 1)


AUGMENTS = {
    "none": Row(none),
    "jitter": Row(jitter, {"scale": 1.117, "mirror": True}),
}
