import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments import clipping_and_penalty as experiment


def test_slopes_are_those_of_the_layers_by_hand():
    """f(x) = 3 relu(a) - 4 relu(b), a = x0 + 2 x1, b = 5 x1 - 1: at (1, 1) both are positive."""
    critic = experiment.critic_network(1, 2, "torch")
    params = {
        "Dense_0": {"kernel": jnp.array([[1.0, 0.0], [2.0, 5.0]]), "bias": jnp.array([0.0, -1.0])},
        "Dense_1": {"kernel": jnp.array([[3.0], [-4.0]]), "bias": jnp.zeros(1)},
    }
    # In (a, b): (3, -4), of norm 5; at (1, 0) b = -1 is off and 3 is left. In the output: 1.
    x = jnp.array([[1.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(experiment.slopes(critic, params, x), [4.0, 1.0], rtol=1e-6)


def test_layers_come_in_their_order_beyond_nine():
    critic = experiment.critic_network(experiment.DEPTH, 3, "he")
    params = jax.eval_shape(critic.init, jax.random.key(0))["params"]
    widths = [layer["kernel"].shape for layer in experiment.in_order(params)]
    assert widths == [(2, 3), *[(3, 3)] * (experiment.DEPTH - 1), (3, 1)]


def test_factor_is_the_ratio_of_a_geometric_series():
    slopes = 0.3 ** np.arange(12, -1, -1)  # layer 12 to the output, a layer on its own
    assert experiment.factor(slopes) == pytest.approx(0.3)


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "DEPTH", 5)  # a third of the time of compiling
        return experiment.run(steps=60, deep_steps=5, width=16, batch=32, size=200)


def test_clipped_weights_stay_in_the_box_and_reach_its_walls(found):
    before, after = map(experiment.hidden_weights, found["surfaces"]["clipping"])
    assert np.abs(after).max() <= experiment.BOX * (1 + 1e-6)
    assert np.abs(before).max() > experiment.BOX  # at width 16 the box cuts the initial weights
    assert experiment.at_the_walls(after, experiment.BOX) > 0.2
    free = experiment.hidden_weights(found["surfaces"]["penalty"][1])
    assert np.abs(free).max() > experiment.BOX


def test_no_critic_tells_more_than_the_distance(found):
    for _, after in found["surfaces"].values():
        params, points = experiment.take(after, 0), found["points"][0]
        _, _, scaled, exact = experiment.judge(found["shallow"], params, points, number=200)
        assert 0 < scaled <= exact * 1.01


def test_small_boxes_let_the_slope_decay_and_the_penalty_does_not(found):
    factors = {name: experiment.factor(layers) for name, layers in found["deep"].items()}
    assert factors["clipping, c = 0.001"] < factors["clipping, c = 0.01"] / 5 < 0.1
    assert 0.5 < factors["penalty"] < 2
    assert all(layers[-1] == 1 for layers in found["deep"].values())  # the output in itself
