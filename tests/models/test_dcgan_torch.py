"""The convolutional networks against the same networks in PyTorch."""

import pytest

from jaxgan import models

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

NOISE, CLASSES = 7, 3
SMALL = (16, 16, 3)


def torch_dcgan32_generator(channels=(256, 128, 64), norm=True, first_norm=False):
    one, two, three = channels

    def after(n):
        return [nn.BatchNorm2d(n), nn.ReLU()] if norm else [nn.ReLU()]

    return nn.Sequential(
        nn.Linear(NOISE, one * 4 * 4),
        nn.Unflatten(1, (one, 4, 4)),
        *(after(one) if first_norm else []),
        nn.ConvTranspose2d(one, two, 3, stride=2, padding=0),
        *after(two),
        nn.ConvTranspose2d(two, three, 3, stride=2, padding=1),
        *after(three),
        nn.ConvTranspose2d(three, 1, 4, stride=2, padding=2),
        nn.Tanh(),
    )


def torch_dcgan32_critic(norm=True):
    def block(n, m, window, stride, padding, normalize):
        after = [nn.BatchNorm2d(m)] if norm and normalize else []
        return [nn.Conv2d(n, m, window, stride, padding), *after, nn.LeakyReLU(0.2)]

    return nn.Sequential(
        *block(1, 16, 3, 2, 1, False),
        *block(16, 32, 3, 2, 1, True),
        *block(32, 64, 3, 2, 1, True),
        *block(64, 128, 4, 1, 0, True),
        nn.Flatten(),
        nn.Linear(128, 1),
    )


def torch_dcgan_generator(first=8, second=6):
    return nn.Sequential(
        nn.Linear(NOISE, first * 4 * 4),
        nn.Unflatten(1, (first, 4, 4)),
        nn.BatchNorm2d(first),
        nn.ReLU(),
        nn.ConvTranspose2d(first, second, 4, 2, 1),
        nn.BatchNorm2d(second),
        nn.ReLU(),
        nn.ConvTranspose2d(second, 3, 4, 2, 1),
        nn.Tanh(),
    )


def torch_dcgan_critic(first=6, second=8, more=0):
    return nn.Sequential(
        nn.Conv2d(3 + more, first, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(first, second, 4, 2, 1),
        nn.BatchNorm2d(second),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(second * 4 * 4, 1),
    )


def torch_zi2zi_critic(width=4):
    def block(n, m, stride):
        return [nn.Conv2d(n, m, 5, stride, 2), nn.BatchNorm2d(m), nn.LeakyReLU(0.2)]

    return nn.Sequential(
        nn.Conv2d(3 + CLASSES, width, 5, 2, 2),
        nn.LeakyReLU(0.2),
        *block(width, 2 * width, 2),
        *block(2 * width, 4 * width, 2),
        *block(4 * width, 8 * width, 1),
        nn.Flatten(),
        nn.Linear(8 * width * 2 * 2, 1),
    )


# name -> (network, its twin, shape of one input, classes of the label)
CASES = {
    "dcgan32 generator": (
        models.GENERATORS["dcgan32"](shape=(32, 32, 1)),
        torch_dcgan32_generator(),
        (NOISE,),
        0,
    ),
    "dcgan32 generator, first norm": (
        models.GENERATORS["dcgan32"](shape=(32, 32, 1), channels=(8, 6, 4), first_norm=True),
        torch_dcgan32_generator((8, 6, 4), first_norm=True),
        (NOISE,),
        0,
    ),
    "dcgan32 generator, no norm": (
        models.GENERATORS["dcgan32"](shape=(32, 32, 1), channels=(8, 6, 4), norm="none"),
        torch_dcgan32_generator((8, 6, 4), norm=False),
        (NOISE,),
        0,
    ),
    "dcgan32 critic": (models.CRITICS["dcgan32"](), torch_dcgan32_critic(), (32, 32, 1), 0),
    "dcgan32 critic, no norm": (
        models.CRITICS["dcgan32"](norm="none"),
        torch_dcgan32_critic(norm=False),
        (32, 32, 1),
        0,
    ),
    "dcgan generator": (
        models.GENERATORS["dcgan"](shape=SMALL, channels=(8, 6)),
        torch_dcgan_generator(),
        (NOISE,),
        0,
    ),
    "dcgan critic": (models.CRITICS["dcgan"](channels=(6, 8)), torch_dcgan_critic(), SMALL, 0),
    "conditional dcgan critic": (
        models.CRITICS["dcgan"](channels=(6, 8)),
        torch_dcgan_critic(more=CLASSES),
        SMALL,
        CLASSES,
    ),
    "zi2zi critic": (models.CRITICS["zi2zi"](width=4), torch_zi2zi_critic(), SMALL, CLASSES),
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case, compare_with_torch):
    compare_with_torch(*CASES[case])
