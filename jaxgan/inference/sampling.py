"""Samples of a trained run; needs nothing but its directory."""

from collections.abc import Callable
from functools import cache, lru_cache, partial
from math import prod
from typing import NamedTuple

import numpy as np

from jaxgan import data, defaults
from jaxgan.build import parts
from jaxgan.build.population import members, restore_of
from jaxgan.core import memory, process
from jaxgan.core.errors import UserError, within
from jaxgan.data.labels import class_names, class_of
from jaxgan.evaluation import draw, files
from jaxgan.evaluation.examples import examples_of
from jaxgan.evaluation.standing import standing as standing_of
from jaxgan.games.draw import DISTRIBUTIONS, truncated
from jaxgan.inference import texts
from jaxgan.run import generator, identity

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
      examples: () -> ``Examples`` of which a generator is given images.
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
        if text is not None:
            self.read(text)
        size = prod(self.shape_of(direction))
        within("num", num, 1, 2**31)
        within("seed", seed, 0, 2**31)
        within("standing", standing, 0, 2**16)
        if truncation is not None:
            within("truncation", truncation, LEAST)
            if self.distribution != "normal":
                drawn = f"draws {self.distribution} z" if self.distribution else "draws no z"
                raise UserError(f"{self.workdir} {drawn}; truncation is of normal z alone.")
        if label is not None and "attributes" in self.players.generator.inputs:
            raise UserError(f"{self.workdir} changes attributes; ask by jaxgan translate --set.")
        if label is not None and not self.class_names:
            raise UserError(f"{self.workdir} is an unconditional run; it takes no label.")
        between_classes = label is not None and len(self._classes(label, interpolated)) > 1
        if interpolated and "z" not in self.players.shapes and not between_classes:
            raise UserError(f"{self.workdir} draws no z; there is nothing to interpolate.")
        x = (f"{num} samples take", 2 * 4 * num * size, memory.of_host())
        memory.check_fits(*x, "lower num, and take others of another seed")

    def z_of(self, seed, rows, truncation=None) -> np.ndarray:
        """z [N, *shape] that rows [N] have, of a generator of noise."""
        keys = draw.row_keys(seed, rows)
        batch = self._batch(np.asarray(rows), seed, None, None)
        z = self.players.draw(batch, keys, 0)["z"]
        return np.asarray(z if truncation is None else truncated(z, keys, truncation))

    def standing(self, variables, passes, *, seed=0, truncation=None, step=0) -> dict:
        """The variables with batch statistics of so many passes of ``draw.CHUNK`` rows.

        Raises:
          UserError: there are none.
        """
        if "batch_stats" not in variables:
            raise UserError(f"{self.workdir} has no batch statistics; leave standing out.")

        def rows_of(i):
            rows = i * draw.CHUNK + np.arange(draw.CHUNK)
            z = None if truncation is None else self.z_of(seed, rows, truncation)
            return self._batch(rows, seed, None, z), draw.row_keys(seed, rows)

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
        if rows is not None:
            rows = np.asarray(rows)
            if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer) or (rows < 0).any():
                raise UserError("rows must be whole numbers [N], 0 or more.")
            num = self.generators * len(rows)
        asked = {"label": label, "interpolated": interpolated, "direction": direction}
        self.check(num, seed=seed, truncation=truncation, standing=standing, text=text, **asked)
        names, game = self.class_names, self.players.game
        direction = draw.direction_of(game, direction, self.workdir)
        classes = () if label is None else self._classes(label, interpolated)
        label = classes[0] if classes else None
        if interpolated and names and label is None:
            label = 0
        told = None if text is None else self.read(text)
        of_row = self.generators if told is None else len(told.sentences)
        # Each generator makes one sample of each row; of several sentences each is told to it.
        rows = np.arange(-(-num // of_row)) if rows is None else rows
        if z is not None:
            if truncation is not None:
                raise UserError("z is given and is to be truncated, too; ask for one of both.")
            z = self._checked(z, len(rows), interpolated)
        vectors = None
        if len(classes) > 1:
            vectors = draw.straight(*np.eye(len(names))[list(classes)], len(rows))
            rows = np.full(len(rows), rows[0])
        elif interpolated:
            shape = self.players.shapes["z"]
            z = interpolate(seed, len(rows), shape, self.distribution, truncation)
        if truncation is not None and z is None:
            z = self.z_of(seed, rows, truncation)
        if standing:
            passes = {"seed": seed, "truncation": truncation, "step": step}
            variables = self.standing(variables, standing, **passes)
        sentence = None
        if told is not None:
            sentence = np.repeat(np.arange(of_row, dtype=np.int32), len(rows))
            rows, num = np.tile(rows, of_row), len(sentence)
            z = None if z is None else np.tile(z, (of_row, 1))
            names = told.sentences
        keys, made, beside = draw.row_keys(seed, rows), [], []
        for start in range(0, len(rows), BLOCK):
            block = slice(start, start + BLOCK)
            caption = None if told is None else told.vectors[sentence[block]]
            own = (None if z is None else z[block], caption)
            batch = self._batch(rows[block], seed, label, *own)
            if vectors is not None:
                batch["label"] = vectors[block]
            looks = self.show(variables, batch, keys[block], step)
            looks = draw.groups(game, looks)[direction]
            made.append(draw.in_turn(looks))
            first = next(iter(looks.values()))
            known = first.given is not None and not names and self.examples().paired
            beside.append((first.given, first.truth if known else None))
        names = names if vectors is None else ()
        labels = _labels(rows, label, len(names)).repeat(self.generators)[:num] if names else None
        labels = labels if sentence is None else sentence
        given, truth = (
            None if parts[0] is None else np.concatenate(parts)
            for parts in zip(*beside, strict=True)
        )
        x = np.concatenate(made)[:num]
        return files.Samples(x, step, seed, labels, names, self.generators, given, truth)

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

    def _checked(self, z, count, interpolated):
        """The noise [N, *shape of z] that a user brings for so many rows, or a ``UserError``."""
        if "z" not in self.players.shapes:
            raise UserError(f"{self.workdir} draws no z; it takes none.")
        if interpolated:
            raise UserError("z is given and is to be interpolated, too; ask for one of both.")
        z, shape = np.asarray(z, np.float32), (count, *self.players.shapes["z"])
        if z.shape != shape:
            raise UserError(f"z must be {shape}, a row each, not {z.shape}.")
        return z

    def _batch(self, rows, seed, label, z, caption=None):
        """What the data or the user must bring for these rows [N]."""
        classed = _classed(self.players.generator, self.entries)
        batch = {name: np.zeros(len(rows), np.int32) for name in classed}
        if "label" in classed:
            batch["label"] = _labels(rows, label, classed["label"].classes)
        if caption is not None:
            batch["caption"] = caption
        elif self.gives_images or self.gives_captions:
            chosen = self.order(seed)
            batch = {**self.examples().rows(chosen[rows % len(chosen)]), **batch}
        return batch if z is None else {**batch, "z": z}


class Generate(NamedTuple):
    """The average generator of a checkpoint: called for samples, as ``load`` tells.

    Attributes:
      sampler: of its run.
      variables: its own.
      step: of the checkpoint.
    """

    sampler: Sampler
    variables: dict
    step: int

    def __call__(self, num: int = 64, **options) -> np.ndarray:
        """Samples; see ``load``."""
        return self.described(num, **options).x

    def described(self, num: int = 64, **options) -> files.Samples:
        """Samples with what they are."""
        return self.sampler.described(self.variables, self.step, num, **options)

    @property
    def generators(self) -> int:
        """How many the run has."""
        return self.sampler.generators

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of its labels."""
        return self.sampler.class_names

    def shape_of(self, direction=None) -> tuple[int, ...]:
        """That of a sample."""
        return self.sampler.shape_of(direction)

    def shape_of_z(self) -> tuple[int, ...]:
        """That of the noise of a row; () of a generator that is given none."""
        return self.sampler.players.shapes.get("z", ())


def load(workdir, step=None, member: int = 0, moved: str = "") -> Generate:
    """Load the average generator of a run.

    Args:
      workdir: run directory, or a file of ``jaxgan export``.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.
      moved: FORM:PATH, where the run's data are now; "": where they were. Of a generator that is
        given images.

    Returns:
      ``generate(num=64, *, seed=0, label=None, interpolated=False, direction=None, rows=None,
      z=None, truncation=None, standing=0, text=None)`` -> float32 [num, *shape], images in [-1, 1];
      sample i does not depend on ``num``. ``label``: a class, by its name or else its number,
      alone; None: all classes in turn. ``interpolated``: from one z to another, within a class, see
      ``interpolate``; or, with a ``label`` "A,B", from one class to another, by the same z.
      ``rows``: int [N], in place of the rows 0, 1, ... of the noise, of each of which every
      generator makes a sample; ``z`` [N, *shape of z]: their noise, in place of the seed's.
      ``truncation``: entries of z beyond it are drawn anew, which makes samples better and more
      alike; ``standing``: batch statistics from so many passes, see ``evaluation.standing``;
      ``text``: a sentence, or several, each told to a generator of captions with the same noise:
      ``num`` samples in all, one sentence after the other, whose numbers are the labels. A
      generator that is given images, or captions, is given those that the run holds out, or else
      those of its training set; ``direction``: of a run that translates both ways, AtoB or BtoA.
      The attribute ``step`` tells the checkpoint; ``generators`` how many the run has: sample i is
      of generator i % generators; ``class_names`` its classes; ``shape_of(direction)`` that of a
      sample; ``described``, which takes the same, gives ``files.Samples``.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or other data than the run's;
        of a call, options that the run does not have, or rows and z of another form.
    """
    sampler = load_any(workdir, member, moved)
    return Generate(sampler, *sampler.restore(step))


def load_any(
    workdir, member: int = 0, moved: str = "", chunk: int = draw.CHUNK, found=None
) -> Sampler:
    """Load a run of which no checkpoint is read yet; arguments and errors as ``load`` has them.

    ``chunk``: rows in one forward pass; ``found``: the ``generator.Found`` of ``workdir``, of whom
    has it.
    """
    stored, restore, instead = found or generator.find(workdir)
    config, entries = defaults.complete(stored["config"]), stored["entries"]
    restore = restore_of(restore, members(config), member)
    players = parts.players(config, entries, **instead)
    classed = _classed(players.generator, entries)
    if moved and not {"source", "caption"} & set(players.generator.inputs):
        raise UserError(f"{workdir} is sampled without data; leave --data out.")
    examples = cache(partial(_examples, workdir, stored, moved))

    @lru_cache(maxsize=1)
    def order(seed):
        return np.random.default_rng(seed).permutation(examples().size)

    return Sampler(
        workdir=workdir,
        restore=restore,
        players=players,
        entries=entries,
        class_names=class_names(classed["label"]) if "label" in classed else (),
        distribution=config["game"].get("z", ""),
        show=draw.make_show(players.game, chunk),
        examples=examples,
        order=order,
        read=partial(texts.read, config=config, entries=entries),
    )


def _classed(network, entries):
    """{name: ``Entry``} of the categories that a generator is given."""
    return {n: entries[n] for n in network.inputs if n in entries and entries[n].classes}


def _examples(workdir, stored, moved):
    """The data of the run, of which its generator is given images."""
    settings, notes = identity.settings_of(workdir, stored, moved)
    both = data.load_parts(settings, stored["entries"])
    identity.known_data(workdir, stored, *both)
    for note in notes:
        process.say(note)
    return examples_of(*both)


def _labels(rows, label, classes):
    """Labels int32 of the rows: one class alone, or all in turn."""
    return np.asarray(rows % classes if label is None else np.full(len(rows), label), np.int32)


def interpolate(seed, num, shape, distribution="normal", truncation=None):
    """Noise on the way from one draw to another -> float32 [num, *shape].

    Args:
      seed: of both draws.
      num: how many, the ends among them.
      shape: of one z, (Z,) or Z, or (generators, Z), each with a way of its own.
      distribution: row of ``games.draw.DISTRIBUTIONS``; ``draw.PATHS`` has the way of each.
      truncation: of the ends, which are then normal; None: none.
    """
    keys = draw.row_keys(seed, 2)
    ends = DISTRIBUTIONS[distribution](keys, tuple(np.atleast_1d(shape)))
    ends = ends if truncation is None else truncated(ends, keys, truncation)
    return between(*ends, num, distribution)


def between(a, b, num, distribution="normal"):
    """Noise on the way from a to b -> float32 [num, *shape].

    Args:
      a, b: z of one row, [Z] or [generators, Z].
      num, distribution: as ``interpolate`` has them.
    """
    way = partial(draw.PATHS[distribution], count=num)
    ends = (np.reshape(end, (-1, np.shape(end)[-1])) for end in (a, b))
    paths = [way(*pair) for pair in zip(*ends, strict=True)]
    return np.stack(paths, axis=1).reshape(num, *np.shape(a))
