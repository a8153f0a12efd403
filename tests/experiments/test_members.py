import jax
import numpy as np
import pytest

from experiments import members
from jaxgan import defaults
from jaxgan.evaluation import draw


def config(game, count):
    config = defaults.get_config()
    config.data.name, config.data.options = "ring", {"points": 600}
    config.game = defaults.game(game, z_dim=2)
    config.generator = defaults.generator("toy", features=(8,))
    config.critic = defaults.critic("toy", features=(8,))
    config.batch_size, config.steps, config.population.members = 8, 5, count
    return config


@pytest.mark.parametrize("game", ["unconditional", "multi_generator"])
def test_samples_are_those_of_each_member_s_own_seed(game):
    run, state = members.train(config(game, 2))
    assert state.step == 5
    found = members.samples(run, state, 10)
    assert found.shape == (2, 10, 2)
    show = draw.make_show(run.game)
    for i, seed in enumerate(run.members.seeds):
        variables = jax.tree.map(lambda leaf, i=i: leaf[i], state.ema)
        looks = show(variables, {}, draw.row_keys(seed, 10))
        np.testing.assert_allclose(found[i], draw.in_turn(looks)[:10], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2])
def test_stages_are_the_same_training(count):
    steps = []
    for run, state in members.stages(config("unconditional", count), 2):
        steps.append(int(state.step))
        found = members.samples(run, state, 4)
    assert steps == [2, 4, 5] and found.shape == (count, 4, 2)
    np.testing.assert_array_equal(
        found, members.samples(*members.train(config("unconditional", count)), 4)
    )
