"""Games between one generator and one critic, whatever the two are given.

Noise to images, labels to images, images to images: the networks declare what they take, and the
game hands them all that there is.
"""

from collections.abc import Callable, Sequence

import jax

from jaxgan.core import noise
from jaxgan.games.game import Game, Shown
from jaxgan.games.terms import (
    blur,
    compare,
    mean,
    one_pass,
    penalise,
    per_example,
    recognise,
    seen_alone,
)
from jaxgan.losses import AdversarialLoss
from jaxgan.models.network import Network


def pair_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    draw: Callable,
    penalties: Sequence[tuple] = (),
    terms: Sequence[tuple] = (),
    heads: tuple[str, ...] = (),
    head_weight: float = 1.0,
    heads_see_fakes: bool = True,
    wrong: Callable | None = None,
    adapt: Callable = lambda mutables, real, fake: (mutables, {}),
    adversarial: float = 1.0,
    noise_level: Callable = lambda step: None,
    mean_over_devices: Callable = lambda tree: tree,
) -> Game:
    """Build the game of one generator that makes "x" and one critic that scores it.

    The critic minimises mean loss.critic(real, fake) + penalties (+ heads); the generator
    adversarial * mean loss.generator(real, fake) + terms (+ heads). With ``wrong``, a real example
    that is given what belongs to another one is a negative, too (GAN-CLS, Reed et al. 2016,
    algorithm 1): the critic minimises [loss(real, fake) + loss(real, wrong)] / 2, which for the
    cross-entropy is -log D(real) - log(1 - D(fake)) / 2 - log(1 - D(wrong)) / 2.

    Args:
      generator, critic: ``Network``; the critic's score is [B] or a map [B, h, w].
      loss: ``AdversarialLoss``.
      draw: as ``Game`` has it.
      penalties: triples (name, weight, penalty function), of the critic's loss.
      terms: triples (name, weight, distance function): the distance of every entry that is both
        made and given, "x" among them; their mean. In a made example the critic sees each made
        entry in place of the given one.
      heads: categories that the critic must tell, of real and of made examples, and that the
        generator is to make plain (AC-GAN, Odena et al. 2017, eq. 2 and 3).
      head_weight: of their cross-entropies, for both sides.
      heads_see_fakes: whether the critic also learns them from made examples.
      wrong: (given, keys) -> given that does not belong to x, or None.
      adapt: (critic mutables, real scores, fake scores) -> (mutables, metrics), after each look:
        what the critic learns beside its weights, as ``augmented.feedback`` has it.
      adversarial: weight of the adversarial loss in the generator's; at 0 no critic is asked.
      noise_level: step -> standard deviation of the instance noise, or None for none at all
        (Soenderby et al. 2017, Arjovsky and Bottou 2017): added to whatever "x" the critic sees.
      mean_over_devices: numbers of this device's rows -> their averages over devices.
    """

    def realness(variables, given):
        return per_example(critic.apply(variables, given, train=False)[0]["score"])

    def show(given, made):
        source = given.get("source")
        truth = None if source is None else given.get("x")
        label = given.get("label") if "label" in generator.inputs else None
        mask = given.get("mask") if "mask" in generator.inputs else None
        return {"": Shown(made["x"], source, truth, label, mask)}

    return Game(
        draw=draw,
        generate=one_pass(generator),
        critic_loss=_critic_loss(
            critic,
            loss,
            penalties,
            heads,
            head_weight,
            heads_see_fakes,
            wrong,
            adapt,
            noise_level,
            mean_over_devices,
        ),
        generator_loss=_generator_loss(
            critic, loss, terms, heads, head_weight, adversarial, noise_level
        ),
        realness=realness,
        show=show,
    )


def _critic_loss(
    critic,
    loss,
    penalties,
    heads,
    head_weight,
    heads_see_fakes,
    wrong,
    adapt,
    noise_level,
    mean_over_devices,
):
    """``Game.critic_loss``, as ``pair_game`` states it."""

    def critic_loss(params, mutables, given, made, step, keys):
        keys_real, keys_fake, keys_wrong, keys_penalty, keys = noise.split_each(keys, 5)
        level = noise_level(step)
        x, fake_x = blur(level, given["x"], keys_real), blur(level, made["x"], keys_fake)
        dropout_real, dropout_fake, dropout_wrong = noise.split_each(keys, 3)

        def judge(mutables, given, x, keys):
            variables = {"params": params, **mutables}
            return critic.apply(variables, {**given, "x": x}, keys=keys, train=True)

        real, mutables = judge(mutables, given, x, dropout_real)
        fake, mutables = judge(mutables, {**given, **made}, fake_x, dropout_fake)
        losses = loss.critic(real["score"], fake["score"])
        metrics = {"real_score": mean(real["score"]), "fake_score": mean(fake["score"])}
        if wrong is not None:
            mismatched, mutables = judge(mutables, wrong(given, keys_wrong), x, dropout_wrong)
            losses = (losses + loss.critic(real["score"], mismatched["score"])) / 2
            metrics["wrong_score"] = mean(mismatched["score"])
        alone = seen_alone(
            lambda x, keys: judge(mutables, given, x, keys)[0],
            per_example,
            dropout_real,
            mean_over_devices,
        )
        extra, values = penalise(penalties, alone, x, fake_x, keys_penalty)
        total = mean(losses) + extra
        if heads:
            found, values_of_heads = recognise(heads, real, given)
            if heads_see_fakes:
                found += recognise(heads, fake, given)[0]
            total += head_weight * found
            metrics |= values_of_heads
        mutables, learned = adapt(mutables, real["score"], fake["score"])
        metrics |= learned
        return total, (mutables, {"critic_loss": total, **metrics, **values})

    return critic_loss


def _generator_loss(critic, loss, terms, heads, head_weight, adversarial, noise_level):
    """``Game.generator_loss``, as ``pair_game`` states it."""

    def generator_loss(variables, given, made, step, keys):
        keys_real, keys_fake, dropout_real, dropout_fake = noise.split_each(keys, 4)
        level = noise_level(step)

        def judge(seen, keys_noise, keys):
            x = blur(level, seen["x"], keys_noise)
            return critic.apply(variables, {**seen, "x": x}, keys=keys, train=True)[0]

        total, metrics = 0.0, {}
        if adversarial:
            # Losses that ignore the real scores leave them to the compiler to drop.
            real = judge(given, keys_real, dropout_real)
            fake = judge({**given, **made}, keys_fake, dropout_fake)
            total = mean(loss.generator(real["score"], fake["score"]))
            if adversarial != 1.0:
                total *= adversarial
            if heads:
                total += head_weight * recognise(heads, fake, given)[0]
        if terms:
            each = [compare(terms, made[name], given[name]) for name in made if name in given]
            extra, metrics = jax.tree.map(lambda *values: sum(values) / len(each), *each)
            total += extra
        return total, {"generator_loss": total, **metrics}

    return generator_loss
