"""Who plays whom, with which inputs: one row a game."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from jaxgan.data.attributes import known
from jaxgan.games import attributes, cycle, draw
from jaxgan.games.frames import frames_game, scales
from jaxgan.games.game import Game, Shown
from jaxgan.games.pair import pair_game
from jaxgan.games.several import several_game
from jaxgan.games.text import text_game
from jaxgan.games.typefaces import typefaces_game

__all__ = ["GAMES", "Game", "Rules", "Shown"]


class Rules(NamedTuple):
    """A row of ``GAMES``.

    Attributes:
      build: (generator, critic, loss, *, draw, ...) -> ``Game``.
      draws: (the row's options, classes by category) -> draw; one after the other.
      generator, critic: names that the two networks are given.
      needs: names that the data must have.
      heads: categories that the critic must tell; or (classes by category) -> these.
      options: of the config's group, with their defaults; those named in ``of_build`` reach
        ``build``.
      of_build: see there.
      unpaired: whether the images of a row need not belong together.
      terms: whether distances to the truth mean something here.
      directions: {name: (entry that it leads from, entry that it makes)} of a game whose sides are
        teams of a network each; none of one with one network a side.
      doc: what it is, as ``Row.doc``.
    """

    build: Callable
    draws: tuple[Callable, ...] = ()
    generator: tuple[str, ...] = ("z",)
    critic: tuple[str, ...] = ("x",)
    needs: tuple[str, ...] = ()
    heads: tuple[str, ...] | Callable = ()
    options: dict = {}  # never written to
    of_build: tuple[str, ...] = ()
    unpaired: bool = False
    terms: bool = False
    directions: dict = {}
    doc: str = ""


def _z(options, classes):
    return draw.z((options["z_dim"],), options["z"])


def _z_of_each(options, classes):
    return draw.z((options["generators"], options["z_dim"]), options["z"])


def _label(options, classes):
    return draw.one_hot("label", classes["label"])


def _attributes(options, classes):
    return attributes.draw({name: classes[name] for name in known(classes)})


def _scales(options, classes):
    return scales


_NOISE = {"z_dim": 100, "z": "normal"}  # length of the noise vector, and its distribution
_LABELLED = {
    "draws": (_z, _label),
    "generator": ("z", "label"),
    "critic": ("x", "label"),
    "needs": ("label",),
    "options": _NOISE,
}

GAMES = {
    "unconditional": Rules(
        pair_game,
        (_z,),
        options=_NOISE,
        doc="From noise to an example (Goodfellow et al. 2014).",
    ),
    "conditional": Rules(
        pair_game,
        **_LABELLED,
        doc="Both sides are told the label (Mirza and Osindero 2014).",
    ),
    "matching_aware": Rules(
        partial(pair_game, wrong=draw.other("label")),
        **_LABELLED,
        doc="A real example with a wrong label is a negative, too (Reed et al. 2016).",
    ),
    "auxiliary": Rules(
        pair_game,
        doc="AC-GAN: the critic tells the label of what it sees (Odena et al. 2017).",
        **{
            **_LABELLED,
            "critic": ("x",),
            "heads": ("label",),
            "options": {**_NOISE, "head_weight": 1.0},
            "of_build": ("head_weight",),
        },
    ),
    # ``shared``: names, with commas between, of the layers that the generators have in common.
    "multi_generator": Rules(
        several_game,
        (_z_of_each,),
        options={"generators": 4, "shared": "", **_NOISE},
        of_build=("generators",),
        doc="MAD-GAN: the critic tells which of several generators it was (Ghosh et al. 2018).",
    ),
    "translation": Rules(
        pair_game,
        generator=("source",),
        critic=("x", "source"),
        needs=("source",),
        terms=True,
        doc="From an image to an image; the critic sees both (Isola et al. 2017).",
    ),
    "restoration": Rules(
        pair_game,
        generator=("source",),
        critic=("x",),
        needs=("source",),
        terms=True,
        doc="From an image to an image; the critic sees the result alone (Ledig et al. 2017).",
    ),
    "typefaces": Rules(
        typefaces_game,
        (_label,),
        generator=("source", "label"),
        critic=("x", "source"),
        needs=("source", "label"),
        heads=("label",),
        options={"head_weight": 1.0, "constancy": 15.0},
        of_build=("head_weight", "constancy"),
        terms=True,
        doc="To as many typefaces as there are labels, which the critic tells (zi2zi, Tian 2017).",
    ),
    "frames": Rules(
        frames_game,
        (_scales,),
        generator=("source",),
        critic=("x", "x_2", "x_4", "x_8", "source"),
        needs=("source",),
        terms=True,
        doc="The next frame, at four scales; the critic sees the frames too (Mathieu et al. 2016).",
    ),
    "futures": Rules(
        frames_game,
        (_z, _scales),
        generator=("source", "z"),
        critic=("x", "x_2", "x_4", "x_8", "source"),
        needs=("source",),
        options=_NOISE,
        terms=True,
        doc="The next frame of several that may be: noise chooses among them; else as frames.",
    ),
    "cycle": Rules(
        cycle.cycle_game,
        generator=("source",),
        needs=("source", "x"),
        options={"forward": 1.0, "backward": 1.0, "identity": 0.5, "pool": 50},
        of_build=("forward", "backward", "identity", "pool"),
        unpaired=True,
        terms=True,
        directions=cycle.DIRECTIONS,
        doc="From domain A, source, to domain B, x, and back, without pairs (Zhu et al. 2017).",
    ),
    "attributes": Rules(
        attributes.attributes_game,
        (_attributes,),
        generator=("source", "attributes"),
        needs=("source", "x"),
        heads=known,
        options={"head_weight": 1.0, "reconstruction": 1.0},
        of_build=("head_weight", "reconstruction"),
        unpaired=True,
        terms=True,
        doc="From some attributes to others, without pairs (StarGAN, Choi et al. 2018).",
    ),
    "text": Rules(
        text_game,
        (_z,),
        generator=("z", "caption"),
        critic=("x", "caption"),
        needs=("caption", "other_caption"),
        options={**_NOISE, "matching": True, "between": False, "augmentation": 2.0},
        of_build=("matching", "between", "augmentation"),
        doc="From a sentence to an image: GAN-CLS, GAN-INT (Reed et al. 2016), StackGAN (2017).",
    ),
    "inpainting": Rules(
        pair_game,
        generator=("source", "mask"),
        critic=("x", "mask"),
        needs=("source", "mask"),
        terms=True,
        doc="What is missing is made; the critic is told where it was (Iizuka et al. 2017).",
    ),
}
