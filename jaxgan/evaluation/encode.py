"""What looks at examples before they are judged: a network of features, and what it is called.

A metric's name carries the network of its features: ``fd_mnist10k_cnn``, and ``fd_inception`` alone
is FID.
"""

import contextlib
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError, choose
from jaxgan.core.files import UNSOUND, cache, whole
from jaxgan.data import Source
from jaxgan.features import FEATURES, efficientnet, probabilities
from jaxgan.features.extractor import Extractor

POINTS = "points"  # are their own features
STACKED, PER_CHANNEL = "stacked_digits", "_per_channel"
DIGITS, CLOTHES = "mnist10k_cnn", "fashion_cnn"  # the bundled classifiers
CLASSIFIERS = (DIGITS, CLOTHES)
GREY_SIDES = (28, 32)  # what they see
MAPPED = (efficientnet.NAME,)  # networks with maps, by which images are compared
OWN = {"fashion_mnist": CLOTHES}  # data sets whose name tells what they show


class Encoded(NamedTuple):
    """A set of examples as metrics see it.

    Attributes:
      x: float32 [N, *shape], images in [-1, 1].
      features: float64 [N, F]; of points the points themselves; None where no metric needs any.
      probabilities: [N, K] or [N, channels, K]; None of points.
      labels: int [N], or None.
    """

    x: np.ndarray
    features: np.ndarray | None
    probabilities: np.ndarray | None
    labels: np.ndarray | None


class Encoder(NamedTuple):
    """Turns the examples of one source into features.

    Attributes:
      name: of the network, as the names of metrics carry it.
      description: for an evaluation's record: name, SHA-256 of the weights' file, and how it
        resizes; the last two are "" for points.
      encode: (x [N, *shape], labels or None, progress, keep) -> ``Encoded``; what is kept, as real
        examples should be, comes from the user's cache the next time.
      extractor: the network, of one that sees images as they are; else None.
    """

    name: str
    description: dict
    encode: Callable[..., Encoded]
    extractor: Extractor | None = None


def network_name(source: Source, name: str = "") -> str:
    """The name of the network of a source's features, as the names of metrics carry it.

    Args:
      source: ``data.Source``.
      name: row of ``FEATURES``; "" chooses: none for points, the bundled classifier for grey images
        of 28x28 or 32x32 (that of digits, unless the data's name tells of clothes) and for stacked
        digits, Inception for all others.
    """
    if len(source.shape) == 1:
        return POINTS
    if source.name == STACKED:
        return f"{name or DIGITS}{PER_CHANNEL}"
    if name:
        return name
    small = source.shape[2] == 1 and _is_small(source)
    return OWN.get(source.name, DIGITS) if small else "inception"


def _is_small(source):
    return source.shape[:2] in [(side, side) for side in GREY_SIDES]


def make_encoder(source: Source, name: str = "", weights: str = "") -> Encoder:
    """The ``Encoder`` of a source.

    Args:
      source, name: as ``network_name`` has them.
      weights: file of Inception's weights; "" is the cache or the download.

    Raises:
      UserError: unknown name, one that cannot see these examples, weights that cannot be had or
        that nothing would read.
    """
    if len(source.shape) == 1 and (name or weights):
        raise UserError(f"{source.name} holds points, which are their own features; name no other.")
    if name:
        choose(FEATURES, name, "feature network")
    name = network_name(source, name)
    if name == POINTS:
        return Encoder(name, {"name": name, "sha256": "", "resize": ""}, _encode_points)
    kind = name.removesuffix(PER_CHANNEL)
    row = FEATURES[kind]
    if weights and "weights" not in row.options:
        raise UserError(f"the weights of {kind} come with a package; it takes no file of them.")
    if kind in CLASSIFIERS and not (_is_small(source) and (source.shape[2] == 1 or kind != name)):
        raise UserError(
            f"{kind} sees grey images of 28x28 or 32x32, not {source.shape}; resize the data."
        )
    extractor = row(weights=weights) if weights else row()

    def run(x, progress):
        if not name.endswith(PER_CHANNEL):
            features, logits = extractor.run(x, progress)
            return features, probabilities(logits)
        planes = [extractor.run(x[..., c : c + 1], progress) for c in range(x.shape[3])]
        features, logits = zip(*planes, strict=True)
        return np.concatenate(features, axis=1), probabilities(np.stack(logits, axis=1))

    def encode(x, labels=None, progress=None, keep=False):
        x = np.asarray(x, np.float32)
        features, odds = (_kept(name, extractor.hash, run) if keep else run)(x, progress)
        return Encoded(x, features.astype(np.float64), odds, labels)

    description = {"name": name, "sha256": extractor.hash, "resize": extractor.resize}
    return Encoder(name, description, encode, extractor if kind == name else None)


def _encode_nothing(x, labels=None, progress=None, keep=False):
    return Encoded(np.asarray(x, np.float32), None, None, labels)


NO_NETWORK = Encoder("none", {"name": "none", "sha256": "", "resize": ""}, _encode_nothing)


def _encode_points(x, labels=None, progress=None, keep=False):
    x = np.asarray(x, np.float32)
    return Encoded(x, x.astype(np.float64), None, labels)


def _kept(name, digest, run):
    """``run``, kept in the user's cache by the content of what it sees and the weights' hash."""

    def look_up(x, progress):
        content = hashlib.sha256(f"{name} {digest} {x.shape}".encode())
        content.update(np.ascontiguousarray(x))
        try:
            file = cache() / "features" / f"{content.hexdigest()}.npz"
        except UserError:  # as where it cannot be written
            return run(x, progress)
        try:
            with np.load(file) as stored:
                return stored["features"], stored["probabilities"]
        except (*UNSOUND, KeyError):
            features, odds = run(x, progress)
        with contextlib.suppress(OSError):  # a cache that cannot be written is slow, not wrong
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as draft, draft.open("wb") as opened:
                np.savez(opened, features=features, probabilities=odds)
        return features, odds

    return look_up
