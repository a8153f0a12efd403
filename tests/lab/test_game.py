"""The lab's game is the project's own: the same state as a run's, and numbers that can be told."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from jaxgan.build.run import prepare
from jaxgan.lab import sights
from jaxgan.lab.game import LiveGame
from jaxgan.lab.setting import config_of, write_points

TINY = {"generator.features": "8", "critic.features": "8", "batch_size": "16", "n_critic": "2"}


@pytest.fixture(scope="module")
def game():
    return LiveGame(config_of(TINY))


def same(first, second):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), first, second)


def test_trains_as_a_run_does(game):
    config = config_of(TINY)
    run = prepare(config)
    (phase,) = run.phases
    feed = run.feed(phase)
    state = run.devices.replicate(jax.jit(run.create)())
    same(game.state, state)
    state, _, _ = run.call(phase, feed)(state, *feed.block(0, 3), np.int32(3))
    game.play("both", 3)
    assert game.step == 3
    same(game.state, state)


def test_one_side_moves_in_a_step_of_its_own(game):
    before = jax.device_get(game.state)
    game.play("critic", 1)
    after = jax.device_get(game.state)
    same(after.generator, before.generator)
    assert (
        abs(
            after.critic.params["Dense_0"]["kernel"] - before.critic.params["Dense_0"]["kernel"]
        ).max()
        > 0
    )
    game.play("generator", 1)
    same(game.state.critic, after.critic)


def test_a_rate_changes_while_the_game_goes_on(game):
    still = {"critic.optimizer.learning_rate": "1e-6", "generator.optimizer.learning_rate": "1e-6"}
    step, before = game.step, jax.device_get(game.state.generator.params)
    compiled = game.compiled("both")
    assert game.change(config_of(TINY | still)) and game.compiled("both") == compiled
    game.play("both", 1)
    moved = jax.tree.map(lambda a, b: abs(a - b).max(), game.state.generator.params, before)
    assert game.step == step + 1 and 0 < max(jax.tree.leaves(moved)) < 1e-5
    assert not game.change(config_of(TINY | {"seed": "1"}))
    assert not game.change(config_of(TINY | {"n_critic": "1"}))
    assert not game.change(config_of(TINY | {"penalties.r1.weight": "1"}))


def test_what_is_seen(game):
    """Pushes are minus the slope of each example's loss: of Wasserstein's, the critic's own."""
    found = game.look()
    shapes = {name: array.shape for name, array in found.items()}
    assert shapes == {
        "fake": (1, sights.SHOWN, 2),
        "push": (1, sights.PUSHES, 2),
        "surface": (40 * 40,),
        "warp": (1, 21 * 21, 2),
        "slopes": (sights.SHOWN,),
    }
    kernel, bias, out = (
        np.asarray(game.state.critic.params[layer][part])
        for layer, part in (("Dense_0", "kernel"), ("Dense_0", "bias"), ("Dense_1", "kernel"))
    )
    x = found["fake"][0, : sights.PUSHES]
    expected = ((x @ kernel + bias > 0) * out[:, 0]) @ kernel.T
    np.testing.assert_allclose(found["push"][0], expected, rtol=1e-4, atol=1e-5)
    assert found["slopes"].min() >= 0


def test_points_of_told_classes_are_no_nearer_than_other_data(monkeypatch):
    """Each mode's mean is made: of the real points' own labels W1 would be .03."""
    game = LiveGame(config_of(TINY | {"game": "conditional"}))
    means = game.source.mixture.means
    perfect = SimpleNamespace(measured=lambda generator, batch, keys: means[batch["label"]])
    monkeypatch.setattr(game, "_program", perfect)
    assert game.distances()["w1"] == pytest.approx(game.floor["w1"], rel=0.3)


def test_distances_of_known_sets():
    real = np.tile([[0.0, 0.0]], (sights.MEASURED, 1))
    frame = sights.frame_of(np.array([[-3.0, -3.0], [3.0, 3.0]]))
    apart = sights.distances(real, real + [3.0, 4.0], frame)
    assert apart["w1"] == pytest.approx(5) and apart["js"] == pytest.approx(np.log(2), rel=1e-5)
    assert sights.distances(real, real, frame) == {"w1": 0, "js": pytest.approx(0, abs=1e-6)}
    assert np.isnan(sights.distances(real, real * np.nan, frame)["w1"])


def test_drawn_points_are_the_data(tmp_path):
    points = [(0.0, 1.0), (-1.0, 0.5)] * 4
    write_points(tmp_path / "points.npz", points)
    drawn = LiveGame(config_of(TINY | {"data": "drawn"}, tmp_path / "points.npz"))
    near = np.linalg.norm(drawn.real[:, None] - np.array(points[:2]), axis=2)
    assert near.min(axis=1).max() < 0.12
    assert np.bincount(near.argmin(axis=1)).tolist() == [1000, 1000]


def test_the_grid_is_of_the_last_two_numbers_of_z():
    """Of four numbers; two of clusters are sqrt(2) and 0, of the first cluster."""
    for name, first in (("normal", 0.0), ("clusters", 2**0.5)):
        z = sights.threads(4, name)
        np.testing.assert_allclose(z[:, :2], [[first, 0.0]] * len(z), rtol=1e-6)
        np.testing.assert_array_equal(z[[0, -1], 2:], [[-2, -2], [2, 2]])
        assert len(np.unique(z, axis=0)) == sights.THREADS**2
