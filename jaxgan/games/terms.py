"""What every game's losses are made of: averages, instance noise, weighted penalties."""

import jax.numpy as jnp

from jaxgan.core import noise


def mean(values):
    """The average over the batch, in float32 [] whatever the type of the values [B]."""
    return jnp.mean(values, dtype=jnp.float32)


def blur(level, x, keys):
    """Instance noise: x [B, ...] plus N(0, level^2); a level of None is none at all."""
    return x if level is None else x + level * noise.normal(keys, x.shape[1:])


def penalise(penalties, critic, real, fake, keys):
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
