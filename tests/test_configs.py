"""Every recipe: it opens with its claims, it plays, and no key of it is dead."""

import ast
import re
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

import jaxgan
from jaxgan import data, defaults
from jaxgan.build.overrides import load_recipe
from jaxgan.build.run import prepare

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "configs").glob("*.py"))
STACKED = [f"stacked_digits.py:{setting}" for setting in ("dcgan", "wgan", "wgan_gp")]
VARIANTS = [
    "dcgan.py:paper",
    "wgan.py:dcgan",
    *STACKED,
    *(f"toy_ring.py:{toy}" for toy in data.TOYS),
]
PACKAGE = Path(jaxgan.__file__).parent


def test_the_seven_systems_are_there():
    names = {path.stem for path in RECIPES}
    assert names >= {"gan", "cgan", "cgan_cls", "dcgan", "wgan", "wgan_gp", "toy_ring"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_opens_with_its_claims(path):
    said = ast.get_docstring(ast.parse(path.read_text()))
    assert re.search(r"\(.+ 20\d\d", said), "the paper and its year"
    command = f"python -m jaxgan.main --config=configs/{path.name} --workdir=runs/{path.stem}"
    assert f"Run: {command}" in said
    for claim in ("Cost: ", "Expect: "):
        assert re.search(rf"^{claim}.*\d", said, re.MULTILINE), f"{claim} in numbers"


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_one_flag_away_can_be_built(variant):
    run = prepare(load_recipe(f"{ROOT}/configs/{variant}"))
    assert run.source.size > 0


def shrunk(path):
    """The recipe with small networks and batches: the same game in a fraction of the time."""
    config = load_recipe(str(path))
    config.batch_size, config.steps, config.steps_per_call = 8, 2, 2
    config.n_critic = min(config.n_critic, 2)
    for side in (config.generator, config.critic):
        for width in ("features", "channels"):
            if width in side:
                side[width] = (16,) * len(side[width])
    return config


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_plays(path):
    run = prepare(shrunk(path), device_count=1)
    feed, state = run.feed(), run.devices.replicate(jax.jit(run.create)())
    before = jax.device_get(state)
    state, log, done = run.call(feed)(state, *feed.block(0, 2), np.int32(2))
    assert done == 2 and int(state.step) == 2
    assert all(np.isfinite(entries).all() for entries in log.values())
    for side in ("generator", "critic"):
        old, new = (jax.tree.leaves(getattr(s, side).params) for s in (before, state))
        moved = [not np.array_equal(a, b) for a, b in zip(old, new, strict=True)]
        # A Wasserstein critic's last bias never moves: its gradients of real and fake cancel.
        assert moved[-1], f"the last kernel of the {side} has learned nothing"


def keys_of(config):
    for key, value in config.items():
        yield key
        if isinstance(value, ConfigDict):
            yield from keys_of(value)


def words_of(file):
    """Names and strings of a source file, but for docstrings and comments."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, (ast.Attribute, ast.Name, ast.arg, ast.keyword)):
            yield getattr(node, "attr", None) or getattr(node, "id", None) or node.arg


def test_no_key_is_dead():
    """Every key is named somewhere beside the file that defines it and the one that checks it."""
    files = [f for f in PACKAGE.rglob("*.py") if f.name not in ("defaults.py", "check.py")]
    words = {word for file in files for word in words_of(file)}
    assert set(keys_of(defaults.get_config())) <= words
