"""What is known of data, game and feature network: what a metric can need of them."""

from jaxgan import data
from jaxgan.data import Source, attributes
from jaxgan.data.source import classes_of
from jaxgan.evaluation.encode import CLASSIFIERS, DIGITS, MAPPED, PER_CHANNEL, POINTS, STACKED
from jaxgan.metrics.similarity import WINDOW

# What a metric can need, in words.
FACTS = {
    "images": "images",
    "windows": f"images with sides of {WINDOW} pixels or more",
    "points": "points",
    "modes": "a toy mixture, or stacked_digits seen by the classifier of digits",
    "mixture": "a toy mixture",
    "stacked": "stacked_digits",
    "one_class": "images that the network puts into one class",
    "labels": "a game with labels",
    "asked": "a game that asks for classes",
    "classifier": f"a classifier of the data: {' or '.join(CLASSIFIERS)}",
    "maps": f"a feature network with maps: {', '.join(MAPPED)}",
    "held_out": "examples that training does not see: set data.held_out",
    "truth": "a game that knows what should have been made",
    "back": "a game that translates back: cycle, attributes",
    "noise": "one generator of a normal z",
    "captions": "a game that is told captions, of data.name=emoji",
    "frames": "a game that predicts frames: frames, futures",
    "future": "frames after the one that is made: set data.options.ahead",
    "chosen": "a game that chooses among several frames by noise: futures",
}


def facts(
    source: Source,
    network: str,
    *,
    labels=False,
    asked=False,
    held_out=False,
    truth=False,
    back=False,
    noise=False,
    captions=False,
    frames=False,
    future=False,
    chosen=False,
) -> set[str]:
    """The facts of a source, a feature network and a game, as words of ``FACTS``.

    Args:
      source: ``data.Source``.
      network: from ``network_name``.
      labels: whether samples have labels.
      asked: whether they are to be of some classes, whatever the category.
      held_out: whether the set has examples that training does not see.
      truth: whether it is known what should have been made.
      back: whether what was made can be translated back.
      noise: whether there is one generator whose z is normal.
      captions: whether samples are of captions that the bundled encoder knows.
      frames: whether frames are predicted, which are ``chosen`` by noise, and whether the data has
        a ``future``.
    """
    image, stacked = len(source.shape) == 3, source.name == STACKED
    mixture = source.truth is not None and source.truth.mixture is not None
    told = stacked and network.removesuffix(PER_CHANNEL) == DIGITS  # who knows their thousand modes
    present = {
        "images": image,
        "windows": image and min(source.shape[:2]) >= WINDOW,
        "points": network == POINTS,
        "modes": mixture or told,
        "mixture": mixture,
        "stacked": told,
        "one_class": image and not stacked,
        "labels": labels,
        "asked": asked,
        "classifier": network in CLASSIFIERS,
        "maps": network in MAPPED,
        "held_out": held_out,
        "truth": truth,
        "back": back,
        "noise": noise,
        "captions": captions,
        "frames": frames,
        "future": future,
        "chosen": chosen,
    }
    return {fact for fact, there in present.items() if there}


def asked_of(generator, entries) -> tuple[str, ...]:
    """The categories of whose classes a generator is told which one to make.

    ``generator``: ``Network``; ``entries``: {name: ``Entry``} of the data.
    """
    known = classes_of(entries)
    told = {"label": ("label",), "attributes": attributes.known(known), "caption": tuple(known)}
    return tuple(name for entry in generator.inputs for name in told.get(entry, ()))


def facts_of(run, examples, network) -> set[str]:
    """The facts of a run, as ``facts`` takes them."""
    labelled, translates = "label" in run.generator.inputs, "source" in run.generator.inputs
    options = {"labels": labelled, "held_out": examples.held_out}
    options["asked"] = bool(asked_of(run.generator, data.entries(examples.sources)))
    options["truth"] = translates and examples.paired
    options["back"] = run.game.back is not None
    options["noise"] = run.distribution == "normal"
    # Images of another size are brought to that of the encoder; grey ones it does not see.
    of_emoji = examples.sources[0].name == "emoji" and examples.sources[0].shape[-1] == 3
    options["captions"] = of_emoji and "caption" in run.generator.inputs
    if run.game.roll is not None:
        options["future"] = "future" in data.entries(examples.sources)
        options |= {"frames": True, "chosen": "z" in run.generator.inputs}
    return facts(examples.sources[0], network, **options)
