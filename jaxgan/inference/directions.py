"""Directions of z along which what is made changes, and samples that are moved along one.

    jaxgan sample --workdir=runs/gan --along=principal:0

``KINDS`` are the ways to find one.
"""

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.special

from jaxgan.core.errors import UserError, choose, within
from jaxgan.features import FEATURES

SIDE = 32  # pixels along a side that are compared, at most
ROWS = 1024  # samples of which a direction is found
AT_ONCE = 128  # of these in memory
STEPS = 8  # images of one z, from one end of the way to the other


def drawn(described: Callable, look: Callable) -> np.ndarray:
    """What ``look`` makes of ``ROWS`` samples of the noise of seed 0, [N, ...], a part at a time.

    Of several generators there is one of each a row. ``described``: as ``sampling.Generate`` has
    it; ``look``: samples [n, ...] -> [n, ...].
    """
    rows = np.arange(ROWS)
    starts = range(0, ROWS, AT_ONCE)
    return np.concatenate([look(described(rows=rows[i : i + AT_ONCE]).x) for i in starts])


def classes_of(names: tuple[str, ...]) -> np.ndarray | None:
    """The classes [N] of the samples ``drawn``; None of a run without."""
    return np.arange(ROWS) % len(names) if names else None


def thinned(images):
    """Every few of the pixels of images [N, H, W, C], so that a side has at most ``SIDE``."""
    step = -(-max(images.shape[1:3]) // SIDE)
    return images[:, ::step, ::step]


def principal(z, images, count, label=None):
    """Directions of z, after GANSpace (Härkönen et al. 2020, arXiv:2004.02546).

    Principal components of what a layer holds for many z, and for each the direction of z that goes
    with it: the coordinates regressed on. GANSpace looks at an early layer; here it is the last,
    the images themselves, which every generator has.

    Args:
      z: [N, ...] draws.
      images: [N, ...] that were made of them, maybe ``thinned``.
      count: how many; no more than z has numbers.
      label: [N] classes, between whose means no difference counts; None: there is one.

    Returns:
      float32 [K, ...], each of norm 1; the first goes with the component of the greatest variance.
      Its sign is that of its largest entry, so that it does not depend on a decomposition's.
    """
    seen, flat = (_around_means(x, label) for x in (images, z))
    count = min(count, flat.shape[1])
    # Coordinates of components are eigenvectors of the images' products, of the greatest last;
    # since they are orthogonal, z is regressed on each by itself.
    last = (len(z) - count, len(z) - 1)
    _, coordinates = scipy.linalg.eigh(seen @ seen.T, subset_by_index=last)
    found = coordinates.T[::-1] @ flat
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return np.float32(_signed(found)).reshape(-1, *np.shape(z)[1:])


def _around_means(x, label=None):
    """x [N, ...] as float64 [N, D], less the mean of its class; without labels there is one."""
    flat = np.asarray(x, np.float64).reshape(len(x), -1)
    label = np.zeros(len(x)) if label is None else label
    for each in np.unique(label):
        flat[label == each] -= flat[label == each].mean(axis=0)
    return flat


def closed_form(kernel: np.ndarray) -> np.ndarray:
    """Directions of z that a layer follows most, after SeFa (Shen and Zhou 2021, arXiv:2007.06600).

    Eigenvectors of A^T A, A the layer's matrix with each of its outputs at norm 1, as the authors'
    code has it; nothing is sampled.

    Args:
      kernel: [Z, F] of the linear layer that z meets first.

    Returns:
      float32 [Z, Z], a direction a row, that of the greatest eigenvalue first; its sign is that of
      its largest entry.
    """
    weights = np.asarray(kernel, np.float64)
    weights = weights / np.maximum(np.linalg.norm(weights, axis=0), 1e-12)
    _, found = scipy.linalg.eigh(weights @ weights.T)
    return np.float32(_signed(found.T[::-1]))


def regressed(z: np.ndarray, logits: np.ndarray, number: int) -> np.ndarray:
    """The direction of z along which a class grows likelier, after TL-GAN (Guan 2018).

    The slope of a linear regression of the class's log odds, as a classifier has them.

    Args:
      z: [N, Z].
      logits: [N, K] of what was made of them.
      number: of the class.

    Returns:
      float32 [Z] of norm 1; the class grows likelier along it.
    """
    others = scipy.special.logsumexp(np.delete(logits, number, axis=1), axis=1)
    odds = np.asarray(logits[:, number] - others, np.float64)
    slope, *_ = np.linalg.lstsq(_around_means(z), odds - odds.mean(), rcond=None)
    return np.float32(slope / max(np.linalg.norm(slope), 1e-12))


def _signed(found):
    """Rows with the signs that make their largest entries positive."""
    return found * np.sign(np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1))


