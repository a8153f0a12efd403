"""Images that are varied on their way to the critic, and how often: by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.build.parts.augmentation import adapt as adapt_of
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.games import geometric
from jaxgan.games.augmented import STATE, augmented, feedback
from jaxgan.games.diffaugment import VARIATIONS, variation
from jaxgan.losses import ADVERSARIAL, Critic
from jaxgan.losses.penalties import r1
from jaxgan.models.network import Network

N, SIDES = 64, (8, 16)
SQUARE = (8, 8)
KEYS = jax.random.split(jax.random.key(0), N)
X = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (N, *SIDES, 3)), jnp.float32)
EVERY_ROW = pytest.mark.parametrize("name", VARIATIONS)


def varied(name, x=X, probability=1.0, keys=KEYS):
    x = x[:, :, : SQUARE[1]] if name == "turn" else x
    return jax.jit(variation((name,)), static_argnums=2)(x, keys, probability)


@EVERY_ROW
def test_rows_are_independent_and_drawn_by_their_keys(name):
    """So that a run is the same on any number of devices; at 0 bits stay, at 1/2 half of them."""
    whole = varied(name)
    part = varied(name, X[5:7], keys=KEYS[5:7])
    np.testing.assert_allclose(part, whole[5:7], rtol=1e-5, atol=1e-6)
    as_it_was = X[:, :, : whole.shape[2]]
    np.testing.assert_array_equal(varied(name, probability=0.0), as_it_was)
    half = varied(name, probability=0.5)
    ends = (as_it_was, whole)
    same, as_whole = (np.abs(half - end).max(axis=(1, 2, 3)) < 1e-6 for end in ends)
    # A flip leaves half of those that it meets, and a turn a fourth.
    assert np.all(same | as_whole) and 16 < same.sum() < 58


def test_color_by_hand():
    """The authors' lines in NumPy; what one image of one grey and contrast can become."""
    key = jax.random.key(3)
    bright, saturated, contrast = np.asarray(jax.random.uniform(key, (3,)), np.float64)
    x = np.asarray(X[0], np.float64)
    y = x + bright - 0.5
    y = (y - y.mean(2, keepdims=True)) * (2 * saturated) + y.mean(2, keepdims=True)
    y = (y - y.mean()) * (contrast + 0.5) + y.mean()
    color = VARIATIONS["color"]()
    np.testing.assert_allclose(color(X[0], key), y, atol=1e-6)
    # d/dx of a sum: brightness adds, saturation keeps each pixel's mean, contrast that of all.
    slope = jax.grad(lambda x: color(x, key).sum())(X[0])
    np.testing.assert_allclose(slope, 1, atol=1e-5)
    flat = varied("color", jnp.zeros((N, 4, 4, 3)))  # grey: brightness alone, U(-1/2, 1/2)
    assert np.ptp(flat, axis=(1, 2, 3)).max() < 1e-6
    assert -0.5 <= flat.min() < -0.4 and 0.4 < flat.max() <= 0.5


def test_translation_by_hand():
    """8 rows by up to 1, 16 columns by up to 2, zeros where nothing came from."""
    rows, columns = jnp.meshgrid(jnp.arange(1.0, 9), jnp.arange(1.0, 17), indexing="ij")
    places = jnp.broadcast_to(jnp.stack([rows, columns], -1), (N, *SIDES, 2))
    made = np.asarray(varied("translation", places))
    down = 4 - made[:, 3, 8, 0]
    right = 9 - made[:, 3, 8, 1]
    assert set(down) == {-1, 0, 1} and set(right) == {-2, -1, 0, 1, 2}
    for image, d, r in zip(made, down.astype(int), right.astype(int), strict=True):
        beside = np.pad(np.asarray(places[0]), ((1, 1), (2, 2), (0, 0)))
        np.testing.assert_array_equal(image, beside[1 - d : 9 - d, 2 - r : 18 - r])
    # A pixel that stays has slope 1, one that leaves 0.
    slope = jax.grad(lambda x: variation(("translation",))(x, KEYS, 1.0).sum())(places)
    np.testing.assert_array_equal(
        slope.sum((1, 2, 3)), 2 * (8 - np.abs(down)) * (16 - np.abs(right))
    )


def test_cutout_by_hand():
    """A hole of 4x8 with its middle at 0 to 8 of 8 rows, 0 to 16 of 16 columns, cut off there."""
    made = np.asarray(varied("cutout", jnp.ones((N, *SIDES, 1))))[..., 0]
    seen = set()
    for image in made:
        rows, columns = (np.flatnonzero((image == 0).any(axis=axis)) for axis in (1, 0))
        assert (image[np.ix_(rows, columns)] == 0).all() and (image == 0).sum() == len(rows) * len(
            columns
        )
        assert (np.diff(rows) == 1).all() and 2 <= len(rows) <= 4 and 4 <= len(columns) <= 8
        seen.add((len(rows), len(columns)))
    assert {(2, 8), (4, 8)} <= seen
    np.testing.assert_array_equal(
        jax.grad(lambda x: variation(("cutout",))(x, KEYS, 1.0).sum())(X), made[..., None] + 0 * X
    )


