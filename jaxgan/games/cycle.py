"""CycleGAN: two translators, from A to B and back, each against a critic of its own.

Reference: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (Zhu et
al. 2017, arXiv:1703.10593). Domain A is the entry "source", domain B "x"; no example of one belongs
to an example of the other.
"""

from collections.abc import Callable, Mapping, Sequence

import jax.numpy as jnp
from flax.core import FrozenDict

from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.games import pool as pools
from jaxgan.games.game import Game, Shown
from jaxgan.games.terms import blur, compare, mean, penalise, per_example, seen_alone
from jaxgan.losses import AdversarialLoss
from jaxgan.models.network import Network

# Direction -> the domains that it leads from and to.
DIRECTIONS = {"AtoB": ("source", "x"), "BtoA": ("x", "source")}
BACK = {"AtoB": "BtoA", "BtoA": "AtoB"}


def cycle_game(
    generator: Network,
    critic: Network,
    loss: AdversarialLoss,
    *,
    draw: Callable,
    shapes: Mapping[str, tuple[int, ...]],
    forward: float = 1.0,
    backward: float = 1.0,
    identity: float = 0.5,
    pool: int = 50,
    penalties: Sequence[tuple] = (),
    terms: Sequence[tuple] = (),
    adversarial: float = 1.0,
    noise_level: Callable = lambda step: None,
    mean_over_devices: Callable = lambda tree: tree,
) -> Game:
    """Build the game of two generators and two critics.

    Each critic minimises mean loss.critic(real, fake) + penalties of its own domain, the fakes by
    way of its pool. The generators minimise the sum over both directions of

        adversarial * mean loss.generator(real, fake)
        + weight * [term of G_back(G(a)) and a] + identity * weight * [term of G(b) and b]

    (eq. 3 and section 5.2), where ``terms`` with their weights are how images are compared: L1 with
    weight 10 in the paper, and half of it for the identity. The weight of the cycle that begins in
    A is forward times that, of the one that begins in B backward times. The authors' code halves
    the critics' losses, which under Adam changes next to nothing.

    Args:
      generator: ``team`` of "AtoB" and "BtoA", each from "source" to "x".
      critic: ``team`` of the same names: who judges what that direction makes.
      loss, penalties, adversarial, noise_level, mean_over_devices: as ``pair_game`` has them.
      draw: as ``Game`` has it.
      shapes: of one example, of "source" and "x".
      forward, backward, identity: of the three kinds of terms, relative weights; a pass that none
        needs is not made.
      pool: how many past fakes of either direction the critics may be shown.
      terms: triples (name, weight, distance function).

    Raises:
      UserError: an identity between domains of different shapes.
    """
    if identity and shapes["source"] != shapes["x"]:
        raise UserError(
            f"game.identity shows a generator what it makes, of shape {shapes['x']}, in place of "
            f"what it takes, {shapes['source']}; set game.identity=0."
        )
    cycles = {"AtoB": forward, "BtoA": backward}
    generate, back = _passes(generator, cycles, identity, bool(terms))
    memory, recall = _pools(pool, shapes)

    def realness(variables, given):
        out, _ = critic.apply(variables, {"x": given["x"]}, name="AtoB", train=False)
        return per_example(out["score"])

    def show(given, made):
        return {
            direction: Shown(made[end], given[start], given.get(end))
            for direction, (start, end) in DIRECTIONS.items()
            if start in given
        }

    return Game(
        draw=draw,
        generate=generate,
        critic_loss=_critic_loss(critic, loss, penalties, noise_level, mean_over_devices),
        generator_loss=_generator_loss(
            critic, loss, cycles, identity, terms, adversarial, noise_level
        ),
        realness=realness,
        show=show,
        memory=memory,
        recall=recall,
        back=back,
        makes=FrozenDict({direction: end for direction, (_, end) in DIRECTIONS.items()}),
    )


def _passes(generator, cycles, identity, compared):
    """``Game.generate`` and ``Game.back``: G(a) there, G_back(G(a)) back again, and G(b).

    ``compared``: whether there are terms, without which only the first pass is made.
    """

    def translate(variables, image, keys, direction, number, *, train):
        """One pass, with keys of its own -> (image, the team's mutables)."""
        keys = noise.fold_each(noise.fold_each(keys, noise.DROPOUT), number)
        given = {"source": image}
        out, moved = generator.apply(variables, given, name=direction, keys=keys, train=train)
        return out["x"], moved

    def generate(variables, given, keys, *, train):
        made, mutables = {}, {k: v for k, v in variables.items() if k != "params"}

        def add(name, image, direction, number):
            nonlocal mutables
            whole = {"params": variables["params"], **mutables}
            made[name], mutables = translate(whole, image, keys, direction, number, train=train)

        for i, (direction, (start, end)) in enumerate(DIRECTIONS.items()):
            if start in given:
                add(end, given[start], direction, i)
        if not (train and compared):
            return made, mutables
        for i, (direction, (start, end)) in enumerate(DIRECTIONS.items()):
            if cycles[direction]:
                add(f"{start}_again", made[end], BACK[direction], 2 + i)
            if identity:
                add(f"{end}_same", given[end], direction, 4 + i)
        return made, mutables

    def back(variables, given, made, keys):
        del given
        return {
            direction: translate(variables, made[end], keys, BACK[direction], 2 + i, train=False)[0]
            for i, (direction, (_, end)) in enumerate(DIRECTIONS.items())
            if end in made
        }

    return generate, back


