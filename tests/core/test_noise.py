import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.core import noise

KEYS = jax.random.split(jax.random.key(0), 2048)
LABELS = jnp.arange(2048) % 5
DRAWS = {
    "split_each": lambda keys, labels: jax.random.key_data(
        noise.split_each(keys, 3).swapaxes(0, 1)
    ),
    "normal": lambda keys, labels: noise.normal(keys, (2, 2, 1)),
    "other_labels": lambda keys, labels: noise.other_labels(keys, labels, 5),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_row_depends_on_its_own_key_alone(name):
    whole = DRAWS[name](KEYS, LABELS)
    np.testing.assert_array_equal(DRAWS[name](KEYS[40:44], LABELS[40:44]), whole[40:44])


def test_split_each_gives_fresh_keys():
    keys = noise.split_each(KEYS, 3)
    assert keys.shape == (3, 2048)
    data = np.concatenate([jax.random.key_data(k).reshape(-1, 2) for k in (keys, KEYS)])
    assert len(np.unique(data, axis=0)) == 4 * 2048


def test_normal():
    draws = noise.normal(KEYS, (3,))
    assert draws.shape == (2048, 3) and draws.dtype == jnp.float32
    assert stats.kstest(np.ravel(draws), "norm").pvalue > 0.01
    # Independent across the entries of an example: |r| < 4 / sqrt(n).
    assert np.all(np.abs(np.corrcoef(draws.T) - np.eye(3)) < 4 / np.sqrt(2048))


def test_other_labels_are_uniform_over_the_others():
    other = noise.other_labels(KEYS, LABELS, 5)
    counts = np.bincount((other - LABELS) % 5, minlength=5)
    assert counts[0] == 0 and np.all((other >= 0) & (other < 5))
    assert stats.chisquare(counts[1:]).pvalue > 0.01
    np.testing.assert_array_equal(noise.other_labels(KEYS, LABELS % 2, 2), 1 - LABELS % 2)
