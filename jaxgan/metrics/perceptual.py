"""How different two images look to a network: what a perceptual distance is made of."""

import jax.numpy as jnp

EPS = 1e-10  # of a squared length


def perceptual(made, truth):
    """Squared distance of directions, mean over pixels, summed over depths (Zhang et al. 2018).

    Equation 1 of LPIPS (arXiv:1801.03924) with all weights 1, their "baseline": what differs is the
    network, so that a number is of that network alone and no LPIPS.

    Args:
      made, truth: maps [B, h, w, C] of equally many depths, whose pixels are brought to length 1.

    Returns:
      [B] float32 in [0, 4 times the depths]; 0 for equal maps.
    """
    return sum(
        jnp.sum((_directions(a) - _directions(b)) ** 2, axis=3).mean((1, 2))
        for a, b in zip(made, truth, strict=True)
    )


def _directions(x):
    # Its slope is finite at 0, where that of x / |x| is not.
    return x / jnp.sqrt(jnp.sum(x**2, axis=3, keepdims=True) + EPS)
