"""The metrics by name, with what each needs."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from jaxgan import metrics
from jaxgan.data import Source
from jaxgan.evaluation.encode import Encoded
from jaxgan.evaluation.truth import against_truth
from jaxgan.features import joint

SUBSET = 1000  # rows of the kernel distance's subsets, half of the set at most
PAIRED = 2000  # points that the exact Wasserstein distance pairs: its time grows with their cube
PAIRS = 200  # of images, whose likeness is the diversity, over all classes
CLASS_PAIRS = 100  # of one class
PATH_ENDS = 0.01  # of the speeds at either end, which the path length leaves out


class Reference(NamedTuple):
    """What samples are held against.

    Attributes:
      source: ``data.Source``.
      real: ``Encoded`` real examples.
      other: as many real examples that ``real`` does not hold.
      train: all that the generator was trained on, where a metric needs it and ``real`` is held
        out; else None.
      truth: those of the real examples that the generator is given something of.
      compare: of the ``Encoder``.
      tell: images -> {category: int [N]}, the classes that a classifier of the training examples
        takes them to have, where a metric needs it; else None.
      categories: {category: int [N]} of the real examples.
      captions: vectors [N, D] of the captions that are told, where a metric needs them; else None.
    """

    source: Source
    real: Encoded
    other: Encoded
    train: Encoded | None = None
    truth: Encoded | None = None
    compare: Callable | None = None
    tell: Callable | None = None
    categories: Mapping[str, np.ndarray] = {}  # never written to
    captions: np.ndarray | None = None


class Sample(NamedTuple):
    """What is measured.

    Attributes:
      made: ``Encoded``; None where no row looks at it.
      truth: [N, *shape] what each of them should be, or None.
      given: [N, h, w, c] what each was made from, or None.
      mask: [N, H, W, 1] where the hole was, or None.
      asked: {category: int [N]} of the classes that were asked for; of real examples None.
      again: [N, h, w, c] what came of made, translated back, or None.
      speeds: [N] squared, of what is made while z moves, as ``path.make_speeds`` has them, or None.
      captions: [N, D] of those that it was made from; of real examples None.
      rolled, future: [N, H, F * W, C] what was made frame after frame, and what should be, or None.
    """

    made: Encoded | None
    truth: np.ndarray | None = None
    given: np.ndarray | None = None
    mask: np.ndarray | None = None
    asked: Mapping[str, np.ndarray] | None = None
    again: np.ndarray | None = None
    speeds: np.ndarray | None = None
    captions: np.ndarray | None = None
    rolled: np.ndarray | None = None
    future: np.ndarray | None = None


class Metric(NamedTuple):
    """A row of ``METRICS``.

    Attributes:
      compute: (``Reference``, ``Sample``) -> {name: number}.
      needs: facts, of ``FACTS``, without which it means nothing.
      plain: facts with any of which its names do not tell the feature network.
      features: whether it looks at features; without, no network is asked.
      usual: whether it is computed where none is named.
      train: whether it looks at all examples of training: a copy may be of any of them.
    """

    compute: Callable
    needs: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    features: bool = True
    usual: bool = True
    train: bool = False


def _frechet(reference, sample):
    """The Frechet distance of the features (Heusel et al. 2017): FID by the network of FID."""
    return {"fd": metrics.frechet_distance(reference.real.features, sample.made.features)}


def _frechet_infinity(reference, sample):
    """The Frechet distance that endless samples would have (Chong and Forsyth 2020)."""
    found = metrics.fd_infinity(reference.real.features, sample.made.features)
    return {"fd_infinity": found.distance}


def _frechet_of_classes(reference, sample):
    """The mean over classes of the Frechet distance within each: intra-FID, by the network of FID.

    Reference: cGANs with Projection Discriminator (Miyato and Koyama 2018), section 5.
    """
    real, made = reference.real, sample.made
    pairs = [
        (real.features[real.labels == label], made.features[made.labels == label])
        for label in np.unique(real.labels)
    ]
    each = [metrics.frechet_distance(*pair) for pair in pairs if min(map(len, pair)) > 1]
    return {"fd_of_a_class": np.mean(each) if each else np.nan}


def _kernel(reference, sample):
    """The kernel distance of the features (Binkowski et al. 2018), with its standard error."""
    real, made = reference.real.features, sample.made.features
    size = min(SUBSET, len(real) // 2, len(made) // 2)  # or all subsets would be the same
    found = metrics.kernel_distance(real, made, subset_size=size)
    return {"kid": found.mean, "kid_standard_error": found.standard_error}


def _neighbours(reference, sample):
    """Precision, recall (Kynkaanniemi et al. 2019), density, coverage (Naeem et al. 2020)."""
    real, made = reference.real.features, sample.made.features
    found = metrics.precision_recall(real, made)
    more = metrics.density_coverage(real, made)
    return {**found._asdict(), **more._asdict()}


def _inception_score(reference, sample):
    """The inception score, with its deviation over splits (Salimans et al. 2016)."""
    mean, deviation = metrics.inception_score(sample.made.probabilities)
    return {"is": mean, "is_deviation": deviation}


def _modes(reference, sample):
    """Modes that samples reach, and the reverse KL of how often: of toys and stacked digits."""
    truth = reference.source.truth
    if truth is not None and truth.mixture is not None:
        found = metrics.mode_coverage(sample.made.x, truth.mixture.means, truth.mixture.stds)
        names = ("modes", "high_quality", "reverse_kl")
        return {name: float(getattr(found, name)) for name in names}
    found = metrics.stacked_modes(sample.made.probabilities.argmax(axis=2))
    return {"modes": float(found.modes), "modes_kl": found.kl}


def _accuracy(reference, sample):
    """The share of samples that a bundled classifier takes for the class that was asked."""
    made = sample.made
    return {"accuracy": np.mean(made.probabilities.argmax(axis=-1) == made.labels)}


def _classified(reference, sample):
    """The share of samples with the categories asked for, by a classifier of these data."""
    # The floor is of real examples that the classifier has not seen either.
    x, truth = sample.made.x, sample.asked
    if truth is None:
        x, truth = reference.real.x, reference.categories
    told = reference.tell(x)
    return {f"classified_{name}": np.mean(told[name] == truth[name]) for name in truth}


def _memorisation(reference, sample):
    """Whether samples are nearer to training examples than unseen real ones are."""
    # The reference is what training did not see.
    train, unseen = reference.train.features, reference.real.features
    found = metrics.memorisation(train, unseen, sample.made.features)
    return {"memorisation_auc": found.auc, "memorisation_copies": found.copies}


def _wasserstein(reference, sample):
    """The exact Wasserstein-1 distance of up to 2000 points: `exact_wasserstein`."""
    count = min(PAIRED, len(sample.made.x))
    distance = metrics.wasserstein(reference.real.x[:count], sample.made.x[:count])
    return {"exact_wasserstein": distance}


def _diversity(reference, sample):
    """The likeness MS-SSIM of pairs of samples, within a class where there are labels."""
    made = sample.made
    if made.labels is None:
        return {"ms_ssim": metrics.diversity(made.x, PAIRS).similarity}
    classes = [made.x[made.labels == label] for label in np.unique(made.labels)]
    each = [metrics.diversity(x, CLASS_PAIRS).similarity for x in classes if len(x) > 1]
    return {"ms_ssim_of_a_class": np.mean(each)}


def _against_truth(reference, sample):
    """L1, PSNR and SSIM against what should have been made."""
    return against_truth(sample.made.x, sample.truth, sample.given, sample.mask)


def _cycle(reference, sample):
    """L1 between what was given and what comes back, translated there and back again."""
    return {"cycle_l1": np.mean(np.abs(sample.again - sample.given))}


def _frames(reference, sample):
    """The mean squared error, of images in [0, 1], and the sharpness (Mathieu et al. 2016)."""
    made, truth = sample.made.x, sample.truth
    mse = np.mean((np.asarray(made, np.float64) - truth) ** 2) / 4  # [-1, 1] is twice as wide
    return {"mse": mse, "sharpness": metrics.sharpness(made, truth)}


def _rolled(reference, sample):
    """PSNR and SSIM of every frame that follows the first one made, each made of those before."""
    made, width, found = sample.rolled, sample.truth.shape[2], {}
    for number in range(1, made.shape[2] // width):
        frame = slice(number * width, (number + 1) * width)
        values = against_truth(made[:, :, frame], sample.future[:, :, frame])
        kept = {name: values[name] for name in ("psnr", "ssim") if name in values}
        found |= {f"{name}_frame_{number + 1}": value for name, value in kept.items()}
    return found


def _futures(reference, sample):
    """Whether samples are near one of the frames that may follow what was given, or mix them.

    Nothing where no past has several of them.
    """
    found = metrics.futures(sample.made.x, sample.truth, sample.given)
    names = ("futures_near", "futures_error", "futures_taken")
    return {} if found is None else dict(zip(names, found, strict=True))


def _feature_distance(reference, sample):
    """The mean squared difference to the truth, in features."""
    made, truth = sample.made.features, reference.truth.features[: len(sample.made.features)]
    return {"feature_distance": np.mean((made - truth) ** 2)}


def _perceptual(reference, sample):
    """The distance to the truth by a network's maps, as LPIPS but for its weights."""
    return {"perceptual": np.mean(reference.compare(sample.made.x, sample.truth))}


