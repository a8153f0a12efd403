"""The pool of past fakes, against a loop over the rows, and what follows from its rule."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.games import pool


def by_loop(kept, images, keys, size):
    """The authors' rule, row by row, on lists: what is shown; ``kept`` is written to."""
    shown = []
    for image, key in zip(images, keys, strict=True):
        key_slot, key_coin = jax.random.split(key)
        if len(kept) < size:
            kept.append(image)
            shown.append(image)
        elif jax.random.bernoulli(key_coin):
            slot = int(jax.random.randint(key_slot, (), 0, size))
            shown.append(kept[slot])
            kept[slot] = image
        else:
            shown.append(image)
    return shown


def test_it_is_the_authors_rule():
    """Three batches of 5 through a pool of 7, which is full within the second."""
    state, kept, exchange = pool.empty(7, (2,)), [], jax.jit(pool.exchange)
    for step in range(3):
        images = jnp.arange(10.0).reshape(5, 2) + 100 * step
        keys = jax.random.split(jax.random.key(step), 5)
        state, shown = exchange(state, images, keys)
        np.testing.assert_array_equal(shown, by_loop(kept, images, keys, 7))
    np.testing.assert_array_equal(state["kept"], kept)
    assert int(state["count"]) == 7


def test_half_of_what_is_shown_is_old_and_every_slot_is_used():
    """1000 images 0, 1, ... through a full pool of 10: 500 are old, standard deviation 16."""
    full, _ = pool.exchange(
        pool.empty(10, ()), -1.0 - jnp.arange(10.0), jax.random.split(jax.random.key(0), 10)
    )
    keys = jax.random.split(jax.random.key(1), 1000)
    after, shown = pool.exchange(full, jnp.arange(1000.0), keys)
    old = np.asarray(shown) != np.arange(1000)
    assert 440 < old.sum() < 560
    assert set(-1 - np.arange(10)) <= set(np.asarray(shown)[old].tolist())
    # What is swapped out is shown once; what was not stored is never shown again.
    assert len(set(np.asarray(shown).tolist())) == 1000
    assert (np.asarray(after["kept"]) > 800).all()


def test_a_pool_that_fills_shows_what_is_made():
    images, keys = jnp.arange(6.0), jax.random.split(jax.random.key(0), 6)
    state, shown = pool.exchange(pool.empty(50, ()), images, keys)
    np.testing.assert_array_equal(shown, images)
    assert int(state["count"]) == 6
