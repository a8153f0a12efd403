"""Every key of a config: its default, its range, whether a resumed run may change it, and why.

A recipe in ``configs/`` overrides a few; so does the command line, ``--config.key=value``. A key
that is not here is an error. ``KEYS`` are the plain keys, ``GROUPS`` those that name a row of a
table and have its options beside the name, ``WEIGHTED`` those that weigh all rows of a table.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from jaxgan.core import noise
from jaxgan.core.dotted import parent, put
from jaxgan.core.errors import UserError, choose
from jaxgan.data import AUGMENTS, TASKS
from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL, DISTANCES, PENALTIES
from jaxgan.models import CRITICS, GENERATORS
from jaxgan.step.optim import OPTIMIZERS


class Key(NamedTuple):
    """A plain key of a config.

    Attributes:
      default: its type is what a config must give.
      low, high: of a number, ``low <= value < high``; None: a word, or true or false.
      free: whether a resumed run may change it: where, how far, how often it is seen.
      why: what it is, with its unit.
    """

    default: Any
    low: float | None = None
    high: float | None = None
    free: bool = False
    why: str = ""


INF = float("inf")
# Bounds of whole numbers. INT32: what a device counts in; the others are more than anybody needs,
# and less than what fails with a traceback.
INT32, MANY, FEW = 2**31, 2**20, 2**10
FLOAT32 = 1e30  # of numbers: products of a few of them are still float32

KEYS = {
    # The run.
    "seed": Key(0, 0, INT32, why="of everything: initial weights, noise, the order of the data"),
    "steps": Key(10_000, 0, noise.INITIAL, True, "how long the run is; the step is the clock"),
    "epochs": Key(0.0, 0, INF, True, "the same in passes over the training set; 0: steps tells"),
    "batch_size": Key(64, 1, INT32, why="examples an update, over all devices"),
    "generator_batch_size": Key(
        0, 0, INT32, why="a multiple of it, of the generator's own; 0: it shares the critic's last"
    ),
    "steps_per_call": Key(50, 1, MANY, True, "steps of a compiled call, between two looks"),
    "compute_dtype": Key("float32", why="or bfloat16; parameters, losses, penalties: float32"),
    "compilation_cache": Key(True, free=True, why="keep compiled programs in the user's cache"),
    "parallel": Key("auto", free=True, why="jit, pmap, shard_map; auto: jit on one device"),
    # The game.
    "n_critic": Key(1, 0, MANY, why="critic updates a step; 0: the critic stands still"),
    "n_generator": Key(1, 0, MANY, why="generator updates a step, under the same critic"),
    "adversarial": Key(1.0, 0, INF, why="weight of the game in what the generator minimises"),
    "phases": Key("", why="other values at first, as 1000:n_critic=0,adversarial=0; build/phases"),
    "level": Key(-1, -1, 16, why="of networks that grow: 0 is the smallest; -1: the last"),
    "fade": Key(False, why="whether the level fades in; with level, of a phase"),
    "label_smoothing": Key(0.0, 0, 1, why="the critic's target for real examples is 1 minus this"),
    "instance_noise.std": Key(0.0, 0, INF, why="on all that the critic sees; [-1, 1] is 2 wide"),
    "instance_noise.anneal_steps": Key(0, 0, INT32, why="over which it falls to 0; 0: it stays"),
    "ema": Key(0.999, 0, 1, why="decay of the generator's average, per step; 0: no averaging"),
    "ema_from": Key(0, 0, INT32, why="step it begins at; before, it is the generator itself"),
    # Both sides' images on their way to the critic.
    "augmentation.rows": Key("", why="what varies them, as color,cutout; empty: nothing"),
    "augmentation.probability": Key(
        1.0, 0, 1 + 1e-9, why="of each of them; with a target at first"
    ),
    "augmentation.target": Key(
        0.0, 0, 1, why="ADA: what the critic may be sure of; 0: no feedback"
    ),
    "augmentation.updates": Key(8000, 1, INT32, why="of the critic, from never to always; ADA"),
    # What moves.
    "schedules.to": Key(
        "", why="KEY=VALUE or KEY=*FACTOR of rates, weights, ema, ...; build/schedules"
    ),
    "schedules.steps": Key(0, 0, INT32, why="in which they go there, by half a cosine"),
    # Several runs at once, in one program.
    "population.members": Key(1, 1, MANY, why="of the seeds seed, seed + 1, ..."),
    "population.vary": Key(
        "", why="what else they differ in: KEY=VALUE,VALUE,... of rates, weights"
    ),
    # The data.
    "data.name": Key("mnist10k", why="bundled, a toy, a TFDS name, idx:DIR, folder:DIR, npz:FILE"),
    "data.split": Key("train", why="of a set that has several"),
    "data.held_out": Key("", why="not trained on: a share as 0.1, or a split as test; empty: none"),
    "data.unpaired": Key(False, why="pairs become two sets of other examples, as in unpaired:A,B"),
    "data.where": Key("", why="which examples: CATEGORY=CLASS|CLASS,...; empty: all"),
    "data.domains": Key("", why="two classes as unpaired domains, CATEGORY:CLASS_A,CLASS_B"),
    "data.attributes": Key("", why="categories that a game changes, commas between"),
    "data.captions": Key(
        "", why="encoder of the set's captions: char_cnn_rnn, bag_of_words, FILE.npz; empty: none"
    ),
    "data.size": Key(0, 0, 2**14, why="side of the square images in pixels; 0: as they come"),
    "data.fit": Key("crop", why="how they get there: crop, stretch or pad"),
    "data.channels": Key(0, 0, 4, why="1 or 3 converts; 0: as they come"),
    "data.data_dir": Key("", free=True, why="where TFDS keeps prepared sets; empty: its default"),
    "data.resident_bytes": Key(2 * 1024**3, 0, 2**63, True, "a larger set streams from the host"),
    "data.workers": Key(8, 1, FEW, True, "threads that read a streamed set"),
    # What the run writes, every so many steps; 0: never but at the end.
    "log_every": Key(100, 0, INT32, True, "a row of metrics"),
    "sample_every": Key(500, 0, INT32, True, "a picture"),
    "sample_epochs": Key(0.0, 0, INF, True, "the same in epochs; 0: sample_every tells"),
    "checkpoint_every": Key(1000, 0, INT32, True, "a checkpoint"),
    "checkpoint_epochs": Key(0.0, 0, INF, True, "the same in epochs; 0: checkpoint_every tells"),
    "keep_checkpoints": Key(3, 1, INT32, True, "the last so many, beside the best"),
    "eval_every": Key(0, 0, INT32, True, "metrics of the average generator, and a checkpoint"),
    # What is in a picture of images; points are always the same.
    "pictures.num": Key(0, 0, 2**14, True, "how many; 0: 64, or 16 that are made from images"),
    "pictures.columns": Key(0, 0, 2**14, True, "a row; 0: as square as it goes, or 2"),
    "pictures.of": Key("ema", free=True, why="ema, the average, or raw, in training, or ema,raw"),
    # How it is judged.
    "evaluation.metrics": Key(
        "", why="rows of measures.METRICS with commas; empty: the usual ones"
    ),
    "evaluation.num": Key(2000, 2, INT32, why="samples, and real examples of a set"),
    "evaluation.features": Key("", why="row of features.FEATURES; empty: as the data needs"),
    "evaluation.inception_weights": Key(
        "", free=True, why="pytorch-fid's file; empty: the cache's"
    ),
    "evaluation.rank_by": Key("sliced_wasserstein", why="row of ranking.RANKING: what is best"),
}
# Of each side's ``optimizer``, whatever its row.
OPTIMIZER = {
    "learning_rate": Key(2e-4, 0, INF, why="greater than 0"),
    "anneal": Key(False, why="the rate falls linearly, to 0 at the last step"),
    "anneal_after": Key(0.0, 0, 1, why="share of the updates before it falls; with anneal"),
    "clip_gradient": Key(0.0, 0, INF, why="largest global norm of the gradient; 0: not clipped"),
    "orthogonal": Key(0.0, 0, INF, why="weight of BigGAN's orthogonal regulariser; 0: none"),
    "weight_limit": Key(0.0, 0, INF, why="c of WGAN's weight clipping; 0: not clipped"),
}
# Of options that belong to rows, (low, high) where a config has them; a row may know more of them.
OPTIONS = {
    "game.z_dim": (1, MANY),
    "game.head_weight": (0, INF),
    "game.constancy": (0, INF),
    "game.augmentation": (0, INF),
    "game.forward": (0, INF),
    "game.backward": (0, INF),
    "game.identity": (0, INF),
    "game.pool": (0, MANY),
    "game.generators": (2, FEW),
    "generator.dropout": (0, 1),
    "critic.dropout": (0, 1),
    "generator.norm_eps": (0, INF),
    "critic.norm_eps": (0, INF),
    "generator.width": (1, MANY),
    "generator.wide": (1, FEW),
    "critic.wide": (1, FEW),
    "critic.width": (1, MANY),
    "generator.halvings": (1, 16),
    "critic.halvings": (1, 16),
    "generator.attention": (0, MANY),
    "critic.attention": (0, MANY),
    "generator.shared": (0, MANY),
    "generator.spectral_eps": (0, INF),
    "critic.spectral_eps": (0, INF),
    "generator.embedding": (0, MANY),
    "critic.embedding": (1, MANY),
    "generator.code": (1, MANY),
    "generator.second": (1, MANY),
    "critic.code": (1, MANY),
    "critic.layers": (0, 16),
    "generator.blocks": (0, FEW),
    "critic.blocks": (0, FEW),
    "critic.hidden": (1, MANY),
    "critic.group": (1, MANY),
    "data.augment.scale": (1, 16),
    "data.task.factor": (1, FEW),
    "critic.window": (0, MANY),
    "data.task.contrast": (1e-6, INF),
    "data.task.std": (0, INF),
    "data.task.smallest": (0, 1),
    "data.task.largest": (0, 1),
    "data.task.fill": (-1, 1 + 1e-9),  # 1 is white
    "terms.features.depth": (0, FEW),
    "data.options.points": (1, 10**9),
    "data.options.modes": (1, 2**16),
    "data.options.side": (1, 2**8),
    "data.options.digits": (1, FEW),
    "data.options.given": (1, FEW),
    "data.options.ahead": (0, FEW),
    "data.options.noise": (1e-3, INF),  # its density is integrated in steps of it
}


def optimizer(name: str = "adam", **options) -> ConfigDict:
    """A side's ``optimizer``: the keys of ``OPTIMIZER``, and a row's options."""
    own = choose(OPTIMIZERS, name, "optimizer").options
    common = {key: row.default for key, row in OPTIMIZER.items()}
    return ConfigDict({"name": name, **common, **own, **options})


def generator(name: str, **options) -> ConfigDict:
    """The ``generator`` of a config: a row of ``models.GENERATORS`` with all of its options.

    ``optimizer`` is one of them; without it, Adam as in the lectures.
    """
    return _row(GENERATORS, "generator", name, {"optimizer": optimizer(), **options})


def critic(name: str, **options) -> ConfigDict:
    """The ``critic`` of a config: a row of ``models.CRITICS``; otherwise as ``generator``."""
    return _row(CRITICS, "critic", name, {"optimizer": optimizer(), **options})


def game(name: str, **options) -> ConfigDict:
    """The ``game`` of a config: a row of ``games.GAMES`` with all of its options."""
    return _row(GAMES, "game", name, options)


def loss(name: str, **options) -> ConfigDict:
    """The ``loss`` of a config: a row of ``losses.ADVERSARIAL`` with all of its options."""
    return _row(ADVERSARIAL, "loss", name, options)


def task(name: str, **options) -> ConfigDict:
    """The ``data.task`` of a config: a row of ``data.TASKS`` with all of its options."""
    return _row(TASKS, "data.task", name, options)


def augment(name: str, **options) -> ConfigDict:
    """The ``data.augment`` of a config: a row of ``data.AUGMENTS`` with all of its options."""
    return _row(AUGMENTS, "data.augment", name, options)


def _row(table, kind, name, options):
    return ConfigDict({"name": name, **choose(table, name, kind).options, **options})


class Group(NamedTuple):
    """A group of keys that names a row of a table.

    Attributes:
      table: name -> something with ``options``.
      make: (name, **options) -> the group.
      default: the name of the row.
      kept: keys that outlive another name, where the new row has them too.
      added: whether configs of older versions may lack it: it then has its default.
    """

    table: Mapping
    make: Callable[..., ConfigDict]
    default: str
    kept: tuple[str, ...] = ()
    added: bool = False


# Dotted name -> its table; from the outside in.
GROUPS = {
    "game": Group(GAMES, game, "unconditional", ("z_dim", "z")),
    "loss": Group(ADVERSARIAL, loss, "non_saturating"),
    "data.task": Group(TASKS, task, "none", added=True),
    "data.augment": Group(AUGMENTS, augment, "none", added=True),
    "generator": Group(GENERATORS, generator, "mlp", ("optimizer",)),
    "critic": Group(CRITICS, critic, "mlp", ("optimizer",)),
    "generator.optimizer": Group(OPTIMIZERS, optimizer, "adam", tuple(OPTIMIZER)),
    "critic.optimizer": Group(OPTIMIZERS, optimizer, "adam", tuple(OPTIMIZER)),
}
# Groups that have a group for every row of a table, its options and a weight; 0: not played.
WEIGHTED = {"penalties": PENALTIES, "terms": DISTANCES}
MOVED = {"z_dim": "game.z_dim"}  # a key of an older version -> where it is today


def get_config() -> ConfigDict:
    """The lectures' GAN on the bundled digits, every key spelt out."""
    config = ConfigDict()
    for name, key in KEYS.items():
        put(config, name, key.default)
    for name, group in GROUPS.items():
        put(config, name, group.make(group.default))
    for name, table in WEIGHTED.items():
        rows = {row: {"weight": 0.0, **table[row].options} for row in table}
        put(config, name, ConfigDict(rows))
    config.data.options = ConfigDict()  # of a set that is drawn: points, seed, modes, ...
    return config


