"""CycleGAN in PyTorch: two translators, two critics, pools, as its authors' port trains them.

It does the work of our step: the critics first, on fakes by way of the pools, then the generators
against the critics as they then are, by the same forward pass.
"""

import random
from types import SimpleNamespace

import torch
from torch.nn.functional import l1_loss, mse_loss

from benchmarks import torch_networks
from benchmarks.rival import batches_of, layout, optimizers_of, update

WAYS = {"AtoB": ("source", "x"), "BtoA": ("x", "source")}
BACK = {"AtoB": "BtoA", "BtoA": "AtoB"}


class Pool:
    """The authors' rule, image by image."""

    def __init__(self, size):
        self.size, self.kept = size, []

    def show(self, images):
        """images [B, ...] -> what the critic is shown of them."""
        shown = []
        for image in images.detach():
            if len(self.kept) < self.size:
                self.kept.append(image.clone())
            elif self.size and random.random() < 0.5:
                slot = random.randrange(self.size)
                self.kept[slot], image = image.clone(), self.kept[slot]
            shown.append(image)
        return torch.stack(shown)


def networks(config, shape):
    """(generators, critics), each {way: module}, for images (H, W, C) in both domains."""
    made = [torch_networks.make(config, shape, 0) for _ in WAYS]
    generators, critics = zip(*made, strict=True)
    keyed = (dict(zip(WAYS, side, strict=True)) for side in (generators, critics))
    return tuple(torch.nn.ModuleDict(side) for side in keyed)


def functions(config, generators, critics):
    """What is made of real images by domain, and what either side minimises.

    Returns:
      make: real -> images by name, as our ``made``.
      critic_loss: (real, shown) -> loss; ``shown``: fakes by domain.
      generator_loss: (real, made) -> loss.
    """
    game, weight = config["game"], config["terms"]["l1"]["weight"]
    cycles = {"AtoB": game["forward"], "BtoA": game["backward"]}

    def make(real):
        made = {end: generators[way](real[start]) for way, (start, end) in WAYS.items()}
        for way, (start, end) in WAYS.items():
            if cycles[way]:
                made[f"{start}_again"] = generators[BACK[way]](made[end])
            if game["identity"]:
                made[f"{end}_same"] = generators[way](real[end])
        return made

    def critic_loss(real, shown):
        total = 0.0
        for way, (_, end) in WAYS.items():
            on_real, on_fake = critics[way](real[end]), critics[way](shown[end])
            ones, zeros = torch.ones_like(on_real), torch.zeros_like(on_fake)
            total = total + (mse_loss(on_real, ones) + mse_loss(on_fake, zeros)) / 2
        return total

    def generator_loss(real, made):
        total = 0.0
        for way, (start, end) in WAYS.items():
            on_fake = critics[way](made[end])
            adversarial = mse_loss(on_fake, torch.ones_like(on_fake)) / 2
            total = total + config["adversarial"] * adversarial
            if cycles[way]:
                total = total + cycles[way] * weight * l1_loss(made[f"{start}_again"], real[start])
            if game["identity"]:
                total = total + game["identity"] * weight * l1_loss(made[f"{end}_same"], real[end])
        return total

    return make, critic_loss, generator_loss


def trainer(config, images, sources, *, device="cpu", compile=None):
    """Set up the row; arguments as ``rival.trainer`` has them, images and sources unpaired."""
    generators, critics = networks(config, images.shape[1:])
    for side in (generators, critics):
        side.to(device, memory_format=layout(side, device)).train()
    seen = layout(critics, device)
    data = {
        name: batches_of(array, config["batch_size"], device, seen)
        for name, array in (("source", sources), ("x", images))
    }
    optimizers = optimizers_of(config, generators, critics)
    played = [generators, critics]
    if compile:
        played = [{k: torch.compile(n, mode=compile) for k, n in side.items()} for side in played]
    make, critic_loss, generator_loss = functions(config, *played)
    pools = {name: Pool(config["game"]["pool"]) for name in data}

    def step():
        real = {name: next(each) for name, each in data.items()}
        made = make(real)
        shown = {name: pool.show(made[name]) for name, pool in pools.items()}
        loss = critic_loss(real, shown)
        update(optimizers[1], loss)
        critics.requires_grad_(False)
        told = generator_loss(real, made)
        update(optimizers[0], told)
        critics.requires_grad_(True)
        return loss.detach(), told.detach()

    return SimpleNamespace(generator=generators, critic=critics, step=step)
