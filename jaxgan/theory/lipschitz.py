"""How steep a critic is: lower estimates from points, an upper bound from its kernels."""

import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from jaxgan.core.errors import UserError

CriticFn = Callable[[jax.Array], jax.Array]


def _norms(x):
    """Euclidean norm of each row, with slope 0 where it is 0."""
    squares = jnp.sum(x.reshape(len(x), -1) ** 2, -1)
    return jnp.where(squares > 0, jnp.sqrt(jnp.where(squares > 0, squares, 1)), 0)


def steepest_pair(critic_fn: CriticFn, x: jax.Array, y: jax.Array) -> jax.Array:
    """The largest |f(x) - f(y)| / |x - y| of the given pairs: no more than the Lipschitz constant.

    Args:
      critic_fn: [N, ...] -> [N], rows independent.
      x: [N, ...].
      y: [N, ...]; a pair of equal points counts as 0.

    Returns:
      [], in scores per unit of the examples.
    """
    distances, rises = _norms(x - y), jnp.abs(critic_fn(x) - critic_fn(y))
    apart = distances > 0
    return jnp.max(jnp.where(apart, rises / jnp.where(apart, distances, 1), 0))


def steepest_gradient(critic_fn: CriticFn, x: jax.Array) -> jax.Array:
    """The largest |grad f| at the given points: no more than the Lipschitz constant.

    Args:
      critic_fn: [N, ...] -> [N], rows independent.
      x: [N, ...].

    Returns:
      [], in scores per unit of the examples.
    """
    return jnp.max(_norms(jax.grad(lambda points: critic_fn(points).sum())(x)))


def lipschitz_bound(params: Mapping) -> jax.Array:
    """The product of bounds of the layers' operator norms: no less than the Lipschitz constant.

    It holds for a chain of dense and convolutional layers, with any stride and zero or circular
    padding, whose activations are 1-Lipschitz (ReLU, leaky ReLU, tanh, softplus, ...); not for
    normalisation, residual branches or transposed convolutions. A dense layer counts the largest
    singular value of its kernel. A convolution multiplies each patch by its kernel as a matrix
    [window * Cin, Cout], and a pixel lies in at most ``window`` patches, hence
    sqrt(window) * sigma(matrix), with window = Kh * Kw (Tsuzuku et al. 2018, section 5).

    Args:
      params: pytree of dicts with leaves "kernel", [in, out] or [Kh, Kw, Cin, Cout], and "bias".

    Returns:
      [], in scores per unit of the examples.

    Raises:
      UserError: a leaf is neither a kernel nor a bias, or there is no kernel.
    """
    norms = []
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        name = path[-1].key
        if name == "kernel":
            window = math.prod(leaf.shape[:-2])
            norms.append(jnp.sqrt(window) * jnp.linalg.norm(leaf.reshape(-1, leaf.shape[-1]), 2))
        elif name != "bias":
            place = "/".join(str(part.key) for part in path)
            raise UserError(f"lipschitz_bound knows no {place!r}; known: kernel, bias.")
    if not norms:
        raise UserError("lipschitz_bound found no kernel among the parameters.")
    return jnp.prod(jnp.stack(norms))
