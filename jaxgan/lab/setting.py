"""A page's setting becomes a config: the recipe of the toys, and what the page overrides in it."""

import shlex

import numpy as np

from jaxgan.build.overrides import load_recipe, override_all
from jaxgan.lab.controls import DRAWN

RECIPE = "toy_ring"
POINTS = 20_000  # of every set: one size, so that games on all of them share a program
STEPS_PER_CALL = 64  # the most between two frames
BRUSH = 0.02  # standard deviation around a point drawn by hand
# What differs in the lab: smaller networks that learn while one watches, and no end.
LAB = {
    "data.options.std": "0.02",
    "generator.features": "64,64,64",
    "critic.features": "64,64,64",
    "generator.optimizer.learning_rate": "5e-4",
    "critic.optimizer.learning_rate": "5e-4",
    "ema": "0.99",
    "parallel": "jit",
    "steps": str(2**28 - 1),
    "steps_per_call": str(STEPS_PER_CALL),
}


def base():
    """The config of a page without overrides."""
    config = load_recipe(RECIPE)
    override_all(config, LAB)
    return config


def config_of(setting, file=None):
    """The config of a setting.

    Args:
      setting: {key: text}, as ``bounds.read_games`` gives it.
      file: .npz of the points drawn by hand, or None.

    Raises:
      UserError: as ``--config.KEY=VALUE`` would.
    """
    config = base()
    drawn = setting.get("data") == DRAWN
    override_all(config, {**setting, "data": f"npz:{file}"} if drawn else setting)
    if not drawn:
        override_all(config, {"data.options.points": str(POINTS)})
    return config


def command_of(setting):
    """The command that trains the same game without the page, for a shell."""
    changed = {**LAB, **setting}
    if changed.get("data") == DRAWN:
        changed["data"] = "npz:POINTS.npz"
    left = ("parallel", "steps", "steps_per_call")
    words = [
        shlex.quote(f"--config.{key}={text}") for key, text in changed.items() if key not in left
    ]
    return " \\\n  ".join([f"jaxgan train --config={RECIPE} --workdir=runs/lab", *words])


def write_points(file, points):
    """Write points drawn by hand, list of (x, y), as a set: each as often, with the brush's width.

    Pure in its arguments: the same drawing is the same set.
    """
    rows = np.resize(np.asarray(points, np.float32), (POINTS, 2))
    rows = rows + BRUSH * np.random.default_rng(0).standard_normal(rows.shape)
    np.savez(file, x=rows.astype(np.float32))
