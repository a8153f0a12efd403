"""The networks of the rows that see images in front of others, in PyTorch; and their critics."""

import torch
from torch import nn


def normalised(norm, channels, eps):
    """A row of ``jaxgan.models.norms.NORMS`` that shifts each channel."""
    return (nn.BatchNorm2d if norm == "batch" else nn.InstanceNorm2d)(channels, eps=eps)


class Level(nn.Module):
    """One halving, what lies within, one doubling; beside it what came in."""

    def __init__(self, norm, outer, inner, within=None, source=None, drop=0.0, eps=1e-5):
        super().__init__()
        bias, outermost = norm == "instance", source is not None
        down = nn.Conv2d(source or outer, inner, 4, 2, 1, bias=bias)
        seen = 2 * inner if within else inner
        up = nn.ConvTranspose2d(seen, outer, 4, 2, 1, bias=bias or outermost)
        # Not in place, unlike the other: what came in is handed on as it came.
        before = [down] if outermost else [nn.LeakyReLU(0.2), down]
        before += [normalised(norm, inner, eps)] if within and not outermost else []
        after = [nn.ReLU(inplace=True), up]
        after += [nn.Tanh()] if outermost else [normalised(norm, outer, eps)]
        after += [nn.Dropout(drop)] if drop else []
        self.levels = nn.Sequential(*before, *([within] if within else []), *after)
        self.outermost = outermost

    def forward(self, x, beside=None):
        """x [B, C, H, W] -> [B, C', H, W], without x's own channels at the outermost level."""
        y = self.levels(x)
        return y if self.outermost else torch.cat([x, y], dim=1)


def unet(norm, halvings, width, source, colours, *, eps=1e-5, dropout=0.5, drops=None):
    """The authors' ``UnetGenerator`` for 5 and more halvings, continued to fewer.

    ``drops``: levels, counted from the outermost, whose doublings drop units; None: the authors'.
    """
    wide = [width * min(2**i, 8) for i in range(halvings)]
    drops = range(4, halvings - 1) if drops is None else drops
    level = None
    for i in range(halvings - 1, 0, -1):
        drop = dropout if i in drops else 0.0
        level = Level(norm, wide[i - 1], wide[i], level, drop=drop, eps=eps)
    return Level(norm, colours, wide[0], level, source=source, eps=eps)


def unet_generator(options, z_dim, shape, classes):
    """``jaxgan.models.unet.UNetGenerator``, whose noise is that units drop at some level."""
    halvings = options["halvings"]
    return unet(
        options["norm"],
        halvings,
        options["width"],
        shape[0],
        shape[0],
        eps=options["norm_eps"],
        dropout=options["dropout"],
        drops=range(4, halvings - 1) or (halvings - 1,),
    )


class Beside(nn.Sequential):
    """Layers that see an image in front of the channels of another."""

    def forward(self, x, source=None):
        """x [B, C, H, W], source [B, C', H, W] -> scores [B, 1, h, w]."""
        return super().forward(x if source is None else torch.cat([source, x], 1))


def patch(norm, strided, width, channels, *, eps=1e-5):
    """The authors' ``NLayerDiscriminator``, and ``PixelDiscriminator`` for no strided layer."""
    bias = norm == "instance"
    if not strided:
        return Beside(
            nn.Conv2d(channels, width, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 1, bias=bias),
            normalised(norm, 2 * width, eps),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * width, 1, 1, bias=bias),
        )
    chain = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
    before = width
    for i in range(1, strided + 1):
        after = width * min(2**i, 8)
        chain += [nn.Conv2d(before, after, 4, 2 if i < strided else 1, 1, bias=bias)]
        chain += [normalised(norm, after, eps), nn.LeakyReLU(0.2, inplace=True)]
        before = after
    return Beside(*chain, nn.Conv2d(before, 1, 4, 1, 1))


def patch_critic(options, shape, classes):
    """``jaxgan.models.patch.PatchCritic`` of an image, beside its source in a translation."""
    channels = shape[0] * (2 if options["game"] == "translation" else 1)
    sizes = (options["norm"], options["layers"], options["width"], channels)
    return patch(*sizes, eps=options["norm_eps"])


