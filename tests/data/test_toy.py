import jax
import numpy as np
import pytest
from scipy import stats

from jaxgan.core.errors import UserError
from jaxgan.data import TOYS, load
from jaxgan.data.toy import roll_curve

MAD_GAN = {"means": (10, 20, 60, 80, 110), "stds": (3, 3, 2, 2, 1)}


def lattice(half_width, cells, dimensions):
    """Centres of equal cells over [-half_width, half_width]^D, and the volume of one."""
    step = 2 * half_width / cells
    line = -half_width + step * (np.arange(cells) + 0.5)
    axes = np.meshgrid(*[line] * dimensions, indexing="ij")
    return np.stack(axes, axis=-1).astype(np.float32), step**dimensions


# Cells at most half a standard deviation wide: the midpoint rule is then exact on a Gaussian.
@pytest.mark.parametrize(
    "name, options, half_width, cells",
    [
        ("ring", {}, 1.1, 440),
        ("ring", {"modes": 3, "radius": 2, "std": 0.2}, 4, 100),
        ("grid", {}, 4.5, 360),
        ("grid", {"side": 2, "spacing": 1, "std": 0.1}, 1.5, 100),
        ("swiss_roll", {}, 2.2, 264),
        ("swiss_roll", {"noise": 1.5}, 4, 100),
        ("mixture1d", {}, 8, 100),
        ("mixture1d", {"means": (-1, 2), "stds": (0.25, 1.4), "weights": (1, 2)}, 16, 400),
        ("mixture1d", MAD_GAN, 150, 1000),
    ],
)
def test_density_integrates_to_one(name, options, half_width, cells):
    source = load(name, options={**options, "points": 1})
    points, volume = lattice(half_width, cells, source.shape[0])
    density = np.asarray(jax.jit(source.density)(points), np.float64)
    assert density.shape == points.shape[:-1]
    assert density.sum() * volume == pytest.approx(1, rel=1e-5)


def test_every_toy_is_tested_above():
    assert set(TOYS) == {"ring", "grid", "swiss_roll", "mixture1d"}


def test_density_at_a_lone_mode_is_the_peak_of_its_gaussian():
    source = load("ring", options={"points": 1})
    np.testing.assert_allclose(source.density([1.0, 0.0]), 1 / 8 / (2 * np.pi * 0.01**2), rtol=1e-6)


def test_roll_density_against_a_plain_sum_along_the_curve():
    std = 0.25 / 7.5
    x = load("swiss_roll", options={"points": 20}).arrays()["x"]
    curve = roll_curve((np.arange(100_000) + 0.5) / 100_000)
    squares = ((x[:, None, :].astype(np.float64) - curve) ** 2).sum(-1)
    expected = np.exp(-squares / (2 * std**2)).mean(1) / (2 * np.pi * std**2)
    density = load("swiss_roll", options={"points": 1}).density(x)
    np.testing.assert_allclose(density, expected, rtol=1e-4)


def test_roll_is_that_of_wgan_gp():
    # t = 1.5 pi at the inner end, where cos is 0 and sin is -1; 4.5 pi at the outer, sin is 1.
    np.testing.assert_allclose(roll_curve(0.0), [0, -1.5 * np.pi / 7.5], atol=1e-12)
    np.testing.assert_allclose(roll_curve(1.0), [0, 4.5 * np.pi / 7.5], atol=1e-12)


def test_roll_samples_follow_its_density():
    source = load("swiss_roll", options={"points": 20_000})
    cells, inside = 24, 8  # bins on each axis, lattice cells in a bin
    points, volume = lattice(2.4, cells * inside, 2)
    mass = np.asarray(source.density(points), np.float64) * volume
    expected = mass.reshape(cells, inside, cells, inside).sum((1, 3)) * source.size
    counts, *_ = np.histogram2d(*source.arrays()["x"].T, bins=cells, range=[[-2.4, 2.4]] * 2)
    often = expected > 5
    observed = np.append(counts[often], counts[~often].sum())
    wanted = np.append(expected[often], source.size - expected[often].sum())
    assert often.sum() > 100
    assert stats.chisquare(observed, wanted).pvalue > 0.01


