"""What is played: a row is a config, and both sides play it."""

import itertools

from jaxgan import data, defaults
from jaxgan.build.overrides import load_recipe


def _recipe(name):
    def build():
        return load_recipe(name)

    return build


def _wgan():
    """WGAN on the networks of ``dcgan``, with the paper's numbers."""
    config = load_recipe("wgan")
    config.game = defaults.game("unconditional")
    for side, limits in (("generator", {}), ("critic", {"weight_limit": 0.01})):
        optimizer = defaults.optimizer("rmsprop", learning_rate=5e-5, decay=0.99, **limits)
        config[side] = getattr(defaults, side)("dcgan32", optimizer=optimizer)
    return config


def _superres():
    """The second phase, in which the critic plays, from the start."""
    config = load_recipe("superres").unlock()
    config.phases = ""
    return config


def _cyclegan_resnet():
    """CycleGAN between the authors' residual translators, small."""
    config = load_recipe("cyclegan")
    adam = defaults.optimizer()
    config.generator = defaults.generator("resnet_translator", blocks=6, width=16, optimizer=adam)
    return config


def _resnet32():
    """WGAN-GP's residual networks at their 128 filters, on images of CIFAR-10's shape."""
    config = defaults.get_config()
    adam = defaults.optimizer("adam", learning_rate=2e-4, b1=0.0, b2=0.9)
    config.loss, config.n_critic = defaults.loss("wasserstein"), 5
    config.game = defaults.game("unconditional", z_dim=128)
    config.penalties.gradient_penalty.weight = 10.0
    config.data.size, config.data.channels = 32, 3
    config.generator = defaults.generator("resnet32", optimizer=adam)
    config.critic = defaults.critic("resnet32", optimizer=adam)
    config.steps_per_call = 10
    return config


def _biggan():
    """BigGAN's script for CIFAR-10, on images of its shape in ten classes."""
    config = load_recipe("biggan:cifar")
    config.data.name, config.data.options = "mnist10k", data.options_of("mnist10k")
    config.data.size, config.data.channels = 32, 3
    return config


def _baseline():
    """R3GAN's networks of 128 to 16 channels, on images of CIFAR-10's shape."""
    config = load_recipe("baseline")
    config.data.channels = 3
    config.generator.width = config.critic.width = 128
    return config


# name -> () -> config
ROWS = {
    "gan": _recipe("gan"),
    "cgan": _recipe("cgan"),
    "dcgan": _recipe("dcgan"),
    "wgan": _wgan,
    "wgan_gp": _recipe("wgan_gp"),
    "pix2pix": _recipe("pix2pix"),
    "superres": _superres,
    "cyclegan": _recipe("cyclegan"),
    "cyclegan_resnet": _cyclegan_resnet,
    "resnet32": _resnet32,
    "biggan": _biggan,
    "baseline": _baseline,
}


def cases(rows, batch_sizes, dtypes, sizes=None):
    """Every row at every batch size, precision and size of images.

    Args:
      rows: of ``ROWS``.
      batch_sizes: positive integers; None: each row's own.
      dtypes: of ``jaxgan.build.parts.DTYPES``.
      sizes: sides of images, positive integers; None: each row's own.

    Returns:
      name -> config; the name tells what is not the row's own, as "gan, batch 256, bfloat16".
    """
    made = {}
    every = itertools.product(rows, sizes or [None], batch_sizes or [None], dtypes)
    for row, size, batch, dtype in every:
        config = ROWS[row]()
        name = row
        if size not in (None, config.data.size):
            name, config.data.size = f"{name}, {size}x{size}", size
        if batch not in (None, config.batch_size):
            name, config.batch_size = f"{name}, batch {batch}", batch
        if dtype != config.compute_dtype:
            name, config.compute_dtype = f"{name}, {dtype}", dtype
        made[name] = config
    return made
