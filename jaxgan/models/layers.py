"""Layers that the networks share: convolutions, initialisations, normalisations, activations."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.linen import initializers

from jaxgan.core.errors import UserError, choose
from jaxgan.models import conv, resize

FLOAT = jnp.float32
MOMENTUM = 0.9  # of running statistics; PyTorch writes the same as 0.1


def prelu(x: jax.Array) -> jax.Array:
    """max(x, 0) + a min(x, 0) with one learned a for all units, 0.25 at first (He et al. 2015).

    Called within a module, to which it adds the parameter.
    """
    return nn.PReLU(negative_slope_init=0.25)(x)


ACTIVATIONS = {
    "relu": nn.relu,
    "prelu": prelu,
    "leaky_relu": lambda x: nn.leaky_relu(x, 0.2),
    "tanh": jnp.tanh,
    # A smooth rectifier of the WGAN-GP paper's random architectures (arXiv:1704.00028), table 1.
    "softplus": lambda x: nn.softplus(2 * x + 2) / 2 - 1,
}


class Init(NamedTuple):
    """Initialisers of one network; those of kernels and biases know the layer's fan-in.

    ``scale`` is of the gains of a normalisation, ``table`` of what the class of an example adds to
    its gain, which is 1 without it, and to its shift.
    """

    kernel: Callable
    bias: Callable
    scale: Callable
    table: Callable


def flat(draw: Callable) -> Callable:
    """The initialiser ``draw``, of a vector that is then laid out: the same numbers.

    XLA takes five times as long to compile random numbers of four axes as those of one.
    """
    return lambda key, shape, dtype=FLOAT: draw(key, (prod(shape),), dtype).reshape(shape)


def _uniform(fan_in):
    """U(-1/√fan_in, 1/√fan_in)."""
    bound = fan_in**-0.5
    return flat(lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -bound, bound))


def _zeros(fan_in):
    return initializers.zeros


def _normal_about_one(key, shape, dtype=FLOAT):
    return 1 + 0.02 * jax.random.normal(key, shape, dtype)


def _glorot(key, shape, dtype=FLOAT):
    """U(-b, b), b = gain (6 / (fan_in + fan_out))^1/2; gain 2^1/2 of windows, else 1."""
    taps = prod(shape[:-2])
    bound = ((12 if taps > 1 else 6) / (taps * (shape[-2] + shape[-1]))) ** 0.5
    return flat(lambda *drawn: jax.random.uniform(*drawn, -bound, bound))(key, shape, dtype)


INITS = {
    # Unsupervised Representation Learning with Deep Convolutional GANs (arXiv:1511.06434), sec. 4.
    "dcgan": Init(
        lambda fan_in: flat(initializers.normal(0.02)),
        _zeros,
        _normal_about_one,
        flat(initializers.normal(0.02)),
    ),
    # What PyTorch gives nn.Linear, nn.Conv2d and nn.ConvTranspose2d unasked.
    "torch": Init(_uniform, _uniform, initializers.ones, initializers.zeros),
    # For layers whose input is scaled, and not their weights: see ``models.progressive``.
    "unit": Init(
        lambda fan_in: flat(initializers.normal(1.0)), _zeros, initializers.ones, initializers.zeros
    ),
    # Delving Deep into Rectifiers (arXiv:1502.01852), eq. 10.
    "he": Init(
        lambda fan_in: flat(initializers.normal((2 / fan_in) ** 0.5)),
        _zeros,
        initializers.ones,
        initializers.zeros,
    ),
    # Glorot and Bengio 2010, eq. 16, with the gains of the code of Miyato et al. 2018.
    "glorot": Init(lambda fan_in: _glorot, _zeros, initializers.ones, initializers.zeros),
    # Exact solutions to the nonlinear dynamics of learning (arXiv:1312.6120), as BigGAN has it.
    "orthogonal": Init(
        lambda fan_in: initializers.orthogonal(),
        _zeros,
        initializers.ones,
        initializers.orthogonal(),
    ),
}


class Conv(nn.Module):
    """Convolution [B, H, W, C] -> [B, H', W', features]; see ``conv.conv`` for the geometry.

    ``resize``: empty, or a row of ``resize.CONVOLUTIONS`` for a stride of 1. ``bias``: whether one
    is added; in front of a normalisation that shifts by itself it does nothing. ``dilation``: the
    step between the taps, 1 where there is a ``resize``.
    """

    features: int
    window: int
    stride: int
    padding: int
    initializer: str
    dtype: Any
    resize: str = ""
    bias: bool = True
    dilation: int = 1

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H', W', features]."""
        kernel, bias = _kernel_and_bias(self, x.shape[-1], x.shape[-1] * self.window**2)
        x = x.astype(self.dtype)
        if self.resize:
            return resize.CONVOLUTIONS[self.resize](x, kernel, self.padding) + bias
        return conv.conv(x, kernel, self.stride, self.padding, self.dilation) + bias


