"""How samples are judged: against which examples, by which metrics, and beside which floor.

The floor is what real examples that the reference does not hold score against it, at the same
counts: no generator can be expected to do better.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan import metrics
from jaxgan.core.errors import UserError, choose
from jaxgan.data import Source, examples
from jaxgan.evaluation.encode import CLASSIFIERS, POINTS, STACKED, Seen, network_name, observer

SUBSET = 1000  # rows of the kernel distance's subsets, half of the set at most
PAIRED = 2000  # points that the exact Wasserstein distance pairs: its time grows with their cube
PAIRS = 200  # of images, whose likeness is the diversity, over all classes
CLASS_PAIRS = 100  # of one class


class Against(NamedTuple):
    """What samples are held against.

    Attributes:
      source: ``data.Source``.
      reference: ``Seen`` real examples.
      other: as many real examples that the reference does not hold.
    """

    source: Source
    reference: Seen
    other: Seen


class Metric(NamedTuple):
    """A row of ``METRICS``.

    Attributes:
      compute: (``Against``, fake ``Seen``) -> {name: number}.
      fits: (source, whether the game has labels, the network's name) -> whether the metric means
        something there.
      needs: what it needs, for the error where it does not fit.
      by_network: source -> whether the names must tell the network.
      usual: whether it is computed where none is named.
    """

    compute: Callable
    fits: Callable = lambda source, labelled, network: True
    needs: str = ""
    by_network: Callable = lambda source: True
    usual: bool = True


def _frechet(against, fake):
    return {"fd": metrics.frechet_distance(against.reference.features, fake.features)}


def _frechet_infinity(against, fake):
    found = metrics.fd_infinity(against.reference.features, fake.features)
    return {"fd_infinity": found.distance}


def _kernel(against, fake):
    real = against.reference.features
    size = min(SUBSET, len(real) // 2, len(fake.x) // 2)  # or all subsets would be the same
    found = metrics.kernel_distance(real, fake.features, subset_size=size)
    return {"kid": found.mean, "kid_standard_error": found.standard_error}


def _neighbours(against, fake):
    real = against.reference.features
    found = metrics.precision_recall(real, fake.features)
    more = metrics.density_coverage(real, fake.features)
    return {**found._asdict(), **more._asdict()}


def _inception_score(against, fake):
    mean, deviation = metrics.inception_score(fake.probabilities)
    return {"is": mean, "is_deviation": deviation}


def _modes(against, fake):
    if (mixture := against.source.mixture) is not None:
        found = metrics.mode_coverage(fake.x, mixture.means, mixture.stds)
        names = ("modes", "high_quality", "reverse_kl")
        return {name: float(getattr(found, name)) for name in names}
    found = metrics.stacked_modes(fake.probabilities.argmax(axis=2))
    return {"modes": float(found.modes), "modes_kl": found.kl}


def _accuracy(against, fake):
    return {"accuracy": np.mean(fake.probabilities.argmax(axis=-1) == fake.labels)}


def _memorisation(against, fake):
    # Real examples beside the reference stand for those that a generator does not copy.
    found = metrics.memorisation(against.reference.features, against.other.features, fake.features)
    return {"memorisation_auc": found.auc, "memorisation_copies": found.copies}


def _wasserstein(against, fake):
    count = min(PAIRED, len(fake.x))
    return {"wasserstein": metrics.wasserstein(against.reference.x[:count], fake.x[:count])}


def _diversity(against, fake):
    if fake.labels is None:
        return {"ms_ssim": metrics.diversity(fake.x, PAIRS).similarity}
    classes = [fake.x[fake.labels == label] for label in np.unique(fake.labels)]
    each = [metrics.diversity(x, CLASS_PAIRS).similarity for x in classes if len(x) > 1]
    return {"ms_ssim_of_a_class": np.mean(each)}


def _is_image(source, labelled, network):
    return len(source.shape) == 3


METRICS = {
    "fd": Metric(_frechet),
    "kid": Metric(_kernel),
    "is": Metric(
        _inception_score,
        lambda source, *_: _is_image(source, *_) and source.name != STACKED,
        "images that the network puts into one class",
    ),
    "pr": Metric(_neighbours),
    "modes": Metric(
        _modes,
        lambda source, *_: source.mixture is not None or source.name == STACKED,
        "a toy mixture, or stacked_digits",
        lambda source: source.mixture is None,
    ),
    "accuracy": Metric(
        _accuracy,
        lambda source, labelled, network: labelled and network in CLASSIFIERS,
        f"a game with labels, and a classifier of them: {' or '.join(CLASSIFIERS)}",
    ),
    "fd_infinity": Metric(_frechet_infinity, usual=False),
    "memorisation": Metric(_memorisation, usual=False),
    "wasserstein": Metric(
        _wasserstein,
        lambda source, labelled, network: network == POINTS,
        "points",
        lambda source: False,
        usual=False,
    ),
    "ms_ssim": Metric(_diversity, _is_image, "images", lambda source: False, usual=False),
}
# What a config may rank checkpoints by, lower is better, and the row that gives it; the first is
# the run's own quick distance.
RANKING = {
    "sliced_wasserstein": None,
    "reverse_kl": "modes",
    "fd": "fd",
    "kid": "kid",
    "modes_kl": "modes",
}
PLAIN = ("sliced_wasserstein", "reverse_kl")  # by no network
FEWEST = 20  # examples a set below which a metric has nothing to say


def choose_examples(source, count, seed):
    """``count`` examples of a source, as ``Source.arrays`` gives them; images float in [-1, 1]."""
    chosen = np.random.default_rng(seed).permutation(source.size)[:count]
    return examples.read((source,), chosen)


def set_size(source, num):
    """How many examples a set has: ``num``, half of the source at most.

    Raises:
      UserError: fewer than ``FEWEST``.
    """
    count = min(num, source.size // 2)
    if count < FEWEST:
        raise UserError(
            f"{count} examples a set say nothing, {FEWEST} are the fewest: {num} were asked for, "
            f"and {source.name} has twice {source.size // 2}."
        )
    return count


def split(source, num, seed):
    """Two disjoint sets of real examples, equally many: the reference, and what its floor is of.

    Args:
      source: ``data.Source`` of at least 4 examples.
      num: how many are wanted in each; half of the source at most.
      seed: of the choice.

    Returns:
      two dictionaries as ``Source.arrays`` gives them, images as float32 in [-1, 1].
    """
    count = set_size(source, num)
    chosen = np.random.default_rng(seed).permutation(source.size)[: 2 * count].reshape(2, -1)
    return [examples.read((source,), part) for part in chosen]  # mixed: sets are stored by class


class Judge(NamedTuple):
    """Judges samples of one source.

    Attributes:
      score: (x [N, *shape], labels [N] or None) -> {name: number}; NaN of samples with any.
      floor: the same of real examples that the reference does not hold.
      labels: of those, for conditional samples: as the data's; or None.
      count: examples in the reference, in the floor's set, and wanted of a sample.
      network: what ``observer.Observer`` has told of the feature network.
    """

    score: Callable
    floor: dict
    labels: np.ndarray | None
    count: int
    network: dict


def chosen(text, source, labelled, features=""):
    """The names in ``text``, with commas between; of none, all usual metrics that fit.

    Args:
      text: rows of ``METRICS``.
      source: ``data.Source``.
      labelled: whether the game has labels.
      features: row of ``FEATURES``, as ``observer.network_name`` takes it.

    Raises:
      UserError: a metric that is unknown or does not fit the data, the game and the network.
    """
    facts = (source, labelled, network_name(source, features))
    names = text.replace(",", " ").split()
    for name in names:
        metric = choose(METRICS, name, "metric")
        if not metric.fits(*facts):
            raise UserError(f"metric {name!r} needs {metric.needs}; {source.name} is not that.")
    return names or [
        name for name, metric in METRICS.items() if metric.usual and metric.fits(*facts)
    ]


def ranking(evaluation, source, labelled):
    """The name of the metric that ranks a run's checkpoints, as it stands among the run's metrics.

    Args:
      evaluation: that group of the config.
      source: ``data.Source``.
      labelled: whether the game has labels.

    Raises:
      UserError: metrics that do not fit, or a ranking that none of them gives.
    """
    features, rank_by = evaluation["features"], evaluation["rank_by"]
    names = chosen(evaluation["metrics"], source, labelled, features)
    row = choose(RANKING, rank_by, "evaluation.rank_by")
    fits = row in (None, *names) and (row != "modes" or (rank_by in PLAIN) == bool(source.mixture))
    if not fits:
        raise UserError(
            f"evaluation.rank_by={rank_by} is none of the metrics {', '.join(names)} of "
            f"{source.name}; known: {', '.join(RANKING)}."
        )
    return rank_by if rank_by in PLAIN else f"{rank_by}_{network_name(source, features)}"


def judge(source, names, *, num, seed, labelled=False, looks=None, progress=None):
    """Look at the real examples once, and return the ``Judge``.

    Args:
      source: ``data.Source``.
      names: rows of ``METRICS``, as ``chosen`` gives them.
      num: examples a set; half of the source at most.
      seed: of the choice of real examples.
      labelled: whether the game has labels.
      looks: an ``observer.Observer``; None: as the source needs.
      progress: (done, total) of the images seen.

    Raises:
      UserError: too few examples, or no feature network.
    """
    looks = looks or observer(source)
    sets = split(source, num, seed)

    def labels_of(part):
        return part.get("label") if labelled else None

    real = [looks.see(part["x"], labels_of(part), progress, remember=True) for part in sets]
    against = Against(source, *real)

    def values(fake):
        found = {}
        for key in names:
            tail = f"_{looks.name}" if METRICS[key].by_network(source) else ""
            numbers = METRICS[key].compute(against, fake)
            found |= {f"{name}{tail}": float(number) for name, number in numbers.items()}
        return found

    floor = values(against.other)

    def score(x, labels=None):
        if not np.isfinite(x).all():
            return dict.fromkeys(floor, float("nan"))
        return values(looks.see(x, labels, progress))

    return Judge(
        score=score,
        floor=floor,
        labels=against.other.labels,
        count=len(against.other.x),
        network=looks.told,
    )
