"""Which metrics are computed: those that are named, or all usual ones that fit."""

from jaxgan.core.errors import UserError, choose
from jaxgan.data import Source
from jaxgan.evaluation import encode
from jaxgan.evaluation.encode import Encoder
from jaxgan.evaluation.facts import FACTS
from jaxgan.evaluation.measures import METRICS


def chosen(text: str, source: Source, present: set[str]) -> list[str]:
    """The names in ``text``, with commas between; of none, all usual metrics that fit.

    Args:
      text: rows of ``METRICS``.
      source: ``data.Source``, for the message.
      present: from ``facts``.

    Raises:
      UserError: a metric that is unknown or needs what is not there.
    """
    names = text.replace(",", " ").split()
    for name in names:
        if missing := sorted(choose(METRICS, name, "metric").needs - present):
            needed = ", and ".join(FACTS[fact] for fact in missing)
            raise UserError(f"metric {name!r} needs {needed}; {source.name} is not that.")
    usual = [name for name, row in METRICS.items() if row.usual and row.needs <= present]
    return names or usual


def needing(names: list[str], *facts: str) -> list[str]:
    """Those of these metrics that need any of the facts."""
    return [name for name in names if METRICS[name].needs & set(facts)]


def make_encoder(names: list[str], source: Source, features: str, weights: str) -> Encoder:
    """The ``Encoder`` that these metrics need: none but the examples where none looks at features.

    Args:
      names: rows of ``METRICS``.
      source, features, weights: as ``encode.make_encoder`` takes them, and its errors.
    """
    if any(METRICS[name].features for name in names):
        return encode.make_encoder(source, features, weights)
    return encode.NO_NETWORK
