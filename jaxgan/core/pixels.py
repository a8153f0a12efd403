"""Images between floats in [-1, 1] and the eight bits that files hold."""

import jax
import jax.numpy as jnp

from jaxgan.core.errors import UserError


def eight_bits(x: jax.Array) -> jax.Array:
    """Images in [-1, 1] as they come back from a file of eight bits a channel.

    Real examples are such files; generated ones must not be told from them by their decimals. What
    lies outside is clipped.
    """
    return jnp.round((jnp.clip(x, -1, 1) + 1) * 127.5) / 127.5 - 1


def image_shape(task: str, x: jax.Array) -> tuple[int, int, int, int]:
    """The shape [B, H, W, C] of images, or a ``UserError`` that names the task that needs them."""
    if x.ndim != 4:
        raise UserError(f"the task {task!r} needs images, not x of shape {x.shape[1:]}.")
    return x.shape
