"""SN-GAN (Miyato et al. 2018, arXiv:1802.05957) with projection: emoji of ten categories, 32x32.

The paper's residual networks with the authors' initialisation, conditional batch norm and the
projection critic (Miyato and Koyama 2018): hinge loss, Adam 2e-4 (0, 0.9) annealed to 0, so that a
run cannot be made longer afterwards, five critic updates on batches, and one of the generator on
a batch of its own that is twice as large. These are 32 wide and meet 16 and 32 emoji at once; the
paper's have 256 and 128 channels, 64 and 128 images, 50,000 steps:
--config=configs/sngan.py:cifar --config.data.name=cifar10 (by TFDS). Left out: noise of one level
on the pixels; the generator first in a step; its gain of the last convolution, which is 1 there.

Cost: 2000 steps; 90 of them ran at .45 a second beside much other work.
Expect: not trained to its 2000th step yet.
Run: python -m jaxgan.main --config=configs/sngan.py --workdir=runs/sngan
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose

# setting -> (channels of the generator, of the critic, batch size, steps, which examples)
SETTINGS = {"emoji": (32, 32, 16, 2000, "tone=none"), "cifar": (256, 128, 64, 50_000, "")}


def get_config(setting="emoji"):
    made, judged, batch, steps, where = choose(SETTINGS, setting, "setting of sngan.py")
    config = defaults.get_config()
    config.steps = steps
    config.steps_per_call = 10  # a step is long enough to look in more often
    config.log_every = 10
    config.sample_every = config.checkpoint_every = 250
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.where = where  # people in all tones are half of all emoji
    config.batch_size, config.generator_batch_size = batch, 2 * batch
    config.n_critic = 5
    config.game = defaults.game("conditional", z_dim=128)
    config.loss = defaults.loss("hinge")
    adam = defaults.optimizer("adam", b1=0.0, b2=0.9, anneal=True)
    both = {"initializer": "glorot", "optimizer": adam}
    config.generator = defaults.generator(
        "resnet32", channels=(made,) * 4, norm="conditional_batch", norm_eps=2e-5, **both
    )
    config.critic = defaults.critic(
        "resnet32", channels=(judged,) * 4, pool="sum", norm="spectral", projection=True, **both
    )
    return config
