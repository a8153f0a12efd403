"""Samples of a trained run; needs nothing but its directory."""

from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from jaxgan import data
from jaxgan.build import parts
from jaxgan.build.population import members, restore_of
from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.data.labels import class_names
from jaxgan.evaluation import draw, files
from jaxgan.evaluation.examples import examples_of
from jaxgan.inference import texts
from jaxgan.inference.sampler import Sampler, classed_of
from jaxgan.run import generator, identity


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
        given images, or captions.

    Returns:
      ``generate(num=64, *, seed=0, label=None, interpolated=False, direction=None, rows=None,
      z=None, truncation=None, standing=0, text=None)`` -> float32 [num, *shape], images in [-1, 1];
      sample i does not depend on ``num``. ``label``: a class, by its name or else its number,
      alone; None: all classes in turn. ``interpolated``: from one z to another, within a class, see
      ``paths.interpolate``; or, with a ``label`` "A,B", from one class to another, by the same z.
      ``rows``: int [N], in place of the rows 0, 1, ... of the noise, of each of which every
      generator makes a sample; ``z`` [N, *shape of z]: their noise, in place of the seed's.
      ``truncation``: entries of z beyond it are drawn anew, which makes samples better and more
      alike; ``standing``: batch statistics from so many passes, see ``evaluation.standing``;
      ``text``: a sentence, or several, each told to a generator of captions with the same noise:
      ``num`` samples in all, rounded up to as many for each sentence, one sentence after the other,
      whose numbers are the labels; None: captions of the data, which are the labels too. A
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
    config, entries = stored["config"], stored["entries"]
    restore = restore_of(restore, members(config), member)
    players = parts.players(config, entries, **instead)
    classed = classed_of(players.generator, entries)
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


def _examples(workdir, stored, moved):
    """The data of the run, of which its generator is given images, or captions."""
    settings, notes = identity.settings_of(workdir, stored, moved)
    both = data.load_parts(settings, stored["entries"])
    identity.known_data(workdir, stored, *both)
    for note in notes:
        process.say(note)
    return examples_of(*both)
