"""The contract between a game, the step that plays it, and whoever looks at what it makes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
from flax.core import FrozenDict

PyTree = Any
Arrays = Mapping[str, jax.Array]


class Shown(NamedTuple):
    """What there is to look at, and to judge: arrays [B, ...] of one direction or generator.

    Attributes:
      made: by the generator.
      given: the image that it was made from, or None.
      truth: what should have been made, or None.
      label: one-hot [B, K] of the class that was asked for, or None.
      mask: [B, H, W, 1] where the hole was, or None.
      again: ``made`` translated back, which should be ``given``, or None.
      rolled: frames beside one another [B, H, F * W, C]: ``made``, and what the generator makes of
        its own frames after that, or None.
      future: the frames that these should be, or None.
    """

    made: jax.Array
    given: jax.Array | None = None
    truth: jax.Array | None = None
    label: jax.Array | None = None
    mask: jax.Array | None = None
    again: jax.Array | None = None
    rolled: jax.Array | None = None
    future: jax.Array | None = None


class Game(NamedTuple):
    """The rules: pure functions of variables, named arrays [B, ...] and B random keys.

    Every field is hashable, so that ``jax.jit`` takes a game as a static argument.

    ``step`` is the number of steps done. Examples are made once and handed to both losses, so that
    one forward pass can serve both updates; what the generator's loss needs of the generator must
    therefore be in ``made``. Both losses are minimised, each by its own side; metrics are float32
    scalars by name.

    Attributes:
      draw: (batch, keys, step) -> given: the batch, and what is drawn beside it (z). It has no
        parameters and sees each row alone. An entry that the batch has already stays as it is; the
        batch may lack "x", as where samples are asked for.
      generate: (generator variables, given, keys, *, train) -> (made, generator mutables): float
        arrays by name, of all passes of the generator.
      critic_loss: (critic params, critic mutables, given, made, step, keys)
        -> (scalar, (critic mutables, metrics)).
      generator_loss: (critic variables, given, made, step, keys) -> (scalar, metrics).
      realness: (critic variables, given) -> [B]: how real the critic takes ``given["x"]`` to be.
      show: (given, made) -> {name: ``Shown``}; a name a direction or a generator, "" of a single.
      memory: () -> pytree: what the game remembers of past steps; it is a part of the state.
      recall: (memory, made, keys) -> (memory, made): what the critic is shown instead. Of the
        global batch, on every device alike.
      back: (generator variables, given, made, keys) -> {direction: images}: what was made, outside
        of training, translated back to what was given; None where the game goes one way.
      roll: (generator variables, given, made, keys) -> ``Shown.rolled``, outside of training: as
        many frames as "x" and ``given["future"]`` have; None of games that predict none.
      makes: direction, a name of ``show``, -> the entry of ``given`` whose domain its images are
        of. "" are all that ``show`` names.
    """

    draw: Callable[[Arrays, jax.Array, jax.Array], dict]
    generate: Callable
    critic_loss: Callable
    generator_loss: Callable
    realness: Callable
    show: Callable[[Arrays, Arrays], dict[str, Shown]]
    memory: Callable[[], PyTree] = dict
    recall: Callable = lambda memory, made, keys: (memory, made)
    back: Callable | None = None
    roll: Callable | None = None
    makes: FrozenDict[str, str] = FrozenDict({"": "x"})