def _path_length(reference, sample):
    """The perceptual path length (Karras et al. 2019), in features: see ``path.make_speeds``."""
    speeds = sample.speeds
    if not np.isfinite(speeds).all():
        return {"path_length": np.nan}
    low, high = np.quantile(speeds, (PATH_ENDS, 1 - PATH_ENDS))
    return {"path_length": speeds[(low <= speeds) & (speeds <= high)].mean()}


def _retrieval(reference, sample):
    """Whether what was made is nearest to its own truth, and to its own class."""
    top1, label = metrics.retrieval(sample.made.x, sample.truth, sample.made.labels)
    found = {"retrieval_top1": top1}
    return found if sample.made.labels is None else {**found, "retrieval_label": label}


def _captions(reference, sample):
    """Whether a sample's own caption fits it best: R@1, R@10, and by captions of others.

    By the bundled encoder of emoji and their names, whatever encoder the run has.
    """
    # The floor is of the drawings that belong to the captions.
    if sample.captions is None:
        x, captions = reference.truth.x, reference.captions
    else:
        x, captions = sample.made.x, sample.captions
    images = joint.see(x)
    own = metrics.caption_retrieval(images, captions)
    others = metrics.caption_retrieval(images, np.roll(captions, 1, axis=0))
    found = {f"caption_r{top}": share for top, share in own.items()}
    return found | {f"caption_r{top}_shuffled": share for top, share in others.items()}


