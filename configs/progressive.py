"""Progressive growing (Karras et al. 2018) on emoji: 4x4 pixels first, then 8, 16 and 32.

WGAN-GP of weight 10 with a drift of .001, one critic update a step, Adam 1e-3 (0, .99), weights of
N(0, 1) scaled as they are used, and both optimisers anew whenever a level begins or ends to fade
in: all as in the paper. Its images have up to 1024 pixels, each level 800,000 images of fading and
as many more, and up to 512 channels: --config.generator.channels=512,512,512,512 and as many of
the critic.

Cost: 6000 steps: 49 minutes of one CPU core's time, beside much other work; at 8x8 six a second, at
32x32 one and a half.
Expect: sliced Wasserstein distance .091 at the end, its best (seed 0): shapes in the colours and
outlines of emoji, few of which have a name.
Run: python -m jaxgan.main --config=configs/progressive.py --workdir=runs/progressive
"""

from jaxgan import data, defaults

# Of images of 4x4, 8x8, 16x16 and 32x32.
CHANNELS = (64, 64, 64, 32)


def get_config():
    config = defaults.get_config()
    config.steps = 6000
    config.phases = (
        "500:level=0 1000:level=1,fade=true 1500:level=1 2200:level=2,fade=true 3000:level=2 "
        "4000:level=3,fade=true"
    )
    config.batch_size = 32
    config.steps_per_call = 10
    config.sample_every = 500
    config.loss = defaults.loss("wasserstein")
    config.penalties.gradient_penalty.weight = 10.0
    config.penalties.drift.weight = 1e-3
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.generator = defaults.generator("progressive", channels=CHANNELS, optimizer=adam())
    config.critic = defaults.critic("progressive", channels=CHANNELS, optimizer=adam())
    return config


def adam():
    return defaults.optimizer("adam", learning_rate=1e-3, b1=0.0, b2=0.99)
