"""Each direction of a game judged by itself: its own examples, floor and feature network.

Games of one direction have "", whose metrics have plain names.
"""

from collections.abc import Callable

import numpy as np

from jaxgan.core.errors import UserError
from jaxgan.evaluation import choice
from jaxgan.evaluation.draw import ShownByName, groups, in_turn
from jaxgan.evaluation.encode import Encoder, network_name
from jaxgan.evaluation.examples import Examples
from jaxgan.evaluation.judge import Judge, judge
from jaxgan.evaluation.path import make_speeds
from jaxgan.evaluation.truth import floors
from jaxgan.games import Game


def of_directions(examples: Examples, game: Game, features: str) -> dict[str, Examples]:
    """The examples that judge each direction of a game, x of each being what it makes.

    Raises:
      UserError: domains that different feature networks would see; ``features`` as
        ``encode.network_name`` takes it.
    """
    sides = {
        direction: examples if makes == "x" else examples.turned()
        for direction, makes in game.makes.items()
    }
    networks = {network_name(own.sources[0], features) for own in sides.values()}
    if len(networks) > 1:
        raise UserError(
            f"the domains would be seen by different networks, {' and '.join(sorted(networks))}; "
            "name one that sees both, as evaluation.features=efficientnet_lite0."
        )
    return sides


def make_encoders(sides: dict[str, Examples], names, features, weights) -> dict[str, Encoder]:
    """The ``Encoder`` of each direction, one for all whose images have one shape.

    Args:
      sides: from ``of_directions``.
      names, features, weights: as ``choice.make_encoder`` takes them, and its errors.
    """
    sources = {direction: own.sources[0] for direction, own in sides.items()}
    made = {
        shape: choice.make_encoder(names, source, features, weights)
        for shape, source in {source.shape: source for source in sources.values()}.items()
    }
    return {direction: made[source.shape] for direction, source in sources.items()}


def judge_each(sides: dict[str, Examples], names, encoders, **options) -> dict[str, Judge]:
    """The ``Judge`` of each direction; ``options`` of ``judge``."""
    return {
        direction: judge(own, names, encoder=encoders[direction], **options)
        for direction, own in sides.items()
    }


def speeds_of(judges: dict[str, Judge], names, game: Game) -> Callable | None:
    """``path.make_speeds`` of the game, where one of these metrics needs it."""
    (first, *_) = judges.values()
    needed = choice.needing(names, "noise")
    return make_speeds(game, first.encoder.extractor) if needed else None


def tailed(direction: str, values: dict) -> dict:
    """Values with the direction behind their names; "" changes none."""
    return {f"{name}_{direction}": v for name, v in values.items()} if direction else values


def real_floor(judges: dict[str, Judge]) -> dict[str, float]:
    """The floors of all directions, of real examples: {name: number}."""
    return {
        name: value
        for direction, own in judges.items()
        for name, value in tailed(direction, own.floor).items()
    }


def shown_values(
    judges: dict[str, Judge],
    game: Game,
    show: Callable,
    speeds: Callable | None,
    variables,
    keys,
    step,
) -> tuple[dict, ShownByName]:
    """The scores, by direction, of what generators make, and the looks at what was given.

    As many as the reference has are judged, of several generators of one domain in turn.

    Args:
      judges: by direction, from ``judge_each``; the rows are those of the first.
      game: ``Game``.
      show: of ``draw.make_show``.
      speeds: of ``path.make_speeds``, where a metric needs it; else None.
      variables: the generator's.
      keys: [N], the rows' own.
      step: of the variables.
    """
    first, found = next(iter(judges.values())), {}

    def see(rows):
        return show(variables, rows, keys, step)

    looks = see(first.given)
    asked = {} if first.asking is None else groups(game, see(first.asking))
    for direction, own in groups(game, looks).items():
        scores = _shown_values(judges[direction], own)
        if direction in asked:
            scores |= _told_values(judges[direction], asked[direction])
        if speeds is not None:
            scores |= judges[direction].moving(speeds(variables, first.given, keys, step))
        found |= tailed(direction, scores)
    return found, looks


def _shown_values(judged, looks):
    first = next(iter(looks.values()))
    labels = None if first.label is None else first.label.argmax(axis=1)
    made = in_turn(looks)[: judged.count]
    beside = (first.truth, first.given, first.mask, first.again)
    return judged.score(made, labels, *beside, rolled=first.rolled, future=first.future)


def _told_values(judged, looks):
    """Whether what was made of ``asking`` is of the classes that were asked for."""
    asked = {name: judged.asking[name] for name in judged.reference.categories}
    return judged.told(in_turn(looks)[: judged.count], asked)


def floor_values(judges: dict[str, Judge], game: Game, looks: ShownByName) -> dict[str, dict]:
    """What takes no learning, by the name that ``truth.floors`` gives it, and its scores.

    Empty where there is no truth.
    """
    found = {}
    for direction, own in groups(game, looks).items():
        for name, values in _floor_values(judges[direction], own).items():
            found[name] = found.get(name, {}) | tailed(direction, values)
    return found


def _floor_values(judged, looks):
    first = next(iter(looks.values()))
    if first.truth is None:
        return {}
    labels = None if first.label is None else first.label.argmax(axis=1)
    beside = (labels, first.truth, first.given, first.mask)
    frames = 0 if first.future is None else first.future.shape[2] // first.truth.shape[2]

    def score(made):
        repeated = {"rolled": np.tile(made, (1, 1, frames, 1)), "future": first.future}
        made = np.ascontiguousarray(made, np.float32)
        return judged.against(made, *beside, **repeated if frames else {})

    return {
        name: score(made) for name, made in floors(first.truth, first.given, first.mask).items()
    }
