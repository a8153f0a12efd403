"""Images in memory, brought to the view once."""

from jaxgan.data.source import from_named
from jaxgan.data.view import apply_all


def from_images(name, images, label, view, categories=None, **more):
    """Make a source of images in memory, brought to the view once.

    Args:
      images: uint8 [N, H, W] or [N, H, W, C].
      label: whole numbers [N], or None.
      view: a ``View``.
      categories, more: as ``from_named`` takes them.
    """
    images = images[..., None] if images.ndim == 3 else images
    whole = {"x": apply_all(view, images)} | labels_of(label)
    return from_named(name, whole, categories, **more)


def labels_of(label):
    """The entry of labels, or none: {name: array}."""
    return {} if label is None else {"label": label}
