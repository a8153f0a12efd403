"""What both sides minimise: the loss, penalties, distances to the truth, and the game of them."""

from collections.abc import Callable, Mapping

import optax

from jaxgan.build import phases
from jaxgan.build.parts.augmentation import adapt
from jaxgan.build.parts.given import task
from jaxgan.build.parts.networks import heads
from jaxgan.build.parts.rows import NO_VALUES, row_of, rules
from jaxgan.core.errors import UserError, choose
from jaxgan.defaults import WEIGHTED
from jaxgan.features import FEATURES, Extractor
from jaxgan.games import GAMES
from jaxgan.games.game import Game
from jaxgan.losses import DISTANCES, PENALTIES, AdversarialLoss, smooth_real_label
from jaxgan.models.network import Network


def loss(config: Mapping) -> AdversarialLoss:
    """The adversarial loss, smoothed where the config says so."""
    row, options = row_of(config, "loss")
    adversarial = row(**options)
    if config["label_smoothing"]:
        if "generators" in config["game"]:
            raise UserError(
                f"game {config['game']['name']!r} has a critic of several classes and no label to "
                "smooth; set label_smoothing=0."
            )
        adversarial = smooth_real_label(adversarial, config["label_smoothing"])
    return adversarial


def estimate(config: Mapping) -> bool:
    """The fact ``estimate`` of the config's loss: see ``losses.ADVERSARIAL``."""
    row, _ = row_of(config, "loss")
    return row.facts.get("estimate", False)


def noise_level(std: float, anneal_steps: int) -> Callable:
    """Schedule of the instance noise: step -> standard deviation, or None where there is none."""
    if not std:
        return lambda step: None
    if not anneal_steps:
        return optax.constant_schedule(std)
    return optax.linear_schedule(std, 0.0, anneal_steps)


def _weighted(config, group, values):
    """(name, weight, options) of each row of a group that has a weight."""
    for name, settings in config[group].items():
        options = dict(settings)
        if weight := options.pop("weight"):
            yield name, values.get(f"{group}.{name}.weight", weight), options


def penalties(config: Mapping, values: Mapping = NO_VALUES) -> list[tuple]:
    """The penalties in play: triples (name, weight, penalty function).

    ``values`` are weights that replace those of the config, by dotted key; they may be traced.

    Raises:
      UserError: an unknown one or an unknown option, one without the dropout that it compares, or
        any in a game that plays x at several scales.
    """
    played = [
        (name, weight, choose(PENALTIES, name, "penalty")(**options))
        for name, weight, options in _weighted(config, "penalties", values)
    ]
    if "consistency" in [name for name, _, _ in played] and not config["critic"]["dropout"]:
        raise UserError(
            "penalties.consistency compares dropout passes; set critic.dropout, as 0.5."
        )
    for name, _, _ in played:
        _refuse_scales(config, f"penalties.{name}.weight")
    return played


def _refuse_scales(config, dotted):
    """Raise ``UserError`` where x is played at smaller scales, too, which this does not reach."""
    if "x_2" in rules(config)[0].critic:
        raise UserError(
            f"{dotted} is of x alone, one of the four scales that game {config['game']['name']!r} "
            f"plays; set {dotted}=0."
        )


def terms(config: Mapping, see: Mapping = NO_VALUES, values: Mapping = NO_VALUES) -> list[tuple]:
    """The distances to the truth in play: triples (name, weight, distance function).

    Args:
      see: ``Extractor.see`` with its variables, by the network's name.
      values: as ``penalties`` has them.
    """
    row, _ = rules(config)
    played = list(_weighted(config, "terms", values))
    if played and not row.terms:
        fitting = ", ".join(name for name, row in GAMES.items() if row.terms)
        raise UserError(
            f"terms.{played[0][0]} compares with a truth, which game {config['game']['name']!r} "
            f"does not have; games that have one: {fitting}."
        )
    return [
        (name, weight, choose(DISTANCES, name, "term")(*_seen_through(options, see), **options))
        for name, weight, options in played
    ]


def _seen_through(options, see):
    return (see.get(options["network"]),) if "network" in options else ()


def frozen(config: Mapping, shapes: Mapping) -> dict[str, Extractor]:
    """The frozen networks that the terms of any phase look through.

    Args:
      config: of the run.
      shapes: from ``given_shapes``.

    Returns:
      ``Extractor`` by name.

    Raises:
      UserError: an unknown one, or one that cannot see such images, or not in that depth.
    """
    networks, row = {}, rules(config)[0]
    compared = {end for _, end in row.directions.values()} or {"x"}
    weighed = [phases.weighed(config, phase) for phase in phases.phases(config)]
    for _, _, options in [term for each in weighed for term in _weighted(each, "terms", NO_VALUES)]:
        if name := options.get("network"):
            if name not in networks:
                networks[name] = choose(FEATURES, name, "feature network")()
            for entry in compared:
                networks[name].check(shapes[entry])
                networks[name].check_depth(options.get("depth"), shapes[entry])
    return networks


def game(
    config: Mapping,
    draw: Callable,
    generator: Network,
    critic: Network,
    *,
    entries: Mapping,
    shapes: Mapping = NO_VALUES,
    adversarial: float | None = None,
    mean_over_devices: Callable = lambda tree: tree,
    values: Mapping = NO_VALUES,
    see: Mapping = NO_VALUES,
) -> Game:
    """The ``Game`` between two networks.

    Args:
      draw: from ``draw``.
      entries: of the data, whose categories the critic's heads tell.
      shapes: from ``given_shapes``; of a game with directions.
      adversarial: the phase's weight of the adversarial loss; None: the config's.
      mean_over_devices: as the games have it.
      values: as ``penalties`` has them.
      see: as ``terms`` has it.
    """
    row, options = rules(config)
    compared = terms(config, see, values)
    played = {"terms": compared} if row.terms else {}
    told = tuple(name for name, _ in heads(config, entries))
    played |= {"heads": told} if told else {}
    played |= {"shapes": shapes} if row.directions else {}
    played |= adapt(config, mean_over_devices)
    built = row.build(
        generator,
        critic,
        loss(config),
        draw=draw,
        penalties=penalties(config, values),
        adversarial=config["adversarial"] if adversarial is None else adversarial,
        noise_level=noise_level(**config["instance_noise"]),
        mean_over_devices=mean_over_devices,
        **played,
        **{name: options[name] for name in row.of_build},
    )
    return built._replace(show=_pictured(built.show, task(config).picture))


def _pictured(show, picture):
    """``show`` with what people look at in place of what the networks make."""
    if picture is None:
        return show
    return lambda given, made: {name: picture(each) for name, each in show(given, made).items()}


def check_options(config: Mapping) -> None:
    """Raise ``UserError`` for a name or an option that no table of penalties or distances has.

    And for penalties and instance noise in a game that plays x at several scales.
    """
    penalties(config)
    if config["instance_noise"]["std"]:
        _refuse_scales(config, "instance_noise.std")
    for phase in phases.phases(config):
        terms(phases.weighed(config, phase))
    for group, table in WEIGHTED.items():  # the options of rows that are not played, too
        for name, settings in config[group].items():
            options = {key: value for key, value in settings.items() if key != "weight"}
            choose(table, name, group)(*_seen_through(options, NO_VALUES), **options)
