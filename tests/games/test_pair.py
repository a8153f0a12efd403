import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy import exp, log
from scipy import stats

from jaxgan.games import GAMES, draw, pair_game
from jaxgan.losses import ADVERSARIAL
from jaxgan.models.network import Network

pytestmark = pytest.mark.usefixtures("strict_ranks")
PAIRS = [
    name
    for name, rules in GAMES.items()
    if "generators" not in rules.options and not rules.unpaired and "x_2" not in rules.critic
]
EVERY_GAME = pytest.mark.parametrize("name", PAIRS)
LOSSES = ("minimax", "non_saturating", "label_swapped", "wasserstein")
B, CLASSES, KEYS = 4, 3, jax.random.split(jax.random.key(0), 4)
RNG = np.random.default_rng(0)
X, FAKE = RNG.normal(size=(2, B, 2)).astype(np.float32)
SOURCE = RNG.normal(size=(B, 2)).astype(np.float32)
MASK = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]], np.float32)
LABELS = np.array([0, 2, 1, 2])
CAPTION, OTHER_CAPTION = RNG.normal(size=(2, B, 2)).astype(np.float32)
BATCH = {"x": X, "label": LABELS, "source": SOURCE, "mask": MASK}
BATCH |= {"caption": CAPTION, "other_caption": OTHER_CAPTION}
BATCH = {name: jnp.asarray(array) for name, array in BATCH.items()}
ONE_HOT = np.eye(CLASSES)[LABELS]
# score = x . W + label . V + source . U + mask . T, so that a wrong label shows; a head is x @ H.
W, V, U = np.array([1.0, -2.0]), np.array([0.5, -1.5, 3.0]), np.array([-1.0, 0.25])
H = np.array([[1.0, 0.0, -1.0], [0.5, -0.5, 2.0]])
T, C = np.array([2.0, 0.5]), np.array([1.5, -0.5])
PARAMS = {"x": W, "label": V, "source": U, "mask": T, "caption": C}
PARAMS = {name: jnp.asarray(array) for name, array in PARAMS.items()}
TEN = {"trail": jnp.float32(0)}


class Spies:
    """Two networks that note how they are called; their mutables keep a trail of their inputs."""

    def __init__(self, name="unconditional"):
        rules = GAMES[name]
        self.generator_calls, self.critic_calls = [], []
        self.generator = Network(None, self.generate, rules.generator)
        self.critic = Network(None, self.judge, rules.critic)

    def generate(self, variables, given, *, keys, train):
        taken = {name: given[name] for name in self.generator.inputs}
        self.generator_calls.append((taken, keys, train))
        mutables = {"count": variables["count"] + 1}
        return {"x": variables["params"] * given[self.generator.inputs[0]][:, :2]}, mutables

    def judge(self, variables, given, *, keys=None, train):
        assert keys is None or keys.shape == given["x"].shape[:1]
        taken = {name: given[name] for name in self.critic.inputs}
        self.critic_calls.append((taken, train))
        x, params = taken["x"], variables["params"]
        score = sum(value @ params[name] for name, value in taken.items())
        mutables = {name: value for name, value in variables.items() if name != "params"}
        out = {"score": score, "features": 3 * x, "label": x @ jnp.asarray(H)}
        return out, {name: 10 * value + x[0, 0] for name, value in mutables.items()}


def make(name, spies, loss="non_saturating", **options):
    rules = GAMES[name]
    if "constancy" in rules.options:  # without it, no more than a game of a pair
        options["constancy"] = 0.0
    drawn = [each({"z_dim": 5, "z": "normal"}, {"label": CLASSES}) for each in rules.draws]
    return rules.build(
        spies.generator,
        spies.critic,
        ADVERSARIAL[loss](),
        draw=draw.compose(*drawn),
        heads=rules.heads,
        **options,
    )


def given_of(name):
    """What the game plays with, z apart."""
    return {**BATCH, "label": jnp.asarray(ONE_HOT)} if "label" in GAMES[name].needs else BATCH


def sees(name, call, x, **changed):
    """All that the rules give the critic, and nothing else."""
    taken, train = call
    truth = {"x": x, "label": ONE_HOT, "source": SOURCE, "mask": MASK, "caption": CAPTION}
    truth |= changed
    assert tuple(taken) == GAMES[name].critic and train is True
    for key, value in taken.items():
        np.testing.assert_array_equal(value, truth[key])


