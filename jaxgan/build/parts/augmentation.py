"""How images are varied before the critic, real ones and made ones: ``config.augmentation``."""

import inspect
from collections.abc import Callable, Mapping
from typing import NamedTuple

from jaxgan.build.parts.rows import NO_VALUES, row_of
from jaxgan.build.schedules import PROBABILITY
from jaxgan.core.errors import UserError
from jaxgan.games import GAMES
from jaxgan.games.augmented import augmented, feedback
from jaxgan.games.diffaugment import VARIATIONS, variation
from jaxgan.losses import ADVERSARIAL, smoothed_middle
from jaxgan.models.network import Network


class _Settings(NamedTuple):
    """The group of a config; what each key is, stands in ``defaults.KEYS``."""

    rows: str
    probability: float
    target: float
    updates: int


def rows(config: Mapping) -> tuple[str, ...]:
    """The variations of a config; none where nothing is varied.

    Raises:
      UserError: a game whose critic sees more than the image, or which steers no probability; a
        target of nothing, or under a loss whose scores do not tell how sure the critic is.
    """
    own, game = _Settings(**config["augmentation"]), config["game"]["name"]
    names = tuple(own.rows.replace(",", " ").split())
    if not names:
        if own.target:
            known = ",".join(VARIATIONS)
            raise UserError(f"augmentation.target steers variations; set augmentation.rows={known}")
        return ()
    fitting = [name for name, row in GAMES.items() if _fits(row)]
    if game not in fitting:
        raise UserError(
            f"augmentation.rows vary x alone, and game {game!r} shows its critic more than one "
            f"image; games that can be varied: {', '.join(fitting)}."
        )
    steered = [name for name in fitting if _steers(GAMES[name])]
    if own.target and game not in steered:
        raise UserError(
            f"augmentation.target: game {game!r} steers no probability; these do: "
            f"{', '.join(steered)}."
        )
    if own.target and not _tells(row_of(config, "loss")[0]):
        telling = [name for name, row in ADVERSARIAL.items() if _tells(row)]
        raise UserError(
            f"augmentation.target: loss {config['loss']['name']!r} has no score, 0, from which on "
            f"a critic takes an example for real; losses that have: {', '.join(telling)}."
        )
    return names


def _fits(row):
    return set(row.critic) <= {"x", "label", "caption"} and not row.directions


def _steers(row):
    return "adapt" in inspect.signature(row.build).parameters


def _tells(row):
    return "centred" in row.facts or "pairs" in row.facts


def seen(config: Mapping, critic: Network, shapes: Mapping, values: Mapping = NO_VALUES) -> Network:
    """The critic as it sees images in training; ``values`` may hold the probability, traced.

    Raises:
      UserError: examples that are no images; as ``rows``.
    """
    if not (names := rows(config)):
        return critic
    if len(shapes["x"]) != 3:
        raise UserError("augmentation.rows vary images, and these examples are none.")
    own = _Settings(**config["augmentation"])
    probability = values.get(PROBABILITY, own.probability)
    return augmented(critic, variation(names), probability, learned=own.target > 0)


def adapt(config: Mapping, mean_over_devices: Callable) -> dict[str, Callable]:
    """{"adapt": what a game is built with} where the probability is steered, or {}."""
    own = _Settings(**config["augmentation"])
    if not own.target:
        return {}
    row, _ = row_of(config, "loss")
    pairs = row.facts.get("pairs", False)
    middle = smoothed_middle(config["label_smoothing"])
    return {"adapt": feedback(own.target, own.updates, pairs, mean_over_devices, middle)}