class ConvTranspose(nn.Module):
    """Transposed convolution [B, H, W, C] -> [B, H', W', features]; see ``conv.conv_transpose``."""

    features: int
    window: int
    stride: int
    padding: int
    initializer: str
    dtype: Any
    bias: bool = True
    output_padding: int = 0

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H', W', features]."""
        # PyTorch takes the fan-in of a transposed convolution from its *output* channels.
        fan_in = self.features * self.window**2
        kernel, bias = _kernel_and_bias(self, x.shape[-1], fan_in)
        geometry = (self.stride, self.padding, self.output_padding)
        return conv.conv_transpose(x.astype(self.dtype), kernel, *geometry) + bias


class ClassTable(nn.Module):
    """A row of parameters a class: one-hot labels [B, K] -> [B, features], linear between them."""

    features: int
    initializer: Callable
    dtype: Any

    @nn.compact
    def __call__(self, label):
        """label [B, K] -> [B, features]."""
        table = self.param("table", self.initializer, (label.shape[1], self.features), FLOAT)
        return label.astype(self.dtype) @ table.astype(self.dtype)


def _kernel_and_bias(module, channels, fan_in):
    init = choose(INITS, module.initializer, "initializer")
    shape = (module.window, module.window, channels, module.features)
    kernel = module.param("kernel", init.kernel(fan_in), shape, FLOAT)
    if not module.bias:
        return kernel.astype(module.dtype), jnp.zeros((), module.dtype)
    bias = module.param("bias", init.bias(fan_in), (module.features,), FLOAT)
    return kernel.astype(module.dtype), bias.astype(module.dtype)


# The functions below add a layer to the module that calls them; its fields say which.


def dense(module: nn.Module, x: jax.Array, features: int, bias: bool = True) -> jax.Array:
    """A linear layer [B, D] -> [B, features]."""
    init, fan_in = choose(INITS, module.initializer, "initializer"), x.shape[-1]
    layer = nn.Dense(
        features,
        use_bias=bias,
        dtype=module.dtype,
        kernel_init=init.kernel(fan_in),
        bias_init=init.bias(fan_in),
    )
    return _constrained(module, layer, x)


def class_table(module: nn.Module, classes: int, features: int) -> ClassTable:
    """A table of classes that is drawn as the module's other weights are."""
    init = choose(INITS, module.initializer, "initializer").kernel(classes)
    return ClassTable(features, init, module.dtype)


def convolve(
    module: nn.Module,
    x: jax.Array,
    features: int,
    geometry: tuple,
    resize: str = "",
    bias: bool = True,
    dilation: int = 1,
) -> jax.Array:
    """A convolution [B, H, W, C] -> [B, H', W', features] of (window, stride, padding)."""
    layer = Conv(features, *geometry, module.initializer, module.dtype, resize, bias, dilation)
    return _constrained(module, layer, x)


def convolve_transpose(
    module: nn.Module,
    x: jax.Array,
    features: int,
    geometry: tuple,
    bias: bool = True,
    output_padding: int = 0,
) -> jax.Array:
    """A transposed convolution [B, H, W, C] -> [B, H', W', features] of the same geometry."""
    own = (module.initializer, module.dtype, bias, output_padding)
    layer = ConvTranspose(features, *geometry, *own)
    return _constrained(module, layer, x)