def scores(name, x, label=ONE_HOT):
    """[B] by hand."""
    parts = {"x": x @ W, "label": label @ V, "source": SOURCE @ U, "mask": MASK @ T}
    parts["caption"] = CAPTION @ C
    return sum(parts[key] for key in GAMES[name].critic)


def softmax(logits):
    e = exp(logits)
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(x):
    """Of the head by hand: -log of the share that the true label has."""
    return -log(softmax(x @ H)[np.arange(B), LABELS])


def test_each_game_gives_its_networks_what_the_papers_do():
    names = {name: (rules.generator, rules.critic) for name, rules in GAMES.items()}
    assert names == {
        "unconditional": (("z",), ("x",)),
        "conditional": (("z", "label"), ("x", "label")),
        "matching_aware": (("z", "label"), ("x", "label")),
        "auxiliary": (("z", "label"), ("x",)),
        "multi_generator": (("z",), ("x",)),
        "translation": (("source",), ("x", "source")),
        "restoration": (("source",), ("x",)),
        "typefaces": (("source", "label"), ("x", "source")),
        "inpainting": (("source", "mask"), ("x", "mask")),
        "frames": (("source",), ("x", "x_2", "x_4", "x_8", "source")),
        "futures": (("source", "z"), ("x", "x_2", "x_4", "x_8", "source")),
        "cycle": (("source",), ("x",)),
        "attributes": (("source", "attributes"), ("x",)),
        "text": (("z", "caption"), ("x", "caption")),
    }


@EVERY_GAME
def test_what_is_drawn_and_what_is_made_of_it(name):
    spies = Spies(name)
    game = make(name, spies)
    given = game.draw(BATCH, KEYS, 0)
    made, mutables = game.generate({"params": 2.0, "count": 7}, given, KEYS, train=True)
    ((taken, keys, train),) = spies.generator_calls
    assert tuple(taken) == GAMES[name].generator
    assert train is True and mutables == {"count": 8}
    # Dropout draws apart from z, row by row.
    assert keys.shape == KEYS.shape
    assert not np.any(jax.random.key_data(keys) == jax.random.key_data(KEYS))
    assert made.keys() == {"x"} and len(spies.critic_calls) == 0
    if "z" in taken:
        # Row i from key i alone.
        for row, key in zip(taken["z"], KEYS, strict=True):
            np.testing.assert_array_equal(row, jax.random.normal(key, (5,)))
        np.testing.assert_array_equal(made["x"], 2 * taken["z"][:, :2])
    else:
        assert given.keys() == BATCH.keys()  # nothing is drawn
        np.testing.assert_array_equal(made["x"], 2 * SOURCE)
    if "label" in taken:
        np.testing.assert_array_equal(taken["label"], ONE_HOT)
    for entry in ("x", "source", "mask", "caption"):
        assert given[entry] is BATCH[entry]
    # As pictures ask for it: no examples, and the generator as it stands.
    brought = {"z": jnp.ones((B, 5)), "source": BATCH["source"], "mask": BATCH["mask"]}
    asked = game.draw(brought, KEYS, 0)
    assert "x" not in asked
    if not {"label", "caption"} & taken.keys():
        game.generate({"params": 2.0, "count": 7}, asked, KEYS, train=False)
        assert spies.generator_calls[1][2] is False


