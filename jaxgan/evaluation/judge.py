"""How samples are judged: against which examples, and beside which floor.

The floor is what real examples that the reference does not hold score against it, at the same
counts: no generator can be expected to do better. Where a set has a held-out part, the reference
is of it, and so is what a generator is given; the floor is of training examples. Where it has
none, all are training examples, and the record says so.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.data import Source, attributes, read
from jaxgan.data.source import classes_of, renamed
from jaxgan.evaluation import draw, measures
from jaxgan.evaluation.draw import Looks, in_turn
from jaxgan.evaluation.encode import NO_NETWORK, Encoder, make_encoder, network_name
from jaxgan.evaluation.measures import METRICS, Reference, Sample, facts
from jaxgan.evaluation.truth import floors
from jaxgan.features import categories
from jaxgan.games import Game
from jaxgan.metrics import sliced_wasserstein

FEWEST = 20  # examples a set below which a metric has nothing to say
QUICK = 1000  # samples in the quick distance


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
        return len(self.sources) == 1

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
    """

    real: dict
    other: dict
    given: dict
    origin: dict


def asked_of(generator, entries) -> tuple[str, ...]:
    """The categories of whose classes a generator is told which one to make.

    ``generator``: ``Network``; ``entries``: {name: ``Entry``} of the data.
    """
    known = classes_of(entries)
    told = {"label": ("label",), "attributes": attributes.known(known)}
    return tuple(name for entry in generator.inputs for name in told.get(entry, ()))


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
        return Split(real, other, other, origin)
    real = examples.rows(order[:count])
    order = np.random.default_rng(seed).permutation(examples.fewest)
    other = read(examples.train, order[:count])
    origin = {"reference": "held out", "floor": "train", "given": "held out"}
    return Split(real, other, real, origin)


class Judge(NamedTuple):
    """Judges samples of one source.

    Attributes:
      score: (x [N, *shape], labels [N] or None, and what ``Sample`` has beside) -> {name: number};
        NaN of samples with any.
      against: as ``score``, of the metrics that need a truth alone.
      asking: rows for the generator of which other classes are asked than they have, or None.
      told: (x, {category: int [N]} that were asked for) -> {name: number} of these.
      floor: scores of real examples that the reference does not hold.
      given: rows for the generator, as many as the reference has.
      count: examples in the reference, in the floor's set, and wanted of a sample.
      network: what ``Encoder`` says of the feature network.
      origin: see ``Split``.
    """

    score: Callable[..., dict[str, float]]
    against: Callable[..., dict[str, float]]
    asking: dict | None
    told: Callable[..., dict[str, float]]
    floor: dict[str, float]
    given: dict
    count: int
    network: dict
    origin: dict


