"""The networks of the rows in PyTorch: the same layers, written as one writes them there."""

import torch
from torch import nn
from torch.nn import functional

from benchmarks import torch_biggan, torch_r3gan, torch_translators


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


GENERATORS = {
    "mlp": mlp_generator,
    "dcgan32": dcgan32_generator,
    "resnet32": resnet32_generator,
    "biggan": torch_biggan.Generator,
    "unet": torch_translators.unet_generator,
    "srresnet": torch_translators.srresnet_generator,
    "resnet_translator": torch_translators.resnet_translator_generator,
    "r3gan": lambda options, z_dim, shape, classes: torch_r3gan.Generator(options, z_dim, shape),
}
CRITICS = {
    "mlp": mlp_critic,
    "dcgan32": dcgan32_critic,
    "resnet32": resnet32_critic,
    "biggan": torch_biggan.Critic,
    "patch": torch_translators.patch_critic,
    "srgan": torch_translators.srgan_critic,
    "r3gan": lambda options, shape, classes: Joined(torch_r3gan.critic(options, shape)),
}


def initialise(network, initializer):
    """Draw the weights as the rows of ``jaxgan.models.inits.INITS``; "torch" are PyTorch's own."""
    for layer in network.modules() if initializer != "torch" else ():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            if initializer == "he":
                nn.init.kaiming_normal_(layer.weight)
            else:
                nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine and initializer == "dcgan":
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
        if "initializer" in options:  # the others draw their own weights
            initialise(network, options["initializer"])
        if "spectral_eps" in options:  # behind the draws, which are of the weights as they are
            torch_biggan.constrain(network, options["spectral_eps"])
        made.append(network)
    return made
