"""Who plays whom, with which inputs: one row a game."""

from functools import partial

from jaxgan.core.table import Row
from jaxgan.games.game import Game
from jaxgan.games.pair import pair_game
from jaxgan.games.several import multi_generator_game

# Of every game that draws noise: the length of z, and how it is distributed.
NOISE = {"z_dim": 100, "z": "normal"}

GAMES = {
    "unconditional": Row(pair_game, NOISE),
    "conditional": Row(pair_game, NOISE),
    "matching_aware": Row(partial(pair_game, mismatched=True), NOISE),
    # ``shared``: names, with commas between, of the layers that the generators have in common.
    "multi_generator": Row(multi_generator_game, {**NOISE, "generators": 4, "shared": ""}),
}
# Games that must be told the number of classes and whose batches must bring labels.
LABELLED = frozenset({"conditional", "matching_aware"})

__all__ = ["GAMES", "LABELLED", "Game"]
