"""What networks ask of the sizes of images and of their own fields."""

import jax

from jaxgan.core.errors import UserError


def image_shape(shape: tuple[int, ...], network: str) -> tuple[int, int, int]:
    """``shape`` (H, W, C), or a ``UserError`` if it is not one of images."""
    if len(shape) != 3:
        raise UserError(
            f"network {network} needs images of shape (H, W, C), not data of shape {tuple(shape)}; "
            "take mlp or toy for those."
        )
    return shape


def check_count(channels: tuple[int, ...], count: int, network: str) -> None:
    """Raise ``UserError`` unless there are ``count`` channels."""
    if len(channels) != count:
        raise UserError(f"{network} takes {count} channels, not {len(channels)}: {channels}.")


def check_multiples(height: int, width: int, factor: int, network: str) -> None:
    """Raise ``UserError`` unless both sides are multiples of ``factor``."""
    if height % factor or width % factor:
        side = max(32, factor)
        raise UserError(
            f"{network} is for images whose sides are multiples of {factor}, "
            f"not {height}x{width}; resize the data, for example to {side}x{side}."
        )


def check_source(source: jax.Array, shape: tuple[int, ...], network: str) -> None:
    """Raise ``UserError`` unless ``source`` [B, H, W, C] has the sides of ``shape`` (H, W, ...)."""
    if source.ndim != 4 or source.shape[1:3] != tuple(shape[:2]):
        raise UserError(
            f"{network} needs a source of the images' size {shape[0]}x{shape[1]}, "
            f"not of shape {source.shape[1:]}."
        )
