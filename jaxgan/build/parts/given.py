"""What a game is given: the task, how training varies its examples, the draws."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from jaxgan.build.parts.networks import heads
from jaxgan.build.parts.rows import row_of, rules
from jaxgan.build.phases import grows, phases, progress
from jaxgan.core import noise
from jaxgan.core.errors import UserError, within
from jaxgan.data import attributes
from jaxgan.data.source import Entry, classes_of
from jaxgan.data.tasks import TASKS, Task
from jaxgan.games import GAMES
from jaxgan.games import draw as draws
from jaxgan.models.progressive import levels_of


def task(config: Mapping) -> Task:
    """The task that prepares every batch."""
    row, options = row_of(config, "data.task")
    return row(**options)


def augment(config: Mapping) -> Callable:
    """(batch, keys) -> batch: how training varies its examples."""
    row, options = row_of(config, "data.augment")
    return row(**options)


def draw(
    config: Mapping, entries: Mapping[str, Entry], *, train: bool = False, level: int = -1
) -> Callable:
    """What becomes of a batch before the generator sees it: the task, then the game's own draws.

    Args:
      config, entries: as ``players`` has them.
      train: whether examples are varied first, as training steps see them.
      level: of networks that grow, that real images are brought to; -1: they stay.

    Raises:
      UserError: the data lack what the game needs, or the augmentation.
    """
    row, options = rules(config)
    if row.unpaired and (own := config["data"]["task"]["name"]) != "none":
        raise UserError(
            f"game {config['game']['name']!r} takes both images from the data, and data.task="
            f"{own} would make one of the other; set data.task=none."
        )
    make_given, vary = task(config).apply, augment(config)

    def prepare(batch, keys, step):
        if train:
            batch = vary(batch, noise.fold_each(keys, noise.AUGMENT))
        return make_given(batch, noise.fold_each(keys, noise.TASK), step)

    known = classes_of(entries)
    if attributes.known(known) and "attributes" not in row.generator:
        fitting = [name for name, row in GAMES.items() if "attributes" in row.generator]
        raise UserError(
            f"data.attributes are for a game that changes them, {', '.join(fitting)}, and game "
            f"{config['game']['name']!r} does not; leave them unset."
        )
    if "attributes" in row.generator and not heads(config, entries):
        raise UserError(
            f"game {config['game']['name']!r} needs to know which categories of data "
            f"{config['data']['name']!r} it changes: set data.attributes, as tone,gender."
        )
    if ("caption" in entries) != ("caption" in row.needs):
        fitting = ", ".join(name for name, row in GAMES.items() if "caption" in row.needs)
        raise UserError(
            f"game {config['game']['name']!r} needs captions: set data.captions=char_cnn_rnn, of "
            "emoji, or of a folder with its captions."
            if "caption" in row.needs
            else f"data.captions are for a game that is told them, {fitting}, and game "
            f"{config['game']['name']!r} is not; leave them unset."
        )
    shapes = jax.eval_shape(prepare, *_one(entries), 0)
    for name in row.needs:
        if name == "label" and known.get(name, 0) < 2:
            raise UserError(
                f"game {config['game']['name']!r} needs labels of at least two classes and data "
                f"{config['data']['name']!r} has none; game='unconditional' plays without."
            )
        if name not in shapes and row.directions:
            raise UserError(
                f"game {config['game']['name']!r} needs two domains, and data "
                f"{config['data']['name']!r} has no {name!r}: name unpaired:A,B, or pairs with "
                "data.unpaired=true."
            )
        if name not in shapes:
            raise UserError(
                f"game {config['game']['name']!r} needs {name!r}, which data "
                f"{config['data']['name']!r} has not: name paired data, as emoji or glyphs, or a "
                f"data.task that makes it: {', '.join(sorted(set(TASKS) - {'none'}))}."
            )
    played = [make(options, known) for make in row.draws]
    if grows(config):
        _check_levels(config, shapes["x"].shape[1:])
        played.append(draws.grown(progress(config), level))
    own = draws.compose(*played)

    def draw(batch, keys, step):
        return own(prepare(batch, keys, step), keys, step)

    return draw


def _check_levels(config, shape):
    """Raise ``UserError`` for a level that such images lack, or a game without levels."""
    row, options = rules(config)
    if row.directions or options.get("generators", 1) > 1:
        raise UserError(f"level is for one generator; game {config['game']['name']!r} has several.")
    last = levels_of(shape)
    for phase in phases(config):
        within(f"level of images of {shape[0]}x{shape[1]}", phase.level, -1, last + 1)


def _one(entries):
    """Shapes of a batch of one as it is inside, where pixels are floats, and of its key."""
    kinds = {"u": jnp.float32}
    batch = {
        name: jax.ShapeDtypeStruct(
            (1, *entry.shape), kinds.get(jnp.dtype(entry.dtype).kind, entry.dtype)
        )
        for name, entry in entries.items()
    }
    return batch, jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 1))


def given_shapes(draw: Callable, entries: Mapping[str, Entry]) -> dict[str, tuple[int, ...]]:
    """Shapes of one example of all that is given."""
    shapes = jax.eval_shape(draw, *_one(entries), 0)
    return {name: leaf.shape[1:] for name, leaf in shapes.items()}
