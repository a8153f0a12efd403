"""MAD-GAN (Ghosh et al. 2018): four generators share out the eight Gaussians of the ring.

The critic tells k + 1 sources apart, the data and each of the generators, and so pushes these away
from one another; a generator is told only how real it looks. The ring of PacGAN (Lin et al. 2018);
small networks and a falling learning rate, for a CPU. In the picture a generator has a colour.
A common trunk: --config.game.shared=Dense_0

Cost: 3000 steps at 230 a second: half a minute on 2 CPU cores, compilation included.
Expect: 8 of 8 modes, two or three a generator; 94 % of 2500 samples within three standard
deviations of one (seed 0).
Run: python -m jaxgan.main --config=configs/mad_gan.py --workdir=runs/mad_gan
"""

from jaxgan import data, defaults


def get_config():
    config = defaults.get_config()
    config.steps = 3000
    config.steps_per_call = 250  # steps are short
    config.sample_every = 500
    config.batch_size = 128
    config.game = defaults.game("multi_generator", z_dim=2, generators=4)
    config.data.name = "ring"
    config.data.options = data.options_of("ring")
    config.generator = defaults.generator("toy", features=(64, 64, 64), optimizer=adam())
    config.critic = defaults.critic("toy", features=(64, 64, 64), optimizer=adam())
    return config


def adam():
    return defaults.optimizer("adam", learning_rate=3e-3, anneal=True, b1=0.0, b2=0.99)
