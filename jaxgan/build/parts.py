"""From a config to functions: draws, networks, games, optimisers. The config goes no further."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxgan.build import phases
from jaxgan.core import noise
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.table import check_type, options_of
from jaxgan.data import attributes
from jaxgan.data.source import classes_of
from jaxgan.data.tasks import TASKS, Task
from jaxgan.defaults import GROUPS, WEIGHTED
from jaxgan.features import FEATURES, Extractor
from jaxgan.games import GAMES, Game
from jaxgan.games import draw as draws
from jaxgan.losses import DISTANCES, PENALTIES, smooth_real_label
from jaxgan.models import CRITICS, GENERATORS, fields_of, takes
from jaxgan.models.network import Network, network, stacked, team
from jaxgan.step import optim

NO_VALUES = {}  # no member has a value that replaces the config's
DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}
SIDES = {"generator": GENERATORS, "critic": CRITICS}


def _row(config, dotted):
    """The row that a group of the config names, and its options as the group has them."""
    group = config
    for name in dotted.split("."):
        group = group[name]
    row = choose(GROUPS[dotted].table, group["name"], dotted)
    given = {key: value for key, value in group.items() if key not in ("name", "optimizer")}
    return row, options_of(row, dotted, group["name"], given)


def rules(config):
    """The row of ``GAMES``, and its options."""
    return _row(config, "game")


def check_names(config):
    """Raise ``UserError`` for a name or an option that no table has; needs no data."""
    for side in SIDES:
        optimizer(config, side)
        _fields(config, side)
    task(config)
    augment(config)
    loss(config)
    penalties(config)
    for phase in phases.phases(config):
        terms(phases.weighed(config, phase))
    for group, table in WEIGHTED.items():  # the options of rows that are not played, too
        for name, settings in config[group].items():
            options = {key: value for key, value in settings.items() if key != "weight"}
            choose(table, name, group)(*_seen_through(options, NO_VALUES), **options)


# What a game is given.


def task(config) -> Task:
    """The task that prepares every batch."""
    row, options = _row(config, "data.task")
    return row(**options)


def augment(config) -> Callable:
    """(batch, keys) -> batch: how training varies its examples."""
    row, options = _row(config, "data.augment")
    return row(**options)


def draw(config, entries, *, train=False):
    """What becomes of a batch before the generator sees it: the task, then the game's own draws.

    Args:
      config, entries: as ``players`` has them.
      train: whether examples are varied first, as training steps see them.

    Raises:
      UserError: the data lack what the game needs, or the augmentation.
    """
    row, options = rules(config)
    if row.unpaired and (own := config["data"]["task"]["name"]) != "none":
        raise UserError(
            f"game {config['game']['name']!r} takes both images from the data, and data.task="
            f"{own} would make one of the other; set data.task=none."
        )
    make_given, vary = task(config).apply, augment(config)

    def prepare(batch, keys, step):
        if train:
            batch = vary(batch, noise.fold_each(keys, noise.AUGMENT))
        return make_given(batch, noise.fold_each(keys, noise.TASK), step)

    known = classes_of(entries)
    if attributes.known(known) and "attributes" not in row.generator:
        fitting = [name for name, row in GAMES.items() if "attributes" in row.generator]
        raise UserError(
            f"data.attributes are for a game that changes them, {', '.join(fitting)}, and game "
            f"{config['game']['name']!r} does not; leave them unset."
        )
    if "attributes" in row.generator and not heads(config, entries):
        raise UserError(
            f"game {config['game']['name']!r} needs to know which categories of data "
            f"{config['data']['name']!r} it changes: set data.attributes, as tone,gender."
        )
    shapes = jax.eval_shape(prepare, *_one(entries), 0)
    for name in row.needs:
        if name == "label" and known.get(name, 0) < 2:
            raise UserError(
                f"game {config['game']['name']!r} needs labels of at least two classes and data "
                f"{config['data']['name']!r} has none; game='unconditional' plays without."
            )
        if name not in shapes and row.directions:
            raise UserError(
                f"game {config['game']['name']!r} needs two domains, and data "
                f"{config['data']['name']!r} has no {name!r}: name unpaired:A,B, or pairs with "
                "data.unpaired=true."
            )
        if name not in shapes:
            raise UserError(
                f"game {config['game']['name']!r} needs {name!r}, which data "
                f"{config['data']['name']!r} has not: name paired data, as emoji or glyphs, or a "
                f"data.task that makes it: {', '.join(sorted(set(TASKS) - {'none'}))}."
            )
    own = draws.compose(*(make(options, known) for make in row.draws))

    def draw(batch, keys, step):
        return own(prepare(batch, keys, step), keys, step)

    return draw


def _one(entries):
    """Shapes of a batch of one as it is inside, where pixels are floats, and of its key."""
    kinds = {"u": jnp.float32}
    batch = {
        name: jax.ShapeDtypeStruct(
            (1, *entry.shape), kinds.get(jnp.dtype(entry.dtype).kind, entry.dtype)
        )
        for name, entry in entries.items()
    }
    return batch, jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 1))


def given_shapes(draw, entries) -> dict[str, tuple[int, ...]]:
    """Shapes of one example of all that is given."""
    shapes = jax.eval_shape(draw, *_one(entries), 0)
    return {name: leaf.shape[1:] for name, leaf in shapes.items()}


# Networks.


def _fields(config, side):
    """The row of a side's network, and the fields that the config sets."""
    row, fields = _row(config, side)
    for key, value in fields.items():
        for entry in value if isinstance(value, tuple) else ():  # the widths of layers
            within(f"an entry of {side}.{key}", entry, 1)
    choose(DTYPES, config["compute_dtype"], "compute_dtype")
    return row, fields


