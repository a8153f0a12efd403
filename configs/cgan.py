"""Conditional Generative Adversarial Nets (Mirza and Osindero 2014): digits by their label.

The lectures' MLPs, the one-hot label joined to the noise and to the flattened image; Adam 2e-4
(0.5, 0.999), batch 64. Each row of the pictures is a class.

Cost: 1 COST_cgan
Expect: 1 EXPECT_cgan
Run: python -m jaxgan.main --config=configs/cgan.py --workdir=runs/cgan
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    config.game = "conditional"
    return config
