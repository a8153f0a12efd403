"""cGANs with Projection Discriminator (Miyato and Koyama 2018, arXiv:1802.05637): digits.

The label comes to the generator by the gains and shifts of its class in every batch norm, to the
critic by the inner product of its last layer and the class's row of a table: neither is joined to
the images. Hinge loss, spectral norm, five critic updates, Adam 2e-4 (0, 0.9), as in the paper; the
networks are the lectures' DCGANs, where it has residual ones (``sngan.py``). By joined planes,
what it stands beside: --config.generator.norm=batch --config.critic.projection=False

Cost: 4000 steps at 4 a second: 17 minutes on one CPU core, beside other work.
Expect: digits of the class asked for: accuracy .988 (real ones .992), fd_mnist10k_cnn 4.5 (real
ones 1.5; after 1500 steps 133), sliced Wasserstein distance .033, at the end, its best (seed 0).
Run: python -m jaxgan.main --config=configs/projection.py --workdir=runs/projection
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 4000
    config.steps_per_call = 10  # a step is long enough to look in more often
    config.log_every = 10
    config.sample_every = config.checkpoint_every = 250
    config.data.size = 32
    config.game = defaults.game("conditional")
    config.loss = defaults.loss("hinge")
    config.n_critic = 5
    adam = {"optimizer": defaults.optimizer("adam", b1=0.0, b2=0.9)}
    config.generator = defaults.generator("dcgan32", norm="conditional_batch", **adam)
    config.critic = defaults.critic("dcgan32", norm="spectral", projection=True, **adam)
    return config
