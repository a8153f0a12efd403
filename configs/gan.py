"""Generative Adversarial Nets (Goodfellow et al. 2014), the lectures' MLPs on the bundled digits.

Everything is a default (jaxgan/defaults.py): Adam 2e-4 (0.5, 0.999), batch 64. The generator's loss
is the non-saturating one, which the paper itself advises (section 3); --config.loss=minimax plays
the game of its equation 1. The lecture's own form of a run, five epochs with a picture of 10 x 10
after each, of the generator as it is: --config.epochs=5 --config.sample_epochs=1
--config.pictures.num=100 --config.ema=0.

Cost: 10,000 steps at 90 a second: 2 minutes on 2 CPU cores.
Expect: digits from step 1000; sliced Wasserstein distance .112 at the end, its best (seed 0).
Run: python -m jaxgan.main --config=configs/gan.py --workdir=runs/gan
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    return config