@EVERY_GAME
@pytest.mark.parametrize("loss", LOSSES)
def test_who_meets_the_critic_and_what_it_costs(name, loss):
    spies = Spies(name)
    game = make(name, spies, loss)
    total, (mutables, metrics) = game.critic_loss(PARAMS, TEN, given_of(name), {"x": FAKE}, 0, KEYS)
    first, second, *third = spies.critic_calls
    sees(name, first, X)
    sees(name, second, FAKE)
    real, fake = scores(name, X), scores(name, FAKE)
    means = {"real_score": real.mean(), "fake_score": fake.mean()}
    # The mutables of one call go into the next: real, then fake, then wrong.
    trail = 10 * X[0, 0] + FAKE[0, 0]
    expected = np.mean(ADVERSARIAL[loss]().critic(real, fake))
    if name in ("matching_aware", "text"):
        if name == "text":
            sees(name, third[0], X, caption=OTHER_CAPTION)
            wrong = real + (OTHER_CAPTION - CAPTION) @ C
        else:
            wrong_label = third[0][0]["label"]
            sees(name, third[0], X, label=wrong_label)
            assert np.all(np.argmax(wrong_label, 1) != LABELS)
            wrong = scores(name, X, np.asarray(wrong_label))
        means["wrong_score"] = wrong.mean()
        trail = 10 * trail + X[0, 0]
        if loss == "wasserstein":
            expected = np.mean((fake + wrong) / 2 - real)
        else:
            # Reed et al. 2016, algorithm 1: minus log s_r + (log(1 - s_w) + log(1 - s_f)) / 2.
            d_real, d_fake, d_wrong = (1 / (1 + exp(-s)) for s in (real, fake, wrong))
            expected = np.mean(-log(d_real) - (log(1 - d_fake) + log(1 - d_wrong)) / 2)
    else:
        assert not third
    if GAMES[name].heads:  # Odena et al. 2017, eq. 2: of real and of made examples
        means["label_cross_entropy"] = cross_entropy(X).mean()
        expected += cross_entropy(X).mean() + cross_entropy(FAKE).mean()
    np.testing.assert_allclose(total, expected, rtol=1e-5)
    np.testing.assert_allclose(mutables["trail"], trail, rtol=1e-5)
    assert metrics.keys() == {"critic_loss", *means}
    for key, value in {"critic_loss": total, **means}.items():
        assert metrics[key].shape == () and metrics[key].dtype == jnp.float32
        np.testing.assert_allclose(metrics[key], value, rtol=1e-5, atol=1e-6)


@EVERY_GAME
@pytest.mark.parametrize("loss", LOSSES)
def test_what_the_generator_is_told(name, loss):
    spies = Spies(name)
    game = make(name, spies, loss)
    variables = {"params": PARAMS, **TEN}

    def total(fake, x):
        given = {**given_of(name), "x": x}
        return game.generator_loss(variables, given, {"x": fake}, 0, KEYS)

    (value, metrics), (in_fake, in_real) = jax.value_and_grad(total, (0, 1), has_aux=True)(
        jnp.asarray(FAKE), BATCH["x"]
    )
    assert len(spies.critic_calls) == 2
    for taken, train in spies.critic_calls:
        assert train is True and tuple(taken) == GAMES[name].critic
        for key, truth in (("label", ONE_HOT), ("source", SOURCE), ("mask", MASK)):
            assert key not in taken or np.array_equal(taken[key], truth)
    real, fake = scores(name, X), scores(name, FAKE)
    expected = np.mean(ADVERSARIAL[loss]().generator(real, fake))
    # Slopes of the losses in the scores: D - 1 for -log D, D for -log(1 - D); a mean over B rows.
    d_real, d_fake = (1 / (1 + exp(-s)) for s in (real, fake))
    slope = {"minimax": -d_fake, "wasserstein": -np.ones(B)}.get(loss, d_fake - 1)
    expected_slope = slope[:, None] * W[None] / B
    if GAMES[name].heads:  # the slope of a cross-entropy in its logits is share - truth
        expected += cross_entropy(FAKE).mean()
        expected_slope += (softmax(FAKE @ H) - ONE_HOT) @ H.T / B
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert metrics == {"generator_loss": value}
    np.testing.assert_allclose(in_fake, expected_slope, rtol=1e-5, atol=1e-7)
    slope = d_real if loss == "label_swapped" else np.zeros(B)
    np.testing.assert_allclose(in_real, slope[:, None] * W[None] / B, rtol=1e-5)


