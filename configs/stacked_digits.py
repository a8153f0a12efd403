"""Stacked digits (Metz et al. 2017): three digits in three channels, 1000 modes to be found.

The relativistic game with R1 and R2, R3GAN's (Huang et al. 2024), on the lectures' DCGANs at
32x32: gamma 0.05, which is the weights', Adam 5e-4 (0, 0.99) annealed, so that a run cannot be made
longer afterwards. What it stands beside is one flag away: --config=configs/stacked_digits.py:dcgan,
:wgan (clipping), :wgan_gp; docs/results.md compares them.

Cost: 3000 steps at 5 a second: 10 minutes on one CPU core, with other work on the other.
Expect: 984 +- 7 of the 1000 modes, KL .45 +- .03 (25,000 samples of the average, 3 seeds); real
ones: 1000 and .026.
Run: python -m jaxgan.main --config=configs/stacked_digits.py --workdir=runs/stacked_digits
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def dcgan(config):
    """DCGAN as in ``dcgan.py``: the defaults are its own."""


def wgan(config):
    """WGAN (Arjovsky et al. 2017) with the paper's numbers, unlike ``wgan.py``."""
    config.loss, config.n_critic = defaults.loss("wasserstein"), 5
    for side, limits in ((config.generator, {}), (config.critic, {"weight_limit": 0.01})):
        side.optimizer = defaults.optimizer("rmsprop", learning_rate=5e-5, decay=0.99, **limits)


def wgan_gp(config):
    """WGAN-GP (Gulrajani et al. 2017) as in ``wgan_gp.py``."""
    config.loss, config.n_critic = defaults.loss("wasserstein"), 5
    config.penalties.gradient_penalty.weight = 10.0
    config.critic.norm = "none"
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("adam", learning_rate=1e-4, b1=0.5, b2=0.9)


def relativistic(config):
    """RpGAN + R1 + R2 (Huang et al. 2024)."""
    config.loss = defaults.loss("relativistic")
    config.penalties.r1.weight = config.penalties.r2.weight = 0.05
    config.critic.norm = "none"
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer(
            "adam", learning_rate=5e-4, b1=0.0, b2=0.99, anneal=True
        )


SETTINGS = {f.__name__: f for f in (relativistic, dcgan, wgan, wgan_gp)}


def get_config(setting="relativistic"):
    play = choose(SETTINGS, setting, "setting of stacked_digits.py")
    config = defaults.get_config()
    config.steps = 3000
    config.steps_per_call = 10  # a step is long enough to look in more often
    config.sample_every = 500
    config.checkpoint_every = 1000
    config.log_every = 10
    config.data.name = "stacked_digits"
    config.data.options = data.options_of("stacked_digits")
    config.data.size = 32
    config.generator = defaults.generator("dcgan32")
    config.critic = defaults.critic("dcgan32")
    play(config)
    return config
