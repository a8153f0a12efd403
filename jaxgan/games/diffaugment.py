"""How images are varied on their way to the critic, real ones and made ones alike: ``VARIATIONS``.

A row is (image [H, W, C], key) -> image, differentiable in the image: what the critic tells the
generator, and what a penalty sees of its slope, goes through it. Images are about [-1, 1], and 0 is
what lies beside them; ``geometric`` has the rows that mirror, turn and stretch.

Reference: Differentiable Augmentation for Data-Efficient GAN Training (Zhao et al. 2020,
arXiv:2006.10738), and the authors' ``DiffAugment_pytorch.py``.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.core import noise
from jaxgan.core.errors import choose
from jaxgan.core.table import as_it_is
from jaxgan.games import geometric

_REACH = 1 / 8  # of a side, by which an image is moved at most
_HOLE = 1 / 2  # of a side


def color(image: jax.Array, key: jax.Array) -> jax.Array:
    """Brighter by up to 1/2, 0 to 2 times as saturated, 1/2 to 3/2 times the contrast."""
    brightness, saturation, contrast = jax.random.uniform(key, (3,))
    image = image + (brightness - 0.5)
    grey = image.mean(axis=2, keepdims=True)
    image = grey + 2 * saturation * (image - grey)
    mean = image.mean()
    return mean + (0.5 + contrast) * (image - mean)


def translation(image: jax.Array, key: jax.Array) -> jax.Array:
    """Moved by whole pixels, up to an eighth of a side along either axis."""
    reach = jnp.array([int(n * _REACH + 0.5) for n in image.shape[:2]])
    start = jax.random.randint(key, (2,), 0, 2 * reach + 1)
    border = [(int(n * _REACH + 0.5),) * 2 for n in image.shape[:2]]
    padded = jnp.pad(image, (*border, (0, 0)))
    return lax.dynamic_slice(padded, (*start, 0), image.shape)


def cutout(image: jax.Array, key: jax.Array) -> jax.Array:
    """A square of half the sides becomes 0, its middle anywhere in the image."""
    inside = []
    for own, side in zip(jax.random.split(key), image.shape[:2], strict=True):
        hole = int(side * _HOLE + 0.5)
        first = jax.random.randint(own, (), 0, side + 1 - hole % 2) - hole // 2
        place = jnp.arange(side)
        inside.append((first <= place) & (place < first + hole))
    rows, columns = inside
    return jnp.where((rows[:, None] & columns)[..., None], 0, image)


VARIATIONS = {row.__name__: as_it_is(row) for row in (color, translation, cutout, *geometric.ROWS)}


def variation(names: tuple[str, ...]) -> Callable:
    """Rows of ``VARIATIONS``, one after the other, as one function.

    Returns:
      (x [B, H, W, C], keys [B], probability) -> x: each row varies each image with this
      probability, by the image's own key. At 1, a Python number, nothing is drawn for that.

    Raises:
      UserError: an unknown row.
    """
    rows = [choose(VARIATIONS, name, "variation")() for name in names]

    def vary(x, keys, probability):
        for i, row in enumerate(rows):
            keys_row, keys_chosen = noise.split_each(noise.fold_each(keys, i), 2)
            varied = jax.vmap(row)(x, keys_row)
            if isinstance(probability, float) and probability == 1:
                x = varied
                continue
            drawn = jax.vmap(jax.random.uniform)(keys_chosen)
            x = jnp.where((drawn < probability)[:, None, None, None], varied, x)
        return x

    return vary
