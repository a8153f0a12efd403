"""What a generator makes outside of training: draw, generate, show, on rows of one's own choice."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.games import Game, Shown

# Rows in one forward pass: bounds the memory, and one compilation serves every number.
CHUNK = 64

Looks = dict[str, Shown]


def make_show(game: Game) -> Callable[..., Looks]:
    """Compile ``show(variables, batch, keys, step=0) -> {name: Shown}`` of all rows, in NumPy.

    ``variables`` are the generator's; ``batch`` holds named arrays [N, ...], as the data give them
    or as a user chose them, and may be empty; ``keys`` [N] are the rows' own.
    """

    @jax.jit
    def forward(variables, batch, keys, step):
        given = game.draw(batch, keys, step)
        made, _ = game.generate(variables, given, keys, train=False)
        return given, made

    def show(variables, batch, keys, step=0):
        parts = []
        for start in range(0, len(keys), CHUNK):
            rows = np.minimum(np.arange(start, start + CHUNK), len(keys) - 1)
            chunk = {name: jnp.asarray(array)[rows] for name, array in batch.items()}
            parts.append(jax.device_get(forward(variables, chunk, keys[rows], step)))
        given, made = jax.tree.map(lambda *x: np.concatenate(x)[: len(keys)], *parts)
        return game.show(given, made)

    return show


def row_keys(seed: int, count: int) -> jax.Array:
    """Keys [count] for looks and samples: a row's depends on the seed and its number alone."""
    key = noise.stream(seed, noise.PICTURES)
    return jax.vmap(lambda row: jax.random.fold_in(key, row))(jnp.arange(count))


def in_turn(looks: Looks) -> np.ndarray:
    """What several generators made of N rows, one of each in turn: [N * generators, ...]."""
    each = np.stack([shown.made for shown in looks.values()], axis=1)
    return each.reshape(-1, *each.shape[2:])


def interpolate(a, b, count: int):
    """``count`` points on the great circle from a [D] to b [D] (White 2016).

    A straight line would pass through norms that N(0, I) never has. The norm goes from that of a to
    that of b; between vectors on one line through 0 there is no circle, and the line is taken.

    Returns:
      [count, D].
    """
    t = np.linspace(0, 1, count, dtype=np.float32)[:, None]
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip(a @ b / lengths, -1, 1)) if lengths else 0.0
    if np.sin(angle) < 1e-3:
        return (1 - t) * a + t * b
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def by_class(classes: Mapping[str, int], seed: int, count: int):
    """Rows by class, and keys that repeat: a row of the picture a class, each from the same z.

    Args:
      classes: how many each category has; the first goes along the rows, of others the first class.
      seed: of the keys.
      count: rows wanted, in all; at least one a class.

    Returns:
      batch {name: int32 [N]}, keys [N], and the number of columns.
    """
    (name, number), *others = classes.items()
    columns = -(-count // number)
    batch = {name: np.repeat(np.arange(number, dtype=np.int32), columns)}
    batch |= {other: np.zeros(number * columns, np.int32) for other, _ in others}
    return batch, jnp.tile(row_keys(seed, columns), number), columns
