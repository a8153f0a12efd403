"""From a config to functions: networks, game, optimisers. The config goes no further than here."""

import jax.numpy as jnp
import optax

from jaxgan import optim
from jaxgan.check import check_type
from jaxgan.errors import UserError, choose, within
from jaxgan.games import GAMES, LABELLED
from jaxgan.losses import ADVERSARIAL, PENALTIES, smooth_real_label
from jaxgan.models import CRITICS, GENERATORS, options
from jaxgan.networks import network

DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}


def _module(table, kind, config, axis_name, **fixed):
    side = config[kind]
    module = choose(table, side["name"], kind)
    known = options(module)
    chosen = {key: value for key, value in side.items() if key not in ("name", "optimizer")}
    if unknown := sorted(set(chosen) - set(known)):
        raise UserError(
            f"{kind} {side['name']!r} has no option {unknown[0]!r}; it has {', '.join(known)}."
        )
    # JSON turns tuples into lists, which a module cannot hash.
    chosen = {key: tuple(v) if isinstance(v, list) else v for key, v in chosen.items()}
    for key, value in chosen.items():
        check_type(f"{kind}.{key}", value, known[key])
        for entry in value if isinstance(value, tuple) else ():  # the widths of layers
            within(f"an entry of {kind}.{key}", entry, 1)
    dtype = choose(DTYPES, config["compute_dtype"], "compute_dtype")
    return module(dtype=dtype, axis_name=axis_name, **fixed, **chosen)


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
    choose(GAMES, config["game"], "game")
    if config["game"] not in LABELLED:
        return 0
    if classes < 2:
        raise UserError(
            f"game {config['game']!r} needs labels of at least two classes and data "
            f"{config['data']['name']!r} has none; game='unconditional' plays without."
        )
    return classes


def generator(config, shape, classes, axis_name=None):
    """The generator's ``Network``; ``classes`` from ``classes_in_play``."""
    module = _module(GENERATORS, "generator", config, axis_name, shape=shape)
    return network(module, (config["z_dim"],), classes)


def critic(config, shape, classes, axis_name=None):
    """The critic's ``Network``; ``classes`` from ``classes_in_play``."""
    module = _module(CRITICS, "critic", config, axis_name)
    return network(module, shape, classes)


def noise_level(std, anneal_steps):
    """Schedule of the instance noise: step -> standard deviation, or None where there is none."""
    if not std:
        return lambda step: None
    if not anneal_steps:
        return optax.constant_schedule(std)
    return optax.linear_schedule(std, 0.0, anneal_steps)


def game(config, generator, critic, classes):
    """The ``Game`` between two networks."""
    loss = choose(ADVERSARIAL, config["loss"], "loss")
    if config["label_smoothing"]:
        loss = smooth_real_label(loss, config["label_smoothing"])
    weights = config["penalties"]
    return choose(GAMES, config["game"], "game")(
        generator,
        critic,
        loss,
        z_dim=config["z_dim"],
        penalties=[
            (name, weight, choose(PENALTIES, name, "penalty"))
            for name, weight in weights.items()
            if weight
        ],
        noise_level=noise_level(**config["instance_noise"]),
        classes=classes,
    )


def optimizer(config, side):
    """The optax chain of "generator" or "critic"."""
    options = dict(config[side]["optimizer"])
    for key, value in options.items():
        check_type(f"{side}.optimizer.{key}", value, "" if key == "name" else 0.0)
    try:
        return optim.optimizer(**options)
    except UserError as error:
        raise UserError(f"{side}.optimizer: {error}") from error