@EVERY_GAME
def test_penalties_are_weighed_and_see_what_the_critic_sees(name):
    seen = {}

    def penalty(critic, real, fake, keys):
        seen.update(real=real, fake=fake, keys=keys, score=critic.scores(2 * real))
        seen.update(features=critic.features(2 * real, keys))
        return jnp.array([1.0, 2.0, 3.0, 6.0])  # a mean of 3

    def other(critic, real, fake, keys):
        return jnp.full(B, 5.0)

    def loss(penalties):
        game = make(name, Spies(name), penalties=penalties)
        total, (_, metrics) = game.critic_loss(PARAMS, {}, given_of(name), {"x": FAKE}, 0, KEYS)
        return total, metrics

    plain, plain_metrics = loss(())
    total, metrics = loss([("three", 10.0, penalty), ("five", 0.1, other)])
    np.testing.assert_allclose(total, plain + 30 + 0.5, rtol=1e-6)
    assert metrics == {**plain_metrics, "critic_loss": total, "three": 3, "five": 5}
    np.testing.assert_array_equal(seen["real"], X)
    np.testing.assert_array_equal(seen["fake"], FAKE)
    for found in (seen["score"], seen["features"][0]):
        np.testing.assert_allclose(found, scores(name, 2 * X), rtol=1e-5)
    np.testing.assert_array_equal(seen["features"][1], 6 * X)
    assert seen["keys"].shape == (B,)


@EVERY_GAME
def test_instance_noise_blurs_all_that_the_critic_sees(name):
    rows, step = 500, 3
    keys = jax.random.split(jax.random.key(1), rows)
    given = {
        "x": jnp.full((rows, 2), 7.0),
        "label": jax.nn.one_hot(jnp.arange(rows) % CLASSES, CLASSES),
        "source": jnp.ones((rows, 2)),
        "mask": jnp.ones((rows, 2)),
        "caption": jnp.ones((rows, 2)),
        "other_caption": jnp.zeros((rows, 2)),
    }
    fake, blurred = {"x": jnp.full((rows, 2), -7.0)}, {}

    def penalty(critic, real, fake, keys):
        blurred.update(real=real, fake=fake)
        return jnp.zeros(rows)

    spies = Spies(name)
    game = make(name, spies, noise_level=lambda t: 0.1 * t, penalties=[("spy", 1.0, penalty)])
    game.critic_loss(PARAMS, {}, given, fake, step, keys)
    real_seen, fake_seen, *wrong_seen = (taken["x"] for taken, _ in spies.critic_calls)
    for wrong in wrong_seen:
        np.testing.assert_array_equal(wrong, real_seen)
    np.testing.assert_array_equal(blurred["real"], real_seen)
    np.testing.assert_array_equal(blurred["fake"], fake_seen)
    spies.critic_calls.clear()
    game.generator_loss({"params": PARAMS}, given, fake, step, keys)
    draws = [real_seen - 7, fake_seen + 7, *(taken["x"] for taken, _ in spies.critic_calls)]
    draws[2:] = [draws[2] - 7, draws[3] + 7]
    for each in draws:
        assert stats.kstest(np.ravel(each) / (0.1 * step), "norm").pvalue > 0.01
    # Real and fake have their own noise: |r| < 4 / sqrt(n).
    for pair in (draws[:2], draws[2:]):
        assert abs(np.corrcoef(np.ravel(pair[0]), np.ravel(pair[1]))[0, 1]) < 4 / 1000**0.5


@EVERY_GAME
def test_realness_is_the_score_as_it_stands(name):
    spies = Spies(name)
    given = {**given_of(name), "x": jnp.asarray(FAKE)}
    found = make(name, spies).realness({"params": PARAMS, **TEN}, given)
    np.testing.assert_allclose(found, scores(name, FAKE), rtol=1e-5)
    ((_, train),) = spies.critic_calls
    assert train is False


@EVERY_GAME
def test_what_there_is_to_look_at(name):
    given = given_of(name)
    if "source" not in GAMES[name].generator:
        given = {key: value for key, value in given.items() if key != "source"}
    (told, shown), *others = make(name, Spies(name)).show(given, {"x": FAKE}).items()
    assert (told, others) == ("", []) and shown.made is FAKE
    assert shown.mask is (BATCH["mask"] if "mask" in GAMES[name].generator else None)
    translated = "source" in GAMES[name].generator
    assert shown.given is (BATCH["source"] if translated else None)
    assert shown.truth is (BATCH["x"] if translated or name == "text" else None)
    labelled = "label" in GAMES[name].generator
    assert (shown.label is None) != labelled