def judge(
    examples: Examples,
    names: list[str],
    *,
    num: int,
    seed: int,
    labelled: bool = False,
    asked: tuple[str, ...] = (),
    encoder: Encoder | None = None,
    progress=None,
) -> Judge:
    """Look at the real examples once, and return the ``Judge``.

    Args:
      examples: ``Examples``.
      names: rows of ``METRICS``, as ``measures.chosen`` gives them.
      num: examples a set.
      seed: of the choice of real examples.
      labelled: whether samples have labels.
      asked: categories whose classes are asked for.
      encoder: None: as the source needs.
      progress: (done, total) of the images seen.

    Raises:
      UserError: too few examples, or no feature network.
    """
    source = examples.sources[0]
    encoder = encoder or make_encoder(source)
    rows = split(examples, num, seed)

    def encode(part):
        labels = part.get("label") if labelled else None
        return encoder.encode(part["x"], labels, progress, keep=True)

    real, other = encode(rows.real), encode(rows.other)
    train, tell = None, None
    if "memorisation" in names:  # copies are of any training example: all of them are seen
        train = encode(read(examples.train[:1], np.arange(examples.train[0].size)))
    if "classified" in names:
        order = np.random.default_rng(seed).permutation(examples.train[0].size)
        few = read(examples.train[:1], order[: categories.MOST])
        classes = {name: source.entries[name].classes for name in asked}
        tell = categories.train(few["x"], few, classes, mirror=source.shape[2] == 3)
    truth = real if rows.given is rows.real else other
    known = {name: rows.real[name] for name in asked}
    reference = Reference(source, real, other, train, truth, encoder.compare, tell, known)
    of_truth = [name for name in names if "truth" in METRICS[name].needs]
    # What real examples have no part in: neither a truth of their own, nor a way back.
    of_back = [name for name in names if "back" in METRICS[name].needs]
    others = [name for name in names if name not in (*of_truth, *of_back, "classified")]
    asking = None
    if "classified" in names:
        order = np.random.default_rng(seed).permutation(len(rows.given["x"]))
        asking = rows.given | {name: rows.given[name][order] for name in asked}
    present = facts(source, encoder.name)

    def values(sample, names):
        found = {}
        for key in names:
            metric = METRICS[key]
            tail = "" if metric.plain & present else f"_{encoder.name}"
            numbers = metric.compute(reference, sample)
            found |= {f"{name}{tail}": float(number) for name, number in numbers.items()}
        return found

    floor = values(Sample(other), [name for name in names if name not in (*of_truth, *of_back)])

    def score(x, labels=None, truth=None, given=None, mask=None, again=None):
        if not np.isfinite(x).all():
            return dict.fromkeys(floor, float("nan"))
        sample = Sample(encoder.encode(x, labels, progress), truth, given, mask, again=again)
        fitting = of_truth * (truth is not None) + of_back * (again is not None)
        return values(sample, others + fitting)

    def against(x, labels, truth, given, mask):
        seen = encoder if any(METRICS[name].features for name in of_truth) else NO_NETWORK
        return values(Sample(seen.encode(x, labels, progress), truth, given, mask), of_truth)

    def told(x, asked):
        if not np.isfinite(x).all():
            return {f"classified_{name}": float("nan") for name in asked}
        made = NO_NETWORK.encode(x, None, progress)
        return values(Sample(made, asked=asked), ["classified"])

    return Judge(
        score=score,
        against=against,
        asking=asking,
        told=told,
        floor=floor,
        given=rows.given,
        count=len(real.x),
        network=encoder.description,
        origin=rows.origin,
    )


def of_directions(examples: Examples, game: Game, features: str) -> dict[str, Examples]:
    """The examples that judge each direction of a game, x of each being what it makes.

    Raises:
      UserError: domains that different feature networks would see; ``features`` as
        ``encode.network_name`` takes it.
    """
    sides = {
        direction: examples if makes == "x" else examples.turned()
        for direction, makes in game.makes.items()
    }
    networks = {network_name(own.sources[0], features) for own in sides.values()}
    if len(networks) > 1:
        raise UserError(
            f"the domains would be seen by different networks, {' and '.join(sorted(networks))}; "
            "name one that sees both, as evaluation.features=efficientnet_lite0."
        )
    return sides


def make_encoders(sides: dict[str, Examples], names, features, weights) -> dict[str, Encoder]:
    """The ``Encoder`` of each direction, one for all whose images have one shape.

    Args:
      sides: from ``of_directions``.
      names, features, weights: as ``measures.make_encoder`` takes them, and its errors.
    """
    sources = {direction: own.sources[0] for direction, own in sides.items()}
    made = {
        shape: measures.make_encoder(names, source, features, weights)
        for shape, source in {source.shape: source for source in sources.values()}.items()
    }
    return {direction: made[source.shape] for direction, source in sources.items()}


def judge_each(sides: dict[str, Examples], names, encoders, **options) -> dict[str, Judge]:
    """The ``Judge`` of each direction; ``options`` of ``judge``."""
    return {
        direction: judge(own, names, encoder=encoders[direction], **options)
        for direction, own in sides.items()
    }


def tailed(direction: str, values: dict) -> dict:
    """Values with the direction behind their names; "" changes none."""
    return {f"{name}_{direction}": v for name, v in values.items()} if direction else values


def real_floor(judges: dict[str, Judge]) -> dict[str, float]:
    """The floors of all directions, of real examples: {name: number}."""
    return {
        name: value
        for direction, own in judges.items()
        for name, value in tailed(direction, own.floor).items()
    }


