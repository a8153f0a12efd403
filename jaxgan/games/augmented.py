"""A critic that sees every image varied, in training alone, and how often it does.

Both players' losses, and penalties, ask the same critic: so real and made images are varied alike,
and the slope that a penalty sees is that in the image as it was. A penalty at made images varies
them as the real ones of their rows, and not as the loss did.

Reference: Training Generative Adversarial Networks with Limited Data (Karras et al. 2020,
arXiv:2006.06676), section 3.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan.core import noise
from jaxgan.games.terms import mean, per_example
from jaxgan.models.network import Network

STATE = "augmentation"  # the critic's mutable that holds a probability which is learned


def augmented(
    critic: Network, vary: Callable, probability: jax.Array | float, learned: bool = False
) -> Network:
    """The critic that sees ``vary(x, keys, probability)`` where it is trained.

    Args:
      critic: whose input "x" are images.
      vary: as ``diffaugment.variation`` makes it.
      probability: of each variation, in [0, 1]; may be traced.
      learned: whether it is only the first, and a mutable of the critic from there on.
    """

    def init(key):
        first = {"probability": jnp.float32(probability)}
        return {**critic.init(key), **({STATE: first} if learned else {})}

    def apply(variables, given, *, keys=None, train):
        own = {kind: value for kind, value in variables.items() if kind != STATE}
        kept = {STATE: variables[STATE]} if learned else {}
        if train and keys is not None:
            now = kept[STATE]["probability"] if learned else probability
            seen = vary(given["x"], noise.fold_each(keys, noise.SEEN), now)
            given = {**given, "x": seen}
        out, mutables = critic.apply(own, given, keys=keys, train=train)
        return out, {**mutables, **kept}

    return critic._replace(init=init, apply=apply)


def feedback(
    target: float,
    updates: int,
    pairs: bool,
    mean_over_devices: Callable,
    middle: float = 0.0,
) -> Callable:
    """ADA: more variation where the critic knows the real examples too well, else less.

    r = mean sign(score of real - middle), or of (real - fake) under a loss that sees differences
    alone, whose scores have no middle, is 1 where the critic is sure of all and 0 where it
    guesses. After each update the probability moves by sign(r - target) / updates. The authors'
    does so every four batches and may pass 1, where variations begin to leak into what is made;
    here it ends there.

    Args:
      target: of r, theirs is 0.6.
      updates: of the critic, in which the probability could go from 0 to 1; theirs are 500,000
        examples.
      pairs: whether the loss sees differences of scores alone.
      mean_over_devices: numbers of this device's rows -> their averages over devices.
      middle: the best score of an example that is as often real as fake.

    Returns:
      (the critic's mutables, real scores, fake scores) -> (mutables, metrics).
    """

    def adapt(mutables, real, fake):
        told = mean_over_devices(mean(jnp.sign(per_example(real - (fake if pairs else middle)))))
        moved = mutables[STATE]["probability"] + jnp.sign(told - target) / updates
        state = {"probability": jnp.clip(moved, 0, 1)}
        return {**mutables, STATE: state}, {"real_told": told, STATE: state["probability"]}

    return adapt
