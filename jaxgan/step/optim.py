"""One optax chain a side, read top to bottom; clipping the weights is its last link."""

from math import prod

import jax
import jax.numpy as jnp
import optax

from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.table import Row, options_of
from jaxgan.step.state import PyTree


def _adam(learning_rate, *, b1, b2, eps):
    """Adam (Kingma and Ba 2015), with the b1 of DCGAN (Radford et al. 2016)."""
    return optax.adam(learning_rate, b1=b1, b2=b2, eps=eps)


def _rmsprop(learning_rate, *, decay, eps):
    """RMSProp (Hinton 2012), the optimiser of WGAN with clipping (Arjovsky et al. 2017)."""
    # eps outside the square root: PyTorch's form, which the WGAN authors' rate was found with.
    return optax.rmsprop(learning_rate, decay=decay, eps=eps, eps_in_sqrt=False)


def _sgd(learning_rate, *, momentum):
    """Stochastic gradient descent, with momentum where it is not 0."""
    return optax.sgd(learning_rate, momentum=momentum or None)


OPTIMIZERS = {
    "adam": Row(_adam, {"b1": 0.5, "b2": 0.999, "eps": 1e-8}),
    "rmsprop": Row(_rmsprop, {"decay": 0.99, "eps": 1e-8}),
    "sgd": Row(_sgd, {"momentum": 0.0}),
}
# All options are at least 0; these, which average over steps, are below 1.
DECAYS = ("b1", "b2", "decay", "momentum")


def clip_weights(limit: float) -> optax.GradientTransformation:
    """Make the *parameters after the update* lie in [-limit, limit] (Arjovsky et al. 2017, line 7).

    An update u of parameters p becomes clip(p + u, -limit, limit) - p, so it must come last in a
    chain and needs the parameters.
    """

    def update(updates, state, params=None):
        if params is None:
            raise ValueError(optax.NO_PARAMS_MSG)
        clipped = jax.tree.map(lambda u, p: jnp.clip(p + u, -limit, limit) - p, updates, params)
        return clipped, state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def add_orthogonal(weight: float) -> optax.GradientTransformation:
    """Add the slope of weight / 2 * sum of ||W W^T o (1 - I)||_F^2 over all kernels.

    W [out, in] are the kernels [..., in, out], a row an output; that slope is
    weight * 2 (W W^T o (1 - I)) W. Biases, gains and tables of classes are left alone.
    Reference: Large Scale GAN Training (arXiv:1809.11096), eq. 3, in the authors' PyTorch form.
    """

    def slope(path, update, param):
        if path[-1].key != "kernel":
            return update
        w = param.reshape(prod(param.shape[:-1]), param.shape[-1])
        products = w.T @ w
        beside = products - jnp.diag(jnp.diag(products))
        return update + weight * 2 * (w @ beside).reshape(param.shape)

    def update(updates, state, params=None):
        if params is None:
            raise ValueError(optax.NO_PARAMS_MSG)
        return jax.tree_util.tree_map_with_path(slope, updates, params), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def anew(opt_state: PyTree) -> PyTree:
    """An optimiser's state as at first, but for how far a rate has fallen.

    All rows of ``OPTIMIZERS`` begin with zeros.
    """

    def scheduled(node):
        return isinstance(node, optax.ScaleByScheduleState)

    def begin(node):
        return node if scheduled(node) else jax.tree.map(jnp.zeros_like, node)

    return jax.tree.map(begin, opt_state, is_leaf=scheduled)


@jax.jit
def share_at_limit(params: PyTree, limit: float) -> jax.Array:
    """The share, in [0, 1], of all weights that lie at the bounds -limit and limit, to 0.1 %."""
    leaves = jax.tree.leaves(params)
    there = sum(jnp.sum(jnp.abs(leaf) >= 0.999 * limit, dtype=jnp.float32) for leaf in leaves)
    return there / sum(leaf.size for leaf in leaves)


def optimizer(
    name: str,
    *,
    learning_rate: float | jax.Array,
    anneal_updates: int = 0,
    anneal_after: int = 0,
    clip_gradient: float = 0.0,
    orthogonal: float = 0.0,
    weight_limit: float = 0.0,
    **options,
) -> optax.GradientTransformation:
    """Build a side's chain: clip the gradient, regularise it, optimise, clip the weights.

    Args:
      name: row of ``OPTIMIZERS``.
      learning_rate: > 0; may be traced.
      anneal_updates: after so many updates of this side the rate has fallen to 0; 0: it stays.
      anneal_after: after so many it begins to, linearly.
      clip_gradient: its largest global norm; 0 leaves it alone.
      orthogonal: weight of ``add_orthogonal``; 0 leaves the gradient alone.
      weight_limit: c of WGAN's weight clipping; 0 leaves the weights alone.
      **options: the row's own options; one that is traced is not checked.

    Raises:
      UserError: an unknown name or option, or a number out of range.
    """
    row = choose(OPTIMIZERS, name, "optimizer")
    traced = {key: value for key, value in options.items() if isinstance(value, jax.Array)}
    options = {key: value for key, value in options.items() if key not in traced}
    options = options_of(row, "optimizer", name, options)
    if not isinstance(learning_rate, jax.Array) and not 0 < learning_rate < float("inf"):
        raise UserError(f"learning_rate is {learning_rate}; it must be greater than 0.")
    limits = {
        "anneal_updates": anneal_updates,
        "anneal_after": anneal_after,
        "clip_gradient": clip_gradient,
        "orthogonal": orthogonal,
        "weight_limit": weight_limit,
    }
    for key, value in {**limits, **options}.items():
        within(key, value, 0, 1 if key in DECAYS else float("inf"))
    if anneal_updates:
        falls = anneal_updates - anneal_after
        learning_rate = optax.linear_schedule(learning_rate, 0.0, falls, anneal_after)
    links = [
        optax.clip_by_global_norm(clip_gradient) if clip_gradient else None,
        add_orthogonal(orthogonal) if orthogonal else None,
        row.build(learning_rate, **options | traced),
        clip_weights(weight_limit) if weight_limit else None,
    ]
    return optax.chain(*[link for link in links if link is not None])
