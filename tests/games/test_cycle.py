"""CycleGAN's two players by hand: translators of one number, critics that are a slope."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL, DISTANCES, PENALTIES
from jaxgan.models.network import Network, team

A = jnp.array([[1.0, 2.0], [3.0, -1.0]])  # mean 5/4, mean of sizes 7/4
B = jnp.array([[2.0, 0.0], [-2.0, 4.0]])  # mean 1, mean of sizes 2
GIVEN = {"source": A, "x": B}
KEYS = jax.random.split(jax.random.key(0), 2)
SHAPES = {"source": (2,), "x": (2,)}
G, F = 3.0, 0.5  # AtoB multiplies by 3, BtoA by 1/2
WEIGHTS = {"params": {"AtoB": G, "BtoA": F}, "passes": {"AtoB": 0.0, "BtoA": 0.0}}
CRITICS = {"AtoB": 1.0, "BtoA": 2.0}  # slopes of the scores in the mean of an image


def multiply(variables, given, *, keys, train):
    moved = {"passes": variables["passes"] + 1.0} if "passes" in variables else {}
    return {"x": variables["params"] * given["source"]}, moved


def judge(variables, given, *, keys=None, train):
    score = variables["params"] * given["x"].mean(axis=1)
    return {"score": score, "features": given["x"]}, {}


def make(loss="wasserstein", terms=(("l1", 10.0, "l1"),), penalties=(), **options):
    one, other = Network(None, multiply, ("source",)), Network(None, judge, ("x",))
    terms = [(name, weight, DISTANCES[row]()) for name, weight, row in terms]
    return GAMES["cycle"].build(
        team(AtoB=one, BtoA=one),
        team(AtoB=other, BtoA=other),
        ADVERSARIAL[loss](),
        draw=lambda batch, keys, step: batch,
        shapes=SHAPES,
        terms=terms,
        penalties=penalties,
        **options,
    )


def generated(game, weights=WEIGHTS, train=True):
    return game.generate(weights, GIVEN, KEYS, train=train)


def test_what_is_made():
    """b = 3 A, a = B / 2; there and back again is 1.5 times either; G(B) and F(A) beside."""
    made, mutables = generated(make())
    assert made.keys() == {"x", "source", "source_again", "x_again", "x_same", "source_same"}
    for name, value in {
        "x": 3 * A,
        "source": B / 2,
        "source_again": 1.5 * A,
        "x_again": 1.5 * B,
        "x_same": 3 * B,
        "source_same": A / 2,
    }.items():
        np.testing.assert_allclose(made[name], value, rtol=1e-6)
    assert mutables == {"passes": {"AtoB": 3.0, "BtoA": 3.0}}


def test_what_nobody_needs_is_not_made():
    assert generated(make(), train=False)[0].keys() == {"x", "source"}
    assert generated(make(terms=()))[0].keys() == {"x", "source"}
    only = generated(make(identity=0.0, backward=0.0))[0]
    assert only.keys() == {"x", "source", "source_again"}
    one_way, _ = make().generate(WEIGHTS, {"x": B}, KEYS, train=False)
    assert one_way.keys() == {"source"}


def test_the_generators_loss_by_hand():
    """Cycle |1.5 - 1| of mean sizes 7/4 and 2, identity |3 - 1| 2 and |1/2 - 1| 7/4; L1 times 10.

    Adversarial -mean of the scores: -(3 * 5/4) and -2 (1/2).
    """
    game, critics = make(), {"params": CRITICS}

    def loss(weights):
        made, _ = generated(game, {"params": weights})
        total, metrics = game.generator_loss(critics, GIVEN, made, 0, KEYS)
        return total, metrics

    (total, metrics), slopes = jax.value_and_grad(loss, has_aux=True)(WEIGHTS["params"])
    cycle, same = 0.5 * 7 / 4 + 0.5 * 2, 2 * 2 + 0.5 * 7 / 4
    np.testing.assert_allclose(total, -15 / 4 - 1 + 10 * cycle + 5 * same, rtol=1e-6)
    np.testing.assert_allclose(metrics["l1_source_again"], 7 / 8, rtol=1e-6)
    np.testing.assert_allclose(metrics["l1"], (7 / 8 + 1 + 4 + 7 / 8) / 4, rtol=1e-6)
    # In G = 3: -5/4; both cycles through F G - 1 > 0: 10 F (7/4 + 2); |G - 1| 2: 5 * 2.
    np.testing.assert_allclose(slopes["AtoB"], -5 / 4 + 5 * 15 / 4 + 10, rtol=1e-6)
    # In F = 1/2: -2 mean B; 10 G (7/4 + 2); |F - 1| 7/4 falls: -5 * 7/4.
    np.testing.assert_allclose(slopes["BtoA"], -2 + 30 * 15 / 4 - 35 / 4, rtol=1e-6)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({"forward": 2.0, "backward": 0.0, "identity": 0.0}, 10 * 2 * 7 / 8),
        ({"forward": 0.0, "backward": 1.0, "identity": 0.0}, 10),
        ({"forward": 0.0, "backward": 0.0, "identity": 1.0}, 10 * (4 + 7 / 8)),
    ],
)
def test_each_way_has_its_weight(options, expected):
    """Without the game, of which nobody asks a critic."""
    game = make(adversarial=0.0, **options)
    made, _ = generated(game)
    total, _ = game.generator_loss({"params": None}, GIVEN, made, 0, KEYS)
    np.testing.assert_allclose(total, expected, rtol=1e-6)


def test_the_critics_loss_by_hand():
    """fake - real of either: 3 * 5/4 - 1 with slope 1, and 2 (1/2 - 5/4)."""
    game = make()
    made, _ = generated(game)

    def loss(params):
        return game.critic_loss(params, {}, GIVEN, made, 0, KEYS)

    (total, (_, metrics)), slopes = jax.value_and_grad(loss, has_aux=True)(CRITICS)
    np.testing.assert_allclose(total, 15 / 4 - 1 + 2 * (1 / 2 - 5 / 4), rtol=1e-6)
    np.testing.assert_allclose(metrics["fake_score_BtoA"], 1.0, rtol=1e-6)
    np.testing.assert_allclose(metrics["real_score"], (1 + 2 * 5 / 4) / 2, rtol=1e-6)
    np.testing.assert_allclose(slopes["AtoB"], 15 / 4 - 1, rtol=1e-6)
    np.testing.assert_allclose(slopes["BtoA"], 1 / 2 - 5 / 4, rtol=1e-6)


def test_a_penalty_is_of_each_critic():
    """Slopes of the scores are 1 / 2 and 2 / 2 in each of two numbers: lengths w / sqrt(2)."""
    penalty = ("gradient_penalty", 10.0, PENALTIES["gradient_penalty"]())
    with_it, without = make(penalties=[penalty]), make()
    made, _ = generated(without)
    totals = [game.critic_loss(CRITICS, {}, GIVEN, made, 0, KEYS)[0] for game in (with_it, without)]
    lengths = [w / 2**0.5 for w in CRITICS.values()]
    expected = 10 * sum((length - 1) ** 2 for length in lengths)
    np.testing.assert_allclose(totals[0] - totals[1], expected, rtol=1e-5)


def test_the_critics_are_shown_the_pool_and_the_generators_what_they_made():
    game = make(pool=2)
    memory = game.memory()
    assert memory.keys() == {"source", "x"} and memory["x"]["kept"].shape == (2, 2)
    made, _ = generated(game)
    memory, shown = game.recall(memory, made, KEYS)  # it fills: everything is shown
    np.testing.assert_array_equal(shown["x"], made["x"])
    np.testing.assert_array_equal(memory["source"]["kept"], made["source"])
    later = {name: 0 * value for name, value in made.items()}
    keys = jax.random.split(jax.random.key(3), 2)
    memory, shown = game.recall(memory, later, keys)
    assert float(jnp.abs(shown["x"]).max()) > 0 and shown["x_again"] is later["x_again"]
    assert make(pool=0).memory() == {}


def test_looks_know_both_ways_and_one():
    game = make()
    made, _ = generated(game, train=False)
    looks = game.show(GIVEN, made)
    assert list(looks) == list(game.makes) == ["AtoB", "BtoA"]
    np.testing.assert_array_equal(looks["BtoA"].made, B / 2)
    assert looks["BtoA"].given is B and looks["BtoA"].truth is A
    one_way, _ = game.generate(WEIGHTS, {"source": A}, KEYS, train=False)
    looks = game.show({"source": A}, one_way)
    assert list(looks) == ["AtoB"] and looks["AtoB"].truth is None


def test_what_was_made_is_translated_back():
    """By the other way, as in training: 1.5 times what was given."""
    game = make()
    for given in (GIVEN, {"x": B}):
        made, _ = game.generate(WEIGHTS, given, KEYS, train=False)
        again = game.back(WEIGHTS, given, made, KEYS)
        looks = game.show(given, made)
        assert again.keys() == looks.keys()
        for direction, images in again.items():
            np.testing.assert_allclose(images, 1.5 * looks[direction].given, rtol=1e-6)


def test_an_identity_needs_domains_of_one_shape():
    rules = GAMES["cycle"]
    one, other = Network(None, multiply, ("source",)), Network(None, judge, ("x",))
    networks = team(AtoB=one, BtoA=one), team(AtoB=other, BtoA=other)
    options = {"draw": None, "shapes": {"source": (4, 4, 1), "x": (4, 4, 3)}}
    with pytest.raises(UserError, match="set game.identity=0"):
        rules.build(*networks, ADVERSARIAL["hinge"](), **options)
    rules.build(*networks, ADVERSARIAL["hinge"](), identity=0.0, **options)
