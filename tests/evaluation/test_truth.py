"""What was made against what should have been: by hand, and by scikit-image."""

import numpy as np
import pytest

from jaxgan.evaluation import truth
from jaxgan.metrics import retrieval

RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(-1, 1, (3, 16, 16, 3)).astype(np.float32)
MADE = np.clip(TRUTH + RNG.normal(scale=0.1, size=TRUTH.shape), -1, 1).astype(np.float32)


def test_luma_of_known_colours():
    """BT.601 of 8 bits: black 16, white 235, red 81.481, green 144.553, blue 40.966."""
    colours = 2 * np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) - 1.0
    np.testing.assert_allclose(truth.luma(colours)[:, 0], [16, 235, 81.481, 144.553, 40.966])
    np.testing.assert_allclose(truth.luma(np.float32([[-1], [1]]))[:, 0], [16, 235])


def test_psnr_is_the_mean_of_each_image():
    """Off by .2 and by .02 of a range of 2: 20 and 40 dB."""
    made = TRUTH[:2] + np.float32([0.2, 0.02])[:, None, None, None]
    np.testing.assert_allclose(truth.psnr(made, TRUTH[:2]), 30, rtol=1e-5)


def test_scikit_image_agrees():
    metrics = pytest.importorskip("skimage.metrics", reason="the extra `parity` brings it")
    convert = pytest.importorskip("skimage.color")
    found = truth.against_truth(MADE, TRUTH, given=TRUTH[:, ::2, ::2])
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    pairs = [((a + 1) / 2, (b + 1) / 2) for a, b in zip(MADE, TRUTH, strict=True)]
    expected = [metrics.peak_signal_noise_ratio(b, a, data_range=1) for a, b in pairs]
    np.testing.assert_allclose(found["psnr"], np.mean(expected), rtol=1e-5)
    # scikit-image pads; the windows that lie wholly inside are those 5 pixels from the border.
    ssim = []
    for a, b in pairs:
        _, whole = metrics.structural_similarity(
            b, a, data_range=1, channel_axis=2, full=True, **options
        )
        ssim.append(whole[5:-5, 5:-5].mean())
    np.testing.assert_allclose(found["ssim"], np.mean(ssim), rtol=1e-4)
    y = [[convert.rgb2ycbcr(x)[2:-2, 2:-2, 0] for x in pair] for pair in pairs]
    expected = [metrics.peak_signal_noise_ratio(b, a, data_range=255) for a, b in y]
    np.testing.assert_allclose(found["psnr_y"], np.mean(expected), rtol=1e-5)
    lab = [[convert.rgb2lab(x)[..., 1:] for x in pair] for pair in pairs]
    expected = np.mean([np.linalg.norm(a - b, axis=-1) for a, b in lab])
    grey = truth.against_truth(MADE, TRUTH, given=TRUTH[..., :1])
    np.testing.assert_allclose(grey["colour_error"], expected, rtol=2e-3)


def test_what_is_told_follows_from_what_was_given():
    plain = {"l1", "psnr", "ssim"}
    mask = np.zeros((3, 16, 16, 1), np.float32)
    assert set(truth.against_truth(MADE, TRUTH)) == plain
    assert set(truth.against_truth(MADE, TRUTH, TRUTH)) == plain
    assert set(truth.against_truth(MADE, TRUTH, TRUTH, mask)) == plain | {"l1_hole", "psnr_hole"}
    assert set(truth.against_truth(MADE, TRUTH, TRUTH[..., :1])) == plain | {"colour_error"}
    enlarged = truth.against_truth(MADE, TRUTH, TRUTH[:, ::2, ::2])
    assert set(enlarged) == plain | {"psnr_y", "ssim_y"}  # 12 pixels are left of 16
    assert "ssim_y" not in truth.against_truth(MADE, TRUTH, TRUTH[:, ::4, ::4])  # and 8 here
    large = RNG.uniform(-1, 1, (1, 176, 180, 1)).astype(np.float32)
    assert truth.against_truth(large, large)["ms_ssim_to_truth"] == pytest.approx(1)