_ASKED = frozenset({"images", "asked", "held_out"})
_ALL, _TRUTH = frozenset({"images", "points"}), frozenset({"images", "truth"})

METRICS = {
    "fd": Metric(_frechet),
    "kid": Metric(_kernel),
    "is": Metric(_inception_score, frozenset({"one_class"})),
    "pr": Metric(_neighbours),
    "modes": Metric(_modes, frozenset({"modes"}), plain=frozenset({"mixture"})),
    "accuracy": Metric(_accuracy, frozenset({"labels", "classifier"})),
    "truth": Metric(_against_truth, _TRUTH, plain=_ALL, features=False),
    "retrieval": Metric(_retrieval, _TRUTH, plain=_ALL, features=False, usual=False),
    "captions": Metric(_captions, frozenset({"images", "captions"}), plain=_ALL, features=False),
    "cycle": Metric(_cycle, frozenset({"images", "back"}), plain=_ALL, features=False),
    "frames": Metric(_frames, _TRUTH | {"frames"}, plain=_ALL, features=False),
    "rolled": Metric(_rolled, _TRUTH | {"future"}, plain=_ALL, features=False),
    "futures": Metric(_futures, _TRUTH | {"chosen"}, plain=_ALL, features=False),
    "feature_distance": Metric(_feature_distance, _TRUTH, usual=False),
    "perceptual": Metric(_perceptual, _TRUTH | {"maps"}, usual=False),
    "fd_of_a_class": Metric(_frechet_of_classes, frozenset({"labels"}), usual=False),
    "fd_infinity": Metric(_frechet_infinity, usual=False),
    "path_length": Metric(_path_length, frozenset({"one_class", "noise"}), usual=False),
    "classified": Metric(_classified, _ASKED, plain=_ALL, features=False, usual=False),
    "memorisation": Metric(_memorisation, frozenset({"held_out"}), usual=False, train=True),
    "wasserstein": Metric(_wasserstein, frozenset({"points"}), plain=_ALL, usual=False),
    "ms_ssim": Metric(_diversity, frozenset({"windows"}), plain=_ALL, features=False, usual=False),
}
