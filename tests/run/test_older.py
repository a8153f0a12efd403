"""Run directories that an older version wrote (commit 7ef3ae7): they go on as they would have."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from jaxgan import defaults, sample
from jaxgan.run import directory
from jaxgan.train import train

OLDER = Path(__file__).parent / "older"
# matching-aware labels, spectral norm, dropout, smoothing, instance noise, n_critic 2; WGAN-GP with
# RMSProp on points; a population of two of MAD-GAN's, under R1 and consistency, annealed.
RUNS = ("labels", "points", "several")


@pytest.mark.parametrize("name", RUNS)
def test_it_is_resumed_at_step_3_and_ends_at_step_6_where_it_would_have(name, tmp_path):
    workdir = tmp_path / name
    shutil.copytree(OLDER / name, workdir)
    config = ConfigDict(
        defaults.complete(json.loads((workdir / "config.json").read_text())["config"])
    )
    state = train(config, workdir)
    with np.load(workdir / "step6.npz") as stored:
        expected = dict(stored)
    found = {
        jax.tree_util.keystr(path, simple=True, separator="/"): leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(state)
    }
    assert found.keys() == set(expected)
    for path, leaf in found.items():
        # Bit for bit where it was written; another compiler rounds otherwise, which Adam enlarges.
        # Three of its steps go 6e-4 far.
        np.testing.assert_allclose(leaf, expected[path], rtol=2e-4, atol=5e-5, err_msg=path)


def test_its_entries_and_its_samples_are_read():
    stored = directory.read_config(OLDER / "labels")
    assert {name: entry.shape for name, entry in stored["entries"].items()} == {
        "x": (8, 8, 1),
        "label": (),
    }
    generate = sample.load(OLDER / "labels")
    assert generate.step == 3 and generate(num=11).shape == (11, 8, 8, 1)
    assert sample.load(OLDER / "several", member=1)(num=7).shape == (7, 2)
