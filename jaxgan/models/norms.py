"""Normalisations of what flows through a network."""

import jax
from flax import linen as nn

from jaxgan.core.errors import UserError, choose
from jaxgan.models import layers
from jaxgan.models.inits import INITS

MOMENTUM = 0.9  # of running statistics; PyTorch writes the same as 0.1


def norm(
    module: nn.Module, x: jax.Array, *, train: bool, code: jax.Array | None = None
) -> jax.Array:
    """Normalise [B, ..., C] as the module's field ``norm`` says.

    ``code``: the label, one-hot [B, K], or what stands for it, for norms that are conditional.
    """
    return choose(NORMS, module.norm, "norm")(module, x, train, code)


def norm_of_all(module: nn.Module, x: jax.Array, *, train: bool) -> jax.Array:
    """``norm``, of all classes alike."""
    name = "batch" if module.norm == CONDITIONAL else module.norm
    return choose(NORMS, name, "norm")(module, x, train, None)


def _batch_norm(module, x, train, code, **fields):
    """Batch normalisation over all axes but the last, statistics in float32.

    With ``train`` the statistics are those of the batch (over all devices of ``axis_name``) and
    move the running ones by a tenth; without it the running ones are used. The running variance is
    the biased one, (n - 1) / n of PyTorch's.
    Reference: Batch Normalization (arXiv:1502.03167).
    """
    layer = nn.BatchNorm(
        use_running_average=not train,
        momentum=MOMENTUM,
        epsilon=module.norm_eps,
        dtype=module.dtype,
        scale_init=choose(INITS, module.initializer, "initializer").scale,
        axis_name=module.axis_name,
        **fields,
    )
    return layer(x)


def _conditional_batch_norm(module, x, train, code):
    """Batch normalisation whose gain and shift are those of the example's class.

    The gain is 1 plus a linear map of the one-hot label, the shift another one. With a field
    ``shared`` they are of a code that the classes have in common, and layers like all others.
    Reference: Modulating early visual processing by language (arXiv:1707.00683), sec. 3, in the
    form of cGANs with Projection Discriminator (arXiv:1802.05637).
    """
    if code is None:
        raise UserError(
            f"norm {CONDITIONAL!r} is of a label, and here is none: it is for generators of noise, "
            "in a game with labels, as game='conditional'; else take norm='batch'."
        )
    x = _batch_norm(module, x, train, None, use_scale=False, use_bias=False)
    gain, shift = (_of_class(module, code, x.shape[-1]) for _ in range(2))
    shape = (len(x),) + (1,) * (x.ndim - 2) + (x.shape[-1],)
    return x * (1 + gain.reshape(shape)) + shift.reshape(shape)


def _of_class(module, code, features):
    if getattr(module, "shared", 0):
        return layers.dense(module, code, features, bias=False)
    init = choose(INITS, module.initializer, "initializer").table
    return layers.ClassTable(features, init, module.dtype)(code)


def _layer_norm(module, x, train, code):
    """Layer normalisation over all of an example: rows do not see one another.

    Scale and shift are those of the last axis. Reference: Layer Normalization (arXiv:1607.06450).
    """
    layer = nn.LayerNorm(
        epsilon=module.norm_eps,
        dtype=module.dtype,
        reduction_axes=range(1, x.ndim),
        scale_init=choose(INITS, module.initializer, "initializer").scale,
    )
    return layer(x)


def _instance_norm(module, x, train, code):
    """Each channel of each image [B, H, W, C] to mean 0 and variance 1, statistics in float32.

    No parameters and no running statistics, as PyTorch's ``InstanceNorm2d`` unasked. An image of
    one pixel becomes 0, so networks leave it out there.
    Reference: Instance Normalization (arXiv:1607.08022).
    """
    if x.ndim < 4:
        raise UserError("norm 'instance' is for images; take 'layer' or 'none' for vectors.")
    axes, exact = tuple(range(1, x.ndim - 1)), layers.as_output(x)
    centred = exact - exact.mean(axes, keepdims=True)
    variance = (centred**2).mean(axes, keepdims=True)
    return (centred * jax.lax.rsqrt(variance + module.norm_eps)).astype(module.dtype)


def _unchanged(module, x, train, code):
    return x


CONDITIONAL = "conditional_batch"
NORMS = {
    "batch": _batch_norm,
    CONDITIONAL: _conditional_batch_norm,
    # The others are fit for critics under a gradient penalty, whose rows must not see one another.
    "layer": _layer_norm,
    "instance": _instance_norm,
    "spectral": _unchanged,  # of the weights, not of what flows: see ``layers.constrained``
    "none": _unchanged,
}