def _critic_loss(critic, loss, penalties, noise_level, mean_over_devices):
    """``Game.critic_loss``: the sum of the losses of both critics."""

    def of_one(params, mutables, real, made, level, keys, direction):
        """The loss of one direction's critic -> (loss, metrics, mutables)."""
        keys_real, keys_fake, keys_penalty, dropout_real, dropout_fake = noise.split_each(keys, 5)
        x, fake_x = blur(level, real, keys_real), blur(level, made, keys_fake)

        def judge(mutables, x, keys):
            variables = {"params": params, **mutables}
            return critic.apply(variables, {"x": x}, name=direction, keys=keys, train=True)

        real, mutables = judge(mutables, x, dropout_real)
        fake, mutables = judge(mutables, fake_x, dropout_fake)
        alone = seen_alone(
            lambda x, keys: judge(mutables, x, keys)[0],
            per_example,
            dropout_real,
            mean_over_devices,
        )
        extra, values = penalise(penalties, alone, x, fake_x, keys_penalty)
        total = mean(loss.critic(real["score"], fake["score"])) + extra
        scores = {"real_score": mean(real["score"]), "fake_score": mean(fake["score"])}
        return total, scores | values, mutables

    def critic_loss(params, mutables, given, made, step, keys):
        total, found, level = 0.0, {}, noise_level(step)
        for i, (direction, (_, end)) in enumerate(DIRECTIONS.items()):
            own, found[direction], mutables = of_one(
                params,
                mutables,
                given[end],
                made[end],
                level,
                noise.fold_each(keys, i),
                direction,
            )
            total += own
        return total, (mutables, {"critic_loss": total, **_told(found)})

    return critic_loss


def _generator_loss(critic, loss, cycles, identity, terms, adversarial, noise_level):
    """``Game.generator_loss``: of both directions, adversarial, cycle and identity."""

    def score(variables, x, level, keys_noise, keys, direction):
        x = {"x": blur(level, x, keys_noise)}
        return critic.apply(variables, x, name=direction, keys=keys, train=True)[0]["score"]

    def generator_loss(variables, given, made, step, keys):
        total, found, level = 0.0, {}, noise_level(step)
        for i, (direction, (start, end)) in enumerate(DIRECTIONS.items()):
            keys_real, keys_fake, dropout_real, dropout_fake = noise.split_each(
                noise.fold_each(keys, i), 4
            )
            if adversarial:
                # Losses that ignore the real scores leave them to the compiler to drop.
                real = score(variables, given[end], level, keys_real, dropout_real, direction)
                fake = score(variables, made[end], level, keys_fake, dropout_fake, direction)
                total += adversarial * mean(loss.generator(real, fake))
            for weight, name, truth in (
                (cycles[direction], f"{start}_again", start),
                (identity, f"{end}_same", end),
            ):
                if weight and terms:
                    extra, found[name] = compare(terms, made[name], given[truth])
                    total += weight * extra
        return total, {"generator_loss": total, **_told(found)}

    return generator_loss


def _pools(size, shapes):
    """``Game.memory`` and ``Game.recall``: a pool of past fakes of each direction."""

    def memory():
        if not size:
            return {}
        return {end: pools.empty(size, shapes[end]) for _, end in DIRECTIONS.values()}

    def recall(memory, made, keys):
        memory, shown = dict(memory), dict(made)
        for i, (_, end) in enumerate(DIRECTIONS.values()):
            own = noise.fold_each(keys, i)
            memory[end], shown[end] = pools.exchange(memory[end], made[end], own)
        return memory, shown

    return memory, recall


def _told(found):
    """Metrics of several passes {pass: {name: number}}: each, and by the plain name their mean."""
    names = dict.fromkeys(name for values in found.values() for name in values)
    each = {f"{name}_{of}": v for of, values in found.items() for name, v in values.items()}
    means = {name: mean(jnp.stack([values[name] for values in found.values()])) for name in names}
    return means | each
