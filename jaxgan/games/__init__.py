"""Who plays whom, with which inputs: one row a game."""

import functools

from jaxgan.games.game import Game
from jaxgan.games.pairs import pair_game

GAMES = {
    "unconditional": pair_game,
    "conditional": pair_game,
    "matching_aware": functools.partial(pair_game, mismatched=True),
}
# Games that must be told the number of classes and whose batches must bring labels.
LABELLED = frozenset({"conditional", "matching_aware"})

__all__ = ["GAMES", "LABELLED", "Game"]
