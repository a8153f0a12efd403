"""Games between one generator and one critic of (example, label) pairs.

The unconditional game is the one whose label is None; the matching-aware one adds a second kind of
negative. Everything else is shared.
"""

import jax
import jax.numpy as jnp

from jaxgan import noise
from jaxgan.games.game import Game


def _mean(values):
    return jnp.mean(values, dtype=jnp.float32)


def pair_game(
    generator,
    critic,
    loss,
    *,
    z_dim,
    penalties=(),
    noise_level=lambda step: None,
    classes=0,
    mismatched=False,
):
    """Build the game: noise against data, unlabelled, conditional or matching-aware.

    With ``classes`` both sides see the one-hot label of the real example (Mirza and Osindero
    2014). With ``mismatched`` a real example under a wrong label is a negative too (GAN-CLS, Reed
    et al. 2016, algorithm 1): the critic minimises [loss(real, fake) + loss(real, wrong)] / 2,
    which for the cross-entropy is -log D(real) - log(1 - D(fake)) / 2 - log(1 - D(wrong)) / 2.

    Args:
      generator, critic: ``Network``.
      loss: ``AdversarialLoss``.
      z_dim: length of the noise vector, z ~ N(0, I).
      penalties: triples (name, weight, penalty function) added to the critic's loss.
      noise_level: step -> standard deviation of the instance noise, or None for none at all
        (Soenderby et al. 2017, Arjovsky and Bottou 2017): added to whatever the critic sees.
      classes: number of labels; 0 plays without.
      mismatched: whether real examples with a wrong label are negatives; needs ``classes``.
    """

    def one_hot(label):
        return jax.nn.one_hot(label, classes) if classes else None

    def label_of(batch):
        return one_hot(batch["label"]) if classes else None

    def blur(x, step, keys):
        level = noise_level(step)
        return x if level is None else x + level * noise.normal(keys, x.shape[1:])

    def generate(variables, batch, keys):
        return generator.apply(variables, noise.normal(keys, (z_dim,)), label_of(batch), train=True)

    def critic_loss(params, mutables, batch, fake, step, keys):
        keys_real, keys_fake, keys_wrong, keys_penalty = noise.split_each(keys, 4)
        real, fake = blur(batch["x"], step, keys_real), blur(fake, step, keys_fake)
        label = label_of(batch)

        def score(mutables, x, label):
            return critic.apply({"params": params, **mutables}, x, label, train=True)

        real_scores, mutables = score(mutables, real, label)
        fake_scores, mutables = score(mutables, fake, label)
        losses = loss.critic(real_scores, fake_scores)
        metrics = {"real_score": _mean(real_scores), "fake_score": _mean(fake_scores)}
        if mismatched:
            wrong = one_hot(noise.other_labels(keys_wrong, batch["label"], classes))
            wrong_scores, mutables = score(mutables, real, wrong)
            losses = (losses + loss.critic(real_scores, wrong_scores)) / 2
            metrics["wrong_score"] = _mean(wrong_scores)
        total = _mean(losses)
        for name, weight, penalty in penalties:
            value = _mean(penalty(lambda x: score({}, x, label)[0], real, fake, keys_penalty))
            total += weight * value
            metrics[name] = value
        return total, (mutables, {"critic_loss": total, **metrics})

    def generator_loss(variables, batch, fake, step, keys):
        keys_real, keys_fake = noise.split_each(keys, 2)
        label = label_of(batch)

        def score(x):
            return critic.apply(variables, x, label, train=True)[0]

        # Losses that ignore the real scores leave them to the compiler to drop.
        real_scores = score(blur(batch["x"], step, keys_real))
        fake_scores = score(blur(fake, step, keys_fake))
        total = _mean(loss.generator(real_scores, fake_scores))
        return total, {"generator_loss": total}

    return Game(generate, critic_loss, generator_loss)
