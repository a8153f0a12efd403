"""What the completion network keeps, and where its critic looks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.models.completion import CompletionGenerator, GlobalLocalCritic, cut


def test_what_is_known_stays_bit_for_bit():
    network = CompletionGenerator(shape=(8, 8, 1), width=2, dilations=(2,))
    source = jax.random.normal(jax.random.key(0), (2, 8, 8, 1))  # a user's pixels, in any range
    mask = jnp.zeros((2, 8, 8, 1)).at[0, 2:5, 1:4].set(1).at[1].set(1)
    made_of = jax.jit(lambda v: network.apply(v, source=source, mask=mask, train=False)["x"])
    create = jax.jit(lambda key: network.init(key, source=source, mask=mask, train=False))
    variables = create(jax.random.key(1))
    made = made_of(variables)
    known = np.asarray(mask) == 0
    np.testing.assert_array_equal(np.asarray(made)[known], np.asarray(source)[known])
    assert np.abs(np.asarray(made)[~known]).max() <= 1
    # Nothing is learned of known pixels: the slope there is 0, whatever the loss.
    slope = jax.jit(jax.grad(lambda v: (made_of(v) * (1 - mask)).sum()))(variables)["params"]
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(slope))


def test_the_window_lies_around_the_hole():
    rows, columns = jnp.mgrid[:9, :12]
    x = jnp.stack([rows, columns], axis=-1)[None].astype(jnp.float32).repeat(4, axis=0)
    mask = jnp.zeros((4, 9, 12, 1))
    mask = mask.at[0, 4, 5].set(1)  # one pixel: rows 2 to 5 of 4, columns 3 to 6 of 4
    mask = mask.at[1, 0, 11].set(1)  # a corner: cut off at both borders
    mask = mask.at[2, 1, 1].set(1).at[2, 6, 8].set(1)  # two holes: the middle of their box
    seen = np.asarray(cut(x, mask, 4))
    # (first + last + 1 - 4) // 2 of rows and columns; the last has no hole: as if all were one.
    starts = [(2, 3), (0, 8), (2, 3)]
    for image, (row, column) in zip(seen, starts, strict=False):
        np.testing.assert_array_equal(image[..., 0], np.arange(row, row + 4)[:, None].repeat(4, 1))
        np.testing.assert_array_equal(image[0, :, 1], np.arange(column, column + 4))
    np.testing.assert_array_equal(cut(x, mask, 4)[3], cut(x, None, 4)[3])


def test_the_critic_sees_the_place_of_the_hole_and_not_its_shape():
    critic = GlobalLocalCritic(layers=2, width=2, hidden=4, window=4, norm="none")
    x = jax.random.normal(jax.random.key(0), (1, 12, 12, 1))
    small, wide, moved = (jnp.zeros((1, 12, 12, 1)) for _ in range(3))
    small, wide = small.at[:, 5:7, 5:7].set(1), wide.at[:, 3:9, 3:9].set(1)
    moved = moved.at[:, 0:2, 0:2].set(1)

    def scores(critic, *masks):
        def score(variables, mask):
            return critic.apply(variables, x=x, mask=mask, train=False)["score"]

        create = jax.jit(lambda key: critic.init(key, x=x, mask=small, train=False))
        variables, score = create(jax.random.key(1)), jax.jit(score)
        return [score(variables, mask) for mask in masks]

    a, b, c = scores(critic, small, wide, moved)
    assert a == b != c
    # Without a window only the whole image is seen.
    a, b = scores(critic.clone(window=0), small, moved)
    assert a == b
    with pytest.raises(UserError, match="a window of 16x16, which images of 12x12 do not have"):
        critic.clone(window=16).init(jax.random.key(1), x=x, mask=small, train=False)
