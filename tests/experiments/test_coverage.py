import numpy as np
import pytest

from experiments import coverage
from jaxgan.build import parts
from jaxgan.build.check import check_config
from jaxgan.losses import ADVERSARIAL, PENALTIES


def test_every_objective_has_a_row_that_is_a_sound_config():
    rows = coverage.OBJECTIVES.values()
    # f_gan is minimax and non_saturating again.
    assert {row.loss for row in rows} == set(ADVERSARIAL) - {"f_gan"}
    assert {name for row in rows for name in row.penalties} == set(PENALTIES)
    for objective in rows:
        for toy in coverage.TOYS:
            config = coverage.config_of(objective, toy, 100)
            check_config(config)
            parts.check_names(config)
            expected = 100 * objective.long // (1 if objective.n_critic == 1 else 4)
            assert config.steps == expected
            assert config.generator.optimizer.anneal and config.critic.optimizer.anneal


@pytest.mark.parametrize(
    "name",
    ["WGAN", pytest.param("MAD-GAN, 4 generators", marks=pytest.mark.thorough)],
)
def test_seeds_are_measured_apart(name):
    options = {"steps": 8, "width": 8, "batch_size": 16}
    found = coverage.measure(coverage.OBJECTIVES[name], "grid", 3, **options)
    assert found.modes.shape == found.high_quality.shape == found.reverse_kl.shape == (3,)
    assert found.samples.shape == (coverage.SAMPLES, 2) and np.isfinite(found.samples).all()
    alone = coverage.measure(coverage.OBJECTIVES[name], "grid", 1, **options)
    # A seed does not know of the others; the order of sums may differ.
    np.testing.assert_allclose(alone.samples, found.samples, rtol=1e-3, atol=1e-3)


def test_cells_tell_seeds_that_caught_nothing():
    found = coverage.Found(
        modes=np.array([0, 8]),
        high_quality=np.array([0.0, 0.5]),
        reverse_kl=np.array([np.inf, 0.1]),
        samples=None,
    )
    # Standard errors: of 0 and 8 half their difference, 4; likewise 25.
    assert coverage.cells(found) == ("4.0 ± 4.0", "25.0 ± 25.0", "0.10 (1 of 2)")
