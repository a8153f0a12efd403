"""How samples are judged: against which examples, by which network, and how the number is called.

A metric's name carries the network of its features: ``fd_mnist10k_cnn``, and ``fd_inception`` alone
is FID. Beside every value stands its floor: what real examples that the reference does not hold
score against it, at the same counts.
"""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan import metrics
from jaxgan.data import batching
from jaxgan.errors import UserError, choose
from jaxgan.features import FEATURES, probabilities
from jaxgan.features.download import cache

STACKED, PER_CHANNEL = "stacked_digits", "_per_channel"
DIGITS, GREY_SIDES = "mnist10k_cnn", (28, 32)  # the bundled classifier, and what it sees
SUBSET = 1000  # rows of the kernel distance's subsets, half of the set at most


class Seen(NamedTuple):
    """A set of examples as metrics see it.

    Attributes:
      x: float32 [N, *shape], images in [-1, 1].
      features: [N, F]; of points the points themselves.
      probabilities: [N, K] or [N, channels, K]; None of points.
      labels: int [N], or None.
    """

    x: np.ndarray
    features: np.ndarray
    probabilities: np.ndarray | None
    labels: np.ndarray | None


class Metric(NamedTuple):
    """A row of ``METRICS``.

    Attributes:
      compute: (real ``Seen``, fake ``Seen``, source) -> {name: number}.
      fits: (source, whether the game has labels) -> whether the metric means something there.
      needs: what it needs, for the error where it does not fit.
      by_network: source -> whether the names must tell the network.
    """

    compute: Callable
    fits: Callable = lambda source, labelled: True
    needs: str = ""
    by_network: Callable = lambda source: True