def test_line_samples_follow_the_mixture():
    options = {"means": (-1, 2), "stds": (0.25, 1.4), "weights": (1, 3), "points": 20_000}
    x = load("mixture1d", options=options).arrays()["x"][:, 0]

    def cdf(x):
        return 0.25 * stats.norm.cdf(x, -1, 0.25) + 0.75 * stats.norm.cdf(x, 2, 1.4)

    assert stats.kstest(x, cdf).pvalue > 0.01


@pytest.mark.parametrize("name, std", [("ring", 0.01), ("grid", 0.05)])
def test_plane_samples_surround_the_mode_of_their_label(name, std):
    source = load(name, options={"points": 20_000})
    x, label = source.arrays()["x"], source.arrays()["label"]
    assert stats.chisquare(np.bincount(label, minlength=source.classes)).pvalue > 0.01
    # For a round Gaussian in the plane exp(-r^2 / 2 std^2) is uniform, and the angle too.
    offset = x - source.mixture.means[label]
    assert stats.kstest(np.exp(-(offset**2).sum(1) / (2 * std**2)), "uniform").pvalue > 0.01
    angle = np.arctan2(offset[:, 1], offset[:, 0]) / (2 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > 0.01


@pytest.mark.parametrize("modes", [3, 8, 20])
def test_ring_modes_are_distinct_and_even(modes):
    means = load("ring", options={"modes": modes, "radius": 2, "points": 1}).mixture.means
    distances = np.linalg.norm(means[:, None] - means, axis=-1)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(distances.min(1), 4 * np.sin(np.pi / modes), rtol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 2, rtol=1e-12)


def test_grid_modes():
    means = load("grid", options={"points": 1}).mixture.means
    expected = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert set(map(tuple, means.tolist())) == expected


def test_mad_gans_five_modes_are_a_setting():
    source = load("mixture1d", options={**MAD_GAN, "points": 1000})
    assert (source.classes, source.shape) == (5, (1,))
    assert source.mixture.means[:, 0].tolist() == [10, 20, 60, 80, 110]
    assert source.mixture.stds.tolist() == [3, 3, 2, 2, 1]
    np.testing.assert_allclose(source.mixture.weights, 0.2)


def test_points_are_a_pure_function_of_the_seed():
    first, again, other = (
        load("ring", options={"points": 50, "seed": seed}).arrays() for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first["x"], again["x"])
    np.testing.assert_array_equal(first["label"], again["label"])
    assert not np.any(first["x"] == other["x"])


def test_default_size_type_and_labels():
    ring, roll = load("ring"), load("swiss_roll")
    assert (ring.size, ring.shape, ring.classes, ring.dtype) == (100_000, (2,), 8, np.float32)
    assert (roll.size, roll.shape, roll.classes, roll.dtype) == (100_000, (2,), 0, np.float32)
    assert set(roll.read(7)) == {"x"}
    assert ring.read(7)["label"] == ring.arrays()["label"][7]


@pytest.mark.parametrize(
    "name, options, sentence",
    [
        (
            "ring",
            {"mode": 9},
            "data set 'ring' has no option 'mode'; it has points, seed, modes, radius, std",
        ),
        ("swiss_roll", {"std": 1}, "'swiss_roll' has no option 'std'; it has points, seed, noise"),
        ("ring", {"points": 0}, "points is 0; it must be at least 1"),
        ("ring", {"modes": 0}, "modes (is|must)"),
        ("ring", {"std": 0.0}, "greater than 0"),
        ("grid", {"side": 2.5}, "side (is|must)"),
        ("swiss_roll", {"noise": 0.0}, "noise (is|must)"),
        ("mixture1d", {"means": ()}, "at least one mean"),
        ("mixture1d", {"stds": (1, 2, 3)}, "one for each of 2 modes"),
        ("mixture1d", {"weights": (1, -1)}, "weights must be greater than 0"),
    ],
)
def test_bad_options(name, options, sentence):
    with pytest.raises(UserError, match=sentence):
        load(name, options=options)
