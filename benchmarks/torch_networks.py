"""The networks of the rows in PyTorch: the same layers, written as one writes them there."""

import torch
from torch import nn
from torch.nn import functional


class Joined(nn.Module):
    """A network on vectors or images, a label joined to vectors where there is one."""

    def __init__(self, *layers, classes=0):
        super().__init__()
        self.layers, self.classes = nn.Sequential(*layers), classes

    def forward(self, x, label=None):
        """x [B, ...], label int [B] -> images [B, C, H, W] or scores [B, 1]."""
        if self.classes:
            x = torch.cat([x.flatten(1), functional.one_hot(label, self.classes)], 1)
        return self.layers(x)


def mlp_generator(options, z_dim, shape, classes):
    """``jaxgan.models.mlp.MLPGenerator``; shape is (C, H, W)."""
    first, *others = options["features"]
    layers, width = [nn.Linear(z_dim + classes, first), nn.LeakyReLU(0.2, inplace=True)], first
    for features in others:
        layers += [nn.Linear(width, features), nn.BatchNorm1d(features, options["norm_eps"])]
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        width = features
    pixels = shape[0] * shape[1] * shape[2]
    layers += [nn.Linear(width, pixels), nn.Tanh(), nn.Unflatten(1, shape)]
    return Joined(*layers, classes=classes)


def mlp_critic(options, shape, classes):
    """``jaxgan.models.mlp.MLPCritic``."""
    width, layers = shape[0] * shape[1] * shape[2] + classes, [nn.Flatten()]
    for features in options["features"]:
        layers += [nn.Linear(width, features), nn.LeakyReLU(0.2, inplace=True)]
        width = features
    return Joined(*layers, nn.Linear(width, 1), classes=classes)


def dcgan32_generator(options, z_dim, shape, classes):
    """``jaxgan.models.dcgan.DCGAN32Generator``, unlabelled."""
    one, two, three = options["channels"]
    return Joined(
        nn.Linear(z_dim, one * 4 * 4),
        nn.Unflatten(1, (one, 4, 4)),
        nn.ConvTranspose2d(one, two, 3, stride=2),
        nn.BatchNorm2d(two),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(two, three, 3, stride=2, padding=1),
        nn.BatchNorm2d(three),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(three, shape[0], 4, stride=2, padding=2),
        nn.Tanh(),
    )


def dcgan32_critic(options, shape, classes):
    """``jaxgan.models.dcgan.DCGAN32Critic``, unlabelled."""
    layers, width = [], shape[0]
    geometries = [(3, 2, 1), (3, 2, 1), (3, 2, 1), (4, 1, 0)]
    for i, (features, geometry) in enumerate(zip(options["channels"], geometries, strict=True)):
        layers.append(nn.Conv2d(width, features, *geometry))
        if i > 0 and options["norm"] == "batch":
            layers.append(nn.BatchNorm2d(features))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        width = features
    return Joined(*layers, nn.Flatten(), nn.Linear(width, 1))


class Block(nn.Module):
    """A residual block; its shortcut is convolved at the smaller size, which is less work."""

    def __init__(self, width, features, resize=None, norm=False, first=False):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2) if resize == "up" else nn.Identity()
        self.down = nn.AvgPool2d(2) if resize == "down" else nn.Identity()
        self.start = nn.Sequential(nn.BatchNorm2d(width) if norm else nn.Identity(), nn.ReLU())
        if first:  # on pixels
            self.start = nn.Identity()
        self.conv1 = nn.Conv2d(width, features, 3, padding=1)
        self.middle = nn.Sequential(nn.BatchNorm2d(features) if norm else nn.Identity(), nn.ReLU())
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)
        self.shortcut = nn.Conv2d(width, features, 1) if resize else nn.Identity()

    def forward(self, x):
        """x [B, C, H, W] -> [B, features, H', W']."""
        y = self.conv1(self.up(self.start(x)))
        y = self.down(self.conv2(self.middle(y)))
        return self.up(self.shortcut(self.down(x))) + y