# Scores that are maps: one of each patch, x of the patch times a weight plus the row's first.


def judge_patches(variables, given, *, keys=None, train):
    x = given["x"]  # [B, 2, 3]
    return {"score": variables["params"] * x + x[:, :1, :1], "features": x.reshape(len(x), 6)}, {}


PATCHES, FAKE_PATCHES = RNG.normal(size=(2, B, 2, 3)).astype(np.float32)
PATCH_GIVEN = {"x": jnp.asarray(PATCHES)}
GENERATOR = Network(None, None)


def patch_scores(x):
    return 1.5 * x + x[:, :1, :1]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_map_of_scores_counts_by_its_patches(loss):
    """Isola et al. 2017, sec. 3.2.2: each patch is told real or fake, and all are averaged."""
    row = ADVERSARIAL[loss]()
    game = pair_game(GENERATOR, Network(None, judge_patches), row, draw=None)
    made = {"x": jnp.asarray(FAKE_PATCHES)}
    total, (_, metrics) = game.critic_loss(jnp.float32(1.5), {}, PATCH_GIVEN, made, 0, KEYS)
    real, fake = patch_scores(PATCHES), patch_scores(FAKE_PATCHES)
    # B * 2 * 3 patches, each with the weight of any other.
    pairs = zip(real.ravel(), fake.ravel(), strict=True)
    each = [row.critic(np.array([r]), np.array([f]))[0] for r, f in pairs]
    assert len(each) == B * 6
    np.testing.assert_allclose(total, np.mean(each), rtol=1e-5)
    np.testing.assert_allclose(metrics["real_score"], real.mean(), rtol=1e-5)
    np.testing.assert_allclose(metrics["fake_score"], fake.mean(), rtol=1e-5, atol=1e-6)
    value, _ = game.generator_loss({"params": jnp.float32(1.5)}, PATCH_GIVEN, made, 0, KEYS)
    pairs = zip(real.ravel(), fake.ravel(), strict=True)
    each = [row.generator(np.array([r]), np.array([f]))[0] for r, f in pairs]
    np.testing.assert_allclose(value, np.mean(each), rtol=1e-5)


def test_penalties_and_realness_see_the_mean_of_a_map():
    seen = {}

    def penalty(critic, real, fake, keys):
        seen.update(scores=critic.scores(fake), features=critic.features(real, keys))
        return jnp.zeros(B)

    game = pair_game(
        GENERATOR,
        Network(None, judge_patches),
        ADVERSARIAL["wasserstein"](),
        draw=None,
        penalties=[("spy", 1.0, penalty)],
    )
    made = {"x": jnp.asarray(FAKE_PATCHES)}
    game.critic_loss(jnp.float32(1.5), {}, PATCH_GIVEN, made, 0, KEYS)
    expected = patch_scores(PATCHES).mean(axis=(1, 2))
    scores_seen, features_seen = seen["features"]
    assert scores_seen.shape == (B,)
    np.testing.assert_allclose(scores_seen, expected, rtol=1e-5)
    np.testing.assert_array_equal(features_seen, PATCHES.reshape(B, 6))
    fake = patch_scores(FAKE_PATCHES).mean(axis=(1, 2))
    np.testing.assert_allclose(seen["scores"], fake, rtol=1e-5)
    found = game.realness({"params": jnp.float32(1.5)}, PATCH_GIVEN)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_heads_by_hand():
    """Two heads, whose logits are log-odds that can be read: shares 1/4 and 3/4, and 1/2."""
    real_logits = {"label": [[0, log(3)], [0, log(3)]], "tone": [[0, 0], [0, 0]]}
    fake_logits = {"label": [[log(3), 0], [0, 0]], "tone": [[0, log(7)], [log(7), 0]]}
    given = {
        "x": jnp.zeros((2, 1)),
        "label": jnp.array([[1.0, 0], [0, 1]]),
        "tone": jnp.array([[0.0, 1], [0, 1]]),
    }

    def judge(variables, given, *, keys, train):
        logits = jax.tree.map(
            lambda real, fake: jnp.where(given["x"] > 0, jnp.asarray(fake), jnp.asarray(real)),
            {name: np.array(rows, np.float32) for name, rows in real_logits.items()},
            {name: np.array(rows, np.float32) for name, rows in fake_logits.items()},
        )
        return {"score": jnp.zeros(2), "features": given["x"], **logits}, {}

    game = pair_game(
        GENERATOR,
        Network(None, judge),
        ADVERSARIAL["non_saturating"](),
        draw=None,
        heads=("label", "tone"),
        head_weight=0.5,
    )
    made = {"x": jnp.ones((2, 1))}
    keys = KEYS[:2]
    total, (_, metrics) = game.critic_loss({}, {}, given, made, 0, keys)
    # Real: -log 1/4 and -log 3/4 of the label, twice -log 1/2 of the tone.
    # Made: -log 3/4 and -log 1/2; -log 7/8 and -log 1/8.
    label, tone = (log(4) + log(4 / 3)) / 2, log(2)
    made_label, made_tone = (log(4 / 3) + log(2)) / 2, (log(8 / 7) + log(8)) / 2
    np.testing.assert_allclose(metrics["label_cross_entropy"], label, rtol=1e-6)
    np.testing.assert_allclose(metrics["tone_cross_entropy"], tone, rtol=1e-6)
    # Scores of 0 cost the critic log 4 and the generator log 2.
    told = label + tone + made_label + made_tone
    np.testing.assert_allclose(total, log(4) + 0.5 * told, rtol=1e-6)
    value, _ = game.generator_loss({"params": {}}, given, made, 0, keys)
    np.testing.assert_allclose(value, log(2) + 0.5 * (made_label + made_tone), rtol=1e-6)