def test_a_warp_by_hand():
    """Right angles are those of NumPy; halves between pixels; the mirror beyond the border."""
    square = np.asarray(X[0, :, :8])
    turned = geometric.warped(X[0, :, :8], jnp.array([[0.0, 1.0], [-1.0, 0.0]]))
    np.testing.assert_allclose(turned, np.rot90(square), atol=1e-5)
    line = jnp.array([0.0, 1.0, 2.0, 3.0]).reshape(1, 4, 1)
    # From the middle, 1.5: places 0.75, 1.25, 1.75, 2.25 of a line that is its own place.
    half = geometric.warped(line, jnp.diag(jnp.array([1.0, 0.5])))
    np.testing.assert_allclose(half[0, :, 0], [0.75, 1.25, 1.75, 2.25])
    # And -1.5, .5, 2.5, 4.5, of which the outer ones are mirrored at 0 and at 3.
    twice = geometric.warped(line, jnp.diag(jnp.array([1.0, 2.0])))
    np.testing.assert_allclose(twice[0, :, 0], [1.5, 0.5, 2.5, 1.5])


def test_flips_and_turns_are_of_the_image():
    for name, ways in (("flip", [X, X[:, :, ::-1]]), ("turn", [0, 1, 2, 3])):
        if name == "turn":
            ways = [np.rot90(X[:, :, :8], times, (1, 2)) for times in ways]
        made = np.asarray(varied(name))
        equal = np.stack([(made == way).all(axis=(1, 2, 3)) for way in ways])
        assert equal.any(axis=0).all() and (equal.sum(axis=1) > 64 / len(ways) / 3).all()
    with pytest.raises(UserError, match="turn is for square images, not 8x16; leave it out"):
        variation(("turn",))(X, KEYS, 1.0)


def test_factors_of_two_to_a_fifth():
    """A cone's width is log2-normal: of the 64 factors mean 0 and deviation .2, to three errors."""
    rows = jnp.abs(jnp.arange(65.0) - 32)[:, None, None]
    far = jnp.broadcast_to(jnp.maximum(rows, 0), (N, 65, 65, 1))
    for name in ("scale", "stretch"):
        slope = np.asarray(varied(name, far))[:, 36, 32, 0] / 4  # 1 / factor, along the height
        found = -np.log2(slope)
        assert abs(found.mean()) < 0.2 * 3 / 8 and 0.14 < found.std() < 0.26


def linear(weights):
    """A critic with the score sum(weights * x), and no parameters."""

    def apply(variables, given, *, keys=None, train):
        score = (weights * given["x"]).sum(axis=(1, 2, 3))
        return {"score": score, "features": given["x"].reshape(len(score), -1)}, variables

    return Network(lambda key: {"params": {}}, apply, ("x",))


def test_a_penalty_sees_the_slope_in_the_image_as_it_was():
    """Through a hole nothing reaches the score: |slope|^2 / 2 is what is left of the weights."""
    weights = jnp.asarray(np.random.default_rng(1).normal(size=X.shape[1:]), jnp.float32)
    critic = augmented(linear(weights), variation(("cutout",)), 1.0)

    def scores(x, train=True):
        return critic.apply({}, {"x": x}, keys=KEYS, train=train)[0]["score"]

    left = jax.jit(lambda x: r1(Critic(scores), x, None, None))(X)
    holes = jax.grad(lambda x: scores(x).sum())(X) == 0
    assert holes.any(axis=(1, 2, 3)).all()
    np.testing.assert_allclose(left, ((weights * ~holes) ** 2).sum((1, 2, 3)) / 2, rtol=1e-5)
    np.testing.assert_allclose(scores(X, False), (weights * X).sum((1, 2, 3)), rtol=1e-4)
    assert critic.init(KEYS[0]) == {"params": {}}


def test_feedback_by_hand():
    """r = mean sign: 1/2, 1, 1 of what ADA asks 0.6; steps of 1/4 from 1/8, never beyond [0, 1]."""
    critic = augmented(linear(1.0), variation(("cutout",)), 0.125, learned=True)
    state = critic.init(KEYS[0])
    assert state == {"params": {}, STATE: {"probability": 0.125}}
    _, mutables = critic.apply(state, {"x": X}, keys=KEYS, train=True)
    assert mutables == state  # what it looks at moves nothing
    fake = jnp.array([2.0, -1.0, -4.0, 5.0])
    signs = {"half": [3, 2, 1, -1], "all": [1, 2, 3, 4]}

    def path(pairs, *told, **middle):
        adapt = feedback(0.6, 4, pairs, lambda number: number, **middle)
        mutables, found = {**state}, []
        for name in told:
            mutables, metrics = adapt(mutables, jnp.array(signs[name], jnp.float32), fake)
            found.append((float(metrics["real_told"]), float(metrics[STATE])))
        assert mutables[STATE]["probability"] == found[-1][1]
        return found

    assert path(False, "half", "all", "all") == [(0.5, 0.0), (1.0, 0.25), (1.0, 0.5)]
    assert path(False, *["all"] * 4)[-1] == (1.0, 1.0)
    # Of pairs 3 > 2, 2 > -1, 1 > -4, -1 < 5, and 1 < 2, 2 > -1, 3 > -4, 4 < 5.
    assert path(True, "half", "all") == [(0.5, 0.0), (0.0, 0.0)]
    # Above a middle of -2 are all of 3, 2, 1, -1; above 1.5 two of them; pairs have none.
    assert path(False, "half", middle=-2.0) == [(1.0, 0.375)]
    assert path(False, "half", middle=1.5) == [(0.0, 0.0)]
    assert path(True, "half", middle=1.5) == path(True, "half")


