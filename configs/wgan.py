"""Wasserstein GAN (Arjovsky et al. 2017, algorithm 1) on the bundled digits.

The paper's algorithm with the paper's numbers: RMSProp 5e-5, weights clipped to c = 0.01, five
critic updates a step, batch 64. The networks are the lectures' MLPs, on which a step costs a CPU a
fraction of a convolutional one; the lectures' DCGANs are one flag away, and slow to start:
--config=configs/wgan.py:dcgan

Cost: 15,000 steps at 36 a second: 7 minutes on 2 CPU cores.
Expect: digits from step 2000, still better at the end; sliced Wasserstein distance .214 at
step 2000, .041 at the end, its best (seed 0).
Run: python -m jaxgan.main --config=configs/wgan.py --workdir=runs/wgan
"""

from jaxgan import defaults
from jaxgan.core.errors import choose

# setting -> (network, side of the images)
SETTINGS = {"mlp": ("mlp", 28), "dcgan": ("dcgan32", 32)}


def get_config(setting="mlp"):
    network, size = choose(SETTINGS, setting, "setting of wgan.py")
    config = defaults.get_config()
    config.steps = 15_000
    config.sample_every = 250  # the first one soon
    config.loss = defaults.loss("wasserstein")
    config.n_critic = 5
    config.data.size = size
    config.generator = defaults.generator(network, optimizer=rmsprop())
    config.critic = defaults.critic(network, optimizer=rmsprop(weight_limit=0.01))
    return config


def rmsprop(**limits):
    return defaults.optimizer("rmsprop", learning_rate=5e-5, decay=0.99, **limits)
