"""Images in memory, brought to the view once."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgan.data.source import Entry, Source, from_named
from jaxgan.data.view import View, apply_all


def from_images(
    name: str,
    images: np.ndarray,
    label: np.ndarray | None,
    view: View,
    categories: Mapping[str, Entry] | None = None,
    **more: Any,
) -> Source:
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


def labels_of(label: np.ndarray | None) -> dict[str, np.ndarray]:
    """The entry of labels, or none: {name: array}."""
    return {} if label is None else {"label": label}
