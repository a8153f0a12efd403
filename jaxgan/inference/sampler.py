"""A run whose checkpoints are sampled one after another, by one compiled program."""

from collections.abc import Callable
from math import prod
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from jaxgan.build import parts
from jaxgan.core import memory
from jaxgan.core.errors import UserError, within
from jaxgan.data.labels import class_of
from jaxgan.evaluation import draw, files
from jaxgan.evaluation.standing import standing as standing_of
from jaxgan.games.draw import truncated
from jaxgan.inference.paths import interpolate

BLOCK = 16 * draw.CHUNK  # rows that are in memory at once, beside the samples themselves
LEAST = 0.01  # truncation: below it all samples would be one


class Sampler(NamedTuple):
    """A run whose checkpoints are sampled one after another, by one compiled program.

    Attributes:
      workdir: for messages.
      restore: step -> the variables of the average generator, and the step that they are of.
      players: ``build.parts.Players``.
      entries: of the run's data.
      class_names: of the labels; () without any.
      distribution: row of ``games.draw.DISTRIBUTIONS`` of z, where there is one.
      show: of ``draw.make_show``.
      examples: () -> ``Examples`` of which a generator is given images, or captions.
      order: seed -> the order in which it is given them.
      read: sentences -> ``texts.Texts``.
    """

    workdir: str
    restore: Callable
    players: parts.Players
    entries: dict
    class_names: tuple[str, ...]
    distribution: str
    show: Callable
    examples: Callable
    order: Callable
    read: Callable

    @property
    def generators(self) -> int:
        """How many the run has: sample i is of generator i % generators."""
        return self.players.generators

    @property
    def gives_images(self) -> bool:
        """Whether the generator is given any."""
        return "source" in self.players.generator.inputs

    @property
    def gives_captions(self) -> bool:
        """Whether the generator is given any: those of the data, where no text is asked for."""
        return "caption" in self.players.generator.inputs

    def shape_of(self, direction=None) -> tuple[int, ...]:
        """That of a sample."""
        way = draw.direction_of(self.players.game, direction, self.workdir)
        return self.entries[self.players.game.makes[way] if way else "x"].shape

    def check(
        self,
        num=64,
        *,
        seed=0,
        label=None,
        interpolated=False,
        direction=None,
        truncation=None,
        standing=0,
        text=None,
    ) -> None:
        """Raise the errors of a call of ``described``."""
        sentences = 1 if text is None else len(self.read(text).sentences)
        size = prod(self.shape_of(direction))
        within("num", num, 1, 2**31)
        within("seed", seed, 0, 2**31)
        within("standing", standing, 0, 2**16)
        if truncation is not None:
            within("truncation", truncation, LEAST)
            if self.distribution != "normal":
                drawn = f"draws z as {self.distribution}" if self.distribution else "draws no z"
                raise UserError(f"{self.workdir} {drawn}; truncation is of normal z alone.")
        if label is not None and "attributes" in self.players.generator.inputs:
            raise UserError(f"{self.workdir} changes attributes; ask by jaxgan translate --set.")
        if label is not None and self.gives_captions and not self.class_names:
            raise UserError(f"{self.workdir} is told sentences, and takes no label; ask by --text.")
        if label is not None and not self.class_names:
            raise UserError(f"{self.workdir} is an unconditional run; it takes no label.")
        between_classes = label is not None and len(self._classes(label, interpolated)) > 1
        if interpolated and "z" not in self.players.shapes and not between_classes:
            raise UserError(f"{self.workdir} draws no z; there is nothing to interpolate.")
        num = -(-num // sentences) * sentences
        x = (f"{num} samples take", 2 * 4 * num * size, memory.of_host())
        memory.check_fits(*x, "lower num, and take others of another seed")

    def z_of(self, seed, rows, truncation=None, beside=MappingProxyType({})) -> np.ndarray:
        """z [N, *shape] that rows [N] have, of a generator of noise; ``beside``: what is told."""
        keys = draw.row_keys(seed, rows)
        batch = self._batch(np.asarray(rows), seed, None, beside)
        z = self.players.draw(batch, keys, 0)["z"]
        return np.asarray(z if truncation is None else truncated(z, keys, truncation))

    def standing(self, variables, passes, *, seed=0, truncation=None, step=0, told=None) -> dict:
        """The variables with batch statistics of so many passes of ``draw.CHUNK`` rows.

        ``told``: ``texts.Texts``, whose sentences the rows take in turn; None: those of the data.

        Raises:
          UserError: there are none.
        """
        if "batch_stats" not in variables:
            raise UserError(f"{self.workdir} has no batch statistics; leave standing out.")

        def rows_of(i):
            rows = i * draw.CHUNK + np.arange(draw.CHUNK)
            beside = {} if told is None else told.in_turn(rows)
            if truncation is not None:
                beside["z"] = self.z_of(seed, rows, truncation, beside)
            return self._batch(rows, seed, None, beside), draw.row_keys(seed, rows)

        return standing_of(self.players.game, variables, map(rows_of, range(passes)), step)

    def described(
        self,
        variables,
        step,
        num=64,
        *,
        seed=0,
        label=None,
        interpolated=False,
        direction=None,
        rows=None,
        z=None,
        truncation=None,
        standing=0,
        text=None,
    ) -> files.Samples:
        """Samples by these variables, which are of this step; the options as ``load`` has them."""
        told = None if text is None else self.read(text)
        # Each generator makes one sample of each row; of several sentences each is told to it.
        of_row = self.generators if told is None else len(told.sentences)
        if rows is not None:
            rows = _checked_rows(rows)
            num = of_row * len(rows)
        asked = {"label": label, "interpolated": interpolated, "direction": direction}
        self.check(num, seed=seed, truncation=truncation, standing=standing, text=text, **asked)
        rows = np.arange(-(-num // of_row)) if rows is None else rows
        classes = () if label is None else self._classes(label, interpolated)
        label = classes[0] if classes else 0 if interpolated and self.class_names else None
        if z is not None:
            z = self._checked(z, len(rows), interpolated, truncation)
        vectors = None
        if len(classes) > 1:
            ends = np.eye(len(self.class_names))[list(classes)]
            vectors = draw.straight(*ends, len(rows))
            rows = np.full(len(rows), rows[0])
        elif interpolated:
            shape = self.players.shapes["z"]
            z = interpolate(seed, len(rows), shape, self.distribution, truncation)
        if truncation is not None and z is None:
            z = self.z_of(seed, rows, truncation, {} if told is None else told.in_turn(rows))
        if standing:
            passes = {"seed": seed, "truncation": truncation, "step": step, "told": told}
            variables = self.standing(variables, standing, **passes)
        if told is not None:
            sentence = np.repeat(np.arange(of_row, dtype=np.int32), len(rows))
            rows, num = np.tile(rows, of_row), len(sentence)
            z = None if z is None else np.tile(z, (of_row, 1))
        beside = {"label": vectors, "z": z, "caption": told and told.vectors[sentence]}
        beside = {name: array for name, array in beside.items() if array is not None}
        direction = draw.direction_of(self.players.game, direction, self.workdir)
        x, given, truth = self._made(variables, step, rows, seed, label, beside, direction)
        names, labels = self.class_names if vectors is None else (), None
        if names:
            labels = labels_of(rows, label, len(names)).repeat(self.generators)[:num]
        if told is not None:
            names, labels = told.sentences, sentence
        elif captions := self.captions_of(seed, rows):
            names = tuple(dict.fromkeys(captions))
            labels = np.array([names.index(caption) for caption in captions], np.int32)
            labels = labels.repeat(self.generators)[:num]
        return files.Samples(x[:num], step, seed, labels, names, self.generators, given, truth)

    def _made(self, variables, step, rows, seed, label, beside, direction):
        """Samples of these rows, generators in turn, and what each row was given and its truth."""
        keys, made, shown = draw.row_keys(seed, rows), [], []
        for start in range(0, len(rows), BLOCK):
            block = slice(start, start + BLOCK)
            own = {name: array[block] for name, array in beside.items()}
            batch = self._batch(rows[block], seed, label, own)
            looks = self.show(variables, batch, keys[block], step)
            looks = draw.groups(self.players.game, looks)[direction]
            made.append(draw.in_turn(looks))
            first = next(iter(looks.values()))
            known = first.given is not None and not self.class_names and self.examples().paired
            shown.append((first.given, first.truth if known else None))
        given, truth = (
            None if parts[0] is None else np.concatenate(parts)
            for parts in zip(*shown, strict=True)
        )
        return np.concatenate(made), given, truth

    def _classes(self, label, interpolated):
        """The numbers of the classes that a label names: one, or the two of A,B that it is between.

        Raises:
          UserError: no such class, or another number of them.
        """
        names, words = self.class_names, str(label).split(",")
        if not interpolated or label in names or len(words) == 1:
            return (class_of(label, names),)
        if len(words) > 2:
            raise UserError(f"label {label} names {len(words)} classes; it is between two, as A,B.")
        return tuple(class_of(word.strip(), names) for word in words)

    def _checked(self, z, count, interpolated, truncation):
        """The noise [N, *shape of z] that a user brings for so many rows, or a ``UserError``."""
        if truncation is not None:
            raise UserError("z is given and is to be truncated, too; ask for one of both.")
        if "z" not in self.players.shapes:
            raise UserError(f"{self.workdir} draws no z; it takes none.")
        if interpolated:
            raise UserError("z is given and is to be interpolated, too; ask for one of both.")
        z, shape = np.asarray(z, np.float32), (count, *self.players.shapes["z"])
        if z.shape != shape:
            raise UserError(f"z must be {shape}, a row each, not {z.shape}.")
        return z

    def captions_of(self, seed, rows) -> tuple[str, ...]:
        """The sentences of the data that rows [N] are told, where no text is; () of other runs."""
        if not self.gives_captions:
            return ()
        return tuple(self.examples().captions(self._examples_at(seed, rows)).tolist())

    def classes_at(self, seed, row, names) -> dict[str, int]:
        """The class, in each of these categories, of the example that a row of samples is of."""
        batch = self._batch(np.array([row]), seed)
        return {name: int(batch[name][0]) for name in names}

    def _examples_at(self, seed, rows):
        chosen = self.order(seed)
        return chosen[rows % len(chosen)]

    def _batch(self, rows, seed, label=None, beside=MappingProxyType({})):
        """What the data must bring for these rows [N], and what is told ``beside`` in its place."""
        classed = classed_of(self.players.generator, self.entries)
        batch = {name: np.zeros(len(rows), np.int32) for name in classed}
        if "label" in classed:
            batch["label"] = labels_of(rows, label, classed["label"].classes)
        if self.gives_images or (self.gives_captions and "caption" not in beside):
            batch = {**self.examples().rows(self._examples_at(seed, rows)), **batch}
        return {**batch, **beside}


def classed_of(network, entries):
    """{name: ``Entry``} of the categories that a generator is given."""
    return {n: entries[n] for n in network.inputs if n in entries and entries[n].classes}


def labels_of(rows, label, classes):
    """Labels int32 of the rows: one class alone, or all in turn."""
    return np.asarray(rows % classes if label is None else np.full(len(rows), label), np.int32)


def _checked_rows(rows):
    rows = np.asarray(rows)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer) or (rows < 0).any():
        raise UserError("rows must be whole numbers [N], 0 or more.")
    return rows
