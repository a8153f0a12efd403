"""What a curve means, in a sentence or two."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jaxgan.evaluation.ranking import AT_BOUNDS, ESTIMATE, QUALITY, SPREAD
from jaxgan.run.tables import holds_slope

LOSSES = ("critic_loss", "generator_loss")


class Panel(NamedTuple):
    """Curves that are drawn together.

    Attributes:
      title: above them.
      names: of the numbers, those that a run has.
      log: whether their scale is logarithmic.
      told: config -> what they mean.
      measured: whether they are of checkpoints, and not of training.
    """

    title: str
    names: tuple[str, ...]
    log: bool
    told: Callable[[Mapping], str]
    measured: bool = False


def _losses(config):
    told = (
        "What each side minimises. They play against each other: equal losses are no success, "
        "falling ones no progress; the pictures and the metrics tell."
    )
    if config["loss"]["name"] in ("minimax", "non_saturating", "without_log"):
        told += (
            " A critic that can tell nothing has a loss of 1.386, twice the logarithm of 2, and "
            "penalties beside; that of two critics is the sum."
        )
    return told


def _estimate(config):
    if holds_slope(config):
        return (
            "The critic's estimate of the distance W1, as good as its slope is 1 and as it has "
            "learned: it may fall because samples are better, or because the critic is worse."
        )
    return (
        "K times W1, where the steepness K of this critic is unknown and changes: no distance. "
        "It compares with nothing but itself."
    )


def _always(name):
    return lambda config: sentence(name)


# Of training: several numbers that are read together.
TOGETHER = (
    Panel("losses", LOSSES, False, _losses),
    Panel("critic's estimate", (ESTIMATE,), False, _estimate),
    Panel(
        "critic's scores",
        ("real_score", "fake_score", "wrong_score"),
        False,
        _always("scores"),
    ),
    Panel(
        "norms of the gradients",
        ("critic_gradient_norm", "generator_gradient_norm"),
        True,
        _always("gradients"),
    ),
)

# By the name or its beginning; the longest that fits.
SENTENCES = {
    "scores": "The mean score of real examples and of samples. Their distance is what the critic "
    "can tell; where it only grows, the critic has won and teaches little.",
    "gradients": "How strongly either side is pushed. A generator's that falls to nothing no "
    "longer learns; one that grows by powers of ten is about to break.",
    QUALITY: "Distance of 1000 samples to real examples on random lines, in pixels' or points' "
    "units: lower is better, the floor is what real examples have.",
    SPREAD: "How far samples lie apart, relative to the data: near 0 they are all alike, which is "
    "collapse. 1 is no proof against it: two modes may be as far apart as eight.",
    AT_BOUNDS: "The share of the critic's weights that clipping holds at its bounds: where nearly "
    "all are, the critic is a simpler function than its network could be.",
    "fd": "Fréchet distance of features: lower is better. It compares only with values of the "
    "same network and the same number of samples.",
    "fd_infinity": "The Fréchet distance that endless samples would have: lower is better.",
    "kid": "Kernel distance of features, without bias by the number of samples: lower is better.",
    "kid_standard_error": "How far the kernel distance is off by chance.",
    "is": "Inception score: higher is better. It never looks at real examples.",
    "is_deviation": "How far the inception score differs between parts of the samples.",
    "precision": "The share of samples that lie among real examples: quality, higher is better.",
    "recall": "The share of real examples that lie among samples: variety, higher is better.",
    "density": "How many real neighbourhoods hold a sample: quality, 1 is as real examples.",
    "coverage": "The share of real examples with a sample nearby: variety, higher is better.",
    "modes": "How many modes of the data have samples: fewer than all is collapse in part.",
    "modes_kl": "How unevenly the modes are met: lower is better.",
    "high_quality": "The share of samples within three standard deviations of a mode.",
    "reverse_kl": "How unevenly samples meet the modes: 0 is as the data do.",
    "accuracy": "The share of samples that a classifier takes for the class asked for.",
    "classified": "The share of samples that have the attribute asked for.",
    "caption_r1": "The share of samples that fit their own caption better than any other.",
    "caption_r10": "The share of samples whose own caption is among the ten that fit best.",
    "augmentation_divergence": "How far the drawn code of a caption is from N(0, 1), in nats.",
    "between_loss": "The generator's loss where it is told what lies between two captions.",
    "l1": "Mean absolute difference to the truth, of a range of 2: lower is better. It prefers "
    "blurred pictures.",
    "l1_hole": "The same within the hole.",
    "psnr": "Peak signal-to-noise ratio to the truth in dB: higher is better, and prefers blurred "
    "pictures, too.",
    "ssim": "Structural similarity to the truth: 1 is the same picture.",
    "mse": "Mean squared difference to the truth, of images in [0, 1]: lower is better. It prefers "
    "blurred pictures, too.",
    "sharpness": "How alike edges are to the true ones in dB: higher is better. Of this package's "
    "formula and unit alone.",
    "futures_near": "The share of samples that are near one of the frames that may follow.",
    "futures_error": "The median squared distance to the nearest of them, 0.25 midway between two.",
    "futures_taken": "The share of pasts all of whose futures are met by samples.",
    "ms_ssim": "How alike pairs of samples are: more than real examples are is collapse.",
    "ms_ssim_to_truth": "Structural similarity to the truth at several scales: higher is better.",
    "colour_error": "Mean distance of the colours to the true ones, without lightness.",
    "cycle_l1": "What is lost on the way there and back: lower is better.",
    "perceptual": "Distance to the truth as a network sees it: lower is better.",
    "feature_distance": "Squared distance to the truth in features: lower is better.",
    "retrieval": "The share of results that are nearest to their own truth.",
    "memorisation_auc": "0.5: samples are no nearer to training examples than unseen ones are; "
    "more: they are copied.",
    "memorisation_copies": "The share of samples that are copies of training examples.",
    "exact_wasserstein": "The exact distance W1 between samples and real points: lower is better.",
    "gradient_penalty": "How far the critic's slope is from 1, squared: lower holds better.",
    "consistency": "How much the critic's score changes by its own dropout.",
    "real_told": "ADA: the mean sign of what the critic gives real examples; 1: it knows all.",
    "augmentation": "ADA: how often each variation is used, of real and of made images.",
    "r1": "The squared slope of the critic at real examples.",
    "r2": "The squared slope of the critic at samples.",
    "dragan": "How far the critic's slope is from 1 around real examples, squared.",
}
CROSS_ENTROPY = "How badly the critic tells this category, in nats: lower is better."


def sentence(name: str) -> str:
    """What a number means, by its name; "" where the name says all that is known."""
    fits = [key for key in SENTENCES if name == key or name.startswith(f"{key}_")]
    if fits:
        return SENTENCES[max(fits, key=len)]
    return CROSS_ENTROPY if name.endswith("_cross_entropy") else ""


def panels(training, measured, alone=False) -> list[Panel]:
    """The panels of a page, first those of what was measured.

    Args:
      training, measured: names of the numbers of either kind.
      alone: whether each number has a panel of its own.
    """
    found = [Panel(_shown(name), (name,), False, _always(name), True) for name in measured]
    grouped = {name for panel in TOGETHER for name in panel.names}
    for panel in TOGETHER:
        names = tuple(name for name in panel.names if name in training)
        if alone:
            found += [panel._replace(title=_shown(name), names=(name,)) for name in names]
        elif names:
            found.append(panel._replace(names=names))
    for name in training:
        if name not in grouped:
            title = _shown(name) + ", in training" * (name in measured)
            found.append(Panel(title, (name,), False, _always(name)))
    return found


def _shown(name):
    return name.replace("_", " ")