def test_a_hole_counts_alone():
    """Off by .2 in a hole of 4 pixels, and by 1 outside."""
    mask = np.zeros((1, 8, 8, 1), np.float32)
    mask[0, 2:4, 2:4] = 1
    made = np.where(mask > 0, 0.2, 1.0).repeat(3, axis=3).astype(np.float32)
    found = truth.against_truth(made, np.zeros_like(made), made, mask)
    np.testing.assert_allclose((found["l1_hole"], found["psnr_hole"]), (0.2, 20), rtol=1e-5)


def test_floors_of_each_kind():
    assert set(truth.floors(TRUTH)) == {"constant"}
    same = truth.floors(TRUTH, MADE)
    assert set(same) == {"given", "colour map", "constant"}
    np.testing.assert_array_equal(same["given"], MADE)
    grey = truth.floors(TRUTH, MADE[..., :1])["given"]
    np.testing.assert_array_equal(grey, MADE[..., :1].repeat(3, axis=3))
    small = truth.floors(TRUTH, np.full((3, 4, 4, 3), 0.25, np.float32))
    assert set(small) == {"bicubic", "constant"}
    np.testing.assert_allclose(small["bicubic"], 0.25, atol=1e-6)
    mask = np.zeros((3, 16, 16, 1), np.float32)
    mask[:, :8] = 1
    half = np.full((3, 16, 16, 3), 9.0, np.float32)
    half[:, 8:, :8], half[:, 8:, 8:] = 0.5, -0.1
    holes = truth.floors(TRUTH, half, mask)
    assert set(holes) == {"masked mean", "constant"}
    np.testing.assert_allclose(holes["masked mean"][:, :8], 0.2, atol=1e-6)
    np.testing.assert_array_equal(holes["masked mean"][:, 8:], half[:, 8:])


def test_the_best_colour_map_undoes_a_recolouring():
    """Channels in another order, halved and shifted: one affine map brings them back."""
    given = (0.5 * TRUTH[..., ::-1] - 0.25).astype(np.float32)
    found = truth.floors(TRUTH, given)["colour map"]
    np.testing.assert_allclose(found, TRUTH, atol=1e-5)
    # Of grey one colour a level: none is nearer in squares than the least squares.
    grey = truth.floors(TRUTH, TRUTH.mean(axis=3, keepdims=True))
    squares = [((grey[name] - TRUTH) ** 2).mean() for name in ("colour map", "given")]
    assert squares[0] <= squares[1]


def test_no_constant_is_nearer():
    constant = truth.floors(TRUTH)["constant"]
    assert (constant == constant[0]).all()
    least = np.abs(constant - TRUTH).mean()
    for _ in range(20):
        other = constant + RNG.normal(scale=0.1, size=TRUTH.shape[1:])
        assert np.abs(other - TRUTH).mean() > least


def test_retrieval_by_hand():
    """Classes 0, 0, 1 at 0, 4, 5 on a line; made at 1, 4.6, 4.9.

    Of the same class the nearest of 1 is 0 and of 4.6 is 4: right; 5 is the only one of its class.
    Of all, the nearest of 4.6 is 5, of the other class.
    """
    real = np.array([[0.0], [4], [5]])
    made, labels = np.array([[1.0], [4.6], [4.9]]), np.array([0, 0, 1])
    np.testing.assert_allclose(retrieval(made, real, labels), (1, 2 / 3))
    # Without classes 5 is the nearest of 4.6, and not its own.
    np.testing.assert_allclose(retrieval(made, real), (2 / 3, 1))
    # Three that cannot be told apart: one in three.
    around = np.array([[1.0, 0], [0, 1], [-1, 0]])  # all as near, but not the same
    np.testing.assert_allclose(retrieval(np.zeros((3, 2)), around), (1 / 3, 1))
    np.testing.assert_allclose(retrieval(np.zeros((3, 2)), np.ones((3, 2))), (1, 1))
    with pytest.raises(ValueError, match="differ"):
        retrieval(made, real[:2])
