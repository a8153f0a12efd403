"""A config's game with all that it is made of, and its names looked up before there are data."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jaxgan.build import schedules
from jaxgan.build.parts import augmentation
from jaxgan.build.parts.given import augment, draw, given_shapes, task
from jaxgan.build.parts.networks import SIDES, critic, fields, generator
from jaxgan.build.parts.objective import check_options, game, loss
from jaxgan.build.parts.optimizers import optimizer
from jaxgan.build.parts.rows import rules
from jaxgan.data.source import Entry
from jaxgan.games import Game
from jaxgan.games.diffaugment import variation
from jaxgan.models.network import Network


class Players(NamedTuple):
    """A config's game outside of any compiled call, with all that it is made of.

    Attributes:
      draw: see ``draw``.
      shapes: see ``given_shapes``.
      generator, critic: ``Network``.
      game: the ``Game`` between the two, as the last phase has it; frozen networks left out.
      generators: how many generators make something of each row.
    """

    draw: Callable
    shapes: dict[str, tuple[int, ...]]
    generator: Network
    critic: Network
    game: Game
    generators: int


def players(
    config: Mapping,
    entries: Mapping[str, Entry],
    apply: Callable | None = None,
    direction: str = "",
) -> Players:
    """The ``Players`` of a config on data with these entries.

    Args:
      config, entries: of the run.
      apply: in place of the generator's own, of the sizes that it learned from alone: that of an
        exported function.
      direction: the only one that ``apply`` goes; "": all that the game has.

    Raises:
      UserError: the data lack what the game needs, or a network does not fit them.
    """
    given = draw(config, entries)
    shapes = given_shapes(given, entries)
    generating, judging = generator(config, shapes), critic(config, shapes, entries)
    if apply:
        generating = generating._replace(apply=apply, multiple=0)
    count = rules(config)[1].get("generators", 1)
    rules_of = game(config, given, generating, judging, entries=entries, shapes=shapes)
    if direction:
        rules_of = rules_of._replace(makes={direction: rules_of.makes[direction]})
    return Players(given, shapes, generating, judging, rules_of, count)


def check_names(config: Mapping) -> None:
    """Raise ``UserError`` for a name or an option that no table has, and wrong schedules.

    It needs no data.
    """
    for side in SIDES:
        optimizer(config, side)
        fields(config, side)
    task(config)
    augment(config)
    variation(augmentation.rows(config))
    loss(config)
    check_options(config)
    schedules.ends(config)
