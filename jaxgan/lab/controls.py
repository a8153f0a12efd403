"""What can be set in the page: keys of a config, each with bounds that fit a page.

A control's key is what ``--config.KEY=VALUE`` takes, and what it may be named is read from the
tables: a new loss or game is a new choice here, unasked.
"""

from typing import NamedTuple

from jaxgan import data, defaults
from jaxgan.build.check import find
from jaxgan.defaults import GROUPS
from jaxgan.games import GAMES
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.lab import bounds
from jaxgan.losses import ADVERSARIAL, PENALTIES
from jaxgan.models import layers, norms
from jaxgan.step.optim import OPTIMIZERS

DRAWN = "drawn"  # a set of points from the page


class Control(NamedTuple):
    """One key.

    Attributes:
      group: where it stands in the page.
      low, high: of a number, ``low <= value < high``.
      choices: of a word; none of a number.
      several: how many numbers with commas between there may be; 0: it is a single one.
      shared: whether games side by side have it in common.
    """

    group: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    several: int = 0
    shared: bool = False


def _plays_points(row):
    """Whether a game needs no more than points and their labels."""
    return not {"source", "caption"} & {*row.generator, *row.needs}


RATE = (1e-6, 1.0)
SWITCH = ("false", "true")
_DATA = {
    "data": Control("data", choices=(*data.TOYS, DRAWN), shared=True),
    "data.options.modes": Control("data", 1, 33, shared=True),
    "data.options.radius": Control("data", 0.1, 4.1, shared=True),
    "data.options.side": Control("data", 1, 8, shared=True),
    "data.options.spacing": Control("data", 0.1, 3, shared=True),
    "data.options.std": Control("data", 1e-3, 1, shared=True),
    "data.options.noise": Control("data", 0.05, 3, shared=True),
    "data.options.means": Control("data", -20, 20, several=bounds.ENTRIES, shared=True),
    "data.options.stds": Control("data", 0.01, 10, several=bounds.ENTRIES, shared=True),
    "seed": Control("data", 0, 2**20, shared=True),
}
_GAME = {
    "loss": Control("game", choices=tuple(ADVERSARIAL)),
    "loss.saturating": Control("game", choices=SWITCH),
    "loss.alpha": Control("game", -10, 10),
    "loss.pi": Control("game", 0.01, 1),
    "game": Control("game", choices=tuple(n for n, row in GAMES.items() if _plays_points(row))),
    "game.generators": Control("game", 2, 9),
    "game.head_weight": Control("game", 0, 100),
    "n_critic": Control("game", 0, 51),
    "n_generator": Control("game", 0, 51),
    "batch_size": Control("game", 2, 1025),
    "label_smoothing": Control("game", 0, 1),
    "instance_noise.std": Control("game", 0, 2),
    "ema": Control("game", 0, 1),
}
_PENALTIES = {f"penalties.{name}.weight": Control("penalties", 0, 1001) for name in PENALTIES}
_PENALTIES["critic.optimizer.weight_limit"] = Control("penalties", 0, 10)
# Of points, of both sides: one is of images, one of a generator with labels.
_NORMS = tuple(name for name in norms.NORMS if name not in ("instance", norms.CONDITIONAL))
_SIDES = {
    f"{side}.{key}": control._replace(group=side)
    for side in ("generator", "critic")
    for key, control in {
        "features": Control("", 1, bounds.WIDTH + 1, several=bounds.DEPTH),
        "activation": Control("", choices=tuple(layers.ACTIVATIONS)),
        "norm": Control("", choices=_NORMS),
        "optimizer": Control("", choices=tuple(OPTIMIZERS)),
        "optimizer.learning_rate": Control("", *RATE),
        "optimizer.b1": Control("", 0, 1),
        "optimizer.b2": Control("", 0, 1),
        "optimizer.decay": Control("", 0, 1),
        "optimizer.momentum": Control("", 0, 1),
        "optimizer.clip_gradient": Control("", 0, 1000),
    }.items()
}
_SIDES["critic.dropout"] = Control("critic", 0, 1)
_Z = {
    "game.z_dim": Control("generator", 1, 17),
    "game.z": Control("generator", choices=tuple(DISTRIBUTIONS)),
}
CONTROLS = {**_DATA, **_GAME, **_PENALTIES, **_Z, **_SIDES}


def told(config):
    """What a page has to know of the controls, a list of dictionaries.

    ``value`` is the text in a new page, ``of`` the choices that bring the key along: {the choosing
    key: {its value: text}}; empty where it is always there.
    """
    return [
        {
            "key": key,
            **control._asdict(),
            "value": _text(config, key),
            "of": _brought_by(key),
        }
        for key, control in CONTROLS.items()
    ]


def _text(config, dotted):
    """The value of a key as a text; "" where the config has none."""
    try:
        group, key = find(config, dotted)
    except ValueError:
        return ""
    return as_text(group[key])


def as_text(value):
    """As ``--config.KEY=`` takes it."""
    if hasattr(value, "keys"):
        return value["name"]
    if isinstance(value, tuple):
        return ",".join(f"{entry:g}" for entry in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _brought_by(dotted):
    """See ``told``."""
    group, _, key = dotted.rpartition(".")
    if group == "data.options":
        sets = {name: data.options_of(name) for name in data.TOYS}
        return {"data": {n: as_text(own[key]) for n, own in sets.items() if key in own}}
    if group not in GROUPS or key in GROUPS[group].kept:
        return {}
    rows = {name: getattr(defaults, group.split(".")[-1])(name) for name in GROUPS[group].table}
    if all(key in row for row in rows.values()) or group in ("generator", "critic"):
        return {}
    return {group: {name: as_text(row[key]) for name, row in rows.items() if key in row}}
