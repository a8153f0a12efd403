"""Colours between sRGB and CIE L*a*b*, in JAX, of any leading axes.

sRGB is in [-1, 1], as everywhere inside; L is in [0, 100], a and b in about [-110, 110]. The white
is D65, (.950456, 1, 1.088754), the transfer curve that of IEC 61966-2-1.
"""

import jax
import jax.numpy as jnp
import numpy as np

# Linear sRGB -> XYZ.
_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = _XYZ.sum(axis=1)  # of D65, so that greys have no colour
_TO_XYZ = np.float32(_XYZ.T / _WHITE)
_FROM_XYZ = np.float32(np.linalg.inv(_XYZ.T / _WHITE))
_KNEE = 6 / 29  # of the cube root, below which a line stands for it
_LAB = np.float32([[0, 500, 0], [116, -500, 200], [0, 0, -200]])  # from the three roots


def to_lab(rgb: jax.Array) -> jax.Array:
    """sRGB [..., 3] in [-1, 1] -> L, a, b [..., 3]."""
    value = (rgb + 1) / 2
    # Both branches are finite, and so are their slopes.
    curve = ((jnp.maximum(value, 0.04045) + 0.055) / 1.055) ** 2.4
    linear = jnp.where(value > 0.04045, curve, value / 12.92)
    xyz = jnp.matmul(linear, _TO_XYZ, precision="highest")
    root = jnp.cbrt(jnp.maximum(xyz, _KNEE**3))
    root = jnp.where(xyz > _KNEE**3, root, xyz / (3 * _KNEE**2) + 4 / 29)
    return jnp.matmul(root, _LAB, precision="highest") - jnp.float32([16, 0, 0])


def to_rgb(lab: jax.Array) -> jax.Array:
    """L, a, b [..., 3] -> sRGB [..., 3]; colours that it does not have are clipped to [-1, 1]."""
    roots = (lab[..., :1] + 16) / 116
    roots = jnp.concatenate([roots + lab[..., 1:2] / 500, roots, roots - lab[..., 2:] / 200], -1)
    xyz = jnp.where(roots > _KNEE, roots**3, 3 * _KNEE**2 * (roots - 4 / 29))
    linear = jnp.clip(jnp.matmul(xyz, _FROM_XYZ, precision="highest"), 0, 1)
    curve = 1.055 * jnp.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return 2 * jnp.where(linear > 0.0031308, curve, 12.92 * linear) - 1