def shown_values(judges: dict[str, Judge], game: Game, see: Callable) -> tuple[dict, Looks]:
    """The scores, by direction, of what generators make, and the looks at what was given.

    As many as the reference has are judged, of several generators of one domain in turn.

    Args:
      judges: by direction, from ``judge_each``; the rows are those of the first.
      game: ``Game``.
      see: rows -> looks.
    """
    first = next(iter(judges.values()))
    looks, found = see(first.given), {}
    asked = {} if first.asking is None else draw.groups(game, see(first.asking))
    for direction, own in draw.groups(game, looks).items():
        scores = _shown_values(judges[direction], own)
        if direction in asked:
            scores |= _told_values(judges[direction], asked[direction])
        found |= tailed(direction, scores)
    return found, looks


def _shown_values(judged, looks):
    first = next(iter(looks.values()))
    labels = None if first.label is None else first.label.argmax(axis=1)
    made = in_turn(looks)[: judged.count]
    return judged.score(made, labels, first.truth, first.given, first.mask, first.again)


def _told_values(judged, looks):
    """Whether what was made of ``asking`` is of the classes that were asked for."""
    first = next(iter(looks.values()))
    asked = first.attributes or {"label": first.label}
    asked = {name: vectors.argmax(axis=1) for name, vectors in asked.items()}
    return judged.told(in_turn(looks)[: judged.count], asked)


class Quick(NamedTuple):
    """What every run is measured by, whenever it is saved.

    Attributes:
      rows: named arrays [N, ...] that the generator is given, with the true examples.
      distance: looks at what was made of them -> sliced Wasserstein distance to the true examples,
        lower is better.
      spread: the same looks -> how far they lie apart, over how far the true examples do: the root
        of the total variance. 1 is as varied, 0 one sample for all.
      floor: () -> the distance of as many other real examples; None where there are not as many.
    """

    rows: dict
    distance: Callable[..., float]
    spread: Callable[..., float]
    floor: Callable[[], float | None]


def make_quick(examples: Examples, game: Game, seed: int) -> Quick:
    """Choose the rows, and measure each direction of a game by itself: the mean of the distances,
    the least of the spreads.

    Args:
      examples: ``Examples``.
      game: ``Game``.
      seed: of the rows, of their keys and of the projections.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(examples.size, min(QUICK, examples.size), replace=False)
    rows = examples.rows(np.sort(chosen))
    key = jax.random.key(seed)
    compare = jax.jit(sliced_wasserstein)
    apart = {name: _apart(rows[name]) for name in game.makes.values()}

    def each(looks):
        """(entry, what was made of as many rows) of every direction."""
        for direction, own in draw.groups(game, looks).items():
            name = game.makes[direction]
            yield name, in_turn(own)[: len(rows[name])]

    def distance(looks):
        return float(np.mean([compare(rows[name], made, key) for name, made in each(looks)]))

    def spread(looks):
        return min(_apart(made) / (apart[name] or 1.0) for name, made in each(looks))

    def floor():
        count, fewest = len(chosen), examples.fewest
        if examples.held_out:
            left = rng.permutation(fewest)
        else:
            left = rng.permutation(np.setdiff1d(np.arange(fewest), chosen))
        if len(left) < count:
            return None
        others = read(examples.train, np.sort(left[:count]))
        names = game.makes.values()
        return float(np.mean([compare(rows[name], others[name], key) for name in names]))

    return Quick(rows, distance, spread, floor)


def _apart(x):
    """The root of the total variance of x [N, ...], in its units."""
    return float(np.sqrt(np.var(np.reshape(x, (len(x), -1)), axis=0).sum(dtype=np.float64)))


def floor_values(judges: dict[str, Judge], game: Game, looks: Looks) -> dict[str, dict]:
    """What takes no learning, by the name that ``truth.floors`` gives it, and its scores.

    Empty where there is no truth.
    """
    found = {}
    for direction, own in draw.groups(game, looks).items():
        for name, values in _floor_values(judges[direction], own).items():
            found[name] = found.get(name, {}) | tailed(direction, values)
    return found


def _floor_values(judged, looks):
    first = next(iter(looks.values()))
    if first.truth is None:
        return {}
    labels = None if first.label is None else first.label.argmax(axis=1)
    beside = (labels, first.truth, first.given, first.mask)
    return {
        name: judged.against(np.ascontiguousarray(made, np.float32), *beside)
        for name, made in floors(first.truth, first.given, first.mask).items()
    }
