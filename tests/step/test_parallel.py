import functools
import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxgan.core.errors import UserError
from jaxgan.data import feed
from jaxgan.data.source import from_arrays
from jaxgan.games import GAMES, draw
from jaxgan.losses import ADVERSARIAL, PENALTIES
from jaxgan.models import heads, labels, layers, norms
from jaxgan.models.network import network
from jaxgan.step import parallel
from jaxgan.step.call import make_call
from jaxgan.step.optim import optimizer
from jaxgan.step.state import create
from jaxgan.step.step import make_step

STEPS, Z, CLASSES = 20, 3, 3
RNG = np.random.default_rng(0)
SOURCE = from_arrays(
    "points", RNG.normal(size=(50, 2)).astype(np.float32), RNG.integers(0, CLASSES, 50)
)
KEY = jax.random.key(0)
BATCH, N_CRITIC = 8, 2
SGD = optimizer("sgd", learning_rate=0.05, momentum=0.5, clip_gradient=1.0)


class Small(nn.Module):
    """A network of either side, smaller than any of the package."""

    side: str
    norm: str
    norm_eps: float = 1e-3
    dropout: float = 0.0
    projection: bool = False
    initializer: str = "torch"
    outputs: int = 1
    heads: tuple = ()
    dtype: type = jnp.float32
    axis_name: str | None = None

    @nn.compact
    def __call__(self, *, z=None, x=None, label=None, train, keys=None):
        x = labels.joined(self, z if x is None else x, label)
        x = layers.dense(self, x, 4)
        x = jnp.tanh(norms.norm(self, x, train=train, code=label))
        x = layers.dropout(self, x, keys, 0, train=train)
        if self.side == "generator":
            return {"x": layers.as_output(layers.dense(self, x, 2))}
        return heads.scores(self, x, label)


def weighed(*names):
    return {"penalties": [(name, 2.0, PENALTIES[name]()) for name in names]}


# The critic's norm and dropout, game, loss and its options: batch statistics, or penalties that
# forbid them, draw, and look at the whole batch.
CASES = {
    "statistics": ("batch", 0.0, "conditional", "label_swapped", {"noise_level": lambda t: 0.1}),
    "penalty": ("none", 0.0, "unconditional", "wasserstein", weighed("gradient_penalty")),
    # Labels by gains and shifts and by a projection, a generator with batches of its own.
    "labels": ("spectral", 0.0, "conditional", "hinge", {}),
    "drawn": ("spectral", 0.3, "unconditional", "hinge", weighed("dragan_code", "consistency")),
}


def train(case, mode, number):
    """STEPS steps in two calls; returns the state, the logs and what was compiled in the second."""
    norm, dropout, game, loss, options = CASES[case]
    rules, devices = GAMES[game], parallel.devices(mode, number)
    drawn = [each({"z_dim": Z, "z": "normal"}, {"label": CLASSES}) for each in rules.draws]
    shapes = {"z": (Z,), "x": (2,), "label": (CLASSES,)}

    told, own = case == "labels", 2 if case == "labels" else 0

    def players(axis_name):
        kind = norms.CONDITIONAL if told else "batch"
        generator = Small("generator", kind, axis_name=axis_name)
        critic = Small("critic", norm, dropout=dropout, projection=told, axis_name=axis_name)
        return (
            network(generator, rules.generator, shapes),
            network(critic, rules.critic, shapes),
        )

    game = rules.build(
        *players(devices.axis_name),
        ADVERSARIAL[loss](),
        draw=draw.compose(*drawn),
        mean_over_devices=devices.mean,
        **options,
    )
    calls = {"steps_per_call": STEPS // 2, "seed": 0}
    resident = feed.resident(
        (SOURCE,), batch_size=BATCH, batches=N_CRITIC + own, devices=devices, **calls
    )
    sizes = {"n_critic": N_CRITIC, "batch_size": BATCH, "own_batches": own}
    step = make_step(game, SGD, SGD, ema=0.9, devices=devices, **sizes)
    call = devices.compile(make_call(step, resident.batches, **calls))
    state = devices.replicate(jax.jit(lambda key: create(*players(None), SGD, SGD, key))(KEY))
    logs, count = [], STEPS // 2
    for first_step in (0, count):
        with CompileLog() as compiled:
            state, log, done = call(state, *resident.block(first_step, count), np.int32(count))
        assert done == count
        logs.append(log)
    return jax.device_get((state, logs)), compiled.names


class CompileLog(logging.Handler):
    """Notes the name of whatever JAX compiles meanwhile."""

    def __enter__(self):
        self.names, self.flag = [], jax.log_compiles()
        logging.getLogger("jax").addHandler(self)
        self.flag.__enter__()
        return self

    def __exit__(self, *error):
        self.flag.__exit__(*error)
        logging.getLogger("jax").removeHandler(self)

    def emit(self, record):
        if record.getMessage().startswith("Compiling"):
            self.names.append(record.getMessage())


@pytest.fixture(scope="module")
def on_one_device():
    """case -> (state, logs), each trained once."""
    return functools.cache(lambda case: train(case, "jit", 1)[0])


@pytest.mark.parametrize(
    "case, mode",
    [
        ("statistics", "pmap"),
        ("statistics", "shard_map"),
        ("penalty", "shard_map"),
        ("labels", "shard_map"),
    ],
)
def test_four_devices_do_what_one_does(on_one_device, case, mode):
    assert len(jax.devices()) == 4
    expected = on_one_device(case)
    found, compiled_again = train(case, mode, 4)
    assert not compiled_again
    statistics = bool(jax.tree.leaves(expected[0].critic.mutables))
    assert statistics == (case in ("statistics", "labels")) and expected[0].step == STEPS
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-4, 1e-5), found, expected)


def test_auto_takes_every_device():
    assert parallel.devices().count == parallel.devices().local_count == 4
    assert parallel.devices(number=1).axis_name is None
    assert parallel.devices("jit").count == parallel.devices("jit").local_count == 1


def test_errors():
    with pytest.raises(UserError, match="unknown value of parallel 'xmap'; known: auto, jit, pmap"):
        parallel.devices("xmap")
    parallel.check_batch(12, 4)
    with pytest.raises(UserError, match="6 is not divisible by the 4 devices; 4 or 8 would be"):
        parallel.check_batch(6, 4)
