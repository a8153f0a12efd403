"""InceptionV3 as FID knows it: TensorFlow's network of 2015-12-05, in the port of pytorch-fid.

It differs from the InceptionV3 of the textbooks: average pooling leaves the padding out of its
means, the last block pools by the maximum, and there are 1008 classes. Its weights come from
pytorch-fid's file (``download``), the normalisations folded into the convolutions (``convert``).
References: Heusel et al. 2017 (arXiv:1706.08500); Szegedy et al. 2016 (arXiv:1512.00567).
"""

from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.features import convert, download, extractor

SIDE, CLASSES = 299, 1008
DEPTHS = (64, 192, 768, 2048)  # channels after each stage


def convolve(name, features, height=1, width=1, stride=1, padding="SAME"):
    """A step: convolution, then ReLU."""

    def step(x):
        window, strides = (height, width), (stride, stride)
        return nn.relu(nn.Conv(features, window, strides, padding, name=name)(x))

    return step


def average(x):
    """A step: mean over 3x3, of those pixels only that lie inside; [B, H, W, C] stays."""
    return nn.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False)


def maximum(x):
    """A step: maximum over 3x3; [B, H, W, C] stays."""
    return nn.max_pool(x, (3, 3), (1, 1), "SAME")


def shrink(x):
    """A step: maximum over every other 3x3; H and W become (H - 1) // 2."""
    return nn.max_pool(x, (3, 3), (2, 2))


def chain(x, steps):
    """One step after the other."""
    for step in steps:
        x = step(x)
    return x


def beside(*branches):
    """A step: every branch, a list of steps, sees x; their channels stand side by side."""
    return lambda x: jnp.concatenate([chain(x, branch) for branch in branches], axis=-1)


class Block(nn.Module):
    """Branches side by side, under one name."""

    branches: tuple

    @nn.compact
    def __call__(self, x):
        """x [B, H, W, C] -> [B, H', W', C']."""
        return beside(*self.branches)(x)


def block(name, *branches):
    """A step: a ``Block`` of branches."""
    return lambda x: Block(branches, name=name)(x)


halve = partial(convolve, stride=2, padding="VALID")


def _a(name, pooled):
    return block(
        name,
        [convolve("branch1x1", 64)],
        [convolve("branch5x5_1", 48), convolve("branch5x5_2", 64, 5, 5)],
        [
            convolve("branch3x3dbl_1", 64),
            convolve("branch3x3dbl_2", 96, 3, 3),
            convolve("branch3x3dbl_3", 96, 3, 3),
        ],
        [average, convolve("branch_pool", pooled)],
    )


def _b(name):
    return block(
        name,
        [halve("branch3x3", 384, 3, 3)],
        [
            convolve("branch3x3dbl_1", 64),
            convolve("branch3x3dbl_2", 96, 3, 3),
            halve("branch3x3dbl_3", 96, 3, 3),
        ],
        [shrink],
    )


def _c(name, inner):
    return block(
        name,
        [convolve("branch1x1", 192)],
        [
            convolve("branch7x7_1", inner),
            convolve("branch7x7_2", inner, 1, 7),
            convolve("branch7x7_3", 192, 7, 1),
        ],
        [
            convolve("branch7x7dbl_1", inner),
            convolve("branch7x7dbl_2", inner, 7, 1),
            convolve("branch7x7dbl_3", inner, 1, 7),
            convolve("branch7x7dbl_4", inner, 7, 1),
            convolve("branch7x7dbl_5", 192, 1, 7),
        ],
        [average, convolve("branch_pool", 192)],
    )


def _d(name):
    return block(
        name,
        [convolve("branch3x3_1", 192), halve("branch3x3_2", 320, 3, 3)],
        [
            convolve("branch7x7x3_1", 192),
            convolve("branch7x7x3_2", 192, 1, 7),
            convolve("branch7x7x3_3", 192, 7, 1),
            halve("branch7x7x3_4", 192, 3, 3),
        ],
        [shrink],
    )