def _fits(module, inputs):
    """Whether a network takes all that a game gives it, and needs no more."""
    known = takes(module)
    return set(inputs) <= set(known) and all(known[name] for name in set(known) - set(inputs))


def _network(config, side, inputs, shapes, axis_name, **fixed) -> Network:
    row, fields = _fields(config, side)
    if not _fits(row.build, inputs):
        fitting = [name for name, row in SIDES[side].items() if _fits(row.build, inputs)]
        needed = [name for name, spare in takes(row.build).items() if not spare]
        raise UserError(
            f"{side} {config[side]['name']!r} takes {', '.join(takes(row.build))} and needs "
            f"{' and '.join(needed)}; game {config['game']['name']!r} gives it "
            f"{', '.join(inputs)}, which is for: {', '.join(fitting) or 'none'}."
        )
    if missing := set(fixed) - set(fields_of(row.build)):
        fitting = [n for n, row in SIDES[side].items() if set(fixed) <= set(fields_of(row.build))]
        raise UserError(
            f"game {config['game']['name']!r} needs a {side} with {' and '.join(sorted(missing))}, "
            f"and {config[side]['name']!r} has none; these have: {', '.join(fitting)}."
        )
    dtype = DTYPES[config["compute_dtype"]]
    module = row.build(dtype=dtype, axis_name=axis_name, **fixed, **fields)
    return network(module, inputs, shapes)


def generator(config, shapes: Mapping, axis_name=None) -> Network:
    """The generator's ``Network``; ``shapes`` from ``given_shapes``."""
    row, options = rules(config)
    if row.directions:
        return team(
            **{
                direction: _network(
                    config,
                    "generator",
                    row.generator,
                    {"source": shapes[start], "x": shapes[end]},
                    axis_name,
                    shape=shapes[end],
                )
                for direction, (start, end) in row.directions.items()
            }
        )
    count = options.get("generators", 1)
    if count == 1:
        return _network(config, "generator", row.generator, shapes, axis_name, shape=shapes["x"])
    each = {**shapes, "z": shapes["z"][1:]}
    one = _network(config, "generator", row.generator, each, axis_name, shape=shapes["x"])
    return stacked(one, count, tuple(options["shared"].replace(",", " ").split()))


