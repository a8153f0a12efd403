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
from jaxgan.errors import UserError, choose, within
from jaxgan.features import FEATURES
from jaxgan.features.download import cache

STACKED, PER_CHANNEL = "stacked_digits", "_per_channel"
GREY_SIDES = (28, 32)  # what the bundled classifier sees
SUBSETS = {"subset_size": 1000, "subsets": 100}  # of the kernel distance


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
    size = min(SUBSETS["subset_size"], len(real.x), len(fake.x))
    found = metrics.kernel_distance(real.features, fake.features, **SUBSETS | {"subset_size": size})
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
        lambda source, labelled: labelled and _is_image(source, labelled) and source.classes == 10,
        "a game with labels on ten classes of digits",
    ),
}
# What a config may rank checkpoints by: lower is better in all of them.
RANKING = ("sliced_wasserstein", "reverse_kl", "fd", "kid", "modes_kl")
PLAIN = RANKING[:2]  # by no network


def network_name(source, name=""):
    """The name of the network of a source's features, as the names of metrics carry it.

    Args:
      source: ``data.Source``.
      name: row of ``FEATURES``; "" chooses: none for points, the bundled classifier for grey images
        of 28x28 or 32x32 and for stacked digits, Inception for all others.
    """
    if len(source.shape) == 1:
        return "points"
    small = source.shape[2] == 1 and source.shape[:2] in [(side, side) for side in GREY_SIDES]
    if source.name == STACKED:
        return f"{name or 'mnist10k_cnn'}{PER_CHANNEL}"
    return name or ("mnist10k_cnn" if small else "inception")


def network_of(source, name="", weights=""):
    """The network of a source's features.

    Args:
      source, name: as ``network_name`` has them.
      weights: file of Inception's weights; "" is the cache or the download.

    Returns:
      (name, hash, run), where ``run(x, progress)`` gives features [N, F] and probabilities, of
      stacked digits [N, channels, K]; for points ("points", "", None).

    Raises:
      UserError: unknown name, or weights that cannot be had.
    """
    name = network_name(source, name)
    if name == "points":
        return name, "", None
    row = choose(FEATURES, name.removesuffix(PER_CHANNEL), "feature network")
    extractor = row(weights=weights) if "weights" in row.options else row()

    def probabilities(logits):
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
        return odds / odds.sum(axis=-1, keepdims=True)

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
    return _read(source, np.random.default_rng(seed).permutation(source.size)[:count])


def _read(source, indices):
    rows = [source.read(int(index)) for index in indices]
    part = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
    return {**part, "x": np.asarray(batching.to_float({"x": part["x"]})["x"])}


def split(source, num, seed):
    """Two disjoint sets of real examples, equally many: the reference, and what its floor is of.

    Args:
      source: ``data.Source`` of at least 4 examples.
      num: how many are wanted in each; half of the source at most.
      seed: of the choice.

    Returns:
      two dictionaries as ``Source.arrays`` gives them, images as float32 in [-1, 1].
    """
    within("num", num, 2)
    count = min(num, source.size // 2)
    chosen = np.random.default_rng(seed).permutation(source.size)[: 2 * count].reshape(2, -1)
    return [_read(source, indices) for indices in chosen]  # mixed: sets are stored by class


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


def ranking(rank_by, source):
    """The name of a metric of ``RANKING`` as it stands among the metrics of a run.

    Raises:
      UserError: not one of them.
    """
    choose(dict.fromkeys(RANKING), rank_by, "evaluation.rank_by")
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
