"""What networks ask of the sizes of images and of their own fields."""

from jaxgan.core.errors import UserError


def image_shape(shape, network):
    """``shape`` (H, W, C), or a ``UserError`` if it is not one of images."""
    if len(shape) != 3:
        raise UserError(
            f"network {network} needs images of shape (H, W, C), not data of shape {tuple(shape)}; "
            "take mlp or toy for those."
        )
    return shape


def check_count(channels, count, network):
    """Raise ``UserError`` unless there are ``count`` channels."""
    if len(channels) != count:
        raise UserError(f"{network} takes {count} channels, not {len(channels)}: {channels}.")


def check_multiples(height, width, factor, network):
    """Raise ``UserError`` unless both sides are multiples of ``factor``."""
    if height % factor or width % factor:
        raise UserError(
            f"{network} is for images whose sides are multiples of {factor}, "
            f"not {height}x{width}; resize the data, for example to 32x32."
        )
