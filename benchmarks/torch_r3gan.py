"""R3GAN's networks in PyTorch, as their authors lay them out."""

import math

import torch
from torch import nn
from torch.nn import functional

GROUP = 16


def weighted(layer, gain):
    """The layer with weights N(0, gain^2 / fan-in), its bias 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Resample(nn.Module):
    """Twice or half the size by the filter [1, 3, 3, 1]."""

    def __init__(self, up):
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / (4 if up else 8)
        self.register_buffer("kernel", torch.outer(line, line)[None, None])
        self.convolve = functional.conv_transpose2d if up else functional.conv2d

    def forward(self, x):
        """x [B, C, H, W] -> the same at its new size."""
        flat = x.reshape(-1, 1, *x.shape[2:])
        y = self.convolve(flat, self.kernel.to(x.dtype), stride=2, padding=1)
        return y.reshape(*x.shape[:2], *y.shape[2:])


class Block(nn.Module):
    """An inverted bottleneck of grouped convolutions beside what came in."""

    def __init__(self, width, gain):
        super().__init__()
        wide = 2 * width
        middle = nn.Conv2d(wide, wide, 3, padding=1, groups=wide // GROUP)
        self.inner = nn.Sequential(
            weighted(nn.Conv2d(width, wide, 1), gain),
            nn.LeakyReLU(0.2, inplace=True),
            weighted(middle, gain),
            nn.LeakyReLU(0.2, inplace=True),
            weighted(nn.Conv2d(wide, width, 1, bias=False), 0.0),
        )

    def forward(self, x):
        """x [B, C, H, W] -> as x."""
        return x + self.inner(x)


def stages(options, side):
    """The channels of each stage from 4x4 to images of that side, and the gain of the blocks."""
    count = int(math.log2(side / 4)) + 1
    eighths = options["width"] // 8
    widths = [8 * max(eighths >> max(0, i - options["wide"] + 1), 1) for i in range(count)]
    return widths, math.sqrt(2 / 1.04) * (options["blocks"] * count) ** -0.25


def pixelwise(before, after):
    """A convolution of single pixels, without a bias."""
    return weighted(nn.Conv2d(before, after, 1, bias=False), 1.0)


class Generator(nn.Module):
    """``jaxgan.models.r3gan.R3GANGenerator``, unlabelled, of square images."""

    def __init__(self, options, z_dim, shape):
        super().__init__()
        colours, side, _ = shape
        widths, gain = stages(options, side)
        start = side // 2 ** (len(widths) - 1)
        self.basis = nn.Parameter(torch.randn(widths[0], start, start))
        self.scale = weighted(nn.Linear(z_dim, widths[0], bias=False), 1.0)
        layers = []
        for i, width in enumerate(widths):
            if i:
                layers += [pixelwise(widths[i - 1], width)] if widths[i - 1] != width else []
                layers.append(Resample(up=True))
            layers += [Block(width, gain) for _ in range(options["blocks"])]
        self.layers = nn.Sequential(*layers, pixelwise(widths[-1], colours))

    def forward(self, z, beside=None):
        """z [B, Z] -> [B, C, H, W]."""
        return self.layers(self.basis * self.scale(z)[:, :, None, None])


def critic(options, shape):
    """``jaxgan.models.r3gan.R3GANCritic``, unlabelled, of square images."""
    colours, side, _ = shape
    widths, gain = stages(options, side)
    layers = [pixelwise(colours, widths[-1])]
    for i, width in reversed(list(enumerate(widths))):
        if i < len(widths) - 1:
            layers.append(Resample(up=False))
            layers += [pixelwise(widths[i + 1], width)] if widths[i + 1] != width else []
        layers += [Block(width, gain) for _ in range(options["blocks"])]
    top, start = widths[0], side // 2 ** (len(widths) - 1)
    window = nn.Conv2d(top, top, start, groups=top, bias=False)
    last = weighted(nn.Linear(top, 1, bias=False), 1.0)
    return nn.Sequential(*layers, weighted(window, 1.0), nn.Flatten(), last)