def test_a_smoothed_critic_that_guesses_is_sure_of_nothing():
    """Its scores are log(.9 / 1.1), below 0, of which a feedback from 0 on would read -1."""
    smoothed = config(target=0.6, updates=4, probability=0.5)
    smoothed.label_smoothing = 0.1
    adapt = adapt_of(smoothed, lambda number: number)["adapt"]
    state = {STATE: {"probability": 0.5}}
    scores = jnp.log(0.9 / 1.1) + jnp.array([-0.01, 0.01])
    assert float(adapt(state, scores, scores)[1]["real_told"]) == 0.0


def config(**augmentation):
    config = defaults.get_config()
    config.generator = defaults.generator("mlp", features=(4,))
    config.critic = defaults.critic("mlp", features=(4,))
    config.batch_size, config.game.z_dim, config.steps, config.steps_per_call = 8, 2, 4, 4
    config.penalties.r1.weight = config.penalties.r2.weight = 0.1
    config.augmentation.update({"rows": "translation,cutout", **augmentation})
    return config


def play(config, devices=1, state=None, count=3):
    run = prepare(config, device_count=devices)
    state = run.devices.replicate(jax.jit(run.create)()) if state is None else state
    feed = run.feed(run.phases[0])
    call = run.call(run.phases[0], feed)
    state, log, _ = call(state, *feed.block(int(state.step), count), np.int32(count))
    return run.devices.local(state), jax.tree.map(lambda entries: entries[:count], log)


def test_a_run_with_feedback_is_the_same_on_two_devices_and_goes_on_to_its_bits():
    learned = config(target=0.6, updates=20, probability=0.5)
    state, log = play(learned)
    told = np.sign(log["real_told"] - 0.6).cumsum() / 20
    np.testing.assert_allclose(log[STATE], 0.5 + told, rtol=1e-5)
    assert state.critic.mutables[STATE]["probability"] == log[STATE][-1]
    half, _ = play(learned, count=1)
    resumed, _ = play(learned, state=half, count=2)
    jax.tree.map(np.testing.assert_array_equal, resumed, state)
    spread, _ = play(learned, devices=2)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), spread, state)


def test_a_probability_moves_with_the_step():
    """From 0, where the game is that without variations, to 1 within two steps."""
    moving = config(probability=0.0)
    moving.schedules.to, moving.schedules.steps = "augmentation.probability=1", 2
    _, log = play(moving)
    _, still = play(config(rows=""))
    equal = np.isclose(log["critic_loss"], still["critic_loss"], rtol=1e-5)
    np.testing.assert_array_equal(equal, [True, False, False])


@pytest.mark.parametrize(
    ("game", "settings", "told"),
    [
        (
            "unconditional",
            {"rows": "blur"},
            "unknown variation 'blur'; known: color, cutout, flip, rotation, scale, stretch",
        ),
        ("unconditional", {"rows": "", "target": 0.6}, "set augmentation.rows=color,"),
        ("translation", {}, "game 'translation' shows its critic more than one image"),
        ("multi_generator", {"target": 0.6}, "'multi_generator' steers no probability.*auxiliary"),
    ],
)
def test_a_wrong_word_is_told(game, settings, told):
    wrong = config(**settings)
    wrong.game = defaults.game(game)
    with pytest.raises(UserError, match=told):
        parts.check_names(wrong)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_target_needs_scores_that_tell(name):
    """The best score of an example as often real as fake is 0, or differences alone count."""
    critic = ADVERSARIAL[name]().critic
    real, fake = jnp.array([[-2.0, 0.0, 0.5], [1.0, 0.0, 3.0]])
    pairs = np.allclose(critic(real + 2, fake + 2), critic(real, fake), rtol=1e-5)
    down, up = jax.grad(lambda *scores: critic(*scores).sum(), (0, 1))(real, fake)
    centred = down[1] < 0 < up[1] and abs(down[1] + up[1]) < 1e-6 and not pairs
    facts = ADVERSARIAL[name].facts
    assert (facts.get("pairs", False), facts.get("centred", False)) == (pairs, centred)
    asked = config(target=0.6)
    asked.loss = defaults.loss(name)
    if pairs or centred:
        parts.check_names(asked)
    else:
        with pytest.raises(UserError, match=f"loss '{name}' has no score, 0.*minimax.*relativ"):
            parts.check_names(asked)


def test_points_are_no_images():
    wrong = config()
    wrong.data.name = "ring"
    with pytest.raises(UserError, match="vary images, and these examples are none"):
        prepare(wrong, device_count=1)
