import numpy as np
import pytest
from scipy.signal import convolve2d

from jaxgan.metrics import diversity, ms_ssim, similarity


def images(*shape, seed=0):
    """Smooth random images, so that there is structure at every scale."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    coarse = noise.repeat(4, 1).repeat(4, 2)[:, : shape[1], : shape[2]]
    return np.tanh(coarse + 0.3 * noise)


def naive(a, b, weights):
    """One pair of one channel in [0, 255], with one two-dimensional window, scale by scale."""
    at = np.arange(-5, 6)
    window = np.exp(-(at[:, None] ** 2 + at**2) / 4.5)
    window /= window.sum()

    def smooth(x):
        return convolve2d(x, window, mode="valid")

    a, b = (127.5 * (x + 1) for x in (a, b))
    c1, c2, product = 2.55**2, 7.65**2, 1.0
    for scale, weight in enumerate(weights):
        m, n = smooth(a), smooth(b)
        v, w, covariance = smooth(a**2) - m**2, smooth(b**2) - n**2, smooth(a * b) - m * n
        value = (2 * covariance + c2) / (v + w + c2)
        if scale == len(weights) - 1:
            value *= (2 * m * n + c1) / (m**2 + n**2 + c1)
        product *= max(value.mean(), 0) ** weight
        h, w = a.shape[0] // 2 * 2, a.shape[1] // 2 * 2
        a, b = ((x[:h:2] + x[1:h:2])[:, :w] for x in (a, b))
        a, b = ((x[:, ::2] + x[:, 1::2]) / 4 for x in (a, b))
    return product


@pytest.mark.parametrize(
    "height, width, scales", [(11, 30, 1), (21, 21, 1), (28, 28, 2), (45, 64, 3), (190, 176, 5)]
)
def test_agrees_with_its_definition(height, width, scales):
    a, b = images(2, height, width, 2), images(2, height, width, 2, seed=1)
    b = 0.7 * a + 0.3 * b
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    if scales < 5:
        weights /= weights.sum()
    expected = [
        np.mean([naive(a[i, :, :, c], b[i, :, :, c], weights) for c in range(2)]) for i in range(2)
    ]
    found = ms_ssim(a, b)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    np.testing.assert_allclose(ms_ssim(b, a), found, rtol=1e-12)
    assert np.all((found > 0.3) & (found < 0.99))


def test_closed_forms():
    # Constant images, 0.8 and 0.3 of white: no contrast, so that only the luminance is left, at
    # the weight of the coarser of two scales. Black against white has next to none.
    bright, dark, white = (np.full((1, 28, 28, 1), 2 * level - 1) for level in (0.8, 0.3, 1.0))
    luminance = (2 * 0.8 * 0.3 + 1e-4) / (0.8**2 + 0.3**2 + 1e-4)
    weight = 0.2856 / (0.0448 + 0.2856)
    np.testing.assert_allclose(ms_ssim(bright, dark), luminance**weight, rtol=1e-9)
    np.testing.assert_allclose(ms_ssim(white, -white), (1e-4 / 1.0001) ** weight, rtol=1e-9)
    a = images(5, 28, 28, 1)
    np.testing.assert_allclose(ms_ssim(a, a), 1, rtol=1e-12)
    assert np.all(ms_ssim(a, -a) == 0)


def test_agrees_with_pytorch_msssim():
    # Even sides at every scale: there is one way to halve them.
    package = pytest.importorskip("pytorch_msssim", reason="the extra `parity` brings it")
    import torch

    a, b = images(3, 176, 192, 3), images(3, 176, 192, 3, seed=1)
    b = 0.7 * a + 0.3 * b
    pair = (torch.from_numpy(127.5 * (x + 1)).permute(0, 3, 1, 2) for x in (a, b))
    expected = package.ms_ssim(*pair, data_range=255, size_average=False)
    np.testing.assert_allclose(ms_ssim(a, b), expected, rtol=1e-6)


def test_blocks_do_not_matter(monkeypatch):
    a, b = images(7, 16, 16, 3), images(7, 16, 16, 3, seed=1)
    whole = ms_ssim(a, b)
    monkeypatch.setattr(similarity, "BLOCK", 2 * 16 * 16 * 3)
    np.testing.assert_array_equal(ms_ssim(a, b), whole)


def test_diversity():
    varied = images(40, 16, 16, 1)
    found = diversity(varied, pairs=200)
    i, j = np.triu_indices(40, 1)
    every = ms_ssim(varied[i], varied[j]).mean()
    assert abs(found.similarity - every) < 4 * found.standard_error < 0.2
    assert found == diversity(varied, 200) != diversity(varied, 200, seed=1)
    # Never an image with itself, and each ordered pair alike: of three images, a, a and b, the
    # pair (a, a) is one in three.
    a, b = varied[:2]
    with pytest.warns(UserWarning, match="3 images have fewer than 3000 pairs"):
        found = diversity(np.stack([a, a, b]), pairs=3000)
    expected = (1 + 2 * ms_ssim(a[None], b[None])[0]) / 3
    assert abs(found.similarity - expected) < 4 * found.standard_error < 0.05
    alike = 0.9 * varied[:1] + 0.1 * varied
    assert diversity(alike).similarity > every + 0.3


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda x: ms_ssim(x, x[:1]), "must have one shape"),
        (lambda x: ms_ssim(x, x[:, :10]), "b must be .* sides of 11 or more"),
        (lambda x: ms_ssim(x, 2 * x), r"b must be real numbers in \[-1, 1\]"),
        (lambda x: ms_ssim(x, x.astype(np.uint8)), "its dtype is uint8"),
        (lambda x: diversity(np.where(x > 0, np.nan, x)), "images must be real numbers"),
        (lambda x: diversity(x[:1]), "1 images and 100 pairs"),
        (lambda x: diversity(x, pairs=1), "3 images and 1 pairs"),
    ],
)
def test_mistakes(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(images(3, 16, 16, 1))
