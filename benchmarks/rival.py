"""The rival: a lecture's training loop in PyTorch, as a good student writes it.

It does the work of our step and no more: the last critic update and the generator's share their
fakes, the fakes of the others are made without a graph, and the critic's weights get no gradients
in the generator's update. Images stay in memory as uint8 and are indexed by a random permutation.

What ours does beside, it leaves out: the generator's average, the norms of the gradients, the
check that everything is finite, numbers that move with the step.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    interpolate,
    l1_loss,
    mse_loss,
    softplus,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks import torch_networks


class Trainer(NamedTuple):
    """A rival at its game.

    Attributes:
      generator, critic: the modules, not compiled.
      critic_loss, generator_loss: (real, fake, beside) -> loss; ``beside`` is a label or a source.
      step: () -> (critic's loss, generator's loss) after n_critic critic updates and one of the
        generator.
    """

    generator: torch.nn.Module
    critic: torch.nn.Module
    critic_loss: Callable
    generator_loss: Callable
    step: Callable


# Modes of torch.compile that replay CUDA graphs: what a replay gave, the next one writes over.
GRAPHS = ("reduce-overhead", "max-autotune")


def layout(network, device):
    """Channels last for convolutions on a GPU, whose tensor cores want them; else PyTorch's own."""
    convolves = any(parameter.dim() == 4 for parameter in network.parameters())
    last = device == "cuda" and convolves
    return torch.channels_last if last else torch.contiguous_format


def batches(images, beside, batch_size, memory_format=torch.contiguous_format):
    """Endless shuffled batches: x [B, C, H, W] in [-1, 1]; label int [B], or a source like x."""

    def take(pixels, index):
        return pixels[index].contiguous(memory_format=memory_format).float() / 127.5 - 1

    while True:
        order = torch.randperm(len(images), device=images.device)
        for index in order.split(batch_size):
            if len(index) == batch_size:
                paired = beside.dtype == torch.uint8
                yield take(images, index), take(beside, index) if paired else beside[index]


def batches_of(array, batch_size, device, memory_format=torch.contiguous_format):
    """Endless shuffled batches [B, C, H, W] in [-1, 1] of pixels [N, H, W, C], alone."""
    pixels = torch.from_numpy(array).permute(0, 3, 1, 2).contiguous().to(device)
    numbers = torch.arange(len(pixels), device=device)
    return (x for x, _ in batches(pixels, numbers, batch_size, memory_format))


def cross_entropy(real, fake):
    """The critic's loss of Goodfellow et al. 2014."""
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    on_real = binary_cross_entropy_with_logits(real, ones)
    return on_real + binary_cross_entropy_with_logits(fake, zeros)


def non_saturating(fake):
    """The generator's loss that they advise."""
    return binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


def hinge(real, fake):
    """The critic's loss of Lim and Ye 2017."""
    return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()


# loss of the config -> (critic's of real and fake scores; generator's of fake scores, and of a
# function that looks at the real ones)
LOSSES = {
    "non_saturating": (cross_entropy, lambda fake, real: non_saturating(fake)),
    "wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda fake, real: -fake.mean()),
    "hinge": (hinge, lambda fake, real: -fake.mean()),
    "relativistic": (
        lambda real, fake: softplus(fake - real).mean(),
        lambda fake, real: softplus(real() - fake).mean(),
    ),
}


DISTANCES = {"l1": l1_loss, "l2": mse_loss}  # terms of the config


