"""From a config to functions: networks, game, optimisers. The config goes no further than here."""

import jax.numpy as jnp
import optax

from jaxgan.build.check import check_type
from jaxgan.core.errors import UserError, choose, within
from jaxgan.data import TASKS
from jaxgan.games import GAMES, LABELLED
from jaxgan.losses import ADVERSARIAL, PENALTIES, smooth_real_label
from jaxgan.models import CRITICS, GENERATORS, options
from jaxgan.models.network import network, stacked
from jaxgan.step import optim

NONE = {}  # no value stands for one of the config's
DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}


def _options(kind, group, known, fixed=("name",)):
    """The options of a group: all of its keys but the fixed ones, as its row knows them."""
    # JSON turns tuples into lists, which a module cannot hash.
    options = {key: tuple(v) if isinstance(v, list) else v for key, v in group.items()}
    options = {key: value for key, value in options.items() if key not in fixed}
    if unknown := sorted(set(options) - set(known)):
        raise UserError(
            f"{kind} {group['name']!r} has no option {unknown[0]!r}; "
            f"it has {', '.join(known) or 'none'}."
        )
    for key, value in options.items():
        check_type(f"{kind}.{key}", value, known[key])
    return options


def _module(table, kind, config, axis_name, **fixed):
    module = choose(table, config[kind]["name"], kind)
    fields = _options(kind, config[kind], options(module), ("name", "optimizer"))
    for key, value in fields.items():
        for entry in value if isinstance(value, tuple) else ():  # the widths of layers
            within(f"an entry of {kind}.{key}", entry, 1)
    if "dropout" in fields:
        within(f"{kind}.dropout", fields["dropout"], 0, 1)
    dtype = choose(DTYPES, config["compute_dtype"], "compute_dtype")
    return module(dtype=dtype, axis_name=axis_name, **fixed, **fields)


def _row(table, kind, config):
    """A row of a table, and its options as the config's group has them."""
    row = choose(table, config[kind]["name"], kind)
    return row, _options(kind, config[kind], row.options)


def task(config):
    """The task of ``config.data.task``: (batch, keys, step) -> batch."""
    row, options = _row(TASKS, "task", config["data"])
    return row(**options)


def check_names(config):
    """Raise ``UserError`` for a name or an option that no table has; needs no data."""
    task(config)
    for side in ("generator", "critic"):
        optimizer(config, side)
    _, options = _row(GAMES, "game", config)
    if "generators" in options:
        within("game.generators", options["generators"], 2)
    game(config, generator(config, (), 0), critic(config, (), 0), 0)


def classes_in_play(config, classes):
    """How many labels the players see: none where the game has none.

    Raises:
      UserError: unknown game, or a game with labels on data that have none.
    """
    name = config["game"]["name"]
    choose(GAMES, name, "game")
    if name not in LABELLED:
        return 0
    if classes < 2:
        raise UserError(
            f"game {name!r} needs labels of at least two classes and data "
            f"{config['data']['name']!r} has none; game='unconditional' plays without."
        )
    return classes


def generators(config):
    """How many generators a game has: samples come from each of them in turn."""
    return config["game"].get("generators", 1)


def generator(config, shape, classes, axis_name=None):
    """The generator's ``Network``; ``classes`` from ``classes_in_play``."""
    module = _module(GENERATORS, "generator", config, axis_name, shape=shape)
    one = network(module, (config["z_dim"],), classes)
    if (count := generators(config)) == 1:
        return one
    shared = config["game"]["shared"].replace(",", " ").split()
    return stacked(one, count, shared)


def critic(config, shape, classes, axis_name=None):
    """The critic's ``Network``; ``classes`` from ``classes_in_play``."""
    count = generators(config)
    outputs = 1 if count == 1 else count + 1  # against several generators, one for the data too
    module = _module(CRITICS, "critic", config, axis_name, outputs=outputs)
    return network(module, shape, classes)


def noise_level(std, anneal_steps):
    """Schedule of the instance noise: step -> standard deviation, or None where there is none."""
    if not std:
        return lambda step: None
    if not anneal_steps:
        return optax.constant_schedule(std)
    return optax.linear_schedule(std, 0.0, anneal_steps)


def penalties(config, values=NONE):
    """The penalties in play: triples (name, weight, penalty function).

    ``values`` are weights that stand for those of the config, by dotted key; they may be traced.
    """
    played = []
    for name, group in config["penalties"].items():
        options = dict(group)
        if weight := options.pop("weight"):
            weight = values.get(f"penalties.{name}.weight", weight)
            played.append((name, weight, choose(PENALTIES, name, "penalty")(**options)))
    names = [name for name, _, _ in played]
    if "consistency" in names and not config["critic"]["dropout"]:
        raise UserError(
            "penalties.consistency compares dropout passes; set critic.dropout, as 0.5."
        )
    return played


def game(config, generator, critic, classes, mean_over_devices=lambda tree: tree, values=NONE):
    """The ``Game`` between two networks; ``values`` as ``penalties`` has them."""
    row, options = _row(ADVERSARIAL, "loss", config)
    loss = row(**options)
    row, options = _row(GAMES, "game", config)
    if config["label_smoothing"]:
        if "generators" in options:
            raise UserError(
                f"game {config['game']['name']!r} has a critic of several classes and no label to "
                "smooth; set label_smoothing=0."
            )
        loss = smooth_real_label(loss, config["label_smoothing"])
    options.pop("shared", None)  # the network's business
    if config["game"]["name"] in LABELLED:
        options["classes"] = classes
    return row.build(
        generator,
        critic,
        loss,
        z_dim=config["z_dim"],
        penalties=penalties(config, values),
        noise_level=noise_level(**config["instance_noise"]),
        mean_over_devices=mean_over_devices,
        **options,
    )


def optimizer(config, side, values=NONE):
    """The optax chain of "generator" or "critic"; an annealed rate is 0 after the last step.

    ``values`` may hold a learning rate that stands for the config's, by dotted key; maybe traced.
    """
    settings = dict(config[side]["optimizer"])
    for key, value in settings.items():
        like = {"name": "", "anneal": False}.get(key, 0.0)
        check_type(f"{side}.optimizer.{key}", value, like)
    rate = values.get(f"{side}.optimizer.learning_rate", settings.get("learning_rate"))
    settings["learning_rate"] = rate
    if settings.pop("anneal", False):
        updates = config["n_critic"] if side == "critic" else 1
        settings["anneal_updates"] = max(config["steps"] * updates, 1)
    try:
        return optim.optimizer(**settings)
    except UserError as error:
        raise UserError(f"{side}.optimizer: {error}") from error