def _kernel(real, fake, source):
    size = min(SUBSET, len(real.x) // 2, len(fake.x) // 2)  # or all subsets would be the same
    found = metrics.kernel_distance(real.features, fake.features, subset_size=size)
    return {"kid": found.mean, "kid_standard_error": found.standard_error}


def _neighbours(real, fake, source):
    found = metrics.precision_recall(real.features, fake.features)
    more = metrics.density_coverage(real.features, fake.features)
    return {**found._asdict(), **more._asdict()}


def _inception_score(real, fake, source):
    mean, deviation = metrics.inception_score(fake.probabilities)
    return {"is": mean, "is_deviation": deviation}


def _modes(real, fake, source):
    if source.mixture is not None:
        found = metrics.mode_coverage(fake.x, source.mixture.means, source.mixture.stds)
        names = ("modes", "high_quality", "reverse_kl")
        return {name: float(getattr(found, name)) for name in names}
    found = metrics.stacked_modes(fake.probabilities.argmax(axis=2))
    return {"modes": float(found.modes), "modes_kl": found.kl}


def _is_image(source, labelled):
    return len(source.shape) == 3


def _has_modes(source, labelled):
    return source.mixture is not None or source.name == STACKED


METRICS = {
    "fd": Metric(lambda r, f, _: {"fd": metrics.frechet_distance(r.features, f.features)}),
    "kid": Metric(_kernel),
    "is": Metric(
        _inception_score,
        lambda source, labelled: _is_image(source, labelled) and source.name != STACKED,
        "images that the network puts into one class",
    ),
    "pr": Metric(_neighbours),
    "modes": Metric(
        _modes,
        _has_modes,
        "a toy mixture, or stacked_digits",
        lambda source: source.mixture is None,
    ),
    "accuracy": Metric(
        lambda r, f, _: {"accuracy": float(np.mean(f.probabilities.argmax(axis=-1) == f.labels))},
        lambda source, labelled: labelled and network_name(source) == DIGITS,
        "a game with labels on images of digits",
    ),
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


def network_name(source, name=""):
    """The name of the network of a source's features, as the names of metrics carry it.

    Args:
      source: ``data.Source``.
      name: row of ``FEATURES``; "" chooses: none for points, the bundled classifier for grey images
        of 28x28 or 32x32 and for stacked digits, Inception for all others.
    """
    if len(source.shape) == 1:
        return "points"
    if source.name == STACKED:
        return f"{name or DIGITS}{PER_CHANNEL}"
    return name or (DIGITS if source.shape[2] == 1 and _is_small(source) else "inception")


def _is_small(source):
    return source.shape[:2] in [(side, side) for side in GREY_SIDES]


def network_of(source, name="", weights=""):
    """The network of a source's features.

    Args:
      source, name: as ``network_name`` has them.
      weights: file of Inception's weights; "" is the cache or the download.

    Returns:
      (name, hash, run), where ``run(x, progress)`` gives features [N, F] and probabilities, of
      stacked digits [N, channels, K]; for points ("points", "", None).

    Raises:
      UserError: unknown name, one that cannot see these examples, weights that cannot be had or
        that nothing would read.
    """
    if len(source.shape) == 1 and (name or weights):
        raise UserError(f"{source.name} holds points, which are their own features; name no other.")
    name = network_name(source, name)
    if name == "points":
        return name, "", None
    kind = name.removesuffix(PER_CHANNEL)
    row = choose(FEATURES, kind, "feature network")
    if weights and "weights" not in row.options:
        raise UserError(f"the weights of {kind} come with the package; it takes no file of them.")
    if kind == DIGITS and not (_is_small(source) and (source.shape[2] == 1 or kind != name)):
        raise UserError(
            f"{kind} sees grey images of 28x28 or 32x32, not {source.shape}; resize the data."
        )
    extractor = row(weights=weights) if weights else row()

    def run(x, progress=None):
        if not name.endswith(PER_CHANNEL):
            features, logits = extractor.run(x, progress)
            return features, probabilities(logits)
        planes = [extractor.run(x[..., c : c + 1], progress) for c in range(x.shape[3])]
        features, logits = zip(*planes, strict=True)
        return np.concatenate(features, axis=1), probabilities(np.stack(logits, axis=1))

    return name, extractor.hash, run


def choose_examples(source, count, seed):
    """``count`` examples of a source, as ``Source.arrays`` gives them; images float in [-1, 1]."""
    return read_examples(source, np.random.default_rng(seed).permutation(source.size)[:count])


def read_examples(source, indices):
    """The examples of these indices, in their order, as ``choose_examples`` gives them."""
    rows = [source.read(int(index)) for index in indices]
    part = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
    return {**part, "x": np.asarray(batching.to_float({"x": part["x"]})["x"])}


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
    return [read_examples(source, indices) for indices in chosen]  # mixed: sets are stored by class


def _remembered(name, digest, run, x, progress):
    """``run(x)``, kept in the user's cache by the content of ``x`` and the network's weights."""
    content = hashlib.sha256(f"{name} {digest} {x.shape}".encode())
    content.update(np.ascontiguousarray(x))
    file = cache() / "features" / f"{content.hexdigest()}.npz"
    try:
        with np.load(file) as stored:
            return stored["features"], stored["probabilities"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        features, probabilities = run(x, progress)
    with contextlib.suppress(OSError):  # a cache that cannot be written is slow, not wrong
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{os.getpid()}.npz")
        np.savez(part, features=features, probabilities=probabilities)
        os.replace(part, file)
    return features, probabilities


class Judge(NamedTuple):
    """Judges samples of one source.

    Attributes:
      score: (x [N, *shape], labels [N] or None) -> {name: number}.
      floor: the same of real examples that the reference does not hold.
      labels: of those, for conditional samples: as the data's; or None.
      count: examples in the reference, in the floor's set, and wanted of a sample.
      network: name of the feature network.
      hash: SHA-256 of its weights' file; "" for points.
    """

    score: Callable
    floor: dict
    labels: np.ndarray | None
    count: int
    network: str
    hash: str


def check_metrics(names, source, labelled):
    """Raise ``UserError`` for a metric that is unknown or does not fit the data and the game."""
    for name in names:
        metric = choose(METRICS, name, "metric")
        if not metric.fits(source, labelled):
            raise UserError(f"metric {name!r} needs {metric.needs}; {source.name} is not that.")


def chosen(text, source, labelled):
    """The names in ``text``, with commas between; of none, all metrics that fit.

    Raises:
      UserError: a metric that is unknown or does not fit the data and the game.
    """
    names = text.replace(",", " ").split()
    check_metrics(names, source, labelled)
    return names or [name for name, metric in METRICS.items() if metric.fits(source, labelled)]


def ranking(evaluation, source, labelled):
    """The name of the metric that ranks a run's checkpoints, as it stands among the run's metrics.

    Args:
      evaluation: that group of the config.
      source: ``data.Source``.
      labelled: whether the game has labels.

    Raises:
      UserError: metrics that do not fit, or a ranking that none of them gives.
    """
    rank_by, names = evaluation["rank_by"], chosen(evaluation["metrics"], source, labelled)
    row = choose(RANKING, rank_by, "evaluation.rank_by")
    fits = row in (None, *names) and (row != "modes" or (rank_by in PLAIN) == bool(source.mixture))
    if not fits:
        raise UserError(
            f"evaluation.rank_by={rank_by} is none of the metrics {', '.join(names)} of "
            f"{source.name}; known: {', '.join(RANKING)}."
        )
    return rank_by if rank_by in PLAIN else f"{rank_by}_{network_name(source)}"


def judge(source, names, *, num, seed, labelled=False, network=None, progress=None):
    """Look at the real examples once, and return the ``Judge``.

    Args:
      source: ``data.Source``.
      names: rows of ``METRICS``.
      num: examples a set; half of the source at most.
      seed: of the choice of real examples.
      labelled: whether the game has labels.
      network: as ``network_of`` gives it; None: as it chooses.
      progress: (done, total) of the images seen.

    Raises:
      UserError: a metric that does not fit, or no feature network.
    """
    check_metrics(names, source, labelled)
    name, digest, run = network or network_of(source)
    if "accuracy" in names and name != DIGITS:
        raise UserError(f"metric 'accuracy' needs the classes of {DIGITS}, not those of {name}.")

    def see(x, labels, real=False):
        x = np.asarray(x, np.float32)
        if run is None:
            features, probabilities = x, None
        elif real:
            features, probabilities = _remembered(name, digest, run, x, progress)
        else:
            features, probabilities = run(x, progress)
        return Seen(x, features.astype(np.float64), probabilities, labels)

    reference, other = split(source, num, seed)
    reference = see(reference["x"], reference.get("label"), real=True)

    def score(x, labels=None, real=False):
        seen, found = see(x, labels, real), {}
        for key in names:
            values = METRICS[key].compute(reference, seen, source)
            tail = f"_{name}" if METRICS[key].by_network(source) else ""
            found |= {f"{value}{tail}": float(number) for value, number in values.items()}
        return found

    return Judge(
        score=score,
        floor=score(other["x"], other.get("label"), real=True),
        labels=other.get("label"),
        count=len(other["x"]),
        network=name,
        hash=digest,
    )
