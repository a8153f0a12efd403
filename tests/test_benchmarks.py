"""The rival plays the game that we play: the same networks, losses and updates."""

import jax
import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import referee, scaling, tables
from benchmarks.rows import ROWS, cases
from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.data.source import Entry

torch = pytest.importorskip("torch", reason="PyTorch is the rival")

from benchmarks import rival, rival_cycle, torch_networks  # noqa: E402 - only where there is PyTorch
from tests.models import modules  # noqa: E402

BATCH, CLASSES = 4, 10
PAIRED = ("pix2pix", "cyclegan", "cyclegan_resnet")  # rows with a source


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # small arrays: threads would only wait for one another


def small(row):
    """The row's config with small networks; images, and their labels or sources."""
    config = ROWS[row]()
    config.batch_size, config.n_critic = BATCH, min(config.n_critic, 2)
    for side in (config.generator, config.critic):
        (width,) = {"features", "channels", "width"} & set(side)
        side[width] = 8 if width == "width" else (8,) * len(side[width])
    rng = np.random.default_rng(0)
    shape = (32, 32, config.data.channels or 1) if config.data.size else (28, 28, 1)
    shape = (32, 32, 3) if config.data.name == "emoji" else shape
    images = rng.integers(256, size=(9, *shape), dtype=np.uint8)
    return config, images, images[::-1].copy() if row in PAIRED else np.arange(9)


def entries(row, images):
    """What the data of a row have."""
    beside = Entry(images.shape[1:], images.dtype), Entry((), np.dtype("int32"), CLASSES)
    return {"x": beside[0], **({"source": beside[0]} if row in PAIRED else {"label": beside[1]})}


def classes_of(config):
    return CLASSES if config.game.name == "conditional" else 0


@pytest.mark.parametrize("row", ROWS)
def test_as_many_parameters_as_ours(row):
    config, (_, images, _) = ROWS[row](), small(row)
    plain, shape = config.to_dict(), images.shape[1:]
    theirs = torch_networks.make(plain, shape, classes_of(config))
    if config.game.name == "cycle":
        theirs = rival_cycle.networks(plain, shape)
    players = parts.players(config, entries(row, images))
    for network, side in zip(theirs, (players.generator, players.critic), strict=True):
        ours = jax.eval_shape(side.init, jax.random.key(0))
        count = sum(leaf.size for leaf in jax.tree.leaves(ours["params"]))
        assert count == sum(p.numel() for p in network.parameters())


def rivals(row, **options):
    config, images, beside = small(row)
    torch.manual_seed(0)
    if config.game.name == "cycle":
        return rival_cycle.trainer(config.to_dict(), images, beside, **options)
    return rival.trainer(config.to_dict(), images, beside, classes=classes_of(config), **options)


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
        # A Wasserstein critic's last bias never moves, nor does that of a hinge within its margins:
        # the gradients of real and fake cancel.
        last = name == "critic" and ROWS[row]().loss.name in ("wasserstein", "hinge")
        still = [p for p, m in zip(network.parameters(), moved, strict=True) if not m]
        assert sum(p.numel() for p in still) <= last
    limit = ROWS[row]().critic.optimizer.weight_limit
    assert not limit or max(p.abs().max() for p in trainer.critic.parameters()) <= limit


def test_bfloat16_is_near_float32():
    """With the same weights and draws; eight bits of mantissa a product."""
    full, half = (rivals("wgan_gp", dtype=dtype).step() for dtype in ("float32", "bfloat16"))
    for a, b in zip(full, half, strict=True):
        assert a != b
        torch.testing.assert_close(a, b, rtol=0.1, atol=0.02)


