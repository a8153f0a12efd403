"""Distances between what the generator made and the truth that it should have made.

For games whose every example has an answer: translated pairs, reconstructions, cycles. A distance
is ``distance(made, truth) -> [B]`` float32, in this order, *minimised* by the generator; its mean,
times a weight, is added to what the generator minimises. Both are [B, H, W, C] images in [-1, 1],
and ``l1``, ``l2`` and ``charbonnier`` also take rows [B, D] of numbers.

Each is a mean and not a sum over pixels and channels, so that a weight means the same at every size
of an image. All have finite slopes where the two are equal. Unequal shapes are an
``AssertionError`` while tracing: they would broadcast to a number that looks like a distance.
"""

from collections.abc import Callable

import chex
import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import UserError, within
from jaxgan.core.table import Row, as_it_is
from jaxgan.metrics import perceptual
from jaxgan.metrics.similarity import WINDOW, compare, gaussian_window

Distance = Callable[[jax.Array, jax.Array], jax.Array]


def l1(made: jax.Array, truth: jax.Array) -> jax.Array:
    """mean |made - truth| (Isola et al. 2017, eq. 3, there a sum): asks for the median.

    Args:
      made, truth: [B, ...].

    Returns:
      [B] in [0, 2] for images; its slope has one size wherever they differ, and is 0 where they
      do not.
    """
    made, truth = _pair(made, truth)
    return _mean(_size(made - truth))


def l2(made: jax.Array, truth: jax.Array) -> jax.Array:
    """mean (made - truth)^2: asks for the mean, which is a blur where there are several answers.

    Args:
      made, truth: [B, ...].

    Returns:
      [B] in [0, 4] for images.
    """
    made, truth = _pair(made, truth)
    return _mean((made - truth) ** 2)


def charbonnier(*, eps: float) -> Distance:
    """mean sqrt((made - truth)^2 + eps^2), an l1 that is smooth at 0 (Lai et al. 2017).

    Args:
      eps: where it goes over from a parabola to a line; the paper's is 0.001.

    Returns:
      the distance: [B], >= eps, which is its value for equal examples.

    Raises:
      UserError: an eps whose square float32 does not hold, 0 among them: NaN slopes.
    """
    within("eps", eps, 1e-12)

    def distance(made, truth):
        made, truth = _pair(made, truth)
        return _mean(jnp.sqrt((made - truth) ** 2 + eps**2))

    return distance


def gradient_difference(*, alpha: float) -> Distance:
    """How differently steep the two are (Mathieu et al. 2016, eq. 6): against blurred edges.

    ||d made| - |d truth||^alpha over the differences d of vertical neighbours, and the same over
    the horizontal ones. The paper sums both; here each has its own mean over its (H - 1) W C or
    H (W - 1) C differences, and the two means are added.

    Only sizes are compared: constants and signs of edges are free, so it goes beside another
    distance. Where ``made`` is flat, it has no slope.

    Args:
      alpha: >= 1; the paper's is an integer.

    Returns:
      the distance: [B] in [0, 2 * 2^alpha].

    Raises:
      UserError: alpha below 1, of endless slope at 0; images without neighbours.
    """
    within("alpha", alpha, 1)

    def distance(made, truth):
        return sum(
            _mean(_size(_size(of_made) - _size(of_truth)) ** alpha)
            for of_made, of_truth in _differences(*_images(made, truth, 2))
        )

    return distance


def total_variation(made: jax.Array, truth: jax.Array) -> jax.Array:
    """How much ``made`` changes from pixel to pixel: against noise and checkerboards.

    The anisotropic form, |d made| over vertical and horizontal neighbours (Rudin, Osher and Fatemi
    1992; Esedoglu and Osher 2004); a mean for either direction, added.

    Args:
      made: [B, H, W, C].
      truth: the same shape, otherwise unused: this is no distance but a prior on what is made.

    Returns:
      [B] in [0, 4]; 0 where ``made`` is flat, whatever the truth.

    Raises:
      UserError: images without neighbours.
    """
    return sum(_mean(_size(of_made)) for of_made, _ in _differences(*_images(made, truth, 2)))


def ssim(made: jax.Array, truth: jax.Array) -> jax.Array:
    """1 - SSIM, the structural similarity (Wang et al. 2004, eq. 13, mean of eq. 17).

    Gaussian windows of 11 x 11 (deviation 1.5) that lie wholly inside the image, K1 = 0.01 and
    K2 = 0.03; channels are images of their own. Luminance is a ratio of means, for which black must
    be 0: [-1, 1] is moved to [0, 1], which is the same as [0, 2] with a range L of 2.

    Args:
      made, truth: [B, H, W, C].

    Returns:
      [B] in [0, 2], to float32 rounding; 0 for equal images, above 1 where contrasts are
      reversed.

    Raises:
      UserError: a side of the images is shorter than the window.
    """
    made, truth = _images(made, truth, WINDOW)
    luminance, structure = compare((made + 1) / 2, (truth + 1) / 2, _smooth)
    return 1 - _mean(luminance * structure)


