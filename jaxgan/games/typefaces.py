"""One generator for several typefaces (zi2zi, Tian 2017).

To the game between one generator and one critic it adds that a drawn character is still the one
that was given: as the generator's own encoder sees it.
"""

from typing import Any

from jaxgan.core import noise
from jaxgan.games.game import Game
from jaxgan.games.pair import pair_game
from jaxgan.games.terms import mean
from jaxgan.losses import DISTANCES, AdversarialLoss
from jaxgan.models.network import Network


def typefaces_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    constancy: float = 15.0,
    **options: Any,
) -> Game:
    """Build ``pair_game``, the generator also minimising constancy * mean (f(x) - f(G(x)))^2.

    f is the encoder of the generator G, its output "code" (Taigman et al. 2017, eq. 5, there with
    another weight; zi2zi's is 15). Both passes have slopes.

    Args:
      generator, critic, loss: as ``pair_game`` takes them; the generator takes a source.
      constancy: the weight; at 0 there is no second pass.
      options: the others of ``pair_game``.
    """
    pair = pair_game(generator, critic, loss, **options)
    if not constancy:
        return pair

    def generate(variables, given, keys, *, train):
        made, mutables = pair.generate(variables, given, keys, train=train)
        if not train:
            return made, mutables
        # Of the second pass only the code is used: the compiler drops the decoder, and the running
        # statistics stay those of what is given.
        keys = noise.fold_each(keys, noise.AGAIN)
        again, _ = generator.apply(
            variables, {**given, "source": made["x"]}, keys=keys, train=train
        )
        return {**made, "code_again": again["code"]}, mutables

    def generator_loss(variables, given, made, step, keys):
        total, metrics = pair.generator_loss(variables, given, made, step, keys)
        value = mean(DISTANCES["l2"]()(made["code_again"], made["code"]))
        total += constancy * value
        return total, {**metrics, "generator_loss": total, "constancy": value}

    return pair._replace(generate=generate, generator_loss=generator_loss)