def _e(name, pool):
    def crossed(branch):
        return beside([convolve(f"{branch}a", 384, 1, 3)], [convolve(f"{branch}b", 384, 3, 1)])

    return block(
        name,
        [convolve("branch1x1", 320)],
        [convolve("branch3x3_1", 384), crossed("branch3x3_2")],
        [
            convolve("branch3x3dbl_1", 448),
            convolve("branch3x3dbl_2", 384, 3, 3),
            crossed("branch3x3dbl_3"),
        ],
        [pool, convolve("branch_pool", 192)],
    )


# After each stage the features of one depth are read off.
STAGES = (
    [
        halve("Conv2d_1a_3x3", 32, 3, 3),
        convolve("Conv2d_2a_3x3", 32, 3, 3, padding="VALID"),
        convolve("Conv2d_2b_3x3", 64, 3, 3),
        shrink,
    ],
    [
        convolve("Conv2d_3b_1x1", 80),
        convolve("Conv2d_4a_3x3", 192, 3, 3, padding="VALID"),
        shrink,
    ],
    [
        *(_a("Mixed_5b", 32), _a("Mixed_5c", 64), _a("Mixed_5d", 64), _b("Mixed_6a")),
        *(_c("Mixed_6b", 128), _c("Mixed_6c", 160), _c("Mixed_6d", 160), _c("Mixed_6e", 192)),
    ],
    [_d("Mixed_7a"), _e("Mixed_7b", average), _e("Mixed_7c", maximum)],
)


class Inception(nn.Module):
    """The four stages and the classifier."""

    @nn.compact
    def __call__(self, x):
        """x [B, 299, 299, 3] in [-1, 1] -> ([features [B, D] for D in DEPTHS], logits [B, 1008]).

        Features are means over the pixels. The logits are without their bias, as the reference
        code of the Inception score has them (Salimans et al. 2016, arXiv:1606.03498).
        """
        depths = []
        for stage in STAGES:
            x = chain(x, stage)
            depths.append(x.mean((1, 2)))
        return depths, nn.Dense(CLASSES, use_bias=False, name="fc")(depths[-1])


def resized(x):
    """[B, H, W, 1 or 3] -> [B, 299, 299, 3]: bilinear, without antialiasing; grey three times.

    As PyTorch's ``interpolate(mode="bilinear", align_corners=False)``, which pytorch-fid calls:
    pixel i of 299 looks at (i + 1/2) H / 299 - 1/2, and beyond an edge there is the edge.
    """
    x = jax.image.resize(x, (len(x), SIDE, SIDE, x.shape[3]), "linear", antialias=False)
    return jnp.broadcast_to(x, (*x.shape[:3], 3))


def load(weights, chunk, progress=None):
    """The ``Extractor`` of FID: features [N, 2048], 1008 classes; images grey or colour, any size.

    Args:
      weights: pytorch-fid's weight file; "" is the copy in the cache, downloaded if there is none.
      chunk: images in one pass.
      progress: called with (done, total) bytes of a download.

    Raises:
      UserError: no weights, or damaged ones.
    """
    data = download.weights(weights, progress)
    variables = convert.inception(convert.read_pth(data))
    return from_variables("inception", download.SHA256, variables, chunk)


def from_variables(name, hash, variables, chunk):
    """The ``Extractor`` of any weights; only pytorch-fid's may be called "inception"."""

    def forward(variables, x):
        depths, logits = Inception().apply(variables, resized(x))
        return depths[-1], logits

    made = (name, hash, (DEPTHS[-1], CLASSES), forward, variables, _check, chunk)
    return extractor.make(*made, resize=f"bilinear to {SIDE}x{SIDE}, not antialiased")


def _check(shape):
    if shape[2] not in (1, 3):
        raise UserError(f"Inception sees images of 1 or 3 channels, not {shape[2]}.")
