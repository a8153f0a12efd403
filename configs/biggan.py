"""BigGAN (Brock et al. 2019, arXiv:1809.11096), small: digits by class, 32x32.

Residual networks under spectral norm on both sides, self-attention at 16x16, a code of the classes
that all norms of the generator share, beside it a piece of z for each block, orthogonal weights at
first and drawn to be so; hinge loss, projection, two critic updates, the critic's rate twice the
generator's. These are a fourth as wide as the authors' for CIFAR-10, whose script has neither
attention, shared code nor pieces, four critic updates on batches of 50, an average from step 1000
on, and 125,000 steps: --config=configs/biggan.py:cifar --config.data.name=cifar10 (by TFDS).

- Better samples, which are more alike: jaxgan sample --truncation=.5 --standing=16
- From one class to another: jaxgan sample --interpolate --label=3,8
- Emoji by category: --config=configs/biggan.py:emoji

Cost: 1000 steps at 1 a second on one CPU core: 18 minutes.
Expect: sliced Wasserstein distance .062 at the end, its best, and still falling (seed 0); of 2000
samples 58 % are of the class that was asked for, Frechet distance 82 (real ones: 3.3); a column of
the picture is drawn in one hand. Of emoji after 1500 steps .140, at best .136 (other real drawings:
.072): blots in their colours, alike but for flags, which are red and square, since a few hundred
drawings a category do not become pictures in so few steps.
Run: python -m jaxgan.main --config=configs/biggan.py --workdir=runs/biggan
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def get_config(setting="digits"):
    known = {"digits": digits, "emoji": emoji, "cifar": cifar}
    return choose(known, setting, "setting of biggan.py")()


def digits():
    config = small()
    config.data.size = 32
    config.steps = 1000
    return config


def emoji():
    config = small()
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.where = "tone=none"  # people in all tones are half of all emoji
    config.steps = 1500
    return config


def small():
    """What both have: a fourth of the authors' width, and what their script leaves out."""
    config = played()
    config.batch_size = 32
    config.n_critic = 2
    config.game = defaults.game("conditional", z_dim=64)
    both = {"width": 16, "attention": 16}
    adam = {"b1": 0.0, "orthogonal": 1e-4}
    config.generator = defaults.generator(
        "biggan",
        norm="conditional_batch",
        shared=32,
        split=True,
        optimizer=defaults.optimizer("adam", learning_rate=2e-4, **adam),
        **both,
    )
    config.critic = defaults.critic(
        "biggan",
        projection=True,
        optimizer=defaults.optimizer("adam", learning_rate=4e-4, **adam),
        **both,
    )
    return config


def cifar():
    """For data that are named beside it."""
    config = played()
    config.steps = 125_000
    config.batch_size = 50
    config.n_critic = 4
    config.ema, config.ema_from = 0.9999, 1000
    config.game = defaults.game("conditional", z_dim=128)
    both = {"initializer": "dcgan", "optimizer": defaults.optimizer("adam", b1=0.0)}
    config.generator = defaults.generator("biggan", norm="conditional_batch", **both)
    config.critic = defaults.critic("biggan", projection=True, **both)
    return config


def played():
    """What all have: the hinge, and looks that fit long steps."""
    config = defaults.get_config()
    config.steps_per_call = 10
    config.log_every = 10
    config.sample_every = config.checkpoint_every = 250
    config.loss = defaults.loss("hinge")
    return config
