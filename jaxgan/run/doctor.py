"""What looks wrong in a run's numbers, in a sentence each, with what to try.

A sign is a pure function of the rows of metrics.jsonl, so that a resumed run is told the same. Of
a population the rows hold medians: what is told is true of most members.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from jaxgan.evaluation.ranking import AT_BOUNDS, ESTIMATE, SPREAD

WARNINGS = "warnings"  # their key in a row
RECENT = 5  # rows that must agree, so that one odd batch is no sign
LOOKS = 3  # measurements that must agree
VANISHED, EXPLODED = 1e-3, 100.0  # of a gradient's norm, relative to the rows before
COLLAPSED = 0.3  # spread of samples, relative to that of the data
CLIPPED = 0.9  # share of the critic's weights
WON, APART = 0.01, 0.9  # a critic's loss, where 0 is the least, and its scores' distance
WORSE = 0.25  # of the best value


class Sign(NamedTuple):
    """A row of ``SIGNS``.

    Attributes:
      seen: (rows, name of the metric that ranks, its floor or None) -> what is seen, in words; ""
        where it is not.
      advice: what to try.
    """

    seen: Callable[..., str]
    advice: str


def examine(rows, ranked_by: str, floor: float | None) -> dict[str, str]:
    """What looks wrong at the last row: {row of ``SIGNS``: what is seen, and what to try}.

    Args:
      rows: of metrics.jsonl, the last with what is measured at a checkpoint.
      ranked_by: name of the metric that ranks checkpoints, lower is better.
      floor: what real examples score by it; None: unknown.
    """
    found = {name: sign.seen(rows, ranked_by, floor) for name, sign in SIGNS.items()}
    return {name: f"{seen} {SIGNS[name].advice}" for name, seen in found.items() if seen}


def named(rows) -> set[str]:
    """The names of all warnings in rows."""
    return {name for row in rows for name in row.get(WARNINGS, ())}


def _values(rows, name):
    """The finite numbers of this name, in their order: [N]."""
    return np.array([row[name] for row in rows if row.get(name) is not None], float)


def _recent(rows, name):
    """Those of the last ``RECENT`` rows; empty unless each has one."""
    values = _values(rows[-RECENT:], name)
    return values if len(values) == RECENT else values[:0]


def _gradients(rows, side):
    """The median of the last norms and that of those before; None where there are too few."""
    name = f"{side}_gradient_norm"
    last, before = _recent(rows, name), _values(rows[:-RECENT], name)
    if not len(last) or len(before) < RECENT:
        return None
    return float(np.median(last)), float(np.median(before))


def _dead_generator(rows, ranked_by, floor):
    first = _values(rows, "generator_gradient_norm")[:RECENT]
    last = _recent(rows, "generator_gradient_norm")
    if not len(last) or np.median(last) > VANISHED * np.median(first):
        return ""
    return (
        f"The generator hardly learns: its gradient's norm is {np.median(last):.1e}, and was "
        f"{np.median(first):.1e} at first."
    )


def _collapse(rows, ranked_by, floor):
    spreads = _values(rows, SPREAD)
    if len(spreads) < LOOKS:
        return ""
    *_, before, last = spreads
    # Samples of a generator that has just begun lie close together, too, and part.
    if max(before, last) >= COLLAPSED or last > 1.1 * before:
        return ""
    return f"Samples are alike: they spread {last:.2g} times as far as the data."


def _critic_clipped(rows, ranked_by, floor):
    share = rows[-1].get(AT_BOUNDS)
    if share is None or share <= CLIPPED:
        return ""
    return f"{share:.0%} of the critic's weights lie at the bounds of their clipping."


def _critic_won(rows, ranked_by, floor):
    losses = _recent(rows, "critic_loss")
    real, fake = _recent(rows, "real_score"), _recent(rows, "fake_score")
    if ESTIMATE in rows[-1] or not (len(losses) and len(real) and len(fake)):
        return ""  # the loss of a critic of Wasserstein's has no least value
    if losses.min() < 0 or losses.max() > WON or (real - fake).min() < APART:
        return ""
    return f"The critic tells all samples from real examples: its loss is {losses[-1]:.1e}."


def _exploding_gradients(rows, ranked_by, floor):
    for side in ("critic", "generator"):
        norms = _gradients(rows, side)
        if norms and norms[0] > EXPLODED * norms[1]:
            return (
                f"The {side}'s gradients explode: their norm is {norms[0]:.1e}, and was "
                f"{norms[1]:.1e}."
            )
    return ""


def _turned_worse(rows, ranked_by, floor):
    looks = [row for row in rows if row.get(ranked_by) is not None]
    if not looks or looks[-1] is not rows[-1]:
        return ""
    values = [row[ranked_by] for row in looks]
    at = int(np.argmin(values))
    since, best = values[at + 1 :], values[at]
    margin = max(WORSE * abs(best), abs(floor or 0.0))
    if len(since) < LOOKS or min(since[-LOOKS:]) <= best + margin:
        return ""
    return (
        f"{ranked_by} has turned: it was {best:.3g} at step {looks[at]['step']}, and is "
        f"{values[-1]:.3g}."
    )


SIGNS: Mapping[str, Sign] = {
    "dead_generator": Sign(
        _dead_generator,
        "Try loss=non_saturating or wasserstein, instance_noise.std=0.1, a slower critic.",
    ),
    "collapse": Sign(
        _collapse,
        "Try loss=wasserstein with penalties.gradient_penalty.weight=10 and n_critic=5, "
        "penalties.r1.weight, or lower learning rates.",
    ),
    "critic_clipped": Sign(
        _critic_clipped,
        "Try penalties.gradient_penalty.weight=10 instead of critic.optimizer.weight_limit, or "
        "another limit.",
    ),
    "critic_won": Sign(
        _critic_won,
        "Try label_smoothing=0.1, instance_noise.std=0.1, penalties.r1.weight, a lower learning "
        "rate of the critic, or loss=wasserstein.",
    ),
    "exploding_gradients": Sign(
        _exploding_gradients,
        "Try a lower learning rate, optimizer.clip_gradient=1, or penalties on the critic.",
    ),
    "turned_worse": Sign(
        _turned_worse,
        "Sample from the best checkpoint (--step=best); try lower learning rates, "
        "optimizer.anneal=true, or a penalty on the critic.",
    ),
}
