"""From a config to functions: draws, networks, games, optimisers. The config goes no further."""

from jaxgan.build.parts.given import augment, draw, given_shapes, task
from jaxgan.build.parts.networks import (
    DTYPES,
    SIDES,
    both_dense,
    check_group,
    critic,
    generator,
    heads,
)
from jaxgan.build.parts.objective import estimate, frozen, game, loss, noise_level, penalties, terms
from jaxgan.build.parts.optimizers import optimizer
from jaxgan.build.parts.rows import rules
from jaxgan.build.parts.together import Players, check_names, players

__all__ = [
    "DTYPES",
    "SIDES",
    "Players",
    "augment",
    "both_dense",
    "check_group",
    "check_names",
    "critic",
    "draw",
    "estimate",
    "frozen",
    "game",
    "generator",
    "given_shapes",
    "heads",
    "loss",
    "noise_level",
    "optimizer",
    "penalties",
    "players",
    "rules",
    "task",
    "terms",
]
