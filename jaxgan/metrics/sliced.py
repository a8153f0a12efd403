"""Sliced Wasserstein distance: exact transport on random lines."""

import jax
import jax.numpy as jnp


def sliced_wasserstein(real, fake, key, projections=256):
    """Sliced Wasserstein-1 distance between two equally large samples (Bonneel et al. 2015).

    On a line the optimal plan pairs the sorted samples, so each projection's distance is exact;
    what is random is only the choice of directions, uniform on the unit sphere.

    Args:
      real: [N, ...] examples.
      fake: [N, ...] examples of the same shape.
      key: random key of the directions.
      projections: number of directions.

    Returns:
      float32 [], >= 0, in the units of the examples; 0 if and only if the projections agree.

    Raises:
      ValueError: the shapes differ.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {real.shape} and fake {fake.shape} must have one shape.")
    real, fake = (x.reshape(len(x), -1).astype(jnp.float32) for x in (real, fake))
    directions = jax.random.normal(key, (real.shape[1], projections))
    directions /= jnp.linalg.norm(directions, axis=0)
    return jnp.mean(jnp.abs(jnp.sort(real @ directions, 0) - jnp.sort(fake @ directions, 0)))
