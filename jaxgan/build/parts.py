"""From a config to functions: networks, game, optimisers. The config goes no further than here."""

import jax.numpy as jnp
import optax

from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.table import check_type, options_of
from jaxgan.defaults import GROUPS
from jaxgan.games import GAMES, LABELLED
from jaxgan.losses import PENALTIES, smooth_real_label
from jaxgan.models.network import network, stacked
from jaxgan.step import optim

NONE = {}  # no value stands for one of the config's
DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}


def _row(config, kind):
    """The row that a group of the config names, and its options as the group has them."""
    group, table = config[kind], GROUPS[kind].table
    row = choose(table, group["name"], kind)
    given = {key: value for key, value in group.items() if key not in ("name", "optimizer")}
    return row, options_of(row, kind, group["name"], given)


def _module(kind, config, axis_name, **fixed):
    row, fields = _row(config, kind)
    for key, value in fields.items():
        for entry in value if isinstance(value, tuple) else ():  # the widths of layers
            within(f"an entry of {kind}.{key}", entry, 1)
    dtype = choose(DTYPES, config["compute_dtype"], "compute_dtype")
    return row.build(dtype=dtype, axis_name=axis_name, **fixed, **fields)


def check_names(config):
    """Raise ``UserError`` for a name or an option that no table has; needs no data."""
    for side in ("generator", "critic"):
        optimizer(config, side)
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
    module = _module("generator", config, axis_name, shape=shape)
    one = network(module, (config["game"]["z_dim"],), classes)
    if (count := generators(config)) == 1:
        return one
    shared = config["game"]["shared"].replace(",", " ").split()
    return stacked(one, count, shared)


def critic(config, shape, classes, axis_name=None):
    """The critic's ``Network``; ``classes`` from ``classes_in_play``."""
    count = generators(config)
    outputs = 1 if count == 1 else count + 1  # against several generators, one for the data too
    module = _module("critic", config, axis_name, outputs=outputs)
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
    row, options = _row(config, "loss")
    loss = row(**options)
    row, options = _row(config, "game")
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
