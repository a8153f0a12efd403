"""The matching-aware conditional GAN (GAN-CLS, Reed et al. 2016, algorithm 1), on digits.

A real digit under a wrong label is a third, negative term of the critic's loss, weighed one half as
in the authors' code; networks and optimisers are those of cgan.py.

Cost: 10,000 steps at 90 a second: 2 minutes on 2 CPU cores.
Expect: a row of digits for each class; sliced Wasserstein distance .060 at the end, its best
(seed 0).
Run: python -m jaxgan.main --config=configs/cgan_cls.py --workdir=runs/cgan_cls
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    config.game = defaults.game("matching_aware")
    return config
