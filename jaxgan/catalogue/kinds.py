"""What a config can name, kind by kind, as it is told: no table of its own, but a view of each."""

import ast
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from jaxgan import data, defaults
from jaxgan.build import recipes
from jaxgan.core.table import doc_of
from jaxgan.evaluation.facts import FACTS
from jaxgan.evaluation.measures import METRICS
from jaxgan.features import FEATURES
from jaxgan.games import GAMES
from jaxgan.games.diffaugment import VARIATIONS
from jaxgan.losses import ADVERSARIAL, DISTANCES, PENALTIES
from jaxgan.models import CRITICS, GENERATORS, takes
from jaxgan.step.optim import OPTIMIZERS
from jaxgan.text import ENCODERS


class Told(NamedTuple):
    """A row in words.

    Attributes:
      doc: what it is: a line, and maybe more below.
      options: {name: default}; None: of a kind that has none.
      facts: further sentences.
    """

    doc: str
    options: Mapping[str, Any] | None = None
    facts: tuple[str, ...] = ()


class Kind(NamedTuple):
    """A kind of things that have names.

    Attributes:
      one: what one of them is called.
      use: how it is chosen.
      rows: () -> {name: ``Told``}.
    """

    one: str
    use: str
    rows: Callable[[], Mapping[str, Told]]


def _of_table(table, facts=lambda row: ()):
    return {name: Told(doc_of(row), row.options, facts(row)) for name, row in table.items()}


def _recipes():
    files = recipes.known()
    return {name: Told(ast.get_docstring(ast.parse(f.read_text()))) for name, f in files.items()}


def _optimizers():
    common = {key: row.default for key, row in defaults.OPTIMIZER.items()}
    told = _of_table(OPTIMIZERS)
    return {name: row._replace(options={**common, **row.options}) for name, row in told.items()}


def _rules(row):
    heads = "the attributes" if callable(row.heads) else ", ".join(row.heads)
    return (
        f"The generator is given {', '.join(row.generator)}.",
        f"The critic is given {', '.join(row.critic)}{heads and f', and tells {heads}'}.",
        f"The data must have {', '.join(row.needs) or 'nothing more'}.",
    )


def _network(row):
    spare = [f"{name}{' (or not)' * free}" for name, free in takes(row.build).items()]
    return (f"It takes {', '.join(spare)}.",)


def _data():
    sets = {**data.SETS, **data.TOYS, **{f"{form}:": load for form, load in data.FORMS.items()}}
    return {name: Told(doc_of(load), data.options_of(name)) for name, load in sets.items()}


def _metrics():
    def facts(row):
        return tuple(f"It needs {FACTS[fact]}." for fact in sorted(row.needs))

    return {name: Told(row.compute.__doc__, facts=facts(row)) for name, row in METRICS.items()}


def _keys():
    return {name: Told(key.why, facts=_range(key)) for name, key in defaults.KEYS.items()}


def _range(key):
    told = [f"The default is {key.default!r}."]
    if key.low is not None:
        told.append(f"It lies in [{key.low}, {key.high}).")
    return (*told, f"A resumed run may {'' if key.free else 'not '}change it.")


KINDS = {
    "recipes": Kind("recipe", "--config=NAME", _recipes),
    "games": Kind("game", "--config.game=NAME", partial(_of_table, GAMES, _rules)),
    "losses": Kind("loss", "--config.loss=NAME", partial(_of_table, ADVERSARIAL)),
    "penalties": Kind(
        "penalty", "--config.penalties.NAME.weight=10", partial(_of_table, PENALTIES)
    ),
    "distances": Kind("distance", "--config.terms.NAME.weight=100", partial(_of_table, DISTANCES)),
    "generators": Kind(
        "generator", "--config.generator=NAME", partial(_of_table, GENERATORS, _network)
    ),
    "critics": Kind("critic", "--config.critic=NAME", partial(_of_table, CRITICS, _network)),
    "optimizers": Kind("optimizer", "--config.critic.optimizer=NAME", _optimizers),
    "data": Kind("data set", "--config.data=NAME", _data),
    "captions": Kind(
        "encoder of captions", "--config.data.captions=NAME", partial(_of_table, ENCODERS)
    ),
    "tasks": Kind("task", "--config.data.task=NAME", partial(_of_table, data.TASKS)),
    "augments": Kind("augment", "--config.data.augment=NAME", partial(_of_table, data.AUGMENTS)),
    "variations": Kind(
        "variation", "--config.augmentation.rows=NAME", partial(_of_table, VARIATIONS)
    ),
    "metrics": Kind("metric", "--config.evaluation.metrics=NAME", _metrics),
    "features": Kind(
        "feature network", "--config.evaluation.features=NAME", partial(_of_table, FEATURES)
    ),
    "keys": Kind("key", "--config.NAME=VALUE", _keys),
}
