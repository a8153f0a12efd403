"""MAD-GAN: several generators against one critic that must tell which of them it was.

Reference: Multi-Agent Diverse Generative Adversarial Networks (Ghosh et al. 2018).
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import logsumexp

from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.games.game import Game, Shown
from jaxgan.games.terms import blur, mean, one_pass, penalise, seen_alone
from jaxgan.losses import AdversarialLoss, classifiers, is_classifier
from jaxgan.models.network import Network


def real_log_odds(scores: jax.Array) -> jax.Array:
    """Scores [B, k + 1], the data's last -> log D_real / (1 - D_real) [B], D their softmax."""
    return scores[:, -1] - logsumexp(scores[:, :-1], axis=1)


def several_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    draw: Callable,
    generators: int,
    penalties: Sequence[tuple] = (),
    adversarial: float = 1.0,
    noise_level: Callable = lambda step: None,
    mean_over_devices: Callable = lambda tree: tree,
) -> Game:
    """Build the game of k generators, each of which makes one fake a real example.

    The critic's k + 1 scores are log-odds of the sources: it minimises -log D_real(real) minus the
    sum over i of log D_i(G_i(z)) (section 3.1), and must push the generators apart to do so. Each
    generator is told only how real it looks: ``loss.generator`` of the log-odds of "real". Where
    the critic is at its best, the mean of the generators is the data.

    Args:
      generator: ``Network`` of k stacked generators (``network.stacked``): it makes x [B, k, ...].
      critic: ``Network`` with k + 1 scores.
      loss: ``AdversarialLoss`` whose critic is a classifier; gives the generators' rule.
      draw: z [B, k, Z].
      generators: k.
      penalties, adversarial, noise_level, mean_over_devices: as ``pair_game`` has them. A penalty
        sees the log-odds of "real", and for each real example the fake of a random generator.

    Raises:
      UserError: the loss has no critic that classifies.
    """
    if not is_classifier(loss):
        raise UserError(
            "game 'multi_generator' has a critic that classifies; "
            f"its loss must be {', '.join(classifiers())}."
        )

    def realness(variables, given):
        return real_log_odds(critic.apply(variables, given, train=False)[0]["score"])

    def show(given, made):
        return {f"generator {i}": Shown(made["x"][:, i]) for i in range(generators)}

    return Game(
        draw=draw,
        generate=one_pass(generator),
        critic_loss=_critic_loss(critic, generators, penalties, noise_level, mean_over_devices),
        generator_loss=_generator_loss(critic, loss, generators, adversarial, noise_level),
        realness=realness,
        show=show,
    )


def _each(fake):
    """[B, k, ...] -> [B * k, ...]: the generators in turn."""
    return fake.reshape(-1, *fake.shape[2:])


def _keys_of_each(keys, generators):
    """[B] -> [B * k] keys, in the order of ``_each``."""
    return noise.split_each(keys, generators).T.ravel()


def _critic_loss(critic, generators, penalties, noise_level, mean_over_devices):
    """``Game.critic_loss``: -log D_real(real) - sum over i of log D_i(G_i(z)) + penalties."""
    targets = np.arange(generators)

    def critic_loss(params, mutables, given, made, step, keys):
        keys_real, keys_fake, keys_which, keys_penalty, keys = noise.split_each(keys, 5)
        level = noise_level(step)
        real, fake = blur(level, given["x"], keys_real), blur(level, made["x"], keys_fake)
        dropout_real, dropout_fake = noise.split_each(keys, 2)

        def judge(mutables, x, keys):
            return critic.apply({"params": params, **mutables}, {"x": x}, keys=keys, train=True)

        out_real, mutables = judge(mutables, real, dropout_real)
        out_fake, mutables = judge(mutables, _each(fake), _keys_of_each(dropout_fake, generators))
        log_shares = jax.nn.log_softmax(out_fake["score"])
        log_shares = log_shares.reshape(-1, generators, generators + 1)[:, targets, targets]
        real_odds = real_log_odds(out_real["score"])
        fake_odds = real_log_odds(out_fake["score"])
        alone = seen_alone(
            lambda x, keys: judge(mutables, x, keys)[0],
            real_log_odds,
            dropout_real,
            mean_over_devices,
        )
        which = jax.vmap(lambda key: jax.random.randint(key, (), 0, generators))(keys_which)
        opponents = fake[jnp.arange(len(fake)), which]
        extra, values = penalise(penalties, alone, real, opponents, keys_penalty)
        total = mean(jax.nn.softplus(-real_odds) - log_shares.sum(axis=1)) + extra
        metrics = {
            "real_score": mean(real_odds),
            "fake_score": mean(fake_odds),
            "generator_told": mean(jnp.exp(log_shares)),
        }
        return total, (mutables, {"critic_loss": total, **metrics, **values})

    return critic_loss


def _generator_loss(critic, loss, generators, adversarial, noise_level):
    """``Game.generator_loss``: the sum over the generators of what each is told by the odds."""

    def generator_loss(variables, given, made, step, keys):
        keys_real, keys_fake, dropout_real, dropout_fake = noise.split_each(keys, 4)
        level = noise_level(step)

        def odds(x, keys):
            out, _ = critic.apply(variables, {"x": x}, keys=keys, train=True)
            return real_log_odds(out["score"])

        real_odds = odds(blur(level, given["x"], keys_real), dropout_real)
        fake_x = _each(blur(level, made["x"], keys_fake))
        fake_odds = odds(fake_x, _keys_of_each(dropout_fake, generators))
        # One sum over the generators: each has the gradient that it would have alone, where no
        # layer is shared. (A clipped global norm is that of all of them together.)
        losses = loss.generator(jnp.repeat(real_odds, generators), fake_odds)
        total = generators * mean(losses)
        total = total if adversarial == 1.0 else adversarial * total
        return total, {"generator_loss": total}

    return generator_loss
