"""What games are made of: a pass, averages, instance noise, weighted penalties and terms."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import optax

from jaxgan.core import noise
from jaxgan.games.game import Arrays
from jaxgan.losses import Critic
from jaxgan.models.network import Network


def mean(values: jax.Array) -> jax.Array:
    """The average over the batch, in float32 [] whatever the type of the values [B, ...]."""
    return jnp.mean(values, dtype=jnp.float32)


def per_example(score: jax.Array) -> jax.Array:
    """Scores [B], or maps of them [B, h, w], as one number an example [B]: the mean of a map."""
    return score.reshape(len(score), -1).mean(axis=1) if score.ndim > 1 else score


def blur(level: jax.Array | float | None, x: jax.Array, keys: jax.Array) -> jax.Array:
    """Instance noise: x [B, ...] plus N(0, level^2); a level of None is none at all."""
    return x if level is None else x + level * noise.normal(keys, x.shape[1:])


def one_pass(generator: Network) -> Callable:
    """``Game.generate`` of a generator that is asked once."""

    def generate(variables, given, keys, *, train):
        # The draws have used the keys as they are.
        keys = noise.fold_each(keys, noise.DROPOUT)
        return generator.apply(variables, given, keys=keys, train=train)

    return generate


def seen_alone(outputs: Callable, score: Callable, keys: jax.Array, mean: Callable) -> Critic:
    """A critic as penalties look at it: a function of x alone.

    Args:
      outputs: (x, dropout keys) -> the network's named outputs.
      score: of its scores, one number an example [B].
      keys: of the dropout; a penalty that compares two looks brings its own.
      mean: of numbers over devices.
    """

    def features(x, keys):
        out = outputs(x, keys)
        return score(out["score"]), out["features"]

    return Critic(lambda x: score(outputs(x, keys)["score"]), features, mean)


def penalise(
    penalties: Sequence[tuple], critic: Critic, real: jax.Array, fake: jax.Array, keys: jax.Array
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The weighted sum of the penalties on a ``losses.Critic``, and the value of each by name.

    Args:
      penalties: triples (name, weight, penalty function).
      critic, real, fake, keys: what each of them takes.
    """
    each = noise.split_each(keys, len(penalties)) if len(penalties) > 1 else [keys]
    values = {
        name: mean(penalty(critic, real, fake, own))
        for (name, _, penalty), own in zip(penalties, each, strict=False)
    }
    return sum(weight * values[name] for name, weight, _ in penalties), values


def compare(
    terms: Sequence[tuple], made: jax.Array, truth: jax.Array
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The weighted sum of the distances of what was made to the truth, and the value of each.

    Args:
      terms: triples (name, weight, distance function).
      made, truth: [B, ...].
    """
    values = {name: mean(distance(made, truth)) for name, _, distance in terms}
    return sum(weight * values[name] for name, weight, _ in terms), values


def recognise(
    heads: tuple[str, ...], out: Arrays, given: Arrays
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The sum of the cross-entropies [] of a critic's heads, in nats, and each by name.

    Args:
      heads: names of categories.
      out: the critic's outputs: logits [B, K] by these names.
      given: their truth, one-hot [B, K], by the same names.
    """
    values = {
        f"{name}_cross_entropy": mean(optax.softmax_cross_entropy(out[name], given[name]))
        for name in heads
    }
    return sum(values.values()), values
