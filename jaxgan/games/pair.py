"""Games between one generator and one critic of (example, label) pairs.

The unconditional game is the one whose label is None; the matching-aware one adds a second kind of
negative. Everything else is shared.
"""

import jax

from jaxgan.core import noise
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.games.game import Game
from jaxgan.games.terms import blur, mean, penalise
from jaxgan.losses import Critic


def pair_game(
    generator,
    critic,
    loss,
    *,
    z_dim,
    z="normal",
    penalties=(),
    noise_level=lambda step: None,
    classes=0,
    mean_over_devices=lambda tree: tree,
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
      z_dim, z: length of the noise vector, and a row of ``DISTRIBUTIONS``.
      penalties: triples (name, weight, penalty function) added to the critic's loss.
      noise_level: step -> standard deviation of the instance noise, or None for none at all
        (Soenderby et al. 2017, Arjovsky and Bottou 2017): added to whatever the critic sees.
      classes: number of labels; 0 plays without.
      mean_over_devices: numbers of this device's rows -> their averages over devices.
      mismatched: whether real examples with a wrong label are negatives; needs ``classes``.
    """

    def one_hot(label):
        return jax.nn.one_hot(label, classes) if classes else None

    def label_of(batch):
        return one_hot(batch["label"]) if classes else None

    def generate(variables, batch, keys):
        return generator.apply(
            variables, DISTRIBUTIONS[z](keys, (z_dim,)), label_of(batch), train=True
        )

    def critic_loss(params, mutables, batch, fake, step, keys):
        keys_real, keys_fake, keys_wrong, keys_penalty, keys = noise.split_each(keys, 5)
        level, label = noise_level(step), label_of(batch)
        real, fake = blur(level, batch["x"], keys_real), blur(level, fake, keys_fake)
        dropout_real, dropout_fake, dropout_wrong = noise.split_each(keys, 3)

        def score(mutables, x, label, keys):
            return critic.apply({"params": params, **mutables}, x, label, keys=keys, train=True)

        real_scores, mutables = score(mutables, real, label, dropout_real)
        fake_scores, mutables = score(mutables, fake, label, dropout_fake)
        losses = loss.critic(real_scores, fake_scores)
        metrics = {"real_score": mean(real_scores), "fake_score": mean(fake_scores)}
        if mismatched:
            wrong = one_hot(noise.other_labels(keys_wrong, batch["label"], classes))
            wrong_scores, mutables = score(mutables, real, wrong, dropout_wrong)
            losses = (losses + loss.critic(real_scores, wrong_scores)) / 2
            metrics["wrong_score"] = mean(wrong_scores)
        penalised = Critic(
            scores=lambda x: score(mutables, x, label, dropout_real)[0],
            features=lambda x, keys: critic.features(
                {"params": params, **mutables}, x, label, keys=keys, train=True
            ),
            mean=mean_over_devices,
        )
        extra, values = penalise(penalties, penalised, real, fake, keys_penalty)
        total = mean(losses) + extra
        return total, (mutables, {"critic_loss": total, **metrics, **values})

    def generator_loss(variables, batch, fake, step, keys):
        keys_real, keys_fake, dropout_real, dropout_fake = noise.split_each(keys, 4)
        level, label = noise_level(step), label_of(batch)

        def score(x, keys_noise, keys):
            x = blur(level, x, keys_noise)
            return critic.apply(variables, x, label, keys=keys, train=True)[0]

        # Losses that ignore the real scores leave them to the compiler to drop.
        real_scores = score(batch["x"], keys_real, dropout_real)
        fake_scores = score(fake, keys_fake, dropout_fake)
        total = mean(loss.generator(real_scores, fake_scores))
        return total, {"generator_loss": total}

    return Game(generate, critic_loss, generator_loss)
