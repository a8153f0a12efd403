"""What a generator makes outside of training: draw, generate, show, on rows of one's own choice."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.core.errors import UserError, choose
from jaxgan.games import Game, Shown

# Rows in one forward pass: bounds the memory, and one compilation serves every number.
CHUNK = 64
# Within so many radians of opposite, rounding has the say in which circle two vectors lie on.
OPPOSITE = 1e-8

ShownByName = dict[str, Shown]


def make_show(
    game: Game, chunk: int = CHUNK, paired: bool = True, back: bool = False, roll: bool = False
) -> Callable[..., ShownByName]:
    """Compile ``show(variables, batch, keys, step=0) -> {name: Shown}`` of all rows, in NumPy.

    ``variables`` are the generator's; ``batch`` holds named arrays [N, ...], as the data give them
    or as a user chose them, and may be empty; ``keys`` [N] are the rows' own. ``chunk`` rows pass
    at once, whatever N. Images are within [-1, 1], as in a file. ``paired``: whether the entries of
    a row belong together; else no truth is known. ``back``: whether what was made is translated
    back, as ``game.back`` does it. ``roll``: whether further frames are made of it, as
    ``game.roll`` does it, where the batch has a future.
    """

    @jax.jit
    def forward(variables, batch, keys, step):
        given = game.draw(batch, keys, step)
        made, _ = game.generate(variables, given, keys, train=False)
        rolls = roll and game.roll is not None and "future" in given
        further = {
            "again": game.back(variables, given, made, keys) if back else {},
            "rolled": {"": game.roll(variables, given, made, keys)} if rolls else {},
        }
        return given, made, further

    def show(variables, batch, keys, step=0):
        given, made, further = in_chunks(forward, variables, batch, keys, step, chunk)
        looks = game.show(given, made)
        for field, found in further.items():
            looks |= {name: looks[name]._replace(**{field: x}) for name, x in found.items()}
        looks = {name: _as_files_are(look) for name, look in looks.items()}
        return looks if paired else {k: v._replace(truth=None) for k, v in looks.items()}

    return show


def _as_files_are(look):
    """Images that were made, within [-1, 1]: a network without a tanh at its end goes beyond."""
    made = {name: getattr(look, name) for name in ("made", "again", "rolled")}
    images = {name: x for name, x in made.items() if x is not None and x.ndim == 4}
    return look._replace(**{name: np.clip(x, -1, 1) for name, x in images.items()})


def in_chunks(forward: Callable, variables, batch, keys, step, chunk: int):
    """``forward(variables, batch, keys, step)`` of all rows, in NumPy, ``chunk`` rows at a time.

    The last ones are repeated until they are as many, so that one compilation serves every number.
    """
    parts = []
    for start in range(0, len(keys), chunk):
        rows = np.minimum(np.arange(start, start + chunk), len(keys) - 1)
        part = {name: np.asarray(array)[rows] for name, array in batch.items()}
        parts.append(jax.device_get(forward(variables, part, keys[rows], step)))
    return jax.tree.map(lambda *x: np.concatenate(x)[: len(keys)], *parts)


def direction_of(game: Game, direction, run) -> str:
    """The direction that a user asks for, or the only one; "" of a game that names none.

    Raises:
      UserError: an unknown one, none where there are several, or one where there are none.
    """
    if "" not in game.makes:
        if direction is None and len(game.makes) == 1:
            return next(iter(game.makes))
        if direction is None:
            known = ", ".join(game.makes)
            raise UserError(f"{run} translates in several directions; name one of {known}.")
        choose(game.makes, direction, "direction")
        return direction
    if direction is not None:
        raise UserError(f"{run} goes in one direction; leave the direction out.")
    return ""


def groups(game: Game, looks: ShownByName) -> dict[str, ShownByName]:
    """Looks by direction: what is judged together, since it is of one domain."""
    if "" in game.makes:
        return {"": looks}
    return {direction: {direction: looks[direction]} for direction in game.makes}


def row_keys(seed: int, rows) -> jax.Array:
    """Keys [N] for looks and samples: a row's depends on the seed and its number alone.

    ``rows``: int [N], or how many from 0 on.
    """
    key = noise.stream(seed, noise.PICTURES)
    rows = jnp.asarray(rows) if np.ndim(rows) else jnp.arange(rows)
    return jax.vmap(lambda row: jax.random.fold_in(key, row))(rows)


def in_turn(looks: ShownByName) -> np.ndarray:
    """What several generators made of N rows, one of each in turn: [N * generators, ...]."""
    each = np.stack([shown.made for shown in looks.values()], axis=1)
    return each.reshape(-1, *each.shape[2:])


def straight(a, b, count: int) -> np.ndarray:
    """``count`` points on the line from a [D] to b [D] -> float32 [count, D]."""
    t = np.linspace(0, 1, count)[:, None]
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return ((1 - t) * a + t * b).astype(np.float32)


def interpolate(a, b, count: int) -> np.ndarray:
    """``count`` points on the great circle from a [D] to b [D] (White 2016).

    A straight line would pass through norms that N(0, I) never has. Here the norm goes evenly from
    that of a to that of b. Of opposite vectors, which every great circle joins, it is one through
    the axis that is farthest from them. The line is taken where there is no circle: in one
    dimension, where opposite ends have 0 between them, and from or to 0.

    Returns:
      float32 [count, D].
    """
    lengths = np.linalg.norm(np.asarray([a, b], np.float64), axis=1)
    if len(a) == 1 or not lengths.all():
        return straight(a, b, count)
    u, v = np.asarray([a, b], np.float64) / lengths[:, None]
    angle = 2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))  # exact near 0 and pi
    if np.pi - angle < OPPOSITE:
        v = np.eye(len(u))[np.argmin(np.abs(u))]
    beside = v - (u @ v) * u
    beside /= np.linalg.norm(beside) or 1.0  # of parallel vectors the angle is 0
    t = np.linspace(0, 1, count)[:, None]
    norm = (1 - t) * lengths[0] + t * lengths[1]
    return (norm * (np.cos(t * angle) * u + np.sin(t * angle) * beside)).astype(np.float32)


# How the noise goes from one draw to another, by its distribution: on a line between draws of
# U[-1, 1) and of zeros and ones it leaves neither the range nor, as a circle would, the cube. From
# one cluster to another it leaves both.
PATHS = {
    "normal": interpolate,
    "uniform": straight,
    "bernoulli": straight,
    "clusters": interpolate,
}


def by_class(classes: Mapping[str, int], seed: int, count: int):
    """Rows by class, and keys that repeat: as many rows of every class, from the same z.

    Args:
      classes: how many each category has; the first is gone through, of others the first class.
      seed: of the keys.
      count: rows wanted, in all; at least one a class.

    Returns:
      batch {name: int32 [N]} and keys [N].
    """
    (name, number), *others = classes.items()
    each = -(-count // number)
    batch = {name: np.repeat(np.arange(number, dtype=np.int32), each)}
    batch |= {other: np.zeros(number * each, np.int32) for other, _ in others}
    return batch, jnp.tile(row_keys(seed, each), number)
