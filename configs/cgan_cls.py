"""The matching-aware conditional GAN (GAN-CLS, Reed et al. 2016, algorithm 1), on digits.

A real digit under a wrong label is a third, negative term of the critic's loss, weighed one half as
in the authors' code; networks and optimisers are those of cgan.py.

Cost: 1 COST_cgan_cls
Expect: 1 EXPECT_cgan_cls
Run: python -m jaxgan.main --config=configs/cgan_cls.py --workdir=runs/cgan_cls
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    config.game = "matching_aware"
    return config