def smaller(x, factor):
    """The task of super-resolution: x [B, C, H, W] made smaller, in eight bits."""
    small = interpolate(x, scale_factor=1 / factor, mode="bicubic", antialias=True)
    return ((small.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def gradient_penalty(score, real, fake):
    """Gulrajani et al. 2017, equation 3."""
    epsilon = torch.rand(len(real), 1, 1, 1, device=real.device)
    x = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(score(x).sum(), x, create_graph=True)
    return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()


def zero_centred(scores, x):
    """Mescheder et al. 2018, equations 9 and 10, of scores that were made from x."""
    (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return slope.square().flatten(1).sum(1).mean() / 2


def optimizer(options, parameters):
    """The optimiser of a side of the config."""
    rate, eps = options["learning_rate"], options["eps"]
    if options["name"] == "adam":
        return torch.optim.Adam(parameters, rate, (options["b1"], options["b2"]), eps)
    return torch.optim.RMSprop(parameters, rate, options["decay"], eps)


def optimizers_of(config, generator, critic):
    """Those of both sides, in this order."""
    sides = {"generator": generator, "critic": critic}
    return [
        optimizer(config[side]["optimizer"], network.parameters())
        for side, network in sides.items()
    ]


def update(optimizer, loss):
    """A step against the slope of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def objectives(config, critic, judge):
    """What both sides minimise: (real, fake, beside) -> loss, of the critic and of the generator.

    ``judge``: the critic, maybe compiled.
    """
    on_critic, on_generator = LOSSES[config["loss"]["name"]]
    alone = config["game"]["name"] == "restoration"
    weight, *of_each = (
        config["penalties"][name]["weight"] for name in ("gradient_penalty", "r1", "r2")
    )
    terms = [(each, config["terms"][name]["weight"]) for name, each in DISTANCES.items()]
    terms = [(each, weight) for each, weight in terms if weight]

    def scores(network, x, beside):
        return network(x, None if alone else beside).squeeze(1).float()

    def critic_loss(real, fake, beside):
        # Not the compiled one under a penalty: torch.compile has no derivative of a derivative.
        looking = critic if any(of_each) else judge
        seen = [
            x.detach().requires_grad_(bool(own))
            for x, own in zip((real, fake), of_each, strict=True)
        ]
        found = [scores(looking, x, beside) for x in seen]
        loss = on_critic(*found)
        for own, told, x in zip(of_each, found, seen, strict=True):
            loss = loss + own * zero_centred(told, x) if own else loss
        if weight:
            loss = loss + weight * gradient_penalty(lambda x: scores(critic, x, beside), real, fake)
        return loss

    def generator_loss(real, fake, beside):
        told = on_generator(scores(judge, fake, beside), lambda: scores(judge, real, beside))
        loss = config["adversarial"] * told
        return loss + sum(weight * each(fake, real) for each, weight in terms)

    return critic_loss, generator_loss


def placed(array, device):
    """Pixels [N, H, W, C] as [N, C, H, W], or labels as whole numbers, on the device."""
    tensor = torch.from_numpy(array)
    tensor = tensor.permute(0, 3, 1, 2).contiguous() if array.ndim == 4 else tensor.long()
    return tensor.to(device)


def trainer(config, images, beside, *, classes=0, device="cpu", dtype="float32", compile=None):
    """Set up a row.

    Args:
      config: as ``rows.ROWS`` have it, plain dictionaries.
      images: uint8 [N, H, W, C].
      beside: labels, int [N], or for a translation the sources, uint8 [N, H, W, C]; a task of
        super-resolution makes sources itself.
      classes: how many labels the players see; 0 for none.
      device: "cpu" or "cuda".
      dtype: "float32", or "bfloat16" for autocast.
      compile: None or a mode of ``torch.compile``, "default" or "reduce-overhead".
    """
    generator, critic = torch_networks.make(config, images.shape[1:], classes)
    for network in (generator, critic):
        network.to(device, memory_format=layout(network, device)).train()
    seen = layout(critic, device)

    translates = config["game"]["name"] in ("translation", "restoration")
    factor = config["data"]["task"].get("factor")
    data = batches(placed(images, device), placed(beside, device), config["batch_size"], seen)
    optimizers = optimizers_of(config, generator, critic)
    generate, judge = generator, critic
    if compile:
        generate, judge = (torch.compile(network, mode=compile) for network in (generator, critic))
    graphs = device == "cuda" and compile in GRAPHS
    critic_loss, generator_loss = objectives(config, critic, judge)
    limit = config["critic"]["optimizer"]["weight_limit"]

    def cast():
        return torch.autocast(device, torch.bfloat16) if dtype == "bfloat16" else nullcontext()

    noise = (config["batch_size"], config["game"].get("z_dim"))

    def step():
        if graphs:
            torch.compiler.cudagraph_mark_step_begin()
        for turn in range(config["n_critic"]):
            real, beside = next(data)
            beside = smaller(real, factor) if factor else beside
            z = beside if translates else torch.randn(*noise, device=device)
            with torch.set_grad_enabled(turn == config["n_critic"] - 1), cast():
                fake = generate(z, beside).float()
                if graphs:  # both updates need it, between which graphs are replayed
                    fake = fake.clone()
            with cast():  # one for all passes: the weights are cast once
                loss = critic_loss(real, fake.detach(), beside)
            update(optimizers[1], loss)
            if limit:
                with torch.no_grad():
                    for parameter in critic.parameters():
                        parameter.clamp_(-limit, limit)
        critic.requires_grad_(False)
        with cast():
            told = generator_loss(real, fake, beside)
        update(optimizers[0], told)
        critic.requires_grad_(True)
        return loss.detach(), told.detach()

    return Trainer(generator, critic, critic_loss, generator_loss, step)


class Operations(TorchDispatchMode):
    """Counts the operations of products and convolutions, those of gradients too.

    ``FlopCounterMode`` does the same and fails at a gradient penalty.
    """

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if count := flop_registry.get(function._overloadpacket):
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def player(task):
    """What ``worker.py`` needs: functions by command."""
    device = task["device"]
    torch.backends.cudnn.benchmark = True  # the shapes are fixed
    torch.set_float32_matmul_precision("high")  # TF32, as JAX's default is on such devices
    torch.manual_seed(0)
    if task["threads"]:
        torch.set_num_threads(task["threads"])
    with np.load(task["data"]) as arrays:
        images, beside = arrays["x"], arrays["source" if "source" in arrays else "label"]
    options = {key: task[key] for key in ("classes", "device", "dtype", "compile")}
    if task["config"]["game"]["name"] == "cycle":
        from benchmarks import rival_cycle

        if task["dtype"] != "float32":
            raise ValueError("the rival of cyclegan is written for float32")
        kept = {key: options[key] for key in ("device", "compile")}
        rival = rival_cycle.trainer(task["config"], images, beside, **kept)
    else:
        rival = trainer(task["config"], images, beside, **options)

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    def play(count):
        for _ in range(count):
            losses = rival.step()
        wait()
        if not torch.stack(losses).isfinite().all():
            raise FloatingPointError("a loss is not finite")

    def operations():
        with Operations() as counted:
            rival.step()
        return counted.total

    def matmul(size):
        x = torch.ones(size, size, device=device, dtype=getattr(torch, task["dtype"]))
        return lambda: (x @ x, wait())

    return {
        "play": play,
        "matmul": matmul,
        "operations": operations,
        "device_memory": lambda: torch.cuda.max_memory_allocated() if device == "cuda" else 0,
        "facts": lambda: {
            "parameters": [
                sum(p.numel() for p in network.parameters())
                for network in (rival.generator, rival.critic)
            ],
            "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
            "version": torch.__version__,
        },
    }
