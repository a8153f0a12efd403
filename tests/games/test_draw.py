"""What a game draws beside the examples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.games import draw

N = 4000
KEYS = jax.random.split(jax.random.key(0), N)
# name -> (mean, variance, fourth central moment): N(0, 1); U[-1, 1): 0, 1/3, 1/5; a fair coin.
MOMENTS = {"normal": (0, 1, 3), "uniform": (0, 1 / 3, 1 / 5), "bernoulli": (1 / 2, 1 / 4, 1 / 16)}


def test_the_distributions_are_all_tried_here():
    assert set(draw.DISTRIBUTIONS) == {*MOMENTS, "clusters"}
    with pytest.raises(UserError, match="unknown distribution of z 'x'; known: bernoulli"):
        draw.z((2,), "x")


@pytest.mark.parametrize("name", MOMENTS)
def test_z_has_its_distribution(name):
    z = draw.z((2, 3), name)({}, KEYS, 0)["z"]
    assert z.shape == (N, 2, 3) and z.dtype == jnp.float32
    values = np.asarray(z, np.float64).ravel()
    mean, variance, fourth = MOMENTS[name]
    # Four standard errors: sqrt(var / n) of the mean, sqrt((fourth - var^2) / n) of the variance.
    assert abs(values.mean() - mean) < 4 * (variance / values.size) ** 0.5
    spread = ((values - mean) ** 2).mean()
    assert abs(spread - variance) <= 4 * ((fourth - variance**2) / values.size) ** 0.5
    if name == "normal":
        assert stats.kstest(values, "norm").pvalue > 0.01
    if name == "uniform":
        assert -1 <= values.min() < -0.99 and 0.99 < values.max() < 1
        assert stats.kstest(values, stats.uniform(-1, 2).cdf).pvalue > 0.01
    if name == "bernoulli":
        assert set(np.unique(values)) == {0, 1}
    # The entries of a row know nothing of one another: |r| < 4 / sqrt(n).
    off_diagonal = np.corrcoef(z.reshape(N, 6).T)[~np.eye(6, dtype=bool)]
    assert np.abs(off_diagonal).max() < 4 / N**0.5


def test_half_of_z_is_a_cluster():
    """Three of seven numbers: sqrt(3) at one place, 0 at the others; the mean square is 1."""
    z = np.asarray(draw.z((2, 7), "clusters")({}, KEYS, 0)["z"])
    assert z.shape == (N, 2, 7) and z.dtype == np.float32
    cluster, rest = z[..., :3].reshape(-1, 3), z[..., 3:].reshape(-1, 4)
    np.testing.assert_allclose(np.sort(cluster, axis=1), [[0, 0, 3**0.5]] * 2 * N, rtol=1e-6)
    assert stats.chisquare((cluster > 0).sum(axis=0)).pvalue > 0.01
    assert stats.kstest(rest.ravel(), "norm").pvalue > 0.01
    # The clusters of the two generators' z, and the two parts of one, know nothing of one another.
    drawn = np.concatenate([z[:, 0, :1], z[:, 1, :1], z[:, 0, 3:]], axis=1)
    off_diagonal = np.corrcoef(drawn.T)[~np.eye(6, dtype=bool)]
    assert np.abs(off_diagonal).max() < 4 / N**0.5
    alone = draw.z((1,), "clusters")({}, KEYS, 0)["z"]
    assert alone.shape == (N, 1) and stats.kstest(alone[:, 0], "norm").pvalue > 0.01


@pytest.mark.parametrize("name", draw.DISTRIBUTIONS)
def test_a_row_of_z_is_its_own_keys_alone(name):
    """Whatever the batch, its other rows and the step."""
    z = draw.z((5,), name)
    whole = z({"x": jnp.zeros((8, 2))}, KEYS[:8], 0)["z"]
    picked = np.array([6, 1, 3])
    part = z({"x": jnp.ones((3, 2)), "label": jnp.zeros(3)}, KEYS[picked], 7)["z"]
    np.testing.assert_array_equal(part, whole[picked])
    assert len(np.unique(whole, axis=0)) == 8 or name == "bernoulli"
    sample = {"normal": jax.random.normal, "bernoulli": jax.random.bernoulli}.get(name)
    if sample is not None:
        key = KEYS[6]
        expected = sample(key, (5,)) if name == "normal" else sample(key, shape=(5,))
        np.testing.assert_array_equal(part[0], expected)


def test_what_is_there_stays():
    given = {"z": jnp.full((4, 2), 7.0), "x": jnp.ones((4, 1))}
    drawn = draw.compose(draw.z((2,), "normal"))(given, KEYS[:4], 0)
    assert drawn == given and drawn is not given


def test_one_hot():
    one_hot = draw.one_hot("label", 3)
    x = jnp.ones((4, 1))
    drawn = one_hot({"x": x, "label": jnp.array([0, 2, 1, 2])}, KEYS[:4], 0)
    assert drawn["x"] is x and drawn["label"].dtype == jnp.float32
    np.testing.assert_array_equal(
        drawn["label"], [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]], strict=False
    )
    # Where samples are asked for without labels, there is nothing to turn.
    assert one_hot({"x": x}, KEYS[:4], 0) == {"x": x}


def test_draws_one_after_the_other_have_random_numbers_of_their_own():
    """The first has the keys as they are: adding a draw behind it does not change it."""

    def note(name):
        return lambda batch, keys, step: {**batch, name: jax.random.key_data(keys), "step": step}

    def check(batch, keys, step):
        assert "first" in batch  # of those before
        return batch

    drawn = draw.compose(note("first"), check, note("third"))({"x": 1}, KEYS[:4], 5)
    assert drawn.keys() == {"x", "first", "third", "step"} and drawn["step"] == 5
    np.testing.assert_array_equal(drawn["first"], jax.random.key_data(KEYS[:4]))
    expected = [jax.random.key_data(jax.random.fold_in(key, 2)) for key in KEYS[:4]]
    np.testing.assert_array_equal(drawn["third"], expected)


@pytest.mark.parametrize("classes", [2, 5])
def test_another_label_is_never_the_true_one_and_any_of_the_others(classes):
    labels = np.arange(N) % classes
    given = {"x": "stays", "label": jax.nn.one_hot(labels, classes)}
    wrong = draw.other("label")(given, KEYS)
    assert wrong.keys() == given.keys() and wrong["x"] == "stays"
    assert wrong["label"].shape == (N, classes) and wrong["label"].dtype == jnp.float32
    np.testing.assert_array_equal(np.sort(wrong["label"], axis=1)[:, -2:], [[0.0, 1.0]] * N)
    found = np.argmax(wrong["label"], axis=1)
    assert np.all(found != labels)
    counts = np.bincount((found - labels) % classes, minlength=classes)[1:]
    assert classes == 2 or stats.chisquare(counts).pvalue > 0.01
    # Row by row.
    few = np.array([5, 2])
    part = draw.other("label")({"label": given["label"][few]}, KEYS[few])
    np.testing.assert_array_equal(part["label"], wrong["label"][few])


def test_truncated_noise():
    """What is within stays, the rest is as N(0, 1) between the thresholds (SciPy's quantiles)."""
    keys = jax.random.split(jax.random.key(0), 400)
    z = noise.normal(keys, (25,))
    found = np.asarray(draw.truncated(z, keys, 1.5))
    within = np.abs(z) <= 1.5
    assert np.abs(found).max() <= 1.5 and 0.85 < within.mean() < 0.88
    np.testing.assert_array_equal(found[within], np.asarray(z)[within])
    for part in (found.ravel(), found[~within]):
        assert stats.kstest(part, stats.truncnorm(-1.5, 1.5).cdf).pvalue > 0.01
    np.testing.assert_array_equal(draw.truncated(z, keys, 9.0), z)


def test_what_is_between_two_classes_stays():
    batch = {"label": jnp.array([[0.5, 0.5, 0.0]])}
    assert draw.one_hot("label", 3)(batch, None, 0)["label"] is batch["label"]
