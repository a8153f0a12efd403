"""Every recipe of translation in small, as runs: resumed, on two devices, as a population.

Half an hour of compilation, and so left out unless asked for: ``pytest -m thorough``. What always
runs are the same tests of one paired and one unpaired game (``test_translation``,
``test_cyclegan``), and those of each game by hand (``games/``).
"""

import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.train import train
from tests.test_configs import ROOT, shrunk

pytestmark = pytest.mark.thorough

PRETRAINED = "2:n_critic=0,adversarial=0"
SYSTEMS = {
    "biggan": {},
    "colourise": {"data.task.space": "lab"},
    "cyclegan": {},
    "denoise": {},
    "edges": {},
    "gan_cls": {"game.between": True},
    "frames": {},
    "inpaint": {"phases": f"{PRETRAINED} 4:n_generator=0"},
    "line_art": {},
    "pix2pix": {},
    "sngan": {},
    "stackgan": {"phases": "3:level=2"},
    "stargan": {},
    "superres": {"phases": PRETRAINED},
    "two_futures": {},
    "zi2zi": {},
}


def small(name, **changes):
    """Six steps, in calls of three, stored after each."""
    config = shrunk(ROOT / "configs" / f"{name}.py")
    config.update_from_flattened_dict(SYSTEMS[name])
    config.steps, config.steps_per_call, config.checkpoint_every = 6, 3, 3
    config.keep_checkpoints, config.sample_every, config.eval_every, config.log_every = 9, 0, 0, 1
    config.parallel = "jit"
    config.update(changes)
    return config


def plainly(name, **changes):
    """The same by plain gradients, of large weights, for three steps: rounding does not grow."""
    config = small(name, phases="", steps=3, **changes)
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("sgd", learning_rate=1e-4)
        side.initializer = "he"
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def networks(state):
    return [*leaves(state.generator.params), *leaves(state.critic.params)]


@pytest.mark.parametrize("name", SYSTEMS)
def test_it_is_resumed_to_the_same_bits(name, tmp_path):
    expected = train(small(name), tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "resumed")
    shutil.rmtree(next(Path(tmp_path / "resumed" / "checkpoints").glob("*6")))
    found = train(small(name), tmp_path / "resumed")
    assert int(found.step) == 6
    for got, want in zip(leaves(found), leaves(expected), strict=True):
        assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("name", SYSTEMS)
def test_two_devices_and_a_population_are_one(name, tmp_path):
    one = train(plainly(name), tmp_path / "one")
    two = train(plainly(name, parallel="shard_map"), tmp_path / "two", device_count=2)
    for got, want in zip(networks(two), networks(one), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-4)
    many = plainly(name)
    many.population.members = 2
    states = train(many, tmp_path / "many")
    for got, want in zip(networks(states), networks(one), strict=True):
        np.testing.assert_allclose(got[0], want, rtol=2e-3, atol=2e-4)
        assert got.shape[0] == 2