@pytest.mark.parametrize("row", ["gan", "cgan", "wgan_gp", "biggan"])
def test_critic_loss_is_ours(row):
    """On the same weights, images and labels; a linear critic has one slope everywhere."""
    config, images, labels = small(row)
    config.critic = defaults.critic("mlp", features=())
    config.generator = small("gan")[0].generator
    # Of one channel: PyTorch's images are flattened channel by channel.
    images, labels = images[:BATCH, :, :, :1], labels[:BATCH]
    trainer = rival.trainer(config.to_dict(), images, labels, classes=classes_of(config))
    layer = trainer.critic.layers[-1]
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    rng = np.random.default_rng(1)
    real, fake = rng.uniform(-1, 1, (2, BATCH, *images.shape[1:])).astype(np.float32)
    expected = trainer.critic_loss(
        *(torch.from_numpy(x).permute(0, 3, 1, 2) for x in (real, fake)), torch.from_numpy(labels)
    )
    known = entries(row, images)
    keys = jax.random.split(jax.random.key(0), BATCH)
    game = parts.players(config, known).game
    actual, _ = game.critic_loss(
        {"Dense_0": {"kernel": weight.T, "bias": bias}},
        {},
        game.draw({"x": real, "label": labels}, keys, 0),
        {"x": fake},
        0,
        keys,
    )
    np.testing.assert_allclose(actual, expected.detach().numpy(), rtol=1e-5)


def test_losses_of_a_translation_are_ours():
    """On the same weights and images; the critic's maps beside the source, and 100 times L1."""
    config, images, sources = small("pix2pix")
    config.critic = defaults.critic("patch", layers=0, width=8, norm="instance")
    trainer = rival.trainer(config.to_dict(), images, sources)
    params = {
        f"Conv_{i}": {
            "kernel": layer.weight.detach().permute(2, 3, 1, 0).numpy(),
            "bias": layer.bias.detach().numpy(),
        }
        for i, layer in enumerate(m for m in trainer.critic if isinstance(m, torch.nn.Conv2d))
    }
    rng = np.random.default_rng(1)
    real, fake, source = rng.uniform(-1, 1, (3, BATCH, *images.shape[1:])).astype(np.float32)
    theirs = [torch.from_numpy(x).permute(0, 3, 1, 2) for x in (real, fake, source)]
    game = parts.players(config, entries("pix2pix", images)).game
    given, made = {"x": real, "source": source}, {"x": fake}
    keys = jax.random.split(jax.random.key(0), BATCH)
    for expected, (actual, _) in (
        (trainer.critic_loss, game.critic_loss(params, {}, given, made, 0, keys)),
        (trainer.generator_loss, game.generator_loss({"params": params}, given, made, 0, keys)),
    ):
        np.testing.assert_allclose(actual, expected(*theirs).detach().numpy(), rtol=1e-5)


def test_losses_of_both_ways_are_ours():
    """On the same weights and images: what is made, both critics, both generators."""
    config, images, sources = small("cyclegan_resnet")
    config.generator.update(blocks=1, width=2)
    config.critic = defaults.critic("patch", layers=0, width=2, norm="instance")
    torch.manual_seed(0)
    generators, critics = rival_cycle.networks(config.to_dict(), images.shape[1:])
    params = [
        {way: modules.as_flax(net, lambda p: p.detach().clone())[0] for way, net in side.items()}
        for side in (generators, critics)
    ]
    rng = np.random.default_rng(1)
    real = {n: rng.uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32) for n in ("source", "x")}
    theirs = {name: torch.from_numpy(x).permute(0, 3, 1, 2) for name, x in real.items()}
    make, *told = rival_cycle.functions(config.to_dict(), generators, critics)
    expected = make(theirs)
    game = parts.players(config, entries("cyclegan_resnet", images)).game
    keys = jax.random.split(jax.random.key(0), 2)
    made, _ = jax.jit(lambda p: game.generate({"params": p}, real, keys, train=True))(params[0])
    assert made.keys() == expected.keys()
    for name, x in made.items():
        want = expected[name].detach().permute(0, 2, 3, 1).numpy()
        np.testing.assert_allclose(x, want, rtol=1e-3, atol=1e-4)
    ours = (
        game.critic_loss(params[1], {}, real, made, 0, keys)[0],
        game.generator_loss({"params": params[1]}, real, made, 0, keys)[0],
    )
    for loss, each in zip(ours, told, strict=True):
        np.testing.assert_allclose(loss, each(theirs, expected).item(), rtol=1e-4)


