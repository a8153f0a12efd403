"""Lessons: a thought question of the lectures, and the games that answer it while one watches.

The words, in two languages, are the page's: ``static/words.js`` has them by the lesson's name.
"""

from typing import NamedTuple


class Lesson(NamedTuple):
    """A lesson.

    Attributes:
      name: by which its words are found.
      shared: {key: text} of all of its games, which do not set it, too.
      games: {key: text} of each, one or two.
      draws: whether the page is to be drawn on first.
    """

    name: str
    shared: dict[str, str]
    games: tuple[dict[str, str], ...]
    draws: bool = False


def _plain(loss="non_saturating", **more):
    """A game without a penalty and with one critic update a step."""
    keys = {"loss": loss, "penalties.gradient_penalty.weight": "0", "n_critic": "1"}
    return keys | {key.replace("__", "."): text for key, text in more.items()}


_WGAN_GP = {"loss": "wasserstein", "penalties.gradient_penalty.weight": "0.1", "n_critic": "5"}
# A critic that is slower than the generator, and momentum: the rates of the ring of unrolled GANs
# (Metz et al. 2017). Of seeds 0 to 3 none has more than four modes within 4000 steps of the plain
# game, and all have seven or eight after 2000 under the penalty.
_HASTY = {
    "critic.optimizer.learning_rate": "1e-4",
    "generator.optimizer.learning_rate": "1e-3",
    **{
        f"{side}.optimizer.{key}": text
        for side in ("generator", "critic")
        for key, text in (("b1", "0.9"), ("b2", "0.999"))
    },
}
_RING = {"data": "ring", "data.options.std": "0.02"}
_LINE = {"data": "mixture1d", "data.options.means": "-2,2", "data.options.stds": "0.5"}
_HELD = {"penalties.gradient_penalty.weight": "10"}  # slopes of 1 within little
_GRID = {"data": "grid", "data.options.side": "3", "data.options.spacing": "1"}
_CLIPPED = {
    "loss": "wasserstein",
    "penalties.gradient_penalty.weight": "0",
    "n_critic": "5",
    "critic.optimizer.weight_limit": "0.05",
}

LESSONS = (
    Lesson("collapse", {**_RING, **_HASTY, "seed": "0"}, (_plain(), _WGAN_GP)),
    Lesson(
        "too_good",
        {**_RING, "seed": "0"},
        (_plain("minimax", n_critic="20"), _plain("non_saturating", n_critic="20")),
    ),
    Lesson("clipping", {**_RING, "seed": "0"}, (_CLIPPED, _WGAN_GP | _HELD)),
    Lesson(
        "far_apart",
        # The generator begins at positive numbers, and goes slowly enough to be watched.
        {
            **{"data": "mixture1d", "data.options.means": "-6", "data.options.stds": "0.3"},
            **{"seed": "0", "generator.optimizer.learning_rate": "5e-5"},
        },
        (_plain("minimax"), _WGAN_GP | _HELD),
    ),
    Lesson(
        "many_generator_steps",
        {**_RING, "seed": "0"},
        (_plain(n_generator="1"), _plain(n_generator="20")),
    ),
    Lesson("thin_z", {**_RING, "seed": "0"}, (_WGAN_GP | {"game.z_dim": "1"}, _WGAN_GP)),
    Lesson(
        "two_answers",
        {**_LINE, "seed": "0"},
        (
            _WGAN_GP | {"game.z": "bernoulli", "game.z_dim": "1"},
            _WGAN_GP | {"game.z": "normal", "game.z_dim": "1"},
        ),
    ),
    Lesson(
        "which_divergence",
        # Without R1 the scores of KL, which nothing bounds, run away within some thousand steps.
        {**_LINE, "seed": "0", "generator.features": "1", "penalties.r1.weight": "0.1"},
        (_plain("f_kl"), _plain("f_reverse_kl")),
    ),
    Lesson(
        "noise_for_the_critic",
        {**_RING, "seed": "0"},
        (
            _plain("minimax", n_critic="10"),
            _plain("minimax", n_critic="10", instance_noise__std="0.1"),
        ),
    ),
    Lesson(
        "cures",
        {**_GRID, "seed": "0"},
        (_plain(), _plain(penalties__r1__weight="0.1")),
    ),
    Lesson(
        "many_generators",
        {**_GRID, "seed": "0"},
        (_plain(), _plain(game="multi_generator", game__generators="4")),
    ),
    Lesson(
        "told_the_class",
        {**_RING, "seed": "0"},
        (_plain(), _plain(game="conditional")),
    ),
    Lesson("what_losses_tell", {**_RING, "seed": "0"}, (_plain(), _WGAN_GP)),
    Lesson("bridges", {"data": "swiss_roll", "seed": "0"}, (_WGAN_GP,)),
    Lesson("draw", {"data": "drawn", "seed": "0"}, (_WGAN_GP,), draws=True),
)