def heads(config, entries) -> tuple[tuple[str, int], ...]:
    """The categories that the critic must tell, and how many classes each has."""
    row, known = rules(config)[0], classes_of(entries)
    names = row.heads(known) if callable(row.heads) else row.heads
    return tuple((name, known[name]) for name in names)


def critic(config, shapes: Mapping, entries, axis_name=None) -> Network:
    """The critic's ``Network``; its heads have the classes of the ``entries``."""
    row, options = rules(config)
    count = options.get("generators", 1)
    outputs = 1 if count == 1 else count + 1  # against several generators, one for the data too
    fixed = {"outputs": outputs} if count > 1 else {}
    told = heads(config, entries)
    fixed |= {"heads": told} if told else {}
    if row.directions:
        return team(
            **{
                direction: _network(
                    config, "critic", row.critic, {"x": shapes[end]}, axis_name, **fixed
                )
                for direction, (_, end) in row.directions.items()
            }
        )
    return _network(config, "critic", row.critic, shapes, axis_name, **fixed)


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


def players(config, entries) -> Players:
    """The ``Players`` of a config on data with these entries.

    Raises:
      UserError: the data lack what the game needs, or a network does not fit them.
    """
    given = draw(config, entries)
    shapes = given_shapes(given, entries)
    generating, judging = generator(config, shapes), critic(config, shapes, entries)
    count = rules(config)[1].get("generators", 1)
    rules_of = game(config, given, generating, judging, entries=entries, shapes=shapes)
    return Players(given, shapes, generating, judging, rules_of, count)


# The game.


def loss(config):
    """The adversarial loss, smoothed where the config says so."""
    row, options = _row(config, "loss")
    adversarial = row(**options)
    if config["label_smoothing"]:
        if "generators" in config["game"]:
            raise UserError(
                f"game {config['game']['name']!r} has a critic of several classes and no label to "
                "smooth; set label_smoothing=0."
            )
        adversarial = smooth_real_label(adversarial, config["label_smoothing"])
    return adversarial


def noise_level(std, anneal_steps):
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


def penalties(config, values=NO_VALUES):
    """The penalties in play: triples (name, weight, penalty function).

    ``values`` are weights that replace those of the config, by dotted key; they may be traced.
    """
    played = [
        (name, weight, choose(PENALTIES, name, "penalty")(**options))
        for name, weight, options in _weighted(config, "penalties", values)
    ]
    if "consistency" in [name for name, _, _ in played] and not config["critic"]["dropout"]:
        raise UserError(
            "penalties.consistency compares dropout passes; set critic.dropout, as 0.5."
        )
    return played


def terms(config, see=NO_VALUES, values=NO_VALUES):
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


def frozen(config, shapes: Mapping) -> dict[str, Extractor]:
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
    config,
    draw,
    generator: Network,
    critic: Network,
    *,
    entries: Mapping,
    shapes: Mapping = NO_VALUES,
    adversarial=None,
    mean_over_devices=lambda tree: tree,
    values=NO_VALUES,
    see=NO_VALUES,
):
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


def optimizer(config, side, values=NO_VALUES):
    """The optax chain of "generator" or "critic"; an annealed rate is 0 after the last step.

    ``values`` may hold a learning rate that replaces the config's, by dotted key; maybe traced.
    """
    settings = dict(config[side]["optimizer"])
    for key, value in settings.items():
        like = {"name": "", "anneal": False}.get(key, 0.0)
        check_type(f"{side}.optimizer.{key}", value, like)
    rate = values.get(f"{side}.optimizer.learning_rate", settings.get("learning_rate"))
    settings["learning_rate"] = rate
    after = settings.pop("anneal_after", 0.0)
    if settings.pop("anneal", False):
        updates = max(phases.updates(phases.phases(config), side), 1)
        settings |= {"anneal_updates": updates, "anneal_after": int(after * updates)}
    elif after:
        raise UserError(
            f"{side}.optimizer.anneal_after tells when the rate begins to fall; set "
            f"{side}.optimizer.anneal=true, too."
        )
    try:
        return optim.optimizer(**settings)
    except UserError as error:
        raise UserError(f"{side}.optimizer: {error}") from error
