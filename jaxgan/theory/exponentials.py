"""Exponentials, logarithms and ratios that stay finite, and keep a slope, at any size.

All are elementwise, keep the dtype and can be differentiated twice.
"""

import math

import jax
import jax.numpy as jnp
from jax.nn import softplus

LOG_2 = math.log(2)
LARGEST = 30.0  # exponents beyond it are softened: e^30 ~ 1e13, whose squares float32 still holds
SMALLEST = -20.0  # below it e^x is less than float64 can see beside 1, but for its first power


def soften(x: jax.Array) -> jax.Array:
    """x up to ``LARGEST``, its logarithm beyond, so that exp(soften(x)) goes on as a tangent.

    exp(soften(x)) = e^x for x <= c, and e^c (1 + x - c) beyond: once differentiable, convex, never
    infinite, never flat.
    """
    return jnp.minimum(x, LARGEST) + jnp.log1p(jnp.maximum(x - LARGEST, 0))


@jax.custom_jvp
def expm1(x: jax.Array) -> jax.Array:
    """e^x - 1 with the slope e^x; that of ``jnp.expm1`` rounds to 0 from x = -17 down."""
    return jnp.expm1(x)


expm1.defjvps(lambda tangent, value, x: tangent * jnp.exp(x))


@jax.custom_jvp
def ratio(x: jax.Array, y: jax.Array) -> jax.Array:
    """x / y with the slope -(x / y) / y in y; that of ``/`` takes y^2, which underflows first."""
    return x / y


ratio.defjvps(
    lambda tangent, value, x, y: tangent / y,
    lambda tangent, value, x, y: -tangent * (value / y),
)


def log_softplus(x: jax.Array) -> jax.Array:
    """log(log(1 + e^x)), also where softplus(x) underflows: x - e^x / 2 there."""
    small = jnp.minimum(x, SMALLEST)
    large = jnp.log(softplus(jnp.maximum(x, SMALLEST)))
    return jnp.where(x < SMALLEST, small - jnp.exp(small) / 2, large)


def log1m_exp(x: jax.Array) -> jax.Array:
    """log(1 - e^-x) for x >= 0, to the last digits at both ends."""
    near = jnp.log(-jnp.expm1(-jnp.minimum(x, LOG_2)))
    far = jnp.log1p(-jnp.exp(-jnp.maximum(x, LOG_2)))
    return jnp.where(x < LOG_2, near, far)


def log1m_exp_exp(x: jax.Array) -> jax.Array:
    """log(1 - exp(-e^x)), also where e^x underflows: x - e^x / 2 there."""
    small = jnp.minimum(x, SMALLEST)
    large = log1m_exp(jnp.exp(jnp.maximum(x, SMALLEST)))
    return jnp.where(x < SMALLEST, small - jnp.exp(small) / 2, large)


@jax.custom_jvp
def log_wright_omega(z: jax.Array) -> jax.Array:
    """The root l of e^l + l = z: the logarithm of the Wright omega function.

    omega(z) = W(e^z) with Lambert's W, whose argument overflows where omega(z) ~ z does not.
    Newton's steps from the right of a convex function come down to the root and never pass it;
    six reach the last bit of float64 from the starts z (z < 1) and log z.
    """
    root = jnp.where(z < 1, z, jnp.log(jnp.maximum(z, 1)))
    for _ in range(6):
        root = root - (jnp.exp(root) + root - z) / (jnp.exp(root) + 1)
    return root


# (e^l + 1) dl = dz
log_wright_omega.defjvps(lambda tangent, root, z: tangent * jax.nn.sigmoid(-root))
