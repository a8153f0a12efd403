"""Every loss and every penalty plays every game that it makes sense for, by config alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.core.errors import UserError
from jaxgan.games import GAMES, LABELLED
from jaxgan.losses import ADVERSARIAL, PENALTIES, classifiers

ROWS, SHAPE, CLASSES = 4, (5,), 3


def tiny(game):
    """A config of small networks; its critic drops units and has a constrained norm."""
    config = defaults.get_config()
    config.game = defaults.game(game, z_dim=2)
    config.generator = defaults.generator("mlp", features=(3, 3))
    config.critic = defaults.critic("mlp", features=(3, 3), norm="spectral", dropout=0.5)
    return config


@pytest.fixture(scope="module", params=GAMES)
def played(request):
    """A config, and config -> metrics of both players after one look, traced, not compiled."""
    config = tiny(request.param)
    classes = parts.classes_in_play(config, CLASSES)
    players = [make(config, SHAPE, classes) for make in (parts.generator, parts.critic)]
    batch = {"x": jnp.zeros((ROWS, *SHAPE)), "label": jnp.zeros(ROWS, jnp.int32)}

    def look(config):
        game = parts.game(config, *players, classes)

        def both(key):
            keys = jax.random.split(key, ROWS)
            generator, critic = (player.init(key) for player in players)
            fake, moved = game.generate(generator, batch, keys)
            params = critic.pop("params")
            total, (mutables, metrics) = game.critic_loss(params, critic, batch, fake, 0, keys)
            assert jax.tree.structure(mutables) == jax.tree.structure(critic)
            generator.pop("params")
            assert jax.tree.structure(moved) == jax.tree.structure(generator)
            variables = {"params": params, **mutables}
            other, more = game.generator_loss(variables, batch, fake, 0, keys)
            return {**metrics, **more, "totals": total + other}

        found = jax.eval_shape(both, jax.random.key(0))
        assert {(leaf.shape, leaf.dtype) for leaf in found.values()} == {((), np.dtype("float32"))}
        return set(found)

    return config, look


def test_every_loss_plays(played):
    config, look = played
    for loss in ADVERSARIAL:
        config.loss = defaults.loss(loss)
        if "generators" in config.game and loss not in classifiers():
            with pytest.raises(UserError, match="its loss must be minimax"):
                look(config)
            continue
        metrics = look(config)
        assert {"critic_loss", "generator_loss", "real_score", "fake_score"} <= metrics
        assert ("wrong_score" in metrics) == (config.game.name == "matching_aware")
    assert len(LABELLED) == 2


def test_every_penalty_plays(played):
    config, look = played
    config.loss = defaults.loss("minimax")
    for name in PENALTIES:
        config.penalties[name].weight = 0.5
    assert set(PENALTIES) <= look(config)
