"""A pool of past fakes: what a critic is shown instead of the newest ones.

Reference: Learning from Simulated and Unsupervised Images (Shrivastava et al. 2017,
arXiv:1612.07828), section 2.3, by the rule of CycleGAN's authors (``util/image_pool``).
"""

import jax
import jax.numpy as jnp
from jax import lax


def empty(size: int, shape: tuple[int, ...]) -> dict:
    """A pool of ``size`` images of this shape, none of them filled: a part of a game's memory."""
    return {"kept": jnp.zeros((size, *shape)), "count": jnp.zeros((), jnp.int32)}


def exchange(pool: dict, images: jax.Array, keys: jax.Array) -> tuple[dict, jax.Array]:
    """Show images [B, ...] to a critic by way of the pool.

    One after the other: while the pool is not full, an image is stored and shown. Then, with
    probability 1/2, it takes the place of a random one in the pool, which is shown instead; else it
    is shown, and nothing is stored.

    Args:
      pool: from ``empty``, or from here.
      images: [B, ...], of the global batch.
      keys: [B].

    Returns:
      the pool after them, and what is shown [B, ...].
    """
    size = len(pool["kept"])

    def show(pool, row):
        image, key = row
        key_slot, key_coin = jax.random.split(key)
        kept, count = pool["kept"], pool["count"]
        filling = count < size
        slot = jnp.where(filling, count, jax.random.randint(key_slot, (), 0, size))
        old = jax.random.bernoulli(key_coin) & ~filling
        shown = jnp.where(old, kept[slot], image)
        kept = kept.at[slot].set(jnp.where(old | filling, image, kept[slot]))
        return {"kept": kept, "count": jnp.minimum(count + 1, size)}, shown

    return lax.scan(show, pool, (lax.stop_gradient(images), keys))
