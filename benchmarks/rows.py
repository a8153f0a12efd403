"""What is played: a row is a config, and both sides play it."""

from pathlib import Path

from jaxgan import defaults
from jaxgan.main import load_recipe

CONFIGS = Path(__file__).parents[1] / "configs"


def _recipe(name):
    def build():
        return load_recipe(f"{CONFIGS}/{name}")

    return build


def _resnet32():
    """WGAN-GP's residual networks at their 128 filters, on images of CIFAR-10's shape."""
    config = defaults.get_config()
    adam = defaults.optimizer("adam", learning_rate=2e-4, b1=0.0, b2=0.9)
    config.loss, config.n_critic, config.z_dim = defaults.loss("wasserstein"), 5, 128
    config.penalties.gradient_penalty.weight = 10.0
    config.data.size, config.data.channels = 32, 3
    config.generator = defaults.generator("resnet32", optimizer=adam)
    config.critic = defaults.critic("resnet32", optimizer=adam)
    config.steps_per_call = 10
    return config


# name -> () -> config
ROWS = {
    "gan": _recipe("gan.py"),
    "cgan": _recipe("cgan.py"),
    "dcgan": _recipe("dcgan.py"),
    "wgan": _recipe("wgan.py:dcgan"),
    "wgan_gp": _recipe("wgan_gp.py"),
    "resnet32": _resnet32,
}
