"""A classifier of a set's own categories, trained where a metric asks for it.

It tells whether what was made is of the class that was asked for. How often it is right about real
examples that it was not trained on belongs beside whatever it says.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

from jaxgan.features.classifier import halved, hidden

BATCH, STEPS, RATE, DECAY = 64, 500, 2e-3, 1e-2
MOST = 20_000  # examples that there is any use of in so many steps
SHIFT = 2  # pixels by which a training image is moved, at most, in either direction
CHUNK = 500  # images in one pass
# Channels, window, stride and padding of each convolution.
_CONVOLUTIONS = ((32, 5, 2, 2), (64, 4, 2, 1), (96, 3, 2, 1))


class _Network(nn.Module):
    """conv 32, 64, 96, each leaky ReLU - linear 128 - leaky ReLU - linear K for each category."""

    classes: tuple[tuple[str, int], ...]

    @nn.compact
    def __call__(self, x, *, dropped=None):
        x = halved(hidden(x, _CONVOLUTIONS), dropped)
        return {name: nn.Dense(classes, name=name)(x) for name, classes in self.classes}


def train(x, categories, classes, *, seed=0, mirror=True, steps=STEPS):
    """Train on all of these examples.

    Args:
      x: float32 [N, H, W, C] in [-1, 1].
      categories: {name: int [N]}.
      classes: {name: how many}.
      seed: of weights, order and motions.
      mirror: whether every other image is mirrored.
      steps: of Adam with decoupled decay, in batches of 64; the rate falls to 0 over them.

    Returns:
      tell(x [M, H, W, C]) -> {name: int [M], the likeliest class}.
    """
    network = _Network(tuple(classes.items()))
    key = jax.random.key(seed)
    x, truth = jnp.asarray(x), {name: jnp.asarray(categories[name]) for name in classes}
    params = network.init(key, x[:1])["params"]
    optimizer = optax.adamw(optax.cosine_decay_schedule(RATE, steps), weight_decay=DECAY)

    def moved(key, image):
        key_shift, key_mirror = jax.random.split(key)
        wide = jnp.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
        place = jax.random.randint(key_shift, (2,), 0, 2 * SHIFT + 1)
        image = jax.lax.dynamic_slice(wide, (*place, 0), image.shape)
        flip = mirror & jax.random.bernoulli(key_mirror)
        return jnp.where(flip, image[:, ::-1], image)

    def loss(params, key, images, truth):
        key_moved, key_drop = jax.random.split(key)
        images = jax.vmap(moved)(jax.random.split(key_moved, len(images)), images)
        logits = network.apply({"params": params}, images, dropped=key_drop)
        return sum(
            optax.softmax_cross_entropy_with_integer_labels(logits[name], truth[name]).mean()
            for name in classes
        )

    @jax.jit
    def trained(params, x, truth):
        def step(carry, i):
            params, moments = carry
            key_rows, key_loss = jax.random.split(jax.random.fold_in(key, i))
            rows = jax.random.randint(key_rows, (BATCH,), 0, len(x))
            batch = x[rows], {name: values[rows] for name, values in truth.items()}
            gradient = jax.grad(loss)(params, key_loss, *batch)
            updates, moments = optimizer.update(gradient, moments, params)
            return (optax.apply_updates(params, updates), moments), None

        (params, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), jnp.arange(steps))
        return params

    params = trained(params, x, truth)

    @jax.jit
    def likeliest(params, images):
        found = network.apply({"params": params}, images)
        return {name: logits.argmax(axis=1) for name, logits in found.items()}

    return partial(_tell, partial(likeliest, params))


def _tell(likeliest, x):
    x = np.asarray(x, np.float32)
    parts = []
    for start in range(0, len(x), CHUNK):
        rows = np.minimum(np.arange(start, start + min(CHUNK, len(x))), len(x) - 1)
        parts.append(jax.device_get(likeliest(x[rows])))
    return jax.tree.map(lambda *each: np.concatenate(each)[: len(x)], *parts)
