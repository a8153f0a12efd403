"""A small classifier of 28x28 grey images whose last hidden layer serves metrics as features.

``experiments/train_classifier.py`` trained the bundled weights, on examples that ``held_out`` left.
"""

import hashlib
from importlib import resources
from pathlib import Path

import jax
import numpy as np
from flax import linen as nn
from flax import serialization

from jaxgan.core.errors import UserError
from jaxgan.core.files import read_bundled
from jaxgan.features import extractor
from jaxgan.models import inits, layers

SIDE, CLASSES, WIDTH = 28, 10, 128
RESIZED = 32  # the other side that is taken: digits are often enlarged to a power of two
# SHA-256 of the bundled weights: of the digits that the package carries, and of Fashion-MNIST.
BUNDLED = {
    "mnist10k_cnn": "427fd25797b19f6f220b7e1bb4177df53400019c3faa339705c2865f9b03ec72",
    "fashion_cnn": "ad2e985380cca44599a9f35a6fb4e36fe145a913ecbf310f9fa40f8a5b11e756",
}

# Channels, window, stride and padding of each convolution: sides 28, 14, 7, 7, 4.
_CONVOLUTIONS = ((16, 5, 2, 2), (48, 4, 2, 1), (64, 3, 1, 1), (96, 3, 2, 1))


def hidden(x, convolutions):
    """Each convolution, leaky ReLU - linear 128 - leaky ReLU: [B, 128]; within a module's call.

    ``convolutions``: channels, window, stride and padding of each.
    """
    rectify = layers.ACTIVATIONS["leaky_relu"]  # no feature may be dead
    for geometry in convolutions:
        x = rectify(layers.Conv(*geometry, "he", inits.FLOAT)(x))
    return rectify(nn.Dense(WIDTH, kernel_init=nn.initializers.he_normal())(layers.flatten(x)))


def halved(features, key):
    """Half of the features, doubled, as in training; all of them where there is no key."""
    if key is None:
        return features
    return 2 * features * jax.random.bernoulli(key, 0.5, features.shape)


class Classifier(nn.Module):
    """conv 16, 48, 64, 96, each leaky ReLU - linear 128 - leaky ReLU - linear 10, for 28x28."""

    @nn.compact
    def __call__(self, x, *, dropped=None):
        """x [B, 28, 28, 1] in [-1, 1] -> (features [B, 128], logits [B, 10]).

        ``dropped`` is a key: half of the features do not reach the logits, as in training.
        """
        features = hidden(x, _CONVOLUTIONS)
        return features, nn.Dense(CLASSES)(halved(features, dropped))


def held_out(labels):
    """Which examples no training may see: the last fifth of every class, bool [N].

    The last and not random ones: neighbours in MNIST are by one hand.
    """
    labels = np.asarray(labels)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        (where,) = np.nonzero(labels == label)
        chosen[where[len(where) - len(where) // 5 :]] = True
    return chosen


def bundled(name, chunk=500):
    """The ``Extractor`` of weights that the package carries: features [N, 128], 10 classes.

    Args:
      name: key of ``BUNDLED``.
      chunk: images in one pass.
    """
    file = resources.files("jaxgan.features") / "weights" / f"{name}.msgpack"
    return _from_bytes(name, read_bundled(file, BUNDLED[name]), chunk)


def from_file(name, file, chunk=500):
    """The ``Extractor`` of weights that ``save`` wrote, under a name of your own.

    Raises:
      UserError: the file is missing, or damaged, or holds something else.
    """
    try:
        return _from_bytes(name, Path(file).read_bytes(), chunk)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{file}: no weights of this classifier ({error}).") from error


def save(file, params):
    """Write the classifier's parameters in half precision, as msgpack."""
    halves = jax.tree.map(lambda a: np.asarray(a, np.float16), params)
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(serialization.msgpack_serialize(halves))


def _from_bytes(name, data, chunk):
    params = serialization.msgpack_restore(data)
    wanted = jax.eval_shape(Classifier().init, jax.random.key(0), np.zeros((1, SIDE, SIDE, 1)))
    if jax.tree.map(np.shape, params) != jax.tree.map(np.shape, wanted["params"]):
        raise ValueError("the arrays have other names or shapes")
    params = jax.tree.map(lambda a: np.asarray(a, np.float32), params)
    digest = hashlib.sha256(data).hexdigest()
    sizes = (WIDTH, CLASSES)
    made = (name, digest, sizes, _forward, {"params": params}, _check, chunk)
    return extractor.make(*made, resize=f"bilinear to {SIDE}x{SIDE}, antialiased")


def _forward(variables, x):
    x = jax.image.resize(x, (len(x), SIDE, SIDE, 1), "linear")  # of 28x28 it changes nothing
    return Classifier().apply(variables, x)


def _check(shape):
    if shape not in ((SIDE, SIDE, 1), (RESIZED, RESIZED, 1)):
        raise UserError(
            f"this classifier sees grey images of {SIDE}x{SIDE} or {RESIZED}x{RESIZED}, (H, W, 1), "
            f"not {shape}; of stacked digits give it one channel at a time."
        )
