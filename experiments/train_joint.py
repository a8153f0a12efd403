"""Trains the joint embedding of emoji and their names, and says how well each finds the other.

    python -m experiments.train_joint

Reed's character CNN-RNN reads the names, a convolutional network sees the pictures of both artists,
and both learn by the symmetric structured joint embedding (Reed et al. 2016, arXiv:1605.05395).
Held out are the compositions of ``held_out.composition``. The weights kept are those of the last
step: none is chosen by what is held out. The bundled ones: ``jaxgan/text/weights/README.md``.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments import show
from jaxgan import data
from jaxgan.data import feed
from jaxgan.data.bundled import ARTISTS
from jaxgan.features import joint as seen
from jaxgan.metrics import caption_retrieval
from jaxgan.text import char_cnn_rnn, joint

PAIRS, RATE, DECAY = 64, 1e-3, 1e-2
NEAR = 12  # rows of the set among which another tone, or gender, of a drawing is mostly found
SHIFT = 2  # pixels by which a picture is moved, at most, in either direction
BLOCK = 100  # steps of a compiled call


def emoji(part):
    """The captions [N], and the pictures of both artists [2, N, 32, 32, 3] in [-1, 1]."""
    options = dict(zip(("x", "source"), ARTISTS, strict=True))
    source = data.load("emoji", captions=True, options=options, part=part)
    images = feed.to_float(source.arrays())
    return source.captions, jnp.stack([images["x"], images["source"]])


def train(captions, images, steps, seed=0):
    """The parameters {"captions", "images"} after so many steps.

    A batch is of random rows, and of rows that stand near them in the set: other tones and genders
    of a drawing, which only some words tell apart.

    Args:
      captions: words [N].
      images: [2, N, 32, 32, 3] in [-1, 1], of two artists.
      steps: of Adam with decoupled decay, whose rate falls to 0.
      seed: of weights, order and motions.
    """
    _, place = np.unique(captions, return_inverse=True)
    letters, place = jnp.asarray(char_cnn_rnn.letters(captions)), jnp.asarray(place)
    reader, seer = char_cnn_rnn.CharCNNRNN(), seen.ImageEncoder()
    key_captions, key_images, key = jax.random.split(jax.random.key(seed), 3)

    @jax.jit
    def begin():
        captions = reader.init(key_captions, letters[:1])
        pictures = seer.init(key_images, images[0, :1])
        return {"captions": captions["params"], "images": pictures["params"]}

    optimizer = optax.adamw(optax.cosine_decay_schedule(RATE, steps), weight_decay=DECAY)

    def moved(key, image):
        wide = jnp.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
        at = jax.random.randint(key, (2,), 0, 2 * SHIFT + 1)
        return jax.lax.dynamic_slice(wide, (*at, 0), image.shape)

    def loss(params, key, rows, artists):
        key_moved, key_drop = jax.random.split(key)
        x = jax.vmap(moved)(jax.random.split(key_moved, len(rows)), images[artists, rows])
        v = seer.apply({"params": params["images"]}, x, dropped=key_drop)
        t = reader.apply({"params": params["captions"]}, letters[rows])
        same = place[rows][:, None] == place[rows][None]
        return char_cnn_rnn.joint_embedding_loss(v, t, same)

    @jax.jit
    def block(params, moments, first):
        def step(carry, i):
            params, moments = carry
            keys = jax.random.split(jax.random.fold_in(key, i), 4)
            rows = jax.random.randint(keys[0], (PAIRS,), 0, len(place))
            near = (rows + jax.random.randint(keys[1], (PAIRS,), 1, NEAR)) % len(place)
            artists = jax.random.randint(keys[2], (2 * PAIRS,), 0, 2)
            chosen = jnp.concatenate([rows, near]), artists
            value, gradient = jax.value_and_grad(loss)(params, keys[3], *chosen)
            updates, moments = optimizer.update(gradient, moments, params)
            return (optax.apply_updates(params, updates), moments), value

        (params, moments), values = jax.lax.scan(step, (params, moments), first + jnp.arange(BLOCK))
        return params, moments, values.mean()

    params = begin()
    moments = optimizer.init(params)
    for first in range(0, steps, BLOCK):
        params, moments, value = block(params, moments, first)
        print(f"step {first + BLOCK}: loss {float(value):.4f}", flush=True)
    return jax.device_get(params)


def judged(params, captions, images):
    """Rows of (artist, R@1, R@10): of each picture, its own caption among all of these."""
    vectors = joint.encode(captions.tolist(), params["captions"])
    for artist, x in zip(ARTISTS, images, strict=True):
        found = caption_retrieval(seen.see(x, params["images"]), vectors)
        yield artist, *(f"{share:.1%}" for share in found.values())


def main():
    """Train, print how well captions are found, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000, help="of training (2000)")
    parser.add_argument("--seed", type=int, default=0, help="(0)")
    parser.add_argument("--out", default=f"{joint.NAME}.msgpack", help="where the weights go")
    flags = parser.parse_args()
    started = time.time()
    captions, images = emoji("train")
    unseen = emoji("held_out")
    print(f"{len(captions)} to train on, {len(unseen[0])} held out")
    params = train(captions, images, flags.steps, flags.seed)
    joint.save(flags.out, params)
    halves = jax.tree.map(lambda a: np.float32(np.float16(a)), params)
    rows = [("held out", *row) for row in judged(halves, *unseen)]
    print(show.table(("part", "artist", "R@1", "R@10"), rows))
    print(f"{time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
