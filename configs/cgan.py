"""Conditional Generative Adversarial Nets (Mirza and Osindero 2014): digits by their label.

The lectures' MLPs, the one-hot label joined to the noise and to the flattened image; Adam 2e-4
(0.5, 0.999), batch 64. Each row of the pictures is a class.

Cost: 10,000 steps at 95 a second: 2 minutes on 2 CPU cores.
Expect: a row of digits for each class; sliced Wasserstein distance .060 at the end, its best
(seed 0).
Run: python -m jaxgan.main --config=configs/cgan.py --workdir=runs/cgan
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    config.game = defaults.game("conditional")
    return config