def _principal(generate, which, features):
    """Along which images change most: principal:0, and less at 1, 2, ..."""
    number, names = _number(which, generate.shape_of_z()[0]), generate.class_names
    z = generate.sampler.z_of(0, np.arange(ROWS))
    return principal(z, drawn(generate.described, thinned), number + 1, classes_of(names))[number]


def _sefa(generate, which, features):
    """Along which the first layer changes most, by its weights alone: sefa:0, less at 1, 2, ..."""
    size = generate.shape_of_z()[0]
    number = _number(which, size)
    layer = generate.variables.get("params", {}).get("Dense_0", {})
    if "kernel" not in layer or len(layer["kernel"]) < size:
        raise UserError("sefa is of a first layer that sees all of z, and this generator has none.")
    return closed_form(layer["kernel"][:size])[number]


def _towards(generate, which, features):
    """Along which a class grows likelier, by a classifier: class:7."""
    extractor = choose(FEATURES, features or "mnist10k_cnn", "feature network")()
    extractor.check(generate.shape_of())
    number = _number(which, extractor.classes)

    def logits(made):
        return extractor.run(np.clip(made, -1, 1))[1]  # as pictures are seen

    z = generate.sampler.z_of(0, np.arange(ROWS))
    return regressed(z, drawn(generate.described, logits), number)


KINDS = {"principal": _principal, "sefa": _sefa, "class": _towards}


def _number(which, count):
    if not (which.isascii() and which.isdecimal()):
        raise UserError(f"along must be KIND:NUMBER, as principal:0; kinds: {', '.join(KINDS)}.")
    within("the number of along", int(which), 0, count)
    return int(which)


def moved(generate, along: str, num: int = 64, *, seed=0, label=None, reach=3.0, features=""):
    """Samples on ways of ``STEPS`` images each, a z a way, moved from -reach to reach along one.

    Args:
      generate: ``sampling.Generate``.
      along: KIND:NUMBER, a row of ``KINDS`` and which of its directions.
      num: how many samples in all.
      seed, label: as ``sampling.load`` has them.
      reach: in the unit of z, whose numbers are N(0, 1).
      features: for "class", a row of ``FEATURES`` that classifies; "": that of digits.

    Returns:
      ``files.Samples``.

    Raises:
      UserError: an unknown kind, no such direction, or a generator without a normal z of one kind.
    """
    kind, _, which = along.partition(":")
    find = choose(KINDS, kind, "kind of direction")
    if generate.sampler.distribution != "normal" or generate.generators > 1:
        raise UserError("along is of one generator whose z is normal; this run has no such.")
    within("num", num, 1, 2**31)
    within("reach", reach, 0)
    direction = find(generate, which, features)
    ways, steps = np.divmod(np.arange(num), STEPS)
    amounts = np.linspace(-reach, reach, STEPS, dtype=np.float32)[steps]
    z = generate.sampler.z_of(seed, ways) + amounts[:, None] * direction
    made = generate.described(rows=ways, z=z, seed=seed, label=label)
    return made._replace(columns=STEPS)