def l1(made, truth):
    return jnp.abs(made - truth).mean(axis=1)


def l2(made, truth):
    return ((made - truth) ** 2).mean(axis=1)


MADE = {"x": jnp.array([[1.0, 2], [3, 4]])}
TRUTH = {"x": jnp.array([[0.0, 2], [3, 0]])}
# Rows of |made - truth| are (1, 0) and (0, 4): means 1/2 and 2, over both 5/4; squared 1/2 and 8.
TERMS = [("l1", 100.0, l1), ("l2", 2.0, l2)]


def judge_still(variables, given, *, keys, train):
    return {"score": jnp.zeros(len(given["x"])), "features": given["x"]}, {}


@pytest.mark.parametrize("adversarial", [1.0, 0.25])
def test_terms_by_hand(adversarial):
    critic, loss = Network(None, judge_still), ADVERSARIAL["non_saturating"]()
    game = pair_game(GENERATOR, critic, loss, draw=None, terms=TERMS, adversarial=adversarial)
    value, metrics = game.generator_loss({"params": {}}, TRUTH, MADE, 0, KEYS[:2])
    np.testing.assert_allclose(value, adversarial * log(2) + 100 * 1.25 + 2 * 4.25, rtol=1e-6)
    assert metrics == {"generator_loss": value, "l1": 1.25, "l2": 4.25}
    # They are the generator's alone.
    total, (_, metrics) = game.critic_loss({}, {}, TRUTH, MADE, 0, KEYS[:2])
    np.testing.assert_allclose(total, log(4), rtol=1e-6)
    assert metrics.keys() == {"critic_loss", "real_score", "fake_score"}


def test_without_an_adversarial_loss_no_critic_is_asked():
    def judge(*args, **options):
        raise AssertionError("asked")

    critic, loss = Network(None, judge), ADVERSARIAL["non_saturating"]()
    game = pair_game(GENERATOR, critic, loss, draw=None, terms=TERMS, adversarial=0.0)

    def total(x):
        return game.generator_loss({"params": {}}, TRUTH, {"x": x}, 0, KEYS[:2])

    (value, metrics), slope = jax.value_and_grad(total, has_aux=True)(MADE["x"])
    np.testing.assert_allclose(value, 125 + 8.5, rtol=1e-6)
    assert metrics == {"generator_loss": value, "l1": 1.25, "l2": 4.25}
    # Of 4 numbers: 100 sign(d) / 4 + 2 * 2 d / 4, at d = 1 and 4.
    np.testing.assert_allclose([slope[0, 0], slope[1, 1]], [25 + 1, 25 + 4], rtol=1e-6)
