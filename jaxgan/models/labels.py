"""How a label is joined to what a network is given."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.models.norms import CONDITIONAL


def join(x: jax.Array, label: jax.Array | None) -> jax.Array:
    """Append a one-hot ``label`` [B, K] to vectors [B, D], or to images as K constant planes.

    None appends nothing.
    """
    if label is None:
        return x
    label = label.astype(x.dtype)
    if x.ndim > 2:
        label = jnp.broadcast_to(label[:, None, None, :], (*x.shape[:3], label.shape[1]))
    return jnp.concatenate([x, label], axis=-1)


def joined(module: nn.Module, x: jax.Array, label: jax.Array | None) -> jax.Array:
    """``join``, unless the label comes by the module's conditional ``norm`` or ``projection``."""
    elsewhere = module.norm == CONDITIONAL or getattr(module, "projection", False)
    return x if elsewhere else join(x, label)
