import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.evaluation import draw
from jaxgan.games import GAMES, Shown
from jaxgan.games import draw as draws
from jaxgan.games.game import Game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network, stacked


def line(key):
    """x = w z, by one number w of the key."""
    return {"params": {"w": jax.random.normal(key, ())}}


def apply_line(variables, given, *, keys=None, train):
    return {"x": variables["params"]["w"] * given["z"]}, {}


def test_rows_are_made_by_themselves_over_chunks_and_in_turn():
    """Whatever their number: row i is that of key i, and each generator has its turn."""
    one = Network(line, apply_line, ("z",))
    many = stacked(one, 3)
    game = GAMES["multi_generator"].build(
        many,
        None,
        ADVERSARIAL["minimax"](),
        draw=draws.compose(draws.z((3, 2), "normal")),
        generators=3,
    )
    variables = many.init(jax.random.key(1))
    show, count = draw.make_show(game), draw.CHUNK + 5
    keys = draw.row_keys(7, count)
    looks = show(variables, {}, keys)
    assert list(looks) == [f"generator {i}" for i in range(3)]
    z = jnp.stack([jax.random.normal(key, (3, 2)) for key in keys])
    made = variables["params"]["w"][None, :, None] * z
    np.testing.assert_allclose(draw.in_turn(looks), made.reshape(-1, 2), rtol=1e-6)
    few = show(variables, {}, keys[:2])
    np.testing.assert_array_equal(draw.in_turn(few), draw.in_turn(looks)[:6])


def test_what_a_user_brings_is_taken():
    def generate(variables, given, keys, *, train):
        assert train is False
        return {"x": given["z"] + given["label"]}, {}

    game = Game(
        draws.compose(draws.z((3,), "normal"), draws.one_hot("label", 3)),
        generate,
        None,
        None,
        None,
        lambda given, made: {"": Shown(made["x"], label=given["label"])},
    )
    batch = {"z": np.zeros((2, 3), np.float32), "label": np.array([2, 0])}
    (shown,) = draw.make_show(game)({}, batch, draw.row_keys(0, 2)).values()
    np.testing.assert_array_equal(shown.made, [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(shown.label, shown.made)


def test_images_are_within_what_a_file_holds():
    """A network without a tanh at its end makes any numbers; points stay as they are."""

    def shown(shape):
        def generate(variables, given, keys, *, train):
            return {"x": jnp.full((len(keys), *shape), -1.5)}, {}

        def look(given, made):
            return {"": Shown(made["x"], truth=2 * made["x"])}

        game = Game(lambda batch, keys, step: batch, generate, None, None, None, look)
        return draw.make_show(game)({}, {}, draw.row_keys(0, 2))[""]

    image, points = shown((4, 4, 1)), shown((2,))
    np.testing.assert_array_equal(image.made, np.full((2, 4, 4, 1), -1.0))
    np.testing.assert_array_equal(points.made, np.full((2, 2), -1.5))
    np.testing.assert_array_equal(image.truth, np.full((2, 4, 4, 1), -3.0))  # of the data


@pytest.mark.parametrize(
    ("a", "b", "middle"),
    [
        ([1, 0], [0, 1], [0.5**0.5, 0.5**0.5]),  # a quarter of the circle
        ([1, 0, 0], [0, 0, -3], [2**0.5, 0, -(2**0.5)]),  # half way the norm is 2
        ([2, 0, 0], [-2, 0, 0], [0, 2, 0]),  # opposite: through another axis
        ([1, 2], [2, 4], [1.5, 3]),
        ([0, 0], [2, 0], [1, 0]),  # where there is no circle, straight
        ([2.0], [-4.0], [-1.0]),
    ],
)
def test_interpolation_goes_round_and_where_it_cannot_straight(a, b, middle):
    path = draw.interpolate(a, b, 3)
    np.testing.assert_allclose(path, [a, middle, b], atol=1e-6)


def ends(dimensions):
    """Pairs of vectors: drawn, and as near to one line through 0 as float32 lets them be."""
    for seed in range(200):
        a, b = np.random.default_rng(seed).normal(size=(2, dimensions)).astype(np.float32)
        yield a, b
        for near in (0, 1e-8, 1e-6, 1e-4, 1e-2):
            yield a, np.float32(2 * a + near * b)
            yield a, np.float32(-3 * a + near * b)
        yield a, 0 * b
        yield 1e-30 * a, 1e30 * b


@pytest.mark.parametrize("dimensions", range(1, 9))
def test_norms_stay_between_those_of_the_ends(dimensions):
    """In one dimension, where the way leads through 0, the numbers do."""
    for a, b in ends(dimensions):
        path = draw.interpolate(a, b, 17)
        assert path.dtype == np.float32 and np.isfinite(path).all()
        np.testing.assert_allclose(path[[0, -1]], [a, b], rtol=1e-5, atol=1e-5 * abs(b).max())
        low, high = sorted(np.linalg.norm(np.float64([a, b]), axis=1))
        norms = np.linalg.norm(path.astype(np.float64), axis=1)
        if dimensions == 1:
            low, high, norms = min(a, b), max(a, b), path
        slack = 1e-6 * abs(high)
        assert (norms >= low - slack).all() and (norms <= high + slack).all()


def test_rows_by_class_have_the_same_keys():
    batch, keys = draw.by_class({"label": 3, "tone": 2}, seed=1, count=7)
    np.testing.assert_array_equal(batch["label"], [0, 0, 0, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(batch["tone"], np.zeros(9))
    data = jax.random.key_data(keys).reshape(3, 3, -1)
    np.testing.assert_array_equal(data[0], data[2])
    assert len(np.unique(data[0], axis=0)) == 3
