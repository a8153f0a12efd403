import numpy as np
import pytest

from experiments import architectures as experiment
from jaxgan.build import parts


def test_every_method_meets_the_same_architectures_within_the_lists():
    drawn = experiment.draw_architectures(200, seed=0)
    assert drawn[:20] == experiment.draw_architectures(20, seed=0)
    for side, norms in experiment.NORMS.items():
        for field, known in (
            ("depth", experiment.DEPTHS),
            ("width", experiment.WIDTHS),
            ("activation", experiment.ACTIVATIONS),
            ("norm", norms),
        ):
            assert {getattr(pair[side], field) for pair in drawn} == set(known)


@pytest.mark.parametrize("method", experiment.METHODS)
def test_configs_are_what_the_method_says(method):
    pair = {
        "generator": experiment.Side(2, 16, "tanh", "batch"),
        "critic": experiment.Side(3, 32, "relu", "layer"),
    }
    config = experiment.configure(method, pair, steps=10, batch=8)
    parts.check_names(config)
    assert config.generator.features == (16, 16) and config.generator.norm == "batch"
    assert config.critic.features == (32, 32, 32)
    assert config.critic.norm == ("spectral" if method == "WGAN-SN" else "layer")
    assert bool(config.critic.optimizer.weight_limit) == (method == "WGAN, clipping")
    assert config.generator.optimizer.get("weight_limit") == 0
    assert bool(config.penalties.gradient_penalty.weight) == (method == "WGAN-GP")
    assert (config.loss.name, config.n_critic) == (
        ("non_saturating", 1) if method == "GAN" else ("wasserstein", 5)
    )


def test_success_by_hand():
    modes, quality = np.array([[8, 8], [6, 4]]), np.array([[0.6, 0.1], [0.3, 0.9]])
    assert experiment.success(modes, quality, 4) == 1
    assert experiment.success(modes, quality, 4, 0.2) == 0.75  # all but the second: its quality
    assert experiment.success(modes, quality, 6, 0.2) == 0.5
    assert experiment.success(modes, quality, 8, 0.5) == 0.25


def test_play_learns_more_than_nothing():
    # Points spread evenly over the square [-1.2, 1.2]^2 are good in 8 pi 0.15^2 / 2.4^2 = 10 %.
    side = experiment.Side(2, 32, "leaky_relu", "none")
    pair = {"generator": side, "critic": side}
    config = experiment.configure("WGAN-GP", pair, steps=1000, batch=64)
    modes, quality = experiment.play(config, seeds=2)
    assert (modes >= 6).all() and quality.mean() > 0.15