def free(config: Mapping) -> tuple[str, ...]:
    """The keys that a resumed run may change; an annealed rate, 0 at the last step, ties steps."""
    tied = any(config[side]["optimizer"]["anneal"] for side in ("generator", "critic"))
    return tuple(n for n, key in KEYS.items() if key.free and not (tied and n == "steps"))


def complete(stored: dict) -> dict:
    """A stored config with the keys that its version did not have yet, as their defaults are.

    A new key's default is what was before it, or a run could not go on under a newer version.

    Args:
      stored: nested dictionaries, as ``config.json`` holds them.

    Returns:
      nested dictionaries.

    Raises:
      UserError: a group that names no row.
    """
    known = get_config()
    for dotted, group in GROUPS.items():
        try:
            held, last = parent(stored, dotted)
            if last in held or not group.added:
                put(known, dotted, group.make(held[last]["name"]))
        except (KeyError, TypeError) as error:
            raise UserError(
                f"the run's config names no {dotted}, or in an older way; retrain it, or use the "
                "version of jaxgan that its config.json tells."
            ) from error
    stored = copy.deepcopy(dict(stored))
    move(stored)
    return _merged(known.to_dict(), stored)


def move(config):
    """Put the keys that an older version wrote where they are today."""
    for old, new in MOVED.items():
        if old in config:
            put(config, new, config[old])
            del config[old]


def _merged(known, stored):
    """``stored`` over ``known``; in a group both may have keys of their own."""
    both = {key: known[key] for key in known if key not in stored}
    for key, value in stored.items():
        deeper = isinstance(value, dict) and isinstance(known.get(key), dict)
        both[key] = _merged(known[key], value) if deeper else value
    return both
