"""Every loss, penalty and term plays every game that it makes sense for, by config alone."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.core.errors import UserError
from jaxgan.data import Entry
from jaxgan.games import GAMES, pair_game
from jaxgan.games.frames import frames_game
from jaxgan.losses import ADVERSARIAL, DISTANCES, PENALTIES, classifiers

ROWS, CLASSES = 4, 3
POINTS = {"x": Entry((5,), np.float32), "label": Entry((), np.int32, CLASSES)}
IMAGES = {"x": Entry((12, 12, 1), np.uint8), "source": Entry((12, 12, 1), np.uint8)}
TONES = {name: Entry((), np.int32, CLASSES) for name in ("tone", "source_tone")}
# Of a size that its eighth still fills the window of SSIM.
CLIPS = {"x": Entry((88, 88, 1), np.uint8), "source": Entry((88, 88, 2), np.uint8)}
SQUARES = {"x": Entry((16, 16, 1), np.uint8), "source": Entry((16, 16, 1), np.uint8)}
# What looks through a frozen network wants colour, or a size, and has tests of its own.
TERMS = [name for name in DISTANCES if name not in ("features", "perceptual")]


def tiny(game):
    """A config of small networks and the entries it plays with; its critic has a norm and drops."""
    config, row = defaults.get_config(), GAMES[game]
    config.game = defaults.game(game, **({"z_dim": 2} if "z_dim" in row.options else {}))
    critic = {"norm": "spectral", "dropout": 0.5}
    if "mask" in row.generator:
        config.generator = defaults.generator("completion", width=2, dilations=(2,))
        config.critic = defaults.critic("global_local", layers=2, width=2, window=4, **critic)
        return config, {**IMAGES, "mask": Entry((12, 12, 1), np.float32)}
    if "caption" in row.generator:
        config.generator = defaults.generator("text", width=4, code=3)
        config.critic = defaults.critic("text", width=4, code=3, **critic)
        captions = {name: Entry((5,), np.float32) for name in ("caption", "other_caption")}
        return config, {"x": Entry((8, 8, 1), np.uint8), **captions}
    if "x_2" in row.critic:
        config.generator = defaults.generator("multiscale", width=1)
        config.critic = defaults.critic("multiscale", width=1, **critic)
        return config, CLIPS
    if "attributes" in row.generator:
        config.generator = defaults.generator("unet", halvings=2, width=2)
        config.critic = defaults.critic("stargan", layers=2, width=2, **critic)
        return config, {**SQUARES, **TONES}
    if "source" in row.generator:
        config.generator = defaults.generator("unet", halvings=2, width=2)
        if row.heads:
            config.critic = defaults.critic("zi2zi", width=2, **critic)
            return config, {**SQUARES, "label": POINTS["label"]}
        config.critic = defaults.critic("patch", layers=1, width=2, **critic)
        return config, IMAGES
    config.generator = defaults.generator("mlp", features=(3, 3))
    config.critic = defaults.critic("mlp", features=(3, 3), **critic)
    return config, POINTS


@pytest.fixture(scope="module", params=GAMES)
def played(request):
    """A config, and config -> metrics of both players after one step, traced, not compiled."""
    config, entries = tiny(request.param)
    batch = {
        name: jnp.zeros((ROWS, *entry.shape), jnp.int32 if entry.classes else jnp.float32)
        for name, entry in entries.items()
    }
    keys = jax.random.split(jax.random.key(0), ROWS)

    @cache
    def made(names):
        """What the generator makes under ``names``, the terms in play: shapes alone."""
        each = parts.players(config, entries)

        def make(key):
            generator, critic = each.generator.init(key), each.critic.init(key)
            given = each.game.draw(batch, keys, 0)
            made, moved = each.game.generate(generator, given, keys, train=True)
            generator.pop("params")
            assert jax.tree.structure(moved) == jax.tree.structure(generator)
            return critic, given, made

        return jax.eval_shape(make, jax.random.key(0)), each

    def look(config):
        names = tuple(name for name, term in config.terms.items() if term.weight)
        shapes, each = made(names)
        game = parts.game(
            config, None, each.generator, each.critic, entries=entries, shapes=each.shapes
        )
        hash(game)  # as a static argument of jax.jit

        def both(critic, given, made):
            params = critic.pop("params")
            total, (mutables, metrics) = game.critic_loss(params, critic, given, made, 0, keys)
            assert jax.tree.structure(mutables) == jax.tree.structure(critic)
            variables = {"params": params, **mutables}
            other, more = game.generator_loss(variables, given, made, 0, keys)
            assert game.realness(variables, given).shape == (ROWS,) or "generators" in config.game
            return {**metrics, **more, "totals": total + other}

        found = jax.eval_shape(both, *shapes)
        assert {(leaf.shape, leaf.dtype) for leaf in found.values()} == {((), np.dtype("float32"))}
        return set(found)

    return config, look


def test_every_loss_plays(played):
    """Of games that are built alike the first plays all of them, the others two."""
    config, look = played
    build = GAMES[config.game.name].build
    if config.game.name == "text" or build is frames_game:
        build = pair_game  # whose losses they hand on
    first = next(name for name, rules in GAMES.items() if rules.build is build)
    for loss in ADVERSARIAL if first == config.game.name else ("minimax", "wasserstein"):
        config.loss = defaults.loss(loss)
        if "generators" in config.game and loss not in classifiers():
            with pytest.raises(UserError, match="its loss must be minimax"):
                look(config)
            continue
        metrics = look(config)
        assert {"critic_loss", "generator_loss", "real_score", "fake_score"} <= metrics
        assert ("wrong_score" in metrics) == (config.game.name in ("matching_aware", "text"))
        heads = {name for name in metrics if name.endswith("_cross_entropy")}
        assert bool(heads) == bool(GAMES[config.game.name].heads)


def test_every_penalty_plays(played):
    config, look = played
    config.loss = defaults.loss("minimax")
    for name in PENALTIES:
        config.penalties[name].weight = 0.5
    if GAMES[config.game.name].build is frames_game:
        with pytest.raises(UserError, match="is of x alone"):
            look(config)
        for name in PENALTIES:
            config.penalties[name].weight = 0.0
        return
    assert set(PENALTIES) <= look(config)


def test_every_term_plays_where_there_is_a_truth(played):
    config, look = played
    for name in TERMS:
        config.terms[name].weight = 0.5
    if GAMES[config.game.name].terms:
        again = "_source_again" if config.game.name == "attributes" else ""
        assert {name + again for name in TERMS} <= look(config)
    else:
        with pytest.raises(UserError, match="games that have one: translation, restoration"):
            look(config)
