"""BigGAN's 32x32 networks in PyTorch, as its authors' script for CIFAR-10 has them."""

import torch
from torch import nn
from torch.nn import functional


class Conditional(nn.Module):
    """Batch norm whose gain and shift are those of the class."""

    def __init__(self, features, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(features, affine=False)
        self.gain, self.shift = (nn.Embedding(classes, features) for _ in range(2))

    def forward(self, x, label):
        """x [B, C, H, W], label int [B] -> as x."""
        gain, shift = self.gain(label)[:, :, None, None], self.shift(label)[:, :, None, None]
        return self.norm(x) * (1 + gain) + shift


class Grow(nn.Module):
    """A block that doubles; its shortcut is convolved at the smaller size, which is less work."""

    def __init__(self, width, classes):
        super().__init__()
        self.norm1, self.norm2 = (Conditional(width, classes) for _ in range(2))
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, x, label):
        """x [B, C, H, W], label int [B] -> [B, C, 2H, 2W]."""
        y = functional.interpolate(torch.relu(self.norm1(x, label)), scale_factor=2)
        y = self.conv2(torch.relu(self.norm2(self.conv1(y), label)))
        return functional.interpolate(self.shortcut(x), scale_factor=2) + y


class Generator(nn.Module):
    """``jaxgan.models.biggan.BigGANGenerator`` for 32x32; shape is (C, H, W)."""

    def __init__(self, options, z_dim, shape, classes):
        super().__init__()
        width = 4 * options["width"]
        self.linear = nn.Linear(z_dim, width * 4 * 4)
        self.blocks = nn.ModuleList(Grow(width, classes) for _ in range(3))
        self.norm = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(width, shape[0], 3, padding=1)

    def forward(self, z, label):
        """z [B, Z], label int [B] -> images [B, C, 32, 32]."""
        x = self.linear(z).unflatten(1, (-1, 4, 4))
        for block in self.blocks:
            x = block(x, label)
        return torch.tanh(self.conv(torch.relu(self.norm(x))))


class Shrink(nn.Module):
    """A block that halves, or keeps the size."""

    def __init__(self, width, features, halves, first=False):
        super().__init__()
        self.first = first
        self.conv1 = nn.Conv2d(width, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)
        self.shortcut = nn.Conv2d(width, features, 1) if halves else nn.Identity()
        self.down = nn.AvgPool2d(2) if halves else nn.Identity()

    def forward(self, x):
        """x [B, C, H, W] -> [B, features, H', W']."""
        y = self.conv1(x if self.first else torch.relu(x))
        return self.shortcut(self.down(x)) + self.down(self.conv2(torch.relu(y)))


class Critic(nn.Module):
    """``jaxgan.models.biggan.BigGANCritic`` for 32x32, with the projection."""

    def __init__(self, options, shape, classes):
        super().__init__()
        width = 4 * options["width"]
        self.blocks = nn.Sequential(
            Shrink(shape[0], width, halves=True, first=True),
            Shrink(width, width, halves=True),
            Shrink(width, width, halves=False),
            Shrink(width, width, halves=False),
        )
        self.linear, self.table = nn.Linear(width, 1), nn.Embedding(classes, width)

    def forward(self, x, label):
        """x [B, C, 32, 32], label int [B] -> scores [B, 1]."""
        x = torch.relu(self.blocks(x)).sum(dim=(2, 3))
        return self.linear(x) + (self.table(label) * x).sum(dim=1, keepdim=True)


def constrain(network, eps):
    """Divide the weights by their spectral norms, but for a generator's tables of classes."""
    kinds = (nn.Linear, nn.Conv2d, nn.Embedding)
    for layer in list(network.modules()):
        table = isinstance(layer, nn.Embedding) and isinstance(network, Generator)
        if isinstance(layer, kinds) and not table:
            nn.utils.parametrizations.spectral_norm(layer, eps=eps)
