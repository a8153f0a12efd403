"""A trained generator that makes images from images, on a user's own pictures of any size."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.build import parts
from jaxgan.build.population import members, restore_of
from jaxgan.core.errors import UserError, choose, within
from jaxgan.data.labels import class_names, class_of
from jaxgan.data.tasks import Task
from jaxgan.data.view import to_channels, to_uint8
from jaxgan.evaluation import draw, tiles
from jaxgan.evaluation.facts import asked_of
from jaxgan.games import Game
from jaxgan.run import generator

PIXELS = 2**16  # of all images in one pass, which bounds the memory


class Translator(NamedTuple):
    """A generator that makes images from images: called with images, as ``load`` tells.

    Attributes:
      workdir: of the run, for messages.
      step: of the checkpoint.
      size: height and width of the pictures that the run learned from.
      class_names: {category: names} of what it can be asked for.
      variables: of the generator.
      game: ``Game``.
      task: what is given of a picture.
      masked: whether it fills holes.
      noisy: whether the seed matters: noise is drawn, or units are dropped as in training.
      channels: {entry: its channels} of "source" and "x".
      multiple: of which sizes a source may be.
      factor: by which images are enlarged.
      show: (height, width) -> ``draw.make_show`` of pieces of this size, and how many at once.
    """

    workdir: str
    step: int
    size: tuple[int, int]
    class_names: Mapping[str, tuple[str, ...]]
    variables: dict
    game: Game
    task: Task
    masked: bool
    noisy: bool
    channels: Mapping[str, int]
    multiple: int
    factor: int
    show: Callable

    @property
    def directions(self) -> tuple[str, ...]:
        """Those that there are; () of a run that goes one way."""
        return tuple(filter(None, self.game.makes))

    def plan(self, height: int, width: int) -> tiles.Plan:
        """How images of a size are made: as they are, padded, or in tiles."""
        return tiles.plan((height, width), self.size, self.multiple, self.factor)

    def channels_of(self, direction: str | None = None) -> int:
        """The channels of the pictures that it takes."""
        return self.channels[self._start_of(draw.direction_of(self.game, direction, self.workdir))]

    def check(
        self, masks: bool, label=None, attributes=None, direction=None, seed: int = 0
    ) -> tuple[dict[str, int], str]:
        """Raise the errors of a call; ``masks``: whether it has any.

        Returns:
          {category: number} of the classes that are asked for, and the direction.
        """
        within("seed", seed, 0, 2**31)
        numbers = _numbers(label, attributes, self.class_names, self.workdir)
        if self.masked and not masks:
            raise UserError(f"{self.workdir} fills holes: name a mask, which is white in the hole.")
        if masks and not self.masked:
            raise UserError(f"{self.workdir} fills no holes; it takes no mask.")
        return numbers, draw.direction_of(self.game, direction, self.workdir)

    def __call__(
        self, images, *, mask=None, label=None, attributes=None, direction=None, seed=0, rows=None
    ) -> np.ndarray:
        """Translate images; see ``load``."""
        numbers, way = self.check(mask is not None, label, attributes, direction, seed)
        images, integers, alone = _as_batch(images, self.channels[self._start_of(way)])
        holes = () if mask is None else _holes(mask, images, alone)
        size = images.shape[1:3]
        plan = self.plan(*size)
        keys = _keys(seed, range(len(images)) if rows is None else rows, len(plan.places))
        pieces = (piece for image in images for piece in tiles.cut(_as_float(image), plan))
        cuts = (piece for each in holes for piece in tiles.cut(each, plan))
        made, results = self._made(pieces, cuts, plan, keys, numbers, way), []
        for _ in images:
            whole = tiles.join(made, plan, size)
            results.append(to_uint8(whole) if integers else whole)
        return results[0] if alone else np.stack(results)

    def _start_of(self, way):
        """The entry that a picture takes the place of."""
        return "x" if self.game.makes[way] == "source" else "source"

    def _made(self, pieces, cuts, plan, keys, numbers, way):
        """What is made of one piece after another, some of which are in memory at once."""
        show, chunk = self.show(*plan.piece)
        for start in range(0, len(keys), chunk):
            part = np.stack(list(islice(pieces, chunk)))
            masks = np.stack(list(islice(cuts, chunk))) if self.masked else None
            batch = jax.device_get(self.task.given(part, masks))
            for name, number in numbers.items():
                batch[name] = np.full(len(part), number, np.int32)
            batch[self._start_of(way)] = batch.pop("source")
            looks = show(self.variables, batch, keys[start : start + chunk], self.step)
            yield from np.asarray(looks[way].made)


def load(workdir, step=None, member: int = 0, chunk: int = draw.CHUNK) -> Translator:
    """Load the average generator of a run that makes images from images.

    Args:
      workdir: run directory, or a file of ``jaxgan export``; a function makes what is of another
        size than it learned from in tiles.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.
      chunk: images, or pieces of them, in one forward pass at most.

    Returns:
      ``translate(images, *, mask=None, label=None, attributes=None, direction=None, seed=0,
      rows=None)`` -> images of the same kind: one [H, W, C] or several [N, H, W, C] of any size;
      uint8, or float in [-1, 1]. Channels are converted to those that the run learned from. Sizes
      that the network cannot take are padded by mirroring, or made in tiles that overlap, as
      ``translate.plan(height, width)`` tells. ``mask`` [H, W] or [N, H, W], true in the hole, of a
      run that fills holes. ``label``: a class, by its name or else its number, of a run that has
      them; ``attributes``: {category: class}, of every one that the run can be asked for.
      ``seed``: of the noise, where the network has any: image i has the noise that ``sample`` gives
      its row i, or ``rows[i]``. Its other attributes: see ``Translator``.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or no run of such a game.
    """
    found = generator.find(workdir)
    config, entries = found.stored["config"], found.stored["entries"]
    players = parts.players(config, entries, **found.instead)
    if "source" not in players.generator.inputs:
        raise UserError(
            f"{workdir} makes images of noise and none of images; jaxgan sample draws its samples."
        )
    variables, step = restore_of(found.restore, members(config), member)(step)
    return translator(workdir, found, players, variables, step, chunk)


def translator(workdir, found, players, variables, step, chunk: int) -> Translator:
    """The ``Translator`` of what is restored already.

    Args:
      workdir, chunk: as ``load`` has them.
      found: ``generator.Found``.
      players: ``build.parts.Players`` of its config.
      variables: of one member's average generator.
      step: that they are of.
    """
    config, entries = found.stored["config"], found.stored["entries"]
    task, instead = parts.task(config), found.instead
    source, x = players.shapes["source"], players.shapes["x"]
    asked = asked_of(players.generator, entries)
    return Translator(
        workdir=workdir,
        step=step,
        size=source[:2],
        class_names={name: class_names(entries[name]) for name in asked},
        variables=variables,
        game=players.game,
        task=task,
        masked="mask" in players.generator.inputs,
        # An exported function has no dropout.
        noisy="z" in players.shapes or (not instead and drops_out(config["generator"])),
        channels={"source": task.channels or source[2], "x": x[2]},
        multiple=players.generator.multiple,
        factor=x[0] // source[0],
        show=_make_show(config, entries, x[0] // source[0], chunk, instead),
    )


def drops_out(network: Mapping) -> bool:
    """Whether a generator, by its config, drops units when it is not trained."""
    return bool(network.get("dropout") and network.get("dropout_at_test"))


def _make_show(config, entries, factor, chunk, instead):
    """``Translator.show``: a network's shapes are those of the images that it makes."""

    @cache
    def show(height, width):
        sizes = {"x": (height * factor, width * factor), "source": (height, width)}
        resized = {
            name: entry._replace(shape=(*sizes[name], entry.shape[2])) if name in sizes else entry
            for name, entry in entries.items()
        }
        together = min(max(PIXELS // (height * width * factor**2), 1), chunk)
        return draw.make_show(
            parts.players(config, resized, **instead).game, together, roll=True
        ), together

    return show


def _numbers(label, attributes, names, workdir):
    """{category: number} of the classes that are asked for, by their names {category: (...)}."""
    if label is not None and "label" in (attributes or {}):
        raise UserError("the label is asked for twice; name it once.")
    asked = {**(attributes or {}), **({} if label is None else {"label": label})}
    if asked and not names:
        raise UserError(f"{workdir} is a run without classes; it takes no {next(iter(asked))}.")
    for name in asked:
        choose(names, name, "category")
    if missing := [name for name in names if name not in asked]:
        known = "; ".join(f"{name}: {', '.join(names[name])}" for name in missing)
        raise UserError(f"{workdir} has classes, and one must be asked for, of {known}.")
    return {name: class_of(asked[name], names[name], name) for name in names}


def _as_batch(images, channels):
    """Images [N, H, W, channels], whether they were integers, and whether it was one."""
    images = np.asarray(images)
    if images.ndim not in (3, 4) or not images.size:
        raise UserError(f"images must be [H, W, C] or [N, H, W, C], not {images.shape}.")
    alone, integers = images.ndim == 3, images.dtype == np.uint8
    images = images[None] if alone else images
    if not integers and not np.issubdtype(images.dtype, np.floating):
        raise UserError(f"images must be uint8, or floats in [-1, 1], not {images.dtype}.")
    if not integers and not (-1 <= images.min() and images.max() <= 1):  # nor NaN
        raise UserError("images must be floats in [-1, 1]; x / 127.5 - 1 makes them of 0 to 255.")
    if images.shape[3] != channels:
        images = to_channels(images if integers else to_uint8(images), channels)
    return images, integers, alone


def _as_float(image):
    """An image in [-1, 1], float32."""
    return np.float32(image / np.float32(127.5) - 1 if image.dtype == np.uint8 else image)


def _holes(mask, images, alone):
    """Masks of the images, float32 [H, W, 1] each."""
    mask = np.asarray(mask)
    mask = mask[None] if alone else mask
    if mask.shape != images.shape[:3]:
        raise UserError(f"masks must be {images.shape[:3]}, as the images are, not {mask.shape}.")
    return [np.float32(each > 0)[..., None] for each in mask]


def _keys(seed, rows, pieces):
    """A key for each piece: that of its image's row, into which its own number is folded."""
    rows = np.asarray(rows)
    keys = draw.row_keys(seed, rows)
    if pieces == 1:
        return keys
    fold = jax.vmap(jax.vmap(jax.random.fold_in, (None, 0)), (0, None))
    return fold(keys, np.arange(pieces)).reshape(len(rows) * pieces)
