"""Eight Gaussians on a ring, learned by WGAN-GP: what mode coverage looks like.

The ring of PacGAN (Lin et al. 2018): radius 1, standard deviation 0.01. The game of the WGAN-GP
authors' toy code (Gulrajani et al. 2017): lambda 0.1, Adam 1e-4 (0.5, 0.9), batch 256, five critic
updates a step, z in two dimensions; narrower networks than theirs (3x128 for 3x512), for a CPU.
The other toys: --config=configs/toy_ring.py:grid, :swiss_roll, :mixture1d

Cost: 6000 steps at 50 a second: 2 minutes on 2 CPU cores.
Expect: 8 of 8 modes, 74 % of 2500 samples within three standard deviations of one (seed 0).
Run: python -m jaxgan.main --config=configs/toy_ring.py --workdir=runs/toy_ring
"""

from jaxgan import data, defaults


def get_config(toy="ring"):
    config = defaults.get_config()
    config.steps = 6000
    config.steps_per_call = 250  # steps are short
    config.sample_every = 1000
    config.batch_size = 256
    config.game = defaults.game("unconditional", z_dim=2)
    config.loss = defaults.loss("wasserstein")
    config.n_critic = 5
    config.penalties.gradient_penalty.weight = 0.1
    config.data.name = toy
    config.data.options = data.options_of(toy)
    config.generator = defaults.generator("toy", features=(128, 128, 128), optimizer=adam())
    config.critic = defaults.critic("toy", features=(128, 128, 128), optimizer=adam())
    return config


def adam():
    return defaults.optimizer("adam", learning_rate=1e-4, b1=0.5, b2=0.9)