def _constrained(module, layer, x):
    """``layer(x)``, its kernel divided by its spectral norm where the module's ``norm`` says so.

    A module whose ``norm`` is of what flows says so by a field ``spectral``, and may tell the eps
    of its unit vectors by one called ``spectral_eps``.

    One power iteration a call; u is a mutable of the network, and the gradient runs through the
    estimated norm too. Reference: Spectral Normalization (arXiv:1802.05957), algorithm 1.
    """
    if module.norm != "spectral" and not getattr(module, "spectral", False):
        return layer(x)
    moving = module.is_mutable_collection("spectral")
    eps = getattr(module, "spectral_eps", nn.SpectralNorm.epsilon)
    normed = nn.SpectralNorm(layer, epsilon=eps, collection_name="spectral")
    return normed(x, update_stats=moving)


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
    score = as_output(dense(module, x, module.outputs))
    heads = {name: as_output(dense(module, x, width)) for name, width in module.heads}
    score = score if module.outputs > 1 else score[:, 0]
    if getattr(module, "projection", False):
        score += _projection(module, x, label)
    return {"score": score, "features": as_output(x), **heads}


def _projection(module, x, label):
    if label is None:
        raise UserError(
            "critic.projection is of a label, and the critic is given none: play a game that gives "
            "it one, as game='conditional', or set critic.projection=false."
        )
    table = class_table(module, label.shape[1], x.shape[1])
    return jnp.sum(as_output(_constrained(module, table, label)) * as_output(x), axis=1)


def dropout(
    module: nn.Module, x: jax.Array, keys: jax.Array | None, number: int, *, train: bool
) -> jax.Array:
    """Drop units of [B, ...] with the module's probability ``dropout``, each example by its key.

    ``number`` tells the layers of a network apart; without keys nothing is dropped. A generator
    whose noise this is says ``train`` in sampling, too.
    Reference: Dropout (Srivastava et al. 2014), scaled so that the mean stays.
    """
    if keys is None or not (train and module.dropout):
        return x

    def kept(key):
        return jax.random.bernoulli(
            jax.random.fold_in(key, number), 1 - module.dropout, x.shape[1:]
        )

    return jnp.where(jax.vmap(kept)(keys), x / (1 - module.dropout), 0)


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
        return dense(module, code, features, bias=False)
    init = choose(INITS, module.initializer, "initializer").table
    return ClassTable(features, init, module.dtype)(code)


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
    axes, exact = tuple(range(1, x.ndim - 1)), as_output(x)
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
    "spectral": _unchanged,  # of the weights, not of what flows: see ``_constrained``
    "none": _unchanged,
}


def flatten(x: jax.Array) -> jax.Array:
    """[B, ...] -> [B, D]."""
    return x.reshape(x.shape[0], prod(x.shape[1:]))


def joined(module: nn.Module, label: jax.Array | None) -> jax.Array | None:
    """The label where it is joined to what the module is given.

    None where it comes by the module's conditional ``norm`` or by its ``projection``.
    """
    elsewhere = module.norm == CONDITIONAL or getattr(module, "projection", False)
    return None if elsewhere else label


def join(x: jax.Array, label: jax.Array | None) -> jax.Array:
    """Append a one-hot ``label`` [B, K] to vectors [B, D]; ``None`` appends nothing."""
    return x if label is None else jnp.concatenate([x, label.astype(x.dtype)], axis=1)


def join_planes(x: jax.Array, label: jax.Array | None) -> jax.Array:
    """Append a one-hot ``label`` [B, K] to images [B, H, W, C] as K constant planes."""
    if label is None:
        return x
    planes = jnp.broadcast_to(label[:, None, None, :], (*x.shape[:3], label.shape[1]))
    return jnp.concatenate([x, planes.astype(x.dtype)], axis=3)


def pad_reflect(x: jax.Array, border: int) -> jax.Array:
    """[B, H, W, C] with ``border`` more pixels on every side, mirrored at the outermost ones."""
    return jnp.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect")


def as_output(x: jax.Array) -> jax.Array:
    """Losses and metrics are computed in float32 (or wider), whatever the compute type."""
    return x.astype(jnp.promote_types(x.dtype, FLOAT))
