"""How weights begin: rows of initialisers that know a layer's fan-in."""

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax.linen import initializers

FLOAT = jnp.float32  # of every parameter


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
