"""DCGAN (Radford et al. 2016): the lectures' small networks on digits of 32x32 pixels.

Adam 2e-4 (0.5, 0.999), batch 64, weights N(0, 0.02). The lectures' generator has no batch
normalisation after its linear layer; the paper's has: --config.generator.first_norm=True. The
paper's own 64x64 networks are one flag away: --config=configs/dcgan.py:paper

Cost: 2000 steps at 11 a second: 3 minutes on 2 CPU cores.
Expect: digits from step 1000; sliced Wasserstein distance .046 at the end, its best (seed 0),
fd_mnist10k_cnn 63; with z in clusters, --config.game.z=clusters --config.game.z_dim=32, it is 18.
Run: python -m jaxgan.main --config=configs/dcgan.py --workdir=runs/dcgan
"""

from jaxgan import defaults
from jaxgan.core.errors import choose

# setting -> (network, side of the images)
SETTINGS = {"lecture": ("dcgan32", 32), "paper": ("dcgan", 64)}


def get_config(setting="lecture"):
    network, size = choose(SETTINGS, setting, "setting of dcgan.py")
    config = defaults.get_config()
    config.steps = 2000
    config.steps_per_call = 20  # a convolutional step is long enough to look in more often
    config.sample_every = 250
    config.data.size = size
    config.generator = defaults.generator(network)
    config.critic = defaults.critic(network)
    return config
