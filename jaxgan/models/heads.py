"""What a critic returns of its last hidden layer."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.models import layers
from jaxgan.models.norms import CONDITIONAL


def scores(module: nn.Module, x: jax.Array, label: jax.Array | None = None) -> jax.Array:
    """What a critic returns of its last hidden layer x [B, D], all float32.

    With the module's field ``projection`` the score is a linear layer of x plus the inner product
    of x and the row of the label's class, one-hot [B, K], in a table.
    Reference: cGANs with Projection Discriminator (arXiv:1802.05637), eq. 8.

    Returns:
      "score": raw, [B], or [B, K] by the module's field ``outputs``; "features": x itself; and a
      linear layer [B, width] for each (name, width) of the field ``heads``.

    Raises:
      UserError: a projection without a label, or a norm that is conditional.
    """
    if module.norm == CONDITIONAL:
        raise UserError(
            f"norm {CONDITIONAL!r} is for generators; a critic is told its label by planes, or set "
            "critic.projection=true."
        )
    score = layers.as_output(layers.dense(module, x, module.outputs))
    heads = {name: layers.as_output(layers.dense(module, x, width)) for name, width in module.heads}
    score = score if module.outputs > 1 else score[:, 0]
    if getattr(module, "projection", False):
        score += _projection(module, x, label)
    return {"score": score, "features": layers.as_output(x), **heads}


def _projection(module, x, label):
    if label is None:
        raise UserError(
            "critic.projection is of a label, and the critic is given none: play a game that gives "
            "it one, as game='conditional', or set critic.projection=false."
        )
    table = layers.class_table(module, label.shape[1], x.shape[1])
    row = layers.as_output(layers.constrained(module, table, label))
    return jnp.sum(row * layers.as_output(x), axis=1)
