import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.games import GAMES, draw
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network

SOURCE = jnp.array([[1.0, 2.0], [3.0, -1.0]])
GIVEN = {"source": SOURCE, "x": jnp.zeros((2, 2)), "label": jnp.eye(2)}
KEYS = jax.random.split(jax.random.key(0), 2)


def generate(variables, given, *, keys, train):
    """x = w source, and the code is 3 source; each pass moves the mutables."""
    moved = {"passes": variables["passes"] + given["source"].sum()}
    return {"x": variables["params"] * given["source"], "code": 3 * given["source"]}, moved


def judge(variables, given, *, keys=None, train):
    return {"score": 0 * given["x"][:, 0], "features": given["x"], "label": 0 * given["x"]}, {}


def make(constancy):
    rules = GAMES["typefaces"]
    row = ADVERSARIAL["wasserstein"]()
    networks = Network(None, generate, rules.generator), Network(None, judge, rules.critic)
    given = draw.compose(*(each({}, {"label": 2}) for each in rules.draws))
    options = {"draw": given, "heads": rules.heads, "head_weight": 0.0, "adversarial": 0.0}
    return rules.build(*networks, row, constancy=constancy, **options)


def test_a_drawn_character_keeps_its_code():
    """codes 3 s and 3 w s: (w - 1)^2 9 mean s^2, of slope 18 (w - 1) mean s^2; mean s^2 = 15 / 4.

    At w = 3: 135 and 135.
    """
    game = make(2.0)

    def loss(w):
        made, mutables = game.generate({"params": w, "passes": 0.0}, GIVEN, KEYS, train=True)
        total, metrics = game.generator_loss({"params": {}}, GIVEN, made, 0, KEYS)
        return total, (made, mutables, metrics)

    (total, (made, mutables, metrics)), slope = jax.value_and_grad(loss, has_aux=True)(3.0)
    np.testing.assert_allclose(total, 2 * 135.0, rtol=1e-6)
    np.testing.assert_allclose(slope, 2 * 135.0, rtol=1e-6)
    np.testing.assert_allclose(metrics["constancy"], 135.0, rtol=1e-6)
    assert metrics["generator_loss"] == total
    np.testing.assert_array_equal(made["x"], 3 * SOURCE)
    # The statistics are those of what is given: its sum is 5, and 15 of what was made.
    assert mutables == {"passes": 5.0}


def test_who_looks_makes_one_pass():
    game = make(2.0)
    made, _ = game.generate({"params": 3.0, "passes": 0.0}, GIVEN, KEYS, train=False)
    assert made.keys() == {"x", "code"}
    plain = make(0.0)
    made, _ = plain.generate({"params": 3.0, "passes": 0.0}, GIVEN, KEYS, train=True)
    assert made.keys() == {"x", "code"}
