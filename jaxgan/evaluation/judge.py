"""How samples are judged: what is held against what, and beside which floor.

The floor is what real examples that the reference does not hold score against it, at the same
counts: no generator can be expected to do better.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan.data import read
from jaxgan.evaluation.choice import needing
from jaxgan.evaluation.encode import NO_NETWORK, Encoder, make_encoder
from jaxgan.evaluation.examples import Examples, split
from jaxgan.evaluation.facts import facts
from jaxgan.evaluation.measures import METRICS, Reference, Sample
from jaxgan.features import categories
from jaxgan.text import joint


class Judge(NamedTuple):
    """Judges samples of one source.

    Attributes:
      reference: what samples are held against.
      encoder: the ``Encoder`` of both.
      names: rows of ``METRICS``.
      given: rows for the generator, as many as the reference has.
      asking: rows for the generator of which other classes are asked than they have, or None.
      origin: see ``Split``.
      floor: scores of real examples that the reference does not hold.
      progress: (done, total) of the images seen, or None.
    """

    reference: Reference
    encoder: Encoder
    names: list[str]
    given: dict
    asking: dict | None
    origin: dict
    floor: dict[str, float]
    progress: Callable | None = None

    @property
    def count(self) -> int:
        """Examples in the reference, in the floor's set, and wanted of a sample."""
        return len(self.reference.real.x)

    @property
    def network(self) -> dict:
        """What ``Encoder`` says of the feature network."""
        return self.encoder.description

    def score(
        self,
        x,
        labels=None,
        truth=None,
        given=None,
        mask=None,
        again=None,
        rolled=None,
        future=None,
    ) -> dict[str, float]:
        """All metrics that fit, but of what was asked for; NaN of samples with any.

        Args:
          x: [N, *shape].
          labels: int [N], or None.
          truth, given, mask, again, rolled, future: what ``Sample`` has beside.
        """
        if not np.isfinite(x).all():
            return dict.fromkeys(self.floor, float("nan"))
        made = self.encoder.encode(x, labels, self.progress)
        apart = needing(self.names, "truth", "back", "asked", "noise")
        names = [name for name in self.names if name not in apart]
        names += needing(self.names, "truth") if truth is not None else []
        names += needing(self.names, "back") if again is not None else []
        captions = self.reference.captions
        frames = {"rolled": rolled, "future": future}
        sample = Sample(made, truth, given, mask, again=again, captions=captions, **frames)
        return measured(names, self.reference, sample, self.encoder.name)

    def against(self, x, labels, truth, given, mask, rolled=None, future=None) -> dict[str, float]:
        """As ``score``, of the metrics that need a truth alone."""
        names = needing(self.names, "truth")
        encoder = self.encoder if any(METRICS[name].features for name in names) else NO_NETWORK
        made = encoder.encode(x, labels, self.progress)
        sample = Sample(made, truth, given, mask, rolled=rolled, future=future)
        return measured(names, self.reference, sample, self.encoder.name)

    def told(self, x, asked) -> dict[str, float]:
        """Whether x [N, *shape] are of the classes ``asked`` for, {category: int [N]}."""
        if not np.isfinite(x).all():
            return {f"classified_{name}": float("nan") for name in asked}
        sample = Sample(NO_NETWORK.encode(x, None, self.progress), asked=asked)
        return measured(needing(self.names, "asked"), self.reference, sample, self.encoder.name)

    def moving(self, speeds) -> dict[str, float]:
        """The metrics of how fast what is made changes: ``speeds`` [N], as ``make_speeds``."""
        sample = Sample(self.reference.real, speeds=speeds)
        return measured(needing(self.names, "noise"), self.reference, sample, self.encoder.name)


def judge(
    examples: Examples,
    names: list[str],
    *,
    num: int,
    seed: int,
    labelled: bool = False,
    asked: tuple[str, ...] = (),
    encoder: Encoder | None = None,
    progress: Callable | None = None,
) -> Judge:
    """Look at the real examples once, and return the ``Judge``.

    Args:
      examples: ``Examples``.
      names: rows of ``METRICS``, as ``choice.chosen`` gives them.
      num: examples a set.
      seed: of the choice of real examples.
      labelled: whether samples have labels.
      asked: categories whose classes are asked for.
      encoder: None: as the source needs.
      progress: (done, total) of the images seen.

    Raises:
      UserError: too few examples, or no feature network.
    """
    encoder = encoder or make_encoder(examples.sources[0])
    rows = split(examples, num, seed)

    def encode(part):
        labels = part.get("label") if labelled else None
        return encoder.encode(part["x"], labels, progress, keep=True)

    real, other, train = encode(rows.real), encode(rows.other), None
    if any(METRICS[name].train for name in names):
        train = encode(read(examples.train[:1], np.arange(examples.train[0].size)))
    reference = Reference(
        source=examples.sources[0],
        real=real,
        other=other,
        train=train,
        truth=real if rows.given is rows.real else other,
        compare=encoder.extractor and encoder.extractor.compare,
        tell=_classifier(examples, asked, seed) if needing(names, "asked") else None,
        categories={name: rows.real[name] for name in asked},
        captions=joint.encode(rows.captions) if needing(names, "captions") else None,
    )
    # Real examples have neither a truth of their own, nor a way back, nor a z.
    without = needing(names, "truth", "back", "noise")
    of_real = [name for name in names if name not in without]
    return Judge(
        reference=reference,
        encoder=encoder,
        names=names,
        given=rows.given,
        asking=_asking(rows.given, asked, seed) if needing(names, "asked") else None,
        origin=rows.origin,
        floor=measured(of_real, reference, Sample(other), encoder.name),
        progress=progress,
    )


def measured(
    names: list[str], reference: Reference, sample: Sample, network: str
) -> dict[str, float]:
    """The numbers of these metrics; the names of those that depend on it tell the network."""
    present, found = facts(reference.source, network), {}
    for row in (METRICS[name] for name in names):
        tail = "" if row.plain & present else f"_{network}"
        numbers = row.compute(reference, sample)
        found |= {f"{name}{tail}": float(number) for name, number in numbers.items()}
    return found


def _classifier(examples: Examples, asked, seed) -> Callable:
    """images -> {category: int [N]}: trained on examples of training, for what is asked for."""
    source, order = examples.sources[0], np.random.default_rng(seed)
    few = order.permutation(examples.train[0].size)[: categories.MOST]
    rows = read(examples.train[:1], few)
    classes = {name: source.entries[name].classes for name in asked}
    return categories.train(rows["x"], rows, classes, mirror=source.shape[2] == 3)


def _asking(given: dict, asked, seed) -> dict:
    """The given rows, each with the classes of another; a caption asks for its own."""
    if "caption" in given:
        return given
    order = np.random.default_rng(seed).permutation(len(given["x"]))
    return given | {name: given[name][order] for name in asked}
