"""From a sentence to a picture: GAN-CLS, GAN-INT, both, and conditioning augmentation.

Reference: Generative Adversarial Text to Image Synthesis (Reed et al. 2016, arXiv:1605.05396).
The entry "caption" is the vector of the sentence that belongs to x, "other_caption" that of another
example of the same set, by an order of its own.
"""

from typing import Any

import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.games.game import Game
from jaxgan.games.pair import pair_game
from jaxgan.games.terms import mean
from jaxgan.losses import AdversarialLoss
from jaxgan.models.network import Network


def text_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    matching: bool = True,
    between: bool = False,
    augmentation: float = 2.0,
    **options: Any,
) -> Game:
    """Build ``pair_game`` of captions.

    The generator's loss is, with ``between``, the mean over its batch and half as many images of
    captions between two others, as in the authors' code, of both 1/2 (eq. 5); and it minimises
    augmentation * the divergence KL(N(mean, std^2), N(0, 1)), a mean over the code, where the
    generator draws one (StackGAN, eq. 2; a sum there, and in its code this mean, times 2).

    Args:
      generator, critic, loss: as ``pair_game`` takes them; both networks take a caption.
      matching: whether a real image under another's caption is a negative, too (GAN-CLS).
      between: whether the generator also answers to captions between two (GAN-INT).
      augmentation: weight of the divergence, of a generator with an augmented code.
      options: the others of ``pair_game``.
    """
    wrong = _mismatched if matching else None
    pair = pair_game(generator, critic, loss, wrong=wrong, **options)

    def generate(variables, given, keys, *, train):
        made, mutables = pair.generate(variables, given, keys, train=train)
        # A sampler whose statistics are taken anew tells no other captions.
        if not (train and between and "other_caption" in given):
            return made, mutables
        whole = {**variables, **mutables}
        more, mutables = pair.generate(whole, _between(given), _again(keys), train=train)
        return {**made, "x_between": more["x"]}, mutables

    def generator_loss(variables, given, made, step, keys):
        total, metrics = pair.generator_loss(variables, given, made, step, keys)
        if between:
            rows = _between(given), {"x": made["x_between"]}
            more, _ = pair.generator_loss(variables, *rows, step, _again(keys))
            share = len(made["x_between"]) / len(made["x"])
            total = (total + share * more) / (1 + share)
            metrics["between_loss"] = more
        if "log_std" in made:
            value = divergence(made["mean"], made["log_std"])
            total += augmentation * value
            metrics["augmentation_divergence"] = value
        return total, {**metrics, "generator_loss": total}

    def show(given, made):
        shown = pair.show(given, made)[""]
        return {"": shown._replace(truth=given.get("x"))}  # as the caption's own artist drew it

    return pair._replace(generate=generate, generator_loss=generator_loss, show=show)


def divergence(average, log_std):
    """KL(N(average, std^2), N(0, 1)) in nats, the mean over examples and numbers [B, D] -> []."""
    return mean((average**2 + jnp.exp(2 * log_std) - 1) / 2 - log_std)


def _mismatched(given, keys):
    """Under another's caption; where that is the same, under none at all, which is zeros."""
    del keys
    other = given["other_caption"]
    same = jnp.all(other == given["caption"], axis=1, keepdims=True)
    return {**given, "caption": jnp.where(same, 0, other)}


def _again(keys):
    """The keys of every other row, for what is drawn beside what the row itself has drawn."""
    return noise.fold_each(keys[::2], noise.AGAIN)


def _between(given):
    """Every other row, its caption half way to another's."""
    rows = {name: array[::2] for name, array in given.items()}
    return {**rows, "caption": (rows["caption"] + rows["other_caption"]) / 2}
