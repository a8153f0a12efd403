"""Progressive growing (Karras et al. 2018) on digits: 4x4 pixels first, then 8, 16 and 32.

WGAN-GP of weight 10 with a drift of .001, one critic update a step, Adam 1e-3 (0, .99), weights of
N(0, 1) scaled as they are used, and both optimisers anew whenever a level begins or ends to fade
in: all as in the paper. Its images have up to 1024 pixels, each level 800,000 images of fading and
as many more, and up to 512 channels: --config.generator.channels=512,512,512,512 and as many of
the critic.

Cost: 1500 steps: 6 minutes of one CPU core's time, with compiling each of seven phases.
Expect: sliced Wasserstein distance .070 at the end, its best (seed 0; .123 after 1250 steps; other
real digits: .030): sharp loops and strokes, of which zeros and some eights are legible. The last
level had 350 steps of its own; longer runs were not tried.
Run: python -m jaxgan.main --config=configs/progressive.py --workdir=runs/progressive
"""

from jaxgan import defaults

# Of images of 4x4, 8x8, 16x16 and 32x32.
CHANNELS = (64, 64, 32, 16)


def get_config():
    config = defaults.get_config()
    config.steps = 1500
    config.phases = (
        "150:level=0 300:level=1,fade=true 500:level=1 700:level=2,fade=true 900:level=2 "
        "1150:level=3,fade=true"
    )
    config.batch_size = 32
    config.steps_per_call = 10
    config.sample_every = config.checkpoint_every = 250
    config.ema = 0.99  # of the last level's few hundred steps
    config.data.size = 32
    config.loss = defaults.loss("wasserstein")
    config.penalties.gradient_penalty.weight = 10.0
    config.penalties.drift.weight = 1e-3
    config.generator = defaults.generator("progressive", channels=CHANNELS, optimizer=adam())
    config.critic = defaults.critic("progressive", channels=CHANNELS, optimizer=adam())
    return config


def adam():
    return defaults.optimizer("adam", learning_rate=1e-3, b1=0.0, b2=0.99)
