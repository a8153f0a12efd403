"""By which metric a run's checkpoints are ranked, and the numbers that every run tells."""

from jaxgan.core.errors import UserError, choose
from jaxgan.data import Source
from jaxgan.evaluation.choice import chosen
from jaxgan.evaluation.encode import network_name
from jaxgan.evaluation.measures import METRICS

# The quick distance that every run computes, and the other metrics that a config may rank
# checkpoints by, lower is better, with the row that gives each and the fact that it needs.
QUALITY = "sliced_wasserstein"
SPREAD, AT_BOUNDS = "spread", "at_bounds"  # beside it, of no rank: ``run.doctor`` reads them
ESTIMATE = "wasserstein"  # the critic's, in the rows of training: see ``losses.ADVERSARIAL``
RANKING = {
    QUALITY: (None, frozenset()),
    "reverse_kl": ("modes", frozenset({"mixture"})),
    "fd": ("fd", frozenset()),
    "kid": ("kid", frozenset()),
    "modes_kl": ("modes", frozenset({"stacked"})),
}


def ranking(evaluation, source: Source, present: set[str]) -> str:
    """The name of the metric that ranks a run's checkpoints, as it stands among the run's metrics.

    Args:
      evaluation: that group of the config.
      source, present: as ``chosen`` has them.

    Raises:
      UserError: metrics that do not fit, or a ranking that none of them gives.
    """
    rank_by = evaluation["rank_by"]
    names = chosen(evaluation["metrics"], source, present)
    row, needs = choose(RANKING, rank_by, "evaluation.rank_by")
    if row not in (None, *names) or not needs <= present:
        raise UserError(
            f"evaluation.rank_by={rank_by} is none of the metrics {', '.join(names)} of "
            f"{source.name}; known: {', '.join(RANKING)}."
        )
    if row is None or METRICS[row].plain & present:
        return rank_by
    return f"{rank_by}_{network_name(source, evaluation['features'])}"
