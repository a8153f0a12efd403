"""MAD-GAN: several generators against one critic that must tell which of them it was.

Reference: Multi-Agent Diverse Generative Adversarial Networks (Ghosh et al. 2018).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import logsumexp

from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.games.game import Game
from jaxgan.games.terms import blur, mean, penalise
from jaxgan.losses import Critic, classifiers, is_classifier


def real_log_odds(scores):
    """Scores [B, k + 1], the data's last -> log D_real / (1 - D_real) [B], D their softmax."""
    return scores[:, -1] - logsumexp(scores[:, :-1], axis=1)


def multi_generator_game(
    generator,
    critic,
    loss,
    *,
    generators,
    z_dim,
    z="normal",
    penalties=(),
    noise_level=lambda step: None,
    mean_over_devices=lambda tree: tree,
):
    """Build the game of k generators, each of which makes one fake a real example.

    The critic's k + 1 scores are log-odds of the sources: it minimises -log D_real(real) minus the
    sum over i of log D_i(G_i(z)) (section 3.1), and must push the generators apart to do so. Each
    generator is told only how real it looks: ``loss.generator`` of the log-odds of "real". Where
    the critic is at its best, the mean of the generators is the data.

    Args:
      generator: ``Network`` of k stacked generators (``networks.stacked``).
      critic: ``Network`` with k + 1 scores.
      loss: ``AdversarialLoss`` whose critic is a classifier; gives the generators' rule.
      generators: k.
      z_dim, z, penalties, noise_level, mean_over_devices: as ``pair_game`` has them. A penalty sees
        the log-odds of "real", and for each real example the fake of a random generator.

    Raises:
      UserError: the loss has no critic that classifies.
    """
    if not is_classifier(loss):
        raise UserError(
            "game 'multi_generator' has a critic that classifies; "
            f"its loss must be {', '.join(classifiers())}."
        )
    targets = np.arange(generators)

    def generate(variables, batch, keys):
        drawn = DISTRIBUTIONS[z](keys, (generators, z_dim)).reshape(-1, z_dim)
        fake, mutables = generator.apply(variables, drawn, train=True)
        return fake.reshape(-1, generators, *fake.shape[1:]), mutables

    def each(fake):
        """[B, k, ...] -> [B * k, ...]: the generators in turn, as ``networks.stacked`` has them."""
        return fake.reshape(-1, *fake.shape[2:])

    def keys_of_each(keys):
        """[B] -> [B * k] keys, in the order of ``each``."""
        return noise.split_each(keys, generators).T.ravel()

    def critic_loss(params, mutables, batch, fake, step, keys):
        keys_real, keys_fake, keys_which, keys_penalty, keys = noise.split_each(keys, 5)
        level = noise_level(step)
        real, fake = blur(level, batch["x"], keys_real), blur(level, fake, keys_fake)
        dropout_real, dropout_fake = noise.split_each(keys, 2)

        def score(mutables, x, keys):
            return critic.apply({"params": params, **mutables}, x, keys=keys, train=True)

        real_scores, mutables = score(mutables, real, dropout_real)
        fake_scores, mutables = score(mutables, each(fake), keys_of_each(dropout_fake))
        told_apart = jax.nn.log_softmax(fake_scores).reshape(-1, generators, generators + 1)
        told_apart = told_apart[:, targets, targets]
        real_odds, fake_odds = real_log_odds(real_scores), real_log_odds(fake_scores)

        def features(x, keys):
            scores, features = critic.features(
                {"params": params, **mutables}, x, keys=keys, train=True
            )
            return real_log_odds(scores), features

        penalised = Critic(
            scores=lambda x: real_log_odds(score(mutables, x, dropout_real)[0]),
            features=features,
            mean=mean_over_devices,
        )
        which = jax.vmap(lambda key: jax.random.randint(key, (), 0, generators))(keys_which)
        opponents = fake[jnp.arange(len(fake)), which]
        extra, values = penalise(penalties, penalised, real, opponents, keys_penalty)
        total = mean(jax.nn.softplus(-real_odds) - told_apart.sum(axis=1)) + extra
        metrics = {
            "real_score": mean(real_odds),
            "fake_score": mean(fake_odds),
            "generator_told": mean(jnp.exp(told_apart)),
        }
        return total, (mutables, {"critic_loss": total, **metrics, **values})

    def generator_loss(variables, batch, fake, step, keys):
        keys_real, keys_fake, dropout_real, dropout_fake = noise.split_each(keys, 4)
        level = noise_level(step)

        def odds(x, keys):
            return real_log_odds(critic.apply(variables, x, keys=keys, train=True)[0])

        real_odds = odds(blur(level, batch["x"], keys_real), dropout_real)
        fake_odds = odds(each(blur(level, fake, keys_fake)), keys_of_each(dropout_fake))
        # One sum over the generators: each has the gradient that it would have alone, where no
        # layer is shared. (A clipped global norm is that of all of them together.)
        losses = loss.generator(jnp.repeat(real_odds, generators), fake_odds)
        total = generators * mean(losses)
        return total, {"generator_loss": total}

    return Game(generate, critic_loss, generator_loss)
