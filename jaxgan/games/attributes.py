"""StarGAN: one generator that is told which attributes an image is to have.

Reference: StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation (Choi et al. 2018, arXiv:1711.09020). The entry "source" is translated; "x" is a real
image with the attributes that are asked for. An attribute is a category of x that the source has
as ``source_NAME``, too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.data.attributes import OF_SOURCE
from jaxgan.games.game import Game
from jaxgan.games.pair import pair_game
from jaxgan.games.terms import compare
from jaxgan.losses import AdversarialLoss
from jaxgan.models.network import Network


def draw(classes: Mapping[str, int]) -> Callable:
    """Attributes {name: classes} as vectors.

    Each category becomes one-hot [B, K]; ``attributes`` [B, sum of K] are those asked for, one
    behind the other, and ``source_attributes`` those of the source.
    """

    def vectors(batch, keys, step):
        del keys, step
        found = dict(batch)
        for prefix in ("", OF_SOURCE):
            names = {prefix + name: number for name, number in classes.items()}
            if names and all(name in batch for name in names):
                each = {name: jax.nn.one_hot(batch[name], number) for name, number in names.items()}
                found |= each
                found[f"{prefix}attributes"] = jnp.concatenate(list(each.values()), axis=1)
        return found

    return vectors


def attributes_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    terms: Sequence[tuple] = (),
    adversarial: float = 1.0,
    reconstruction: float = 1.0,
    **options: Any,
) -> Game:
    """Build the game of one generator and a critic whose heads tell the attributes.

    The critic minimises mean loss.critic(real, fake) + penalties + head_weight * [cross-entropy of
    the attributes of real images] (eq. 5), the generator

        adversarial * mean loss.generator(real, fake)
        + head_weight * [cross-entropy of the attributes asked for, of what it made]
        + reconstruction * [terms of G(G(source, asked for), its own) and source]

    (eq. 6), where ``terms`` with their weights are how images are compared: L1 with weight 10 in
    the paper. The authors' critic sees the images that are translated as its real ones; here they
    are others of the same set.

    Args:
      generator: takes "source" and "attributes".
      critic, loss, options: as ``pair_game`` takes them, heads and head_weight among them.
      terms: triples (name, weight, distance function).
      adversarial: weight of the adversarial loss and, as a switch, of the heads: at 0 no critic is
        asked.
      reconstruction: of the terms; at 0 there is no second pass.
    """
    pair = pair_game(
        generator, critic, loss, adversarial=adversarial, heads_see_fakes=False, **options
    )
    again = bool(terms and reconstruction)

    def restored(variables, given, made, keys, *, train):
        given = {**given, "source": made["x"], "attributes": given["source_attributes"]}
        keys = noise.fold_each(keys, noise.AGAIN)
        out, mutables = generator.apply(variables, given, keys=keys, train=train)
        return out["x"], mutables

    def generate(variables, given, keys, *, train):
        made, mutables = pair.generate(variables, given, keys, train=train)
        if not (train and again):
            return made, mutables
        whole = {**variables, **mutables}
        source_again, mutables = restored(whole, given, made, keys, train=train)
        return {**made, "source_again": source_again}, mutables

    def back(variables, given, made, keys):
        return {"": restored(variables, given, made, keys, train=False)[0]}

    def generator_loss(variables, given, made, step, keys):
        total, metrics = pair.generator_loss(variables, given, made, step, keys)
        if again:
            extra, values = compare(terms, made["source_again"], given["source"])
            total += reconstruction * extra
            metrics |= {f"{name}_source_again": value for name, value in values.items()}
        return total, {**metrics, "generator_loss": total}

    return pair._replace(generate=generate, generator_loss=generator_loss, back=back)