def test_losses_of_super_resolution_are_ours():
    """On the same weights and images; a linear critic of the result, the squared error."""
    config, images, labels = small("superres")
    config.critic = defaults.critic("mlp", features=())
    trainer = rival.trainer(config.to_dict(), images, labels)
    layer = trainer.critic.layers[-1]
    rng = np.random.default_rng(1)
    real, fake = rng.uniform(-1, 1, (2, BATCH, *images.shape[1:])).astype(np.float32)
    # PyTorch's images are flattened channel by channel.
    weight = layer.weight.detach().reshape(3, 32, 32).permute(1, 2, 0).reshape(-1, 1).numpy()
    params = {"Dense_0": {"kernel": weight, "bias": layer.bias.detach().numpy()}}
    theirs = [torch.from_numpy(x).permute(0, 3, 1, 2) for x in (real, fake)]
    game = parts.players(config, entries("superres", images)).game
    keys = jax.random.split(jax.random.key(0), BATCH)
    given, made = game.draw({"x": real}, keys, 0), {"x": fake}
    for expected, (actual, _) in (
        (trainer.critic_loss, game.critic_loss(params, {}, given, made, 0, keys)),
        (trainer.generator_loss, game.generator_loss({"params": params}, given, made, 0, keys)),
    ):
        np.testing.assert_allclose(actual, expected(*theirs, None).detach(), rtol=1e-5)
    small_ours, small_theirs = given["source"], rival.smaller(theirs[0], 4)
    # Cubic interpolation beside a half of a level may be rounded to either side.
    apart = np.abs(small_ours - small_theirs.permute(0, 2, 3, 1).numpy()) * 127.5
    assert apart.max() < 1.01 and (apart > 0.5).mean() < 0.01


def test_losses_of_the_baseline_are_ours():
    """On the same weights and images: pairs of scores of a linear critic, R1 and R2."""
    config, images, labels = small("baseline")
    config.critic = defaults.critic("mlp", features=())
    config.penalties.r1.weight = 0.25
    trainer = rival.trainer(config.to_dict(), images, labels)
    layer = trainer.critic.layers[-1]
    weight = layer.weight.detach().reshape(3, 32, 32).permute(1, 2, 0).reshape(-1, 1).numpy()
    params = {"Dense_0": {"kernel": weight, "bias": layer.bias.detach().numpy()}}
    rng = np.random.default_rng(1)
    real, fake = rng.uniform(-1, 1, (2, BATCH, *images.shape[1:])).astype(np.float32)
    theirs = [torch.from_numpy(x).permute(0, 3, 1, 2) for x in (real, fake)]
    game = parts.players(config, entries("baseline", images)).game
    keys = jax.random.split(jax.random.key(0), BATCH)
    given, made = game.draw({"x": real}, keys, 0), {"x": fake}
    for expected, (actual, _) in (
        (trainer.critic_loss, game.critic_loss(params, {}, given, made, 0, keys)),
        (trainer.generator_loss, game.generator_loss({"params": params}, given, made, 0, keys)),
    ):
        np.testing.assert_allclose(actual, expected(*theirs, None).detach(), rtol=1e-5)


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


def seeded_step(trainer):
    torch.manual_seed(1)
    return trainer.step()