def features(extract: Callable) -> Distance:
    """Mean squared difference as a frozen network sees it (Johnson et al. 2016, eq. 2).

    Args:
      extract: x [B, ...] -> features [B, F], or a pytree of maps [B, ...], each of which has its
        own mean; the means are added. Rows independent, parameters closed over.

    Returns:
      the distance: [B], >= 0; 0 also for whatever the network does not tell apart.
    """

    def distance(made, truth):
        made, truth = _pair(made, truth)
        maps = [jax.tree.leaves(extract(x)) for x in (made, truth)]
        for each in maps[0]:
            chex.assert_shape(each, (len(made), ...), custom_message="features are [B, ...]")
        return jnp.sum(jnp.stack([l2(*pair) for pair in zip(*maps, strict=True)]), axis=0)

    return distance


def perceived(extract: Callable) -> Distance:
    """``metrics.perceptual``, which is LPIPS but for its weights, by a frozen network's maps.

    Args:
      extract: x [B, ...] -> maps [B, h, w, C] of several depths.

    Returns:
      the distance: [B], >= 0.
    """

    def distance(made, truth):
        made, truth = _images(made, truth, 1)
        return perceptual(extract(made), extract(truth))

    return distance


def _pair(made, truth):
    """Both in float32, if they have one shape [B, ...]."""
    chex.assert_equal_shape([made, truth], custom_message="made and truth")
    chex.assert_shape(made, (None, None, ...), custom_message="examples are [B, ...]")
    return jnp.asarray(made, jnp.float32), jnp.asarray(truth, jnp.float32)


def _images(made, truth, side):
    """Both in float32, if they have one shape [B, H, W, C] with sides of ``side`` or more."""
    made, truth = _pair(made, truth)
    chex.assert_rank(made, 4)
    if min(made.shape[1:3]) < side:
        height, width = made.shape[1:3]
        raise UserError(
            f"images of {height} x {width} are too small for this distance; "
            f"their sides must be at least {side}."
        )
    return made, truth


def _size(x):
    """|x|, of slope 0 at 0: ``jnp.abs`` has slope 1 there and would push what is already right."""
    return x * jnp.sign(x)


def _mean(x):
    """The mean of each row: [B, ...] -> [B]."""
    return x.mean(axis=range(1, x.ndim))


def _differences(made, truth):
    """Pairs (of made, of truth) of differences of neighbours, vertical and then horizontal."""
    return [(jnp.diff(made, axis=axis), jnp.diff(truth, axis=axis)) for axis in (1, 2)]


def _smooth(x):
    """Means of the windows: [B, H, W, C] -> [B, H - 10, W - 10, C].

    As products with banded matrices: ``ssim`` and its slope of 16 images 64 x 64 x 3 take 6 ms on
    two cores of a CPU, where a depthwise convolution takes 204. In whole float32, since a variance
    is a small difference of what comes out.
    """
    rows, columns = (_bands(side) for side in x.shape[1:3])
    return jnp.einsum("ih,bhwc,jw->bijc", rows, x, columns, precision=jax.lax.Precision.HIGHEST)


def _bands(side):
    """The window at each of its places, float32 [side - 10, side]."""
    window, bands = gaussian_window(), np.zeros((side - WINDOW + 1, side), np.float32)
    for at, row in enumerate(bands):
        row[at : at + WINDOW] = window
    return bands


DISTANCES = {
    "l1": as_it_is(l1),
    "l2": as_it_is(l2),
    "charbonnier": Row(charbonnier, {"eps": 1e-3}),
    "gradient_difference": Row(gradient_difference, {"alpha": 1.0}),
    "total_variation": as_it_is(total_variation),
    "ssim": as_it_is(ssim),
    # Called with what a frozen network sees, (x, depth=None) -> features or maps, of the
    # depths that ``Extractor.see`` has: DISTANCES["features"](see).
    "features": Row(
        lambda see, *, network, depth: features(lambda x: see(x, depth)),
        {"network": "mnist10k_cnn", "depth": 0},
        features.__doc__,
    ),
    "perceptual": Row(
        lambda see, *, network: perceived(see),
        {"network": "efficientnet_lite0"},
        perceived.__doc__,
    ),
}