def resnet32_generator(options, z_dim, shape, classes):
    """``jaxgan.models.resnet.ResNet32Generator``, unlabelled and of one width."""
    width = options["channels"][0]
    return Joined(
        nn.Linear(z_dim, width * 4 * 4),
        nn.Unflatten(1, (width, 4, 4)),
        *(Block(width, width, "up", norm=True) for _ in range(3)),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, shape[0], 3, padding=1),
        nn.Tanh(),
    )


def resnet32_critic(options, shape, classes):
    """``jaxgan.models.resnet.ResNet32Critic``, unlabelled, of one width, not normalised."""
    width = options["channels"][0]
    return Joined(
        Block(shape[0], width, "down", first=True),
        Block(width, width, "down"),
        Block(width, width),
        Block(width, width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, 1),
    )


def normalised(norm, channels, eps):
    """A row of ``jaxgan.models.layers.NORMS`` that shifts each channel."""
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
    more = {"window": options["window"], "reflect": options["padding"] == "reflect"}
    return Alone(resnet_translator(*sizes, **more, eps=options["norm_eps"]))


def srgan_critic(options, shape, classes):
    """``jaxgan.models.srresnet.SRGANCritic``, batch-normalised."""
    return Alone(srgan(options["width"], options["hidden"], *shape, eps=options["norm_eps"]))


def resnet_translator(blocks, width, source, colours, *, window=3, reflect=True, eps=1e-5):
    """CycleGAN's ``ResnetGenerator``, instance-normalised; StarGAN's of window 4 and zeros."""

    def padded(before, after, size):
        border = size // 2
        if not reflect:
            return [nn.Conv2d(before, after, size, 1, border)]
        return [nn.ReflectionPad2d(border), nn.Conv2d(before, after, size)]

    def normed(*layers):
        after = layers[-1].out_channels
        return [*layers, nn.InstanceNorm2d(after, eps), nn.ReLU(inplace=True)]

    def block():
        inner = normed(*padded(4 * width, 4 * width, 3))
        return Sum(*inner, *normed(*padded(4 * width, 4 * width, 3))[:-1])

    def halve(before):
        return normed(nn.Conv2d(before, 2 * before, window, 2, 1))

    def double(before):
        more = {"output_padding": 4 - window}
        return normed(nn.ConvTranspose2d(before, before // 2, window, 2, 1, **more))

    return nn.Sequential(
        *normed(*padded(source, width, 7)),
        *halve(width),
        *halve(2 * width),
        *(block() for _ in range(blocks)),
        *double(4 * width),
        *double(2 * width),
        *padded(width, colours, 7),
        nn.Tanh(),
    )


GENERATORS = {
    "mlp": mlp_generator,
    "dcgan32": dcgan32_generator,
    "resnet32": resnet32_generator,
    "unet": unet_generator,
    "srresnet": srresnet_generator,
    "resnet_translator": resnet_translator_generator,
}
CRITICS = {
    "mlp": mlp_critic,
    "dcgan32": dcgan32_critic,
    "resnet32": resnet32_critic,
    "patch": patch_critic,
    "srgan": srgan_critic,
}


def initialise(network, initializer):
    """Draw the weights as the rows of ``jaxgan.models.layers.INITS``; "torch" are PyTorch's own."""
    for layer in network.modules() if initializer != "torch" else ():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            if initializer == "he":
                nn.init.kaiming_normal_(layer.weight)
            else:
                nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d) and initializer == "dcgan":
            nn.init.normal_(layer.weight, 1.0, 0.02)


def make(config, shape, classes):
    """Generator and critic of a plain config for images (H, W, C)."""
    image = (shape[2], *shape[:2])
    made = []
    for side, table, more in (
        ("generator", GENERATORS, (config["game"].get("z_dim"),)),
        ("critic", CRITICS, ()),
    ):
        options = {**config[side], "factor": config["data"]["task"].get("factor")}
        options["game"] = config["game"]["name"]
        network = table[options["name"]](options, *more, image, classes)
        initialise(network, options["initializer"])
        made.append(network)
    return made
