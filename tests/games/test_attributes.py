"""StarGAN's two players by hand: a translator that adds what it is asked for, a linear critic."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.data.attributes import known
from jaxgan.games import GAMES
from jaxgan.losses import ADVERSARIAL, DISTANCES
from jaxgan.models.network import Network

CLASSES = {"tone": 2, "source_tone": 2, "gender": 3, "source_gender": 3, "label": 4}
SOURCE, X = jnp.array([[1.0, 2.0], [3.0, -1.0]]), jnp.array([[2.0, 0.0], [-2.0, 4.0]])
BATCH = {
    "source": SOURCE,
    "x": X,
    "tone": jnp.array([1, 0]),
    "source_tone": jnp.array([0, 0]),
    "gender": jnp.array([0, 2]),
    "source_gender": jnp.array([1, 2]),
}
KEYS = jax.random.split(jax.random.key(0), 2)
SHIFT = jnp.arange(1.0, 6)  # by every attribute in turn: what an image is shifted by
W, P = 0.5, {"tone": 2.0, "gender": -1.0}


def add(variables, given, *, keys, train):
    shift = given["attributes"] @ SHIFT
    moved = {"passes": variables["passes"] + 1.0}
    return {"x": variables["params"] * (given["source"] + shift[:, None])}, moved


def judge(variables, given, *, keys=None, train):
    mean = given["x"].mean(axis=1)
    heads = {
        name: variables["params"]["head"] * jnp.outer(mean, jnp.arange(CLASSES[name])) for name in P
    }
    return {"score": variables["params"]["w"] * mean, "features": given["x"], **heads}, {}


def make(**options):
    rules = GAMES["attributes"]
    (draw,) = [each(rules.options, CLASSES) for each in rules.draws]
    options = {"head_weight": 1.0, "terms": [("l1", 10.0, DISTANCES["l1"]())], **options}
    return rules.build(
        Network(None, add, rules.generator),
        Network(None, judge, rules.critic),
        ADVERSARIAL["wasserstein"](),
        draw=draw,
        heads=rules.heads(CLASSES),
        **options,
    )


def entropy(mean, target):
    """-log softmax(mean * (0, 1, ..., K - 1)) at the target."""
    logits = [np.outer(mean, np.arange(CLASSES[name])) for name in ("tone", "gender")]
    found = 0.0
    for each, name in zip(logits, ("tone", "gender"), strict=True):
        of = np.asarray(BATCH[name])[target]
        found += np.mean(np.log(np.exp(each).sum(axis=1)) - each[np.arange(2), of])
    return found


def test_what_is_drawn():
    """Asked for are tone 1, gender 0 of the first, tone 0, gender 2 of the second row."""
    given = make().draw(BATCH, KEYS, 0)
    assert known(CLASSES) == ("tone", "gender")
    asked = [[0, 1, 1, 0, 0], [1, 0, 0, 0, 1]]
    own = [[1, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
    np.testing.assert_array_equal(given["attributes"], asked)
    np.testing.assert_array_equal(given["source_attributes"], own)
    np.testing.assert_array_equal(given["gender"], [[1, 0, 0], [0, 0, 1]])
    # Who asks for attributes of an image of their own knows nothing of those that it has.
    alone = {name: BATCH[name] for name in ("source", "tone", "gender")}
    assert make().draw(alone, KEYS, 0).keys() == {*alone, "attributes"}


def test_there_and_back_again():
    """Shifts of the asked 2 + 3 and 1 + 5, of the own 1 + 4 and 1 + 5; G doubles.

    There: 2 (1 + 5, 2 + 5) = (12, 14) and 2 (3 + 6, -1 + 6) = (18, 10). Back: 2 (17, 19) and
    2 (24, 16). Distances to the source: 33, 36, 45, 33, of mean 36.75; slope by G at 2: of
    G (G (s + a) + o) it is 2 G (s + a) + o, 29, 33, 42, 26, of mean 32.5.
    """
    game = make(adversarial=0.0, reconstruction=0.5)
    given = game.draw(BATCH, KEYS, 0)

    def loss(w):
        made, moved = game.generate({"params": w, "passes": 0.0}, given, KEYS, train=True)
        total, metrics = game.generator_loss({"params": {}}, given, made, 0, KEYS)
        return total, (made, moved, metrics)

    (total, (made, moved, metrics)), slope = jax.value_and_grad(loss, has_aux=True)(2.0)
    np.testing.assert_allclose(made["x"], [[12, 14], [18, 10]])
    np.testing.assert_allclose(made["source_again"], [[34, 38], [48, 32]])
    np.testing.assert_allclose(metrics["l1_source_again"], 36.75)
    np.testing.assert_allclose(total, 5 * 36.75, rtol=1e-6)
    np.testing.assert_allclose(slope, 5 * 32.5, rtol=1e-6)
    assert moved == {"passes": 2.0} and metrics["generator_loss"] == total
    variables = {"params": 2.0, "passes": 0.0}
    (again,) = game.back(variables, given, {"x": made["x"]}, KEYS).values()
    np.testing.assert_array_equal(again, made["source_again"])


def test_who_looks_or_does_not_compare_makes_one_pass():
    for options, train in (({}, False), ({"reconstruction": 0.0}, True), ({"terms": ()}, True)):
        game = make(**options)
        given = game.draw(BATCH, KEYS, 0)
        made, moved = game.generate({"params": 2.0, "passes": 0.0}, given, KEYS, train=train)
        assert made.keys() == {"x"} and moved == {"passes": 1.0}


@pytest.mark.parametrize("adversarial", [1.0, 0.25])
def test_who_learns_the_attributes_from_what(adversarial):
    """The critic from real images, of means 1 and 1; the generator by what it made, 13 and 14."""
    game = make(adversarial=adversarial, head_weight=2.0, terms=())
    given = game.draw(BATCH, KEYS, 0)
    made, _ = game.generate({"params": 2.0, "passes": 0.0}, given, KEYS, train=True)
    params = {"w": W, "head": 1.0}
    total, (_, metrics) = game.critic_loss(params, {}, given, made, 0, KEYS)
    real = entropy([1.0, 1.0], [0, 1])
    np.testing.assert_allclose(total, W * (13.5 - 1.0) + 2 * real, rtol=1e-6)
    found = metrics["tone_cross_entropy"] + metrics["gender_cross_entropy"]
    np.testing.assert_allclose(found, real, rtol=1e-6)
    total, _ = game.generator_loss({"params": params}, given, made, 0, KEYS)
    fake = entropy([13.0, 14.0], [0, 1])
    np.testing.assert_allclose(total, -adversarial * W * 13.5 + 2 * fake, rtol=1e-6)


def test_what_there_is_to_look_at():
    game = make()
    given = game.draw(BATCH, KEYS, 0)
    (shown,) = game.show(given, {"x": X}).values()
    assert shown.label is None and shown.given is SOURCE and shown.truth is given["x"]
