import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.data.view import to_uint8
from jaxgan.features import FEATURES, extractor

TRACES = []


def forward(variables, x):
    TRACES.append(x.shape)
    means = variables["gain"] * x.mean((1, 2))
    return means, jnp.stack([means[:, 0], jnp.zeros(len(x))], axis=1)


def toy(chunk=3):
    return extractor.make(
        "toy", "0" * 64, (2, 2), forward, {"gain": 4.0}, lambda shape: None, chunk
    )


def images(count=7):
    return np.random.default_rng(0).uniform(-1, 1, (count, 3, 5, 2)).astype(np.float32)


def test_chunks_are_compiled_once_and_keep_the_order():
    TRACES.clear()
    calls, x = [], images()
    extract = toy()
    features, logits = extract.run(x, progress=lambda *counts: calls.append(counts))
    extract.run(x[:1])
    assert TRACES == [(3, 3, 5, 2)]
    assert calls == [(3, 7), (6, 7), (7, 7)]
    assert features.dtype == logits.dtype == np.float32
    # What the eight bits of a saved picture leave of x.
    expected = 4 * (to_uint8(x) / 127.5 - 1).mean((1, 2))
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(toy(chunk=7).features(x), features)


def test_probabilities_are_the_softmax_of_the_logits():
    x = np.full((1, 2, 2, 2), 1.0, np.float32)  # logits (4, 0)
    expected = [[1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4))]]
    np.testing.assert_allclose(toy().probabilities(x), expected, rtol=1e-6)


def test_values_between_the_eight_bits_are_rounded_and_strays_clipped():
    # Levels lie at k / 127.5 - 1; of 0.25 + 127.5 levels the nearest is 128, and 1.0005 is white.
    x = np.array([0.25 / 127.5, 0.75 / 127.5, 1.0005, -1.0005], np.float32).reshape(4, 1, 1, 1)
    seen = (np.asarray(extractor.eight_bits(x)).ravel() + 1) * 127.5
    np.testing.assert_allclose(seen, [128, 128, 255, 0], atol=1e-4)


WRONG = {
    r"\[N, H, W, C\] .* not \(3, 5, 2\)": images()[0],
    r"at least 1, not \(0, 3, 5, 2\)": images(0),
    "not uint8; x / 127.5 - 1": to_uint8(images()),
    "these reach from 0.0 to 255.0": np.array([0.0, 255.0]).reshape(2, 1, 1, 1),
    "these reach from nan": np.full((1, 1, 1, 1), np.nan),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_other_images_are_refused(sentence):
    with pytest.raises(UserError, match=sentence):
        toy().run(WRONG[sentence])


@pytest.mark.parametrize("name", FEATURES)
def test_every_row_takes_a_chunk(name):
    assert FEATURES[name].options["chunk"] > 0
    with pytest.raises(UserError, match="chunk is 0"):
        extractor.make(name, "", (1, 1), forward, {}, None, 0)
