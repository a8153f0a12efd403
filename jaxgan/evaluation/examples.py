"""The real examples of a run, and which of them stand in which part of an evaluation.

Where a set has a held-out part, the reference is of it, and so is what a generator is given; the
floor is of training examples. Where it has none, all are training examples, and the record says so.
"""

from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data import Source, read
from jaxgan.data.source import renamed

FEWEST = 20  # examples a set below which a metric has nothing to say


class Examples(NamedTuple):
    """The real examples that a judge, or a picture, may look at.

    Attributes:
      sources: all of them in which looks find their rows: held out where there are any.
      held_out: whether training never sees them.
      train: the sources of training.
    """

    sources: tuple[Source, ...]
    held_out: bool
    train: tuple[Source, ...]

    @property
    def size(self):
        """How many rows there are, of unpaired domains in each."""
        return min(source.size for source in self.sources)

    @property
    def paired(self):
        """Whether the entries of a row belong together."""
        return sum(source.has_images for source in self.sources) == 1

    @property
    def fewest(self):
        """How many examples training has, of unpaired domains in each."""
        return min(source.size for source in self.train)

    def turned(self):
        """The same with the names of x and source exchanged: x is what the way back makes."""
        names = {"x": "source", "source": "x"}

        def turn(sources):
            each = [renamed(source, names) for source in sources]
            return tuple(sorted(each, key=lambda source: "x" not in source.entries))

        return Examples(turn(self.sources), self.held_out, turn(self.train))

    def rows(self, indices):
        """Named arrays [N, ...] of these rows; images float32 in [-1, 1]."""
        return read(self.sources, indices)

    def captions(self, indices):
        """The sentences [N] of these rows; () of a set without."""
        known = self.sources[0].captions
        return known[indices] if len(known) else ()


def examples_of(train, held_out) -> Examples:
    """The ``Examples`` of the two parts of a set, the latter maybe empty: ``data.load_parts``."""
    return Examples(held_out or train, bool(held_out), train)


class Split(NamedTuple):
    """Rows by their part in an evaluation, as ``Examples.rows`` gives them.

    Attributes:
      real: what samples are held against.
      other: as many that ``real`` does not hold, for the floor.
      given: as many that the generator is given.
      origin: where real, other and given are from, in words.
      captions: sentences [N] of those given, where the set has any.
    """

    real: dict
    other: dict
    given: dict
    origin: dict
    captions: np.ndarray | tuple = ()


def set_size(examples: Examples, num: int) -> int:
    """How many examples a set has: ``num``, or as many as there are for each set.

    Raises:
      UserError: fewer than ``FEWEST``.
    """
    most = min(examples.size, examples.fewest) if examples.held_out else examples.size // 2
    count = min(num, most)
    if count < FEWEST:
        raise UserError(
            f"{count} examples a set say nothing, {FEWEST} are the fewest: {num} were asked for, "
            f"and {examples.sources[0].name} has {most} for each of two sets."
        )
    return count


def split(examples: Examples, num: int, seed: int) -> Split:
    """Choose the rows of an evaluation.

    Args:
      examples: ``Examples``.
      num: how many are wanted in each; see ``set_size``.
      seed: of the choice.
    """
    count = set_size(examples, num)
    order = np.random.default_rng(seed).permutation(examples.size)  # sets are stored by class
    if not examples.held_out:
        real, other = (examples.rows(part) for part in order[: 2 * count].reshape(2, -1))
        origin = dict.fromkeys(("reference", "floor", "given"), "train: none are held out")
        return Split(real, other, other, origin, examples.captions(order[count : 2 * count]))
    real, captions = examples.rows(order[:count]), examples.captions(order[:count])
    order = np.random.default_rng(seed).permutation(examples.fewest)
    other = read(examples.train, order[:count])
    origin = {"reference": "held out", "floor": "train", "given": "held out"}
    return Split(real, other, real, origin, captions)
