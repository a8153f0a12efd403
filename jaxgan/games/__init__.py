"""Who plays whom, with which inputs: one row a game."""

from functools import partial

from jaxgan.core.table import Row
from jaxgan.games.game import Game
from jaxgan.games.pair import pair_game
from jaxgan.games.several import multi_generator_game

GAMES = {
    "unconditional": Row(pair_game),
    "conditional": Row(pair_game),
    "matching_aware": Row(partial(pair_game, mismatched=True)),
    # ``shared``: names, with commas between, of the layers that the generators have in common.
    "multi_generator": Row(multi_generator_game, {"generators": 4, "shared": ""}),
}
# Games that must be told the number of classes and whose batches must bring labels.
LABELLED = frozenset({"conditional", "matching_aware"})

__all__ = ["GAMES", "LABELLED", "Game"]
