import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.losses import DISTANCES
from jaxgan.metrics import ms_ssim

pytestmark = pytest.mark.usefixtures("strict_ranks")
EVERY_ROW = pytest.mark.parametrize("name", DISTANCES)
ROWS_OF_NUMBERS = ("l1", "l2", "charbonnier", "features")  # take [B, D] as well
AT_EQUALITY = {"charbonnier": 1e-3}  # eps; all else is 0
FREE_OF_TRUTH = "total_variation"


def halves_and_sums(x):
    """A "frozen network" of two maps: x / 2 and its sum."""
    return {"half": x / 2, "sum": x.reshape(len(x), -1).sum(axis=1, keepdims=True)}


def beside_one(x):
    """A "frozen network" of one map: each pixel's channels, and 1."""
    return (jnp.concatenate([x, jnp.ones_like(x[..., :1])], axis=-1),)


FROZEN = {"features": halves_and_sums, "perceptual": beside_one}


def build(name, **options):
    frozen = [lambda x, depth=None: FROZEN[name](x)] if name in FROZEN else []
    return DISTANCES[name](*frozen, **options)


def images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def value_and_slope(distance, made, truth):
    """The distances [B], and the slope of their sum in what is made."""
    made, truth = jnp.asarray(made, jnp.float32), jnp.asarray(truth, jnp.float32)
    return jax.jit(
        lambda made: (distance(made, truth), jax.grad(lambda x: distance(x, truth).sum())(made))
    )(made)


MADE, TRUTH = [[0.3, 0.2], [-0.1, 0.6]], [[0.0, 0.2], [0.2, 0.3]]
# made - truth is (.3, 0, -.3, .3). Differences of neighbours, made and truth:
#   vertical:   (-.4, .4) and (.2, .1), sizes apart by (.2, .3)
#   horizontal: (-.1, .7) and (.2, .1), sizes apart by (-.1, .6)
# A difference's slope counts at its second pixel and, negative, at its first.
HAND = [
    ("l1", {}, 0.9 / 4, [[1 / 4, 0], [-1 / 4, 1 / 4]]),
    ("l2", {}, 0.27 / 4, [[0.3 / 2, 0], [-0.3 / 2, 0.3 / 2]]),
    # sqrt(.3^2 + .4^2) = .5 three times, .4 once; slopes d / (4 * .5)
    ("charbonnier", {"eps": 0.4}, 1.9 / 4, [[0.15, 0], [-0.15, 0.15]]),
    # (.2 + .3) / 2 + (.1 + .6) / 2; slopes sign(apart) sign(made) / 2: (-, +) and (+, +)
    ("gradient_difference", {}, 0.6, [[0, 0], [-1, 1]]),
    # (.04 + .09) / 2 + (.01 + .36) / 2; slopes apart * sign(made): (-.2, .3) and (.1, .6)
    ("gradient_difference", {"alpha": 2.0}, 0.25, [[0.1, -0.2], [-0.8, 0.9]]),
    # (.4 + .4) / 2 + (.1 + .7) / 2; slopes sign(made) / 2: (-, +) and (-, +)
    ("total_variation", {}, 0.8, [[1, -1], [-1, 1]]),
    # .27 / 4 of the halves' quarter, and (.3)^2 of the sum; slopes d / 8 + 2 * .3
    ("features", {}, 0.27 / 16 + 0.09, [[0.6375, 0.6], [0.5625, 0.6375]]),
    # Of (m, 1) and (t, 1), 2 less twice the cosine: (2 - 2 / sqrt(1.09)) of m = .3 and t = 0, 0,
    # and of .1, .2 and .6, .3: 2 - 2 (m t + 1) / (|m, 1| |t, 1|), its slope in m
    # 2 (m - t) / (|m, 1|^3 |t, 1|); a quarter of each.
    (
        "perceptual",
        {},
        (0.0843474 + 0 + 0.0876001 + 0.0616629) / 4,
        [[0.1318110, 0], [-0.1449081, 0.0905878]],
    ),
]


def test_the_table_is_whole():
    assert set(DISTANCES) == {name for name, *_ in HAND} | {"ssim"}


