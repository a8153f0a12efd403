"""The fully connected networks against the same networks in PyTorch."""

import pytest

from jaxgan import models

torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
nn = torch.nn

NOISE, CLASSES = 7, 3
SIDE = 12
SQUARE = (SIDE, SIDE, 1)


def torch_mlp_generator(more=0):
    def block(n, m, normalize=True):
        norm = [nn.BatchNorm1d(m, 0.8)] if normalize else []
        return [nn.Linear(n, m), *norm, nn.LeakyReLU(0.2, inplace=True)]

    return nn.Sequential(
        *block(NOISE + more, 128, normalize=False),
        *block(128, 256),
        *block(256, 512),
        nn.Linear(512, SIDE * SIDE),
        nn.Tanh(),
        nn.Unflatten(1, (1, SIDE, SIDE)),
    )


def torch_mlp_critic(more=0):
    return nn.Sequential(
        nn.Linear(SIDE * SIDE + more, 512),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(256, 1),
    )


# name -> (network, its twin, shape of one input, classes of the label)
CASES = {
    "mlp generator": (models.GENERATORS["mlp"](shape=SQUARE), torch_mlp_generator(), (NOISE,), 0),
    "mlp critic": (models.CRITICS["mlp"](), torch_mlp_critic(), SQUARE, 0),
    "conditional mlp generator": (
        models.GENERATORS["mlp"](shape=SQUARE),
        torch_mlp_generator(CLASSES),
        (NOISE,),
        CLASSES,
    ),
    "conditional mlp critic": (models.CRITICS["mlp"](), torch_mlp_critic(CLASSES), SQUARE, CLASSES),
}


@pytest.mark.parametrize("case", CASES)
def test_network_is_pytorchs(case, compare_with_torch):
    compare_with_torch(*CASES[case])
