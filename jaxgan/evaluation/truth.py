"""What was made, held against what should have been made; and what a generator must do better than.

Images are [N, H, W, C] in [-1, 1]. What is told of them follows from what was given: the luma of
what was enlarged, the colours of what was grey, the hole of what had one.
"""

import numpy as np

from jaxgan.data import colour
from jaxgan.losses import DISTANCES
from jaxgan.metrics import ms_ssim
from jaxgan.metrics.similarity import WEIGHTS, WINDOW

LUMA = np.array([65.481, 128.553, 24.966])  # ITU-R BT.601, of RGB in [0, 1], beside 16
FIVE_SCALES = WINDOW * 2 ** (len(WEIGHTS) - 1)  # side below which MS-SSIM is not the published one


def against_truth(made, truth, given=None, mask=None) -> dict[str, float]:
    """Distances and likenesses to the truth, averages over the images.

    l1: mean absolute difference in [0, 2], lower is better. psnr: dB of each image, range 2, higher
    is better. ssim (Wang et al. 2004), from sides of 11 pixels, and ms_ssim_to_truth (Wang et al.
    2003), from 176: at most 1. Enlarged images: psnr_y and ssim_y of the luma (BT.601, 16 to 235),
    a border of as many pixels as the factor left out, as papers on super-resolution do. Coloured
    ones: colour_error, the mean distance in the plane of a and b of CIELAB, in its units. Filled
    ones: l1_hole and psnr_hole of the pixels in the hole.

    Args:
      made, truth: [N, H, W, C].
      given: [N, h, w, c] what they were made from, or None.
      mask: [N, H, W, 1], 1 in the hole, or None.
    """
    truth = np.asarray(truth, np.float32)
    found = {"l1": _l1(made, truth), "psnr": psnr(made, truth)}
    if min(made.shape[1:3]) >= WINDOW:
        found["ssim"] = _ssim(made, truth)
    if min(made.shape[1:3]) >= FIVE_SCALES:
        found["ms_ssim_to_truth"] = np.mean(ms_ssim(np.clip(made, -1, 1), truth))
    factor = 1 if given is None else made.shape[1] // given.shape[1]
    if factor > 1:
        border = slice(factor, -factor)
        y, true_y = (luma(x)[:, border, border] for x in (made, truth))
        if y.size:
            found["psnr_y"] = psnr(y, true_y, width=255)
        if min(y.shape[1:3]) >= WINDOW:
            found["ssim_y"] = _ssim(y / 127.5 - 1, true_y / 127.5 - 1)
    if given is not None and (given.shape[-1], truth.shape[-1]) == (1, 3):
        found["colour_error"] = colour_error(made, truth)
    if mask is not None:
        inside = np.asarray(mask, np.float64)
        found["l1_hole"] = np.mean(_of_holes(np.abs(made - truth), inside))
        found["psnr_hole"] = np.mean(_decibel(_of_holes((made - truth) ** 2, inside), 2))
    return {name: float(value) for name, value in found.items()}


def psnr(made, truth, width=2.0) -> float:
    """Peak signal-to-noise ratio, in dB: the mean of that of each image, 100 dB and more at most.

    Args:
      made, truth: [N, ...].
      width: of the range of values.
    """
    squares = (np.asarray(made, np.float64) - np.asarray(truth, np.float64)) ** 2
    return float(_decibel(squares.reshape(len(squares), -1).mean(axis=1), width).mean())


def luma(images) -> np.ndarray:
    """Y of ITU-R BT.601, 16 to 235, not rounded: [N, H, W, 1 or 3] -> [N, H, W, 1]."""
    images = (np.asarray(images, np.float64) + 1) / 2
    if images.shape[-1] == 1:
        images = images.repeat(3, axis=-1)
    return 16 + images @ LUMA[:, None]


def colour_error(made, truth) -> float:
    """Mean distance of colours [N, H, W, 3] in the plane of a and b of CIELAB, lightness apart."""
    a, b = (np.asarray(colour.to_lab(x)[..., 1:]) for x in (made, truth))
    return float(np.sqrt(((a - b) ** 2).sum(axis=-1)).mean())


def floors(truth, given=None, mask=None) -> dict[str, np.ndarray]:
    """What takes no learning, by name: images like the truth.

    given: what was given, as it is; of grey ones, without colours. colour map: each pixel by one
    affine map of the colour that was given there, the best in squares for just these truths.
    last frame: of several, as it is. bicubic: enlarged by cubic interpolation. masked mean: the
    hole filled with the mean of what is known. constant: one image for all, the median of all
    truths at every pixel; none has a lower l1.

    Args:
      truth, given, mask: as ``against_truth`` takes them.
    """
    truth, found = np.asarray(truth, np.float32), {}
    if given is not None and mask is None and given.shape[:3] == truth.shape[:3]:
        if given.shape[-1] in (1, truth.shape[-1]):
            found["given"] = np.broadcast_to(given, truth.shape)
        found["colour map"] = _recoloured(given, truth)
    if given is not None and given.shape[1] == truth.shape[1] and given.shape[2] > truth.shape[2]:
        found["last frame"] = given[:, :, -truth.shape[2] :]
    if given is not None and given.shape[1] < truth.shape[1] and given.shape[3] == truth.shape[3]:
        found["bicubic"] = _enlarged(given, truth.shape)
    if mask is not None:
        known = 1 - np.asarray(mask, np.float32)
        mean = (given * known).sum(axis=(1, 2), keepdims=True)
        mean = mean / np.maximum(known.sum(axis=(1, 2), keepdims=True), 1)
        found["masked mean"] = np.where(known > 0, given, mean)
    found["constant"] = np.broadcast_to(np.median(truth, axis=0), truth.shape)
    return found


def _recoloured(given, truth):
    squares, products = 0.0, 0.0  # of the normal equations, image by image
    for image, wanted in zip(given, truth, strict=True):
        colours = np.asarray(image, np.float64).reshape(-1, image.shape[-1])
        colours = np.concatenate([colours, np.ones((len(colours), 1))], axis=1)
        squares = squares + colours.T @ colours
        products = products + colours.T @ wanted.reshape(len(colours), -1)
    best, *_ = np.linalg.lstsq(squares, products, rcond=None)
    *weights, shift = np.float32(best)
    return np.clip(np.asarray(given, np.float32) @ np.stack(weights) + shift, -1, 1)


def _enlarged(images, shape):
    import jax

    whole = jax.image.resize(images, shape, "cubic")
    return np.clip(np.asarray(whole), -1, 1)


def _l1(made, truth):
    return np.abs(made - truth).mean(dtype=np.float64)


def _ssim(made, truth):
    return np.mean(1 - DISTANCES["ssim"]()(made, truth))


def _of_holes(values, inside):
    """The mean of each image's values [N, H, W, C] in its hole: [N]."""
    channels = values.shape[-1]
    total = (values * inside).sum(axis=(1, 2, 3), dtype=np.float64)
    return total / np.maximum(inside.sum(axis=(1, 2, 3)) * channels, 1)


def _decibel(squares, width):
    return 10 * np.log10(width**2 / np.maximum(squares, 1e-10 * width**2 / 4))
