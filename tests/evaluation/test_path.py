"""How fast what is made changes while z moves: against the speed of a great circle."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.evaluation import draw, path
from jaxgan.evaluation.measures import METRICS, Sample
from jaxgan.games import draw as draws

DIM, ROWS = 6, 5


def test_points_on_the_circle_are_those_of_an_interpolation():
    a, b = np.random.default_rng(0).normal(size=(2, DIM)).astype(np.float32)
    wanted = draw.interpolate(a, b, 5)
    found = path.on_circle(*(jnp.tile(x, (5, 1)) for x in (a, b)), jnp.linspace(0, 1, 5))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_speed_of_a_linear_generator():
    """x = 2 z + label, features 3 x: |f'|^2 = 36 |z'|^2, and z' has two parts at right angles.

    Along the radius |b| - |a|; along the circle the norm of that place times the angle.
    """
    z = draws.z(DIM, "normal")
    game = SimpleNamespace(
        draw=lambda batch, keys, step: {**batch, **z(batch, keys, step)},
        generate=lambda variables, given, keys, train: (
            {"x": variables * given["z"] + given["label"][:, None]},
            {},
        ),
    )
    extractor = SimpleNamespace(variables=3.0, forward=lambda variables, x: (variables * x, None))
    keys = draw.row_keys(0, ROWS)
    speeds = path.make_speeds(game, extractor, chunk=2)
    found = speeds(2.0, {"label": np.arange(ROWS, dtype=np.float32)}, keys)

    others = noise.fold_each(keys, noise.PATH)
    a, b = (np.asarray(z({}, each, 0)["z"], np.float64) for each in (keys, others))
    t = np.asarray(jax.vmap(jax.random.uniform)(noise.fold_each(others, noise.PATH)))
    lengths = [np.linalg.norm(x, axis=1) for x in (a, b)]
    angle = np.arccos(np.sum(a * b, axis=1) / np.prod(lengths, axis=0))
    radius = (1 - t) * lengths[0] + t * lengths[1]
    wanted = 36 * ((lengths[1] - lengths[0]) ** 2 + (radius * angle) ** 2)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_the_path_length_leaves_out_a_percent_at_either_end():
    """Of 0, 1, ..., 100: 0 and 100. The rest has the mean 50, its squares 100 x 199 / 6."""

    def path_length(speeds):
        return METRICS["path_length"].compute(None, Sample(None, speeds=speeds))["path_length"]

    speeds = np.arange(101.0)
    assert path_length(speeds) == 50
    np.testing.assert_allclose(path_length(speeds**2), 100 * 199 / 6)
    speeds[3] = np.nan
    assert np.isnan(path_length(speeds))
