"""Progressive growing (Karras et al. 2018) on digits: 4x4 pixels first, then 8, 16 and 32.

WGAN-GP of weight 10 with a drift of .001, one critic update a step, Adam 1e-3 (0, .99), weights of
N(0, 1) scaled as they are used, and both optimisers anew whenever a level begins or ends to fade
in: all as in the paper. Its images have up to 1024 pixels, each level 800,000 images of fading and
as many more, and up to 512 channels: --config.generator.channels=512,512,512,512 and as many of
the critic. Emoji, of more channels and steps: --config=configs/progressive.py:emoji, which took 49
minutes of one core beside much other work, to .091: shapes in the colours and outlines of emoji,
few of which have a name.

Cost: 1500 steps: 6 minutes of one CPU core's time, with compiling each of seven phases.
Expect: sliced Wasserstein distance .070 at the end, its best (seed 0; .123 after 1250 steps; other
real digits: .030): sharp loops and strokes, of which zeros and some eights are legible. The last
level had 350 steps of its own; longer runs were not tried.
Run: python -m jaxgan.main --config=configs/progressive.py --workdir=runs/progressive
"""

from typing import NamedTuple

from jaxgan import data, defaults
from jaxgan.core.errors import choose


class Setting(NamedTuple):
    """What differs between the sets that are learned."""

    channels: tuple[int, ...]  # of images of 4x4, 8x8, 16x16 and 32x32
    edges: tuple[int, ...]  # steps at which a level begins to fade in, or stands
    steps: int
    ema: float  # an average of the last level alone


SETTINGS = {
    "digits": Setting((64, 64, 32, 16), (150, 300, 500, 700, 900, 1150), 1500, 0.99),
    "emoji": Setting((64, 64, 64, 32), (500, 1000, 1500, 2200, 3000, 4000), 6000, 0.999),
}
# Until each of the edges; from the last one on 32x32 stands.
LEVELS = (
    *("level=0", "level=1,fade=true", "level=1"),
    *("level=2,fade=true", "level=2", "level=3,fade=true"),
)


def get_config(setting="digits"):
    own = choose(SETTINGS, setting, "setting of progressive.py")
    config = defaults.get_config()
    config.steps, config.ema = own.steps, own.ema
    config.phases = " ".join(
        f"{edge}:{level}" for edge, level in zip(own.edges, LEVELS, strict=True)
    )
    config.batch_size = 32
    config.steps_per_call = 10
    config.sample_every = config.checkpoint_every = 250
    config.loss = defaults.loss("wasserstein")
    config.penalties.gradient_penalty.weight = 10.0
    config.penalties.drift.weight = 1e-3
    if setting == "emoji":
        config.data.name = "emoji"
        config.data.options = {**data.options_of("emoji"), "source": ""}
    else:
        config.data.size = 32
    adam = defaults.optimizer("adam", learning_rate=1e-3, b1=0.0, b2=0.99)
    config.generator = defaults.generator("progressive", channels=own.channels, optimizer=adam)
    config.critic = defaults.critic("progressive", channels=own.channels, optimizer=adam)
    return config
