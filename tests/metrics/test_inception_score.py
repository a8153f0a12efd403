import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from jaxgan.metrics import inception_score


def test_closed_forms():
    # Sure of one class, and all K classes equally often: K. Always the same answer: 1.
    sure = np.tile(np.eye(4), (50, 1))
    np.testing.assert_allclose(inception_score(sure), (4, 0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(inception_score(np.full((200, 4), 0.25)), (1, 0), atol=1e-12)
    # Half the rows say (1, 0), half (1/2, 1/2), so that p(y) = (3/4, 1/4): the mean of
    # KL = log(4/3) and KL = log(2/3) / 2 + log(2) / 2 = log(4/3) / 2.
    half = np.tile([[1, 0], [0.5, 0.5]], (10, 1))
    np.testing.assert_allclose(inception_score(half, 1)[0], (4 / 3) ** 0.75, rtol=1e-12)


def test_agrees_with_its_definition():
    logits = 3 * np.random.default_rng(0).standard_normal((203, 5))
    p = softmax(logits, axis=1)
    # Runs of 50, 51, 51, 51: sum p log(p / mean p) is SciPy's entropy of two arguments.
    bounds = [0, 50, 101, 152, 203]
    runs = [p[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    scores = [np.exp(np.mean([entropy(row, run.mean(0)) for row in run])) for run in runs]
    expected = (np.mean(scores), np.std(scores))
    np.testing.assert_allclose(inception_score(p, 4), expected, rtol=1e-12)
    np.testing.assert_allclose(inception_score(logits + 1e3, 4, logits=True), expected, rtol=1e-10)
    assert 1 < expected[0] < 5 and expected[1] > 0
    far = inception_score(np.tile(1e4 * np.eye(3), (9, 1)), 1, logits=True)  # exp would overflow
    np.testing.assert_allclose(far, (3, 0), rtol=1e-12)


def test_agrees_with_torch_fidelity(torchvision):
    fidelity = pytest.importorskip(
        "torch_fidelity.metric_isc", reason="the extra `parity` brings it"
    )
    import torch

    logits = np.random.default_rng(0).standard_normal((500, 7))
    found = fidelity.isc_features_to_metric(torch.from_numpy(logits), splits=5, shuffle=False)
    expected = found["inception_score_mean"], found["inception_score_std"]
    np.testing.assert_allclose(inception_score(logits, 5, logits=True), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "predictions, splits, sentence",
    [
        (np.eye(3), 4, "splits is 4; it must be from 1 to 3"),
        (np.array([[2.0, -1], [1, 0]]), 1, "sum to 1"),
        (np.ones((5, 3)), 1, "logits=True"),
        (np.ones(5), 1, "must be"),
    ],
)
def test_mistakes(predictions, splits, sentence):
    with pytest.raises(ValueError, match=sentence):
        inception_score(predictions, splits)


def test_too_few_are_warned_of():
    with pytest.warns(UserWarning, match="19 rows a split are fewer than 5 for each of 4"):
        inception_score(np.full((199, 4), 0.25))
