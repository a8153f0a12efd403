"""Trains the classifier whose features the metrics use, and says how well it does on held-out data.

    python -m experiments.train_classifier                          # the bundled digits
    python -m experiments.train_classifier --data=idx:DIR --motion=0.3 --flip --epochs=15 \
        --out=fashion_cnn.msgpack                                   # Fashion-MNIST's files

A fifth of every class is held out and never trained on. Each training image is turned, shifted,
scaled and bent anew in every epoch, and mirrored by chance with --flip. The weights kept are those
after the last epoch of the first seed: none is chosen by what is held out.
"""

import argparse
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.scipy.ndimage import map_coordinates

from experiments import show
from jaxgan import data
from jaxgan.data import feed
from jaxgan.features import classifier

BATCH, RATE, DECAY = 100, 2e-3, 1e-3


def bent(key, image, motion=1.0, flip=False):
    """A grey image [28, 28] in [-1, 1], moved as a hand might: turned, scaled, shifted, bent.

    ``motion`` scales all of these; with ``flip`` half of the images are mirrored first.
    """
    side = image.shape[0]
    key_linear, key_shift, key_bend = jax.random.split(key, 3)
    if flip:
        key_linear, key_flip = jax.random.split(key_linear)
        image = jnp.where(jax.random.bernoulli(key_flip), image[:, ::-1], image)
    spread = 0.2 * motion  # radians; shares
    angle, *shears = jax.random.uniform(key_linear, (5,), minval=-1) * spread
    turn = jnp.array([[jnp.cos(angle), -jnp.sin(angle)], [jnp.sin(angle), jnp.cos(angle)]])
    linear = turn @ (jnp.eye(2) + 0.75 * jnp.array(shears).reshape(2, 2))
    shift = jax.random.uniform(key_shift, (2, 1, 1), minval=-2, maxval=2) * motion
    coarse = jax.random.normal(key_bend, (2, 5, 5)) * 0.7 * motion  # pixels
    bend = jax.image.resize(coarse, (2, side, side), "cubic")
    grid = jnp.stack(jnp.meshgrid(*[jnp.arange(side) - (side - 1) / 2] * 2, indexing="ij"))
    places = jnp.einsum("ij,jhw->ihw", linear, grid) + (side - 1) / 2 + shift + bend
    return map_coordinates(image, places, order=1, mode="constant", cval=-1.0)


def train(images, labels, unseen, seed, epochs, move=bent):
    """Train on the examples that are not ``unseen``.

    Args:
      images: float32 [N, 28, 28, 1] in [-1, 1].
      labels: int32 [N].
      unseen: bool [N], held out.
      seed: of weights, order and motions.
      epochs: passes through the data; the learning rate falls to 0 over them.
      move: (key, image) -> image, of every training image.

    Returns:
      (parameters after the last epoch, the share of ``unseen`` told right after each).
    """
    x, y = jnp.asarray(images[~unseen]), jnp.asarray(labels[~unseen])
    network, steps = classifier.Classifier(), len(y) // BATCH
    key = jax.random.key(seed)
    params = network.init(key, x[:1])["params"]
    warmup = min(steps, steps * epochs // 2)
    rate = optax.warmup_cosine_decay_schedule(0, RATE, warmup, steps * epochs)
    optimizer = optax.adamw(rate, weight_decay=DECAY)

    def loss(params, key, image, label):
        key_bend, key_drop = jax.random.split(key)
        moved = jax.vmap(move)(jax.random.split(key_bend, len(image)), image[..., 0])
        _, logits = network.apply({"params": params}, moved[..., None], dropped=key_drop)
        return optax.softmax_cross_entropy_with_integer_labels(logits, label).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, moments, key, chosen):
        gradient = jax.grad(loss)(params, key, x[chosen], y[chosen])
        updates, moments = optimizer.update(gradient, moments, params)
        return optax.apply_updates(params, updates), moments

    @jax.jit
    def right(params, image, label):
        _, logits = network.apply({"params": params}, image)
        return (logits.argmax(1) == label).mean()

    moments, shares = optimizer.init(params), []
    for epoch in range(epochs):
        start, key_epoch = time.time(), jax.random.fold_in(key, epoch)
        order = np.random.default_rng((seed, epoch)).permutation(len(y))
        for i, chosen in enumerate(order[: steps * BATCH].reshape(steps, BATCH)):
            params, moments = step(params, moments, jax.random.fold_in(key_epoch, i), chosen)
        shares.append(float(right(params, images[unseen], labels[unseen])))
        print(f"seed {seed} epoch {epoch + 1}: {shares[-1]:.2%}, {time.time() - start:.1f} s")
    return params, shares


def main():
    """Train one classifier a seed, print how each did, write the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist10k", help="any labelled 28x28 set (mnist10k)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (3)")
    parser.add_argument("--epochs", type=int, default=30, help="of each (30)")
    parser.add_argument("--motion", type=float, default=1.0, help="how far images move (1)")
    parser.add_argument("--flip", action="store_true", help="mirror half of the images")
    parser.add_argument("--out", default="classifier.msgpack", help="where the first one goes")
    flags = parser.parse_args()
    whole = data.load(flags.data, size=classifier.SIDE, channels=1).arrays()
    unseen = classifier.held_out(whole["label"])
    images = feed.to_float({"x": jnp.asarray(whole["x"])})["x"]
    print(f"{flags.data}: {(~unseen).sum()} to train on, {unseen.sum()} held out")
    move, rows = partial(bent, motion=flags.motion, flip=flags.flip), []
    for seed in range(flags.seeds):
        start = time.time()
        examples = np.asarray(images), whole["label"], unseen
        params, shares = train(*examples, seed, flags.epochs, move)
        rows.append((seed, f"{max(shares):.2%}", f"{shares[-1]:.2%}", f"{time.time() - start:.0f}"))
        if seed == 0:
            classifier.save(flags.out, params)
    print(show.table(("seed", "best epoch", "last epoch", "seconds"), rows))


if __name__ == "__main__":
    main()
