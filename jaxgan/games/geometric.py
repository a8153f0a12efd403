"""Images mirrored, turned and stretched: the rows of ``diffaugment.VARIATIONS`` that move pixels.

A row is (image [H, W, C], key) -> image, differentiable in the image. Pixels between pixels are
bilinear, and beyond the border an image goes on as its mirror.

Reference: Training Generative Adversarial Networks with Limited Data (Karras et al. 2020,
arXiv:2006.06676), appendix B, whose strengths these are; R3GAN (Huang et al. 2024) has the same
set. Theirs are resampled at twice the size, by one transform of all of them.
"""

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

from jaxgan.core.errors import UserError

_SPREAD = 0.2  # standard deviation of the logarithm, to base 2, of a factor


def flip(image: jax.Array, key: jax.Array) -> jax.Array:
    """Left and right exchanged, or not."""
    return jnp.where(jax.random.bernoulli(key), image[:, ::-1], image)


def turn(image: jax.Array, key: jax.Array) -> jax.Array:
    """Turned by no, one, two or three right angles; of square images alone."""
    if image.shape[0] != image.shape[1]:
        height, width = image.shape[:2]
        raise UserError(
            f"augmentation.rows: turn is for square images, not {height}x{width}; leave it out."
        )
    turned = jnp.stack([jnp.rot90(image, times) for times in range(4)])
    return turned[jax.random.randint(key, (), 0, 4)]


def scale(image: jax.Array, key: jax.Array) -> jax.Array:
    """Larger or smaller by a factor, log2 of which is N(0, .2^2)."""
    return warped(image, jnp.eye(2) / _factor(key))


def rotation(image: jax.Array, key: jax.Array) -> jax.Array:
    """Turned by any angle."""
    angle = jax.random.uniform(key, minval=-jnp.pi, maxval=jnp.pi)
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    return warped(image, jnp.array([[cosine, -sine], [sine, cosine]]))


def stretch(image: jax.Array, key: jax.Array) -> jax.Array:
    """Higher by a factor as ``scale`` has it, and narrower by the same."""
    factor = _factor(key)
    return warped(image, jnp.diag(jnp.array([1 / factor, factor])))


def _factor(key):
    return 2.0 ** (_SPREAD * jax.random.normal(key))


def warped(image: jax.Array, back: jax.Array) -> jax.Array:
    """The image [H, W, C] at ``back`` @ (row, column), as seen from its middle, for each pixel."""
    middle = (jnp.array(image.shape[:2]) - 1)[:, None, None] / 2
    places = jnp.stack(jnp.meshgrid(*map(jnp.arange, image.shape[:2]), indexing="ij"))
    moved = jnp.einsum("ij,jhw->ihw", back, places - middle, precision="highest")
    rows, columns = moved + middle

    def channel(plane):
        return map_coordinates(plane, [rows, columns], order=1, mode="mirror")

    return jax.vmap(channel, in_axes=2, out_axes=2)(image)


ROWS = (flip, turn, scale, rotation, stretch)