def test_channels_last_is_the_same_game(monkeypatch):
    """As on a GPU: weights and images lie so, and the losses differ by rounding alone."""
    plain = rivals("resnet32")
    assert rival.layout(plain.critic, "cpu") is torch.contiguous_format
    assert rival.layout(plain.critic, "cuda") is torch.channels_last
    assert rival.layout(rivals("gan").critic, "cuda") is torch.contiguous_format
    monkeypatch.setattr(rival, "layout", lambda *_: torch.channels_last)
    seen, last = [], rivals("resnet32")
    last.critic.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    for a, b in zip(*map(seeded_step, (plain, last)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    tensors = [*seen, *(p for p in last.critic.parameters() if p.dim() == 4 and p.shape[1] > 1)]
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in tensors)


def test_cases_are_named_by_what_is_not_the_rows_own():
    made = cases(["gan"], [64, 256], ["float32", "bfloat16"])
    assert {name: (c.batch_size, c.compute_dtype) for name, c in made.items()} == {
        "gan": (64, "float32"),
        "gan, bfloat16": (64, "bfloat16"),
        "gan, batch 256": (256, "float32"),
        "gan, batch 256, bfloat16": (256, "bfloat16"),
    }
    assert list(cases(ROWS, None, ["float32"])) == list(ROWS)
    ((name, config),) = cases(["cyclegan"], [16], ["float32"], sizes=[64]).items()
    assert name == "cyclegan, 64x64, batch 16" and (config.data.size, config.batch_size) == (64, 16)


@pytest.mark.parametrize(
    ("main", "wrong", "told"),
    [
        (command.arguments, "--rows=gan,x", f"'x' is none of {', '.join(ROWS)}"),
        (command.arguments, "--dtype=float32,float16", "'float16' is none of float32, bfloat16"),
        (command.arguments, "--batch_sizes=64,0", "'64,0' should be positive integers"),
        (command.arguments, "--batch_sizes=", "should be positive integers"),
        (scaling.main, "--vary=side --recipe=gan.py", "--vary=side needs --recipe=dcgan.py"),
    ],
)
def test_a_wrong_word_is_told(main, wrong, told, capsys):
    with pytest.raises(SystemExit):
        main(wrong.split())
    assert told in capsys.readouterr().err


class Played:
    """A worker of two steps a second that fails at its turn ``last``; every turn is noted."""

    def __init__(self, name, turns, last=99):
        self.name, self.turns, self.last = name, turns, last

    def ask(self, go):
        self.turns.append(self.name)
        if self.turns.count(self.name) == self.last:
            raise referee.Failed("overwritten")
        return int(go.split()[1]) / 2


@pytest.mark.parametrize("last", [1, 3])  # before the first round, and in the second
def test_the_others_go_on(last):
    turns = []
    workers = {name: Played(name, turns, 99 if name != "b" else last) for name in "abc"}
    rates, failed = referee.contest(workers, 4, 2.0, spare="b")
    assert rates == {"a": [2.0] * 4, "c": [2.0] * 4} and failed == {"b": "overwritten"}
    assert "".join(turns[-4:]) == "acca"  # who begins changes
    with pytest.raises(referee.Failed):
        referee.contest({"b": Played("b", [], last)}, 4, 2.0)


def test_report_leaves_out_what_does_not_work():
    sides = ("ours", "eager")
    row = {
        "rates": {"ours": [30.0, 20.0, 40.0], "eager": [10.0, 10.0, 10.0]},
        "ratios": {"eager": [3.0, 2.0, 4.0]},
        "failed": {"compile": "no compiler"},
        "first_step": {"ours": {"cold": 4.0, "warm": 2.0}, "eager": {"cold": 3.0}},
        "memory": {side: {"host": 5e8, "device": 0} for side in sides},
        "facts": {side: {"version": "1", "device": "cpu"} for side in sides},
        "dtype": "float32",
        "roof": 1e11,
        "operations": 1e9,
    }
    half = {**row, "dtype": "bfloat16", "roof": 4e11}
    rows = {"gan": row, "dcgan": {**row, "roof": 5e10}, "gan, bfloat16": half}
    text = tables.report({"date": "2026", "cores": 2, "options": {"rounds": 3}, "rows": rows})
    assert "3 rounds; GFLOP/s of a matrix product: 100 in float32, 400 in bfloat16." in text
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["gan", "30", "10", "3 (2-4)", "does not work", ""] in lines
    # 30 and 10 steps/s of 1 GFLOP, the greatest roof of the precision: 100 and 400 GFLOP/s.
    for name, ours, eager in (
        ("gan", "30 %", "10 %"),
        ("dcgan", "30 %", "10 %"),
        ("gan, bfloat16", "8 %", "2 %"),
    ):
        assert [name, "4 / 2", "3", "", "500", "500", "", "1", ours, eager, ""] in lines
    assert "- gan, compile: no compiler" in text
