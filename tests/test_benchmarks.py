"""The rival plays the game that we play: the same networks, losses and updates."""

import jax
import numpy as np
import pytest

from benchmarks import tables
from benchmarks.rows import ROWS
from jaxgan import build, defaults

torch = pytest.importorskip("torch", reason="PyTorch is the rival")

from benchmarks import rival, torch_networks  # noqa: E402 - only where there is PyTorch

BATCH, CLASSES = 4, 10


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # small arrays: threads would only wait for one another


def small(row):
    """The row's config with small networks; images and labels."""
    config = ROWS[row]()
    config.batch_size, config.n_critic = BATCH, min(config.n_critic, 2)
    for side in (config.generator, config.critic):
        width = "features" if "features" in side else "channels"
        side[width] = (8,) * len(side[width])
    rng = np.random.default_rng(0)
    shape = (32, 32, config.data.channels or 1) if config.data.size else (28, 28, 1)
    return config, rng.integers(256, size=(9, *shape), dtype=np.uint8), np.arange(9)


@pytest.mark.parametrize("row", ROWS)
def test_as_many_parameters_as_ours(row):
    config, (_, images, _) = ROWS[row](), small(row)
    classes = CLASSES if config.game.name == "conditional" else 0
    shape = images.shape[1:]
    theirs = torch_networks.make(config.to_dict(), shape, classes)
    for network, make in zip(theirs, (build.generator, build.critic), strict=True):
        ours = jax.eval_shape(make(config, shape, classes, None).init, jax.random.key(0))
        count = sum(leaf.size for leaf in jax.tree.leaves(ours["params"]))
        assert count == sum(p.numel() for p in network.parameters())


def rivals(row, **options):
    config, images, labels = small(row)
    classes = CLASSES if config.game.name == "conditional" else 0
    torch.manual_seed(0)
    return rival.trainer(config.to_dict(), images, labels, classes=classes, **options)


@pytest.mark.parametrize("row", ROWS)
def test_a_step_moves_every_parameter(row):
    trainer = rivals(row)
    sides = {"generator": trainer.generator, "critic": trainer.critic}
    before = {name: [p.clone() for p in n.parameters()] for name, n in sides.items()}
    losses = [loss for _ in range(2) for loss in trainer.step()]
    assert torch.stack(losses).isfinite().all()
    for name, network in sides.items():
        moved = [
            not torch.equal(a, b) for a, b in zip(before[name], network.parameters(), strict=True)
        ]
        # A Wasserstein critic's last bias never moves: its gradients of real and fake cancel.
        last = name == "critic" and ROWS[row]().loss.name == "wasserstein"
        assert all(moved[:-1] if last else moved)
    limit = ROWS[row]().critic.optimizer.weight_limit
    assert not limit or max(p.abs().max() for p in trainer.critic.parameters()) <= limit


def test_bfloat16_is_near_float32():
    """With the same weights and draws; eight bits of mantissa a product."""
    full, half = (rivals("wgan_gp", dtype=dtype).step() for dtype in ("float32", "bfloat16"))
    for a, b in zip(full, half, strict=True):
        assert a != b
        torch.testing.assert_close(a, b, rtol=0.1, atol=0.02)


@pytest.mark.parametrize("row", ["gan", "cgan", "wgan_gp"])
def test_critic_loss_is_ours(row):
    """On the same weights, images and labels; a linear critic has one slope everywhere."""
    config, images, labels = small(row)
    config.critic = defaults.critic("mlp", features=())
    config.generator = small("gan")[0].generator
    classes = CLASSES if row == "cgan" else 0
    images, labels = images[:BATCH], labels[:BATCH]
    trainer = rival.trainer(config.to_dict(), images, labels, classes=classes)
    layer = trainer.critic.layers[-1]
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    rng = np.random.default_rng(1)
    real, fake = rng.uniform(-1, 1, (2, BATCH, *images.shape[1:])).astype(np.float32)
    expected = trainer.critic_loss(
        *(torch.from_numpy(x).permute(0, 3, 1, 2) for x in (real, fake)), torch.from_numpy(labels)
    )
    players = (
        make(config, images.shape[1:], classes, None) for make in (build.generator, build.critic)
    )
    game = build.game(config, *players, classes)
    actual, _ = game.critic_loss(
        {"Dense_0": {"kernel": weight.T, "bias": bias}},
        {},
        {"x": real, "label": labels},
        fake,
        0,
        jax.random.split(jax.random.key(0), BATCH),
    )
    np.testing.assert_allclose(actual, expected.detach().numpy(), rtol=1e-5)


def test_operations_by_hand():
    """Linear critic 784 - 1 under the penalty: 2 operations a weight, example and pass.

    A critic's update: forward and gradient of the weights for real and fake; for the penalty its
    forward, the slope in x and the weights' gradient of that. The generator's: forward and slope in
    x of the critic; its own forward (once more for the critic's first update), gradients of all
    weights, and of all inputs but the noise.
    """
    config, images, labels = small("wgan_gp")
    config.critic = defaults.critic("mlp", features=())
    config.generator = small("gan")[0].generator
    images = images[:, :28, :28]
    trainer = rival.trainer(config.to_dict(), images, labels)
    with rival.Operations() as counted:
        trainer.step()
    weights = [100 * 8, 8 * 8, 8 * 8, 8 * 784]
    generator = 4 * sum(weights) - weights[0]
    assert counted.total == 2 * BATCH * ((2 * (4 + 3) + 2) * 784 + generator)


def test_report_leaves_out_what_does_not_work():
    sides = ("ours", "eager")
    row = {
        "rates": {"ours": [30.0, 20.0, 40.0], "eager": [10.0, 10.0, 10.0]},
        "ratios": {"eager": [3.0, 2.0, 4.0]},
        "failed": {"compile": "no compiler"},
        "first_step": {"ours": {"cold": 4.0, "warm": 2.0}, "eager": {"cold": 3.0}},
        "memory": {side: {"host": 5e8, "device": 0} for side in sides},
        "facts": {side: {"version": "1", "device": "cpu"} for side in sides},
        "roof": 1e11,
        "operations": 1e9,
    }
    options = {"dtype": "float32", "rounds": 3}
    text = tables.report({"date": "2026", "cores": 2, "options": options, "rows": {"gan": row}})
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["gan", "30", "10", "3 (2-4)", "does not work", ""] in lines
    # 30 steps/s of 1 GFLOP, a roof of 100 GFLOP/s.
    assert ["gan", "4 / 2", "3", "", "500", "500", "", "1", "30 %", "10 %", ""] in lines
    assert "- gan, compile: no compiler" in text
