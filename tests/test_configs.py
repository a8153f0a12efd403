"""Every recipe: it opens with its claims, it plays, and no key of it is dead."""

import ast
import re
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

import jaxgan
from jaxgan import data, defaults
from jaxgan.build.run import prepare
from jaxgan.main import load_recipe
from jaxgan.step import population
from jaxgan.train import train

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
    assert run.sources[0].size > 0


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
    feed, state = run.feed(run.phases[0]), run.devices.replicate(jax.jit(run.create)())
    before = jax.device_get(state)
    state, log, done = run.call(run.phases[0], feed)(state, *feed.block(0, 2), np.int32(2))
    assert done == 2 and int(state.step) == 2
    assert all(np.isfinite(entries).all() for entries in log.values())
    for side in ("generator", "critic"):
        old, new = (getattr(s, side).params for s in (before, state))
        moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), old, new)
        still = [
            jax.tree_util.keystr(path)
            for path, leaf in jax.tree_util.tree_leaves_with_path(moved)
            # A bias has no slope where a batch norm follows, nor at the end of a Wasserstein
            # critic, where the gradients of real and fake cancel.
            if not leaf and path[-1].key != "bias"
        ]
        assert still == [], f"these of the {side} have learned nothing"


def groups_of(config, prefix=""):
    """Every group of a config with the prefix of its keys."""
    yield prefix, config
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            yield from groups_of(value, f"{prefix}{key}.")


def reader():
    """The file that reads a key of a config, or None where it is only copied to be written down."""
    frame = sys._getframe(2)
    while "ml_collections" in frame.f_code.co_filename:
        if frame.f_code.co_name == "to_dict":
            return None
        frame = frame.f_back
    return Path(frame.f_code.co_filename)


def test_no_key_is_dead(tmp_path, monkeypatch):
    """A run reads every key somewhere beside the files that define and check them."""
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 100}
    config.generator = defaults.generator("toy", features=(4,))
    config.critic = defaults.critic("toy", features=(4,))
    config.batch_size, config.steps, config.eval_every = 8, 2, 2
    config.evaluation.metrics, config.evaluation.num = "modes", 40
    # With one member it is a copy of the whole config, which would count every key as read.
    monkeypatch.setattr(population, "largest", lambda config, values: config)
    prefixes = {id(group): prefix for prefix, group in groups_of(config)}
    defined = {prefix + key for prefix, group in groups_of(config) for key in group}
    read, get = set(), ConfigDict.__getitem__

    def recorded(group, key):
        if id(group) in prefixes:
            file = reader()
            if file and PACKAGE in file.parents and file.name not in ("check.py", "defaults.py"):
                read.add(prefixes[id(group)] + key)
        return get(group, key)

    monkeypatch.setattr(ConfigDict, "__getitem__", recorded)
    train(config, tmp_path / "run", device_count=1)
    assert sorted(defined - read) == []