@pytest.mark.parametrize("name, options, value, slope", HAND)
def test_values_and_slopes_by_hand(name, options, value, slope):
    # A second channel and a second row, equal to the first ones, change no mean; the slope of a
    # pixel is then shared by two.
    made, truth = (np.tile(np.reshape(x, (1, 2, 2, 1)), (2, 1, 1, 2)) for x in (MADE, TRUTH))
    if name in FROZEN:  # have a sum, or a length, which channels do change
        made, truth = made[..., :1], truth[..., :1]
    found, slopes = value_and_slope(build(name, **options), made, truth)
    np.testing.assert_allclose(found, [value] * 2, rtol=1e-5)
    np.testing.assert_allclose(slopes.sum(axis=-1), [slope] * 2, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("height, width", [(2, 2), (3, 7)])
def test_ramps_are_as_steep_at_every_size(height, width):
    def ramp(down, right):
        x = down * np.arange(height)[:, None] + right * np.arange(width)
        return np.broadcast_to(x[None, :, :, None], (1, height, width, 3))

    made, truth = ramp(0.1, -0.3), ramp(-0.2, 0.15)
    for alpha in (1.0, 1.5, 2.0):
        value, _ = value_and_slope(build("gradient_difference", alpha=alpha), made, truth)
        np.testing.assert_allclose(value, [0.1**alpha + 0.15**alpha], rtol=1e-5)
    value, _ = value_and_slope(build("total_variation"), made, truth)
    np.testing.assert_allclose(value, [0.4], rtol=1e-5)


@EVERY_ROW
def test_contract(name):
    distance = build(name)
    made, truth = images(3, 12, 13, 2), images(3, 12, 13, 2, seed=1)
    made[0], truth[0] = 0.5, -0.25  # flat ones, too
    value, slope = value_and_slope(distance, made, truth)
    assert value.shape == (3,) and value.dtype == jnp.float32
    # Flat images vary by 0; all else is apart.
    assert np.all(value[1:] > 0) and (value[0] == 0) == (
        name in (FREE_OF_TRUTH, "gradient_difference")
    )
    assert np.all(np.isfinite(slope)) and np.any(slope != 0)
    alone, _ = value_and_slope(distance, made[1:2], truth[1:2])
    np.testing.assert_allclose(alone, value[1:2], rtol=1e-6)
    assert distance(*(jnp.asarray(x, jnp.bfloat16) for x in (made, truth))).dtype == jnp.float32

    value, slope = value_and_slope(distance, truth, truth)
    if name == FREE_OF_TRUTH:
        np.testing.assert_array_equal(value, distance(truth, made))
        assert np.all(np.isfinite(slope))
    else:
        # A flat image's variance is a difference of rounded squares, beside a constant of 9e-4.
        slack = 1e-4 if name == "ssim" else 1e-6
        np.testing.assert_allclose(value, AT_EQUALITY.get(name, 0), rtol=1e-6, atol=slack)
        np.testing.assert_allclose(slope, 0, atol=1e-5)


@EVERY_ROW
def test_shapes_are_checked_while_tracing(name):
    def trace(*shapes):
        return jax.eval_shape(build(name), *(jax.ShapeDtypeStruct(s, "float32") for s in shapes))

    whole = (4, 12, 12, 3)
    for other in ((4, 12, 12, 1), (1, 12, 12, 3), (4, 12, 12), (4,)):
        for shapes in ((whole, other), (other, whole)):
            with pytest.raises(AssertionError, match="made and truth"):
                trace(*shapes)
    with pytest.raises(AssertionError, match="examples are"):
        trace((4,), (4,))
    if name in ROWS_OF_NUMBERS:
        assert trace((4, 12), (4, 12)).shape == (4,)
    else:
        with pytest.raises(AssertionError, match="expected 4"):
            trace((4, 12), (4, 12))


def test_features_must_be_of_each_example():
    for extract in (lambda x: x.mean(axis=0, keepdims=True), lambda x: x.sum(axis=1)):
        with pytest.raises(AssertionError):
            DISTANCES["features"](lambda x, depth, of=extract: of(x))(
                jnp.ones((3, 2)), jnp.ones((3, 2))
            )


def test_ssim_of_flat_images_is_their_luminance():
    # 0.8 and 0.3 of white, no contrast; with (K1 L)^2 = 1e-4 for L = 1.
    made, truth = (np.full((1, 11, 15, 1), 2 * level - 1) for level in (0.8, 0.3))
    luminance = (2 * 0.8 * 0.3 + 1e-4) / (0.8**2 + 0.3**2 + 1e-4)
    value, slope = value_and_slope(build("ssim"), made, truth)
    np.testing.assert_allclose(value, [1 - luminance], rtol=1e-4)
    # Towards the truth: a darker image is nearer, wherever it is made darker.
    assert np.all(slope > 0)


def test_ssim_agrees_with_the_metric_where_it_has_one_scale():
    truth = images(4, 11, 21, 3)
    made = 0.6 * truth + 0.4 * images(4, 11, 21, 3, seed=1)
    value = build("ssim")(made, truth)
    assert np.all((value > 0.05) & (value < 0.9))
    np.testing.assert_allclose(1 - value, ms_ssim(made, truth), rtol=1e-5)


def test_ssim_agrees_with_scikit_image():
    metrics = pytest.importorskip("skimage.metrics")
    truth = images(1, 20, 17, 2)
    made = 0.5 * truth - 0.3 * images(1, 20, 17, 2, seed=1)

    def theirs(made):
        # Of images in [0, 2], black at 0. It averages its map without a border of 5 pixels, which
        # are the windows inside the image.
        return 1 - metrics.structural_similarity(
            made[0] + 1.0,
            truth[0].astype(np.float64) + 1,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=2,
        )

    value, slope = value_and_slope(build("ssim"), made, truth)
    exact = made.astype(np.float64)
    np.testing.assert_allclose(value, [theirs(exact)], rtol=1e-5)
    # The slope along some directions, by central differences in float64.
    for seed in range(3):
        along = images(*made.shape, seed=2 + seed).astype(np.float64)
        expected = (theirs(exact + 1e-5 * along) - theirs(exact - 1e-5 * along)) / 2e-5
        np.testing.assert_allclose(np.sum(slope * along), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "name, side, least",
    [("ssim", 10, 11), ("total_variation", 1, 2), ("gradient_difference", 1, 2)],
)
def test_images_that_are_too_small(name, side, least):
    for shape in ((2, side, 32, 1), (2, 32, side, 1)):
        with pytest.raises(UserError, match=f"too small .* at least {least}"):
            build(name)(jnp.zeros(shape), jnp.zeros(shape))


def test_options_of_endless_slope():
    with pytest.raises(UserError, match="eps is 0.0; it must be finite and at least 1e-12"):
        build("charbonnier", eps=0.0)
    with pytest.raises(UserError, match="alpha is 0.5; it must be finite and at least 1"):
        build("gradient_difference", alpha=0.5)
