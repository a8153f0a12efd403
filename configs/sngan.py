"""SN-GAN (Miyato et al. 2018, arXiv:1802.05957) with projection: digits, 32x32.

The paper's residual networks with the authors' initialisation, conditional batch norm and the
projection critic (Miyato and Koyama 2018): hinge loss, Adam (0, 0.9) annealed to 0, so that a run
cannot be made longer afterwards, five critic updates on batches, and one of the generator on a
batch of its own that is twice as large. These are 32 wide, meet 16 and 32 digits at once, and learn
at 1e-3 for 1000 steps; the paper's have 256 and 128 channels, 64 and 128 images, 2e-4 and 50,000
steps: --config=configs/sngan.py:cifar --config.data.name=cifar10 (by TFDS). Left out: noise of one
level on the pixels; the generator first in a step; its gain of the last convolution, which is 1
there.

Cost: 1000 steps: 6.9 minutes of one CPU core's time, at 1.2 a second on half of one.
Expect: digits, of which few are of the class that was asked for: accuracy .27 (real ones .99),
fd_mnist10k_cnn 99 at the end (real ones 3.3; 2000 samples), sliced Wasserstein distance .055 after
750 steps, its best, .063 at the end (seed 0). The class comes late: --config.steps=2000 is within
15 minutes of two cores, too, and was not tried.
Run: python -m jaxgan.main --config=configs/sngan.py --workdir=runs/sngan
"""

from typing import NamedTuple

from jaxgan import defaults
from jaxgan.core.errors import choose


class Setting(NamedTuple):
    """What differs between the sizes of a run."""

    made: int  # channels of the generator
    judged: int  # and of the critic
    batch_size: int
    rate: float
    ema: float
    steps: int


SETTINGS = {
    "digits": Setting(32, 32, 16, 1e-3, 0.99, 1000),
    "cifar": Setting(256, 128, 64, 2e-4, 0.999, 50_000),
}


def get_config(setting="digits"):
    own = choose(SETTINGS, setting, "setting of sngan.py")
    config = defaults.get_config()
    config.steps, config.ema = own.steps, own.ema
    config.steps_per_call = 10  # a step is long enough to look in more often
    config.log_every = 10
    config.sample_every = config.checkpoint_every = 250
    config.data.size = 32
    config.batch_size, config.generator_batch_size = own.batch_size, 2 * own.batch_size
    config.n_critic = 5
    config.game = defaults.game("conditional", z_dim=128)
    config.loss = defaults.loss("hinge")
    adam = defaults.optimizer("adam", learning_rate=own.rate, b1=0.0, b2=0.9, anneal=True)
    both = {"initializer": "glorot", "optimizer": adam}
    config.generator = defaults.generator(
        "resnet32", channels=(own.made,) * 4, norm="conditional_batch", norm_eps=2e-5, **both
    )
    config.critic = defaults.critic(
        "resnet32", channels=(own.judged,) * 4, pool="sum", norm="spectral", projection=True, **both
    )
    return config