class Sum(nn.Sequential):
    """Layers beside which runs what came in."""

    def forward(self, x):
        """x [B, C, H, W] -> as x."""
        return x + super().forward(x)


def srresnet(blocks, width, source, colours, doublings, *, eps=1e-5):
    """SRResNet (Ledig et al. 2017, figure 4), batch-normalised, and a tanh at its end."""

    def normed():
        return [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width, eps)]

    def doubled():
        return [nn.Conv2d(width, 4 * width, 3, 1, 1), nn.PixelShuffle(2), nn.PReLU()]

    trunk = [Sum(*normed(), nn.PReLU(), *normed()) for _ in range(blocks)]
    return nn.Sequential(
        nn.Conv2d(source, width, 9, 1, 4),
        nn.PReLU(),
        Sum(*trunk, *normed()),
        *(layer for _ in range(doublings) for layer in doubled()),
        nn.Conv2d(width, colours, 9, 1, 4),
        nn.Tanh(),
    )


def srgan(width, hidden, colours, height, breadth, *, eps=1e-5):
    """SRGAN's critic of images of that height and breadth, without the sigmoid."""
    layers, before = [], colours
    for i in range(8):
        after = width * 2 ** (i // 2)
        layers += [nn.Conv2d(before, after, 3, 1 + i % 2, 1, bias=i == 0)]
        layers += [nn.BatchNorm2d(after, eps)] if i else []
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        before = after
    pixels = height // 16 * (breadth // 16)
    dense = [nn.Linear(before * pixels, hidden), nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers, nn.Flatten(), *dense, nn.Linear(hidden, 1))


class Alone(nn.Module):
    """A network that looks at an image and at nothing beside it."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, beside=None):
        """x [B, C, H, W] -> what the network makes of it."""
        return self.network(x)


def srresnet_generator(options, z_dim, shape, classes):
    """``jaxgan.models.srresnet.SRResNetGenerator``, batch-normalised."""
    doublings = options["factor"].bit_length() - 1
    sizes = (options["blocks"], options["width"], shape[0], shape[0], doublings)
    return Alone(srresnet(*sizes, eps=options["norm_eps"]))


def resnet_translator_generator(options, z_dim, shape, classes):
    """``jaxgan.models.resnet_translator.ResNetTranslator``, instance-normalised."""
    sizes = (options["blocks"], options["width"], shape[0], shape[0])
    more = {name: options[name] for name in ("halvings", "window")}
    more |= {"reflect": options["padding"] == "reflect", "eps": options["norm_eps"]}
    return Alone(resnet_translator(*sizes, **more))


def srgan_critic(options, shape, classes):
    """``jaxgan.models.srresnet.SRGANCritic``, batch-normalised."""
    return Alone(srgan(options["width"], options["hidden"], *shape, eps=options["norm_eps"]))


def resnet_translator(
    blocks, width, source, colours, *, halvings=2, window=3, reflect=True, eps=1e-5
):
    """CycleGAN's ``ResnetGenerator``, instance-normalised; StarGAN's of window 4 and zeros."""

    def padded(before, after, size):
        border = size // 2
        if not reflect:
            return [nn.Conv2d(before, after, size, 1, border)]
        return [nn.ReflectionPad2d(border), nn.Conv2d(before, after, size)]

    def normed(*layers):
        after = layers[-1].out_channels
        return [*layers, nn.InstanceNorm2d(after, eps), nn.ReLU(inplace=True)]

    def block(inside):
        inner = normed(*padded(inside, inside, 3))
        return Sum(*inner, *normed(*padded(inside, inside, 3))[:-1])

    def halve(before):
        return normed(nn.Conv2d(before, 2 * before, window, 2, 1))

    def double(before):
        more = {"output_padding": 4 - window}
        return normed(nn.ConvTranspose2d(before, before // 2, window, 2, 1, **more))

    widths = [width * 2**i for i in range(halvings + 1)]
    return nn.Sequential(
        *normed(*padded(source, width, 7)),
        *(layer for before in widths[:-1] for layer in halve(before)),
        *(block(widths[-1]) for _ in range(blocks)),
        *(layer for before in reversed(widths[1:]) for layer in double(before)),
        *padded(width, colours, 7),
        nn.Tanh(),
    )
