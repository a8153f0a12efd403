"""A baseline to be trusted: R3GAN (Huang et al. 2024, arXiv:2501.05441), for a folder of one's own.

Residual networks without normalisation, the relativistic game, R1 and R2 at every step, Adam
without momentum; as training goes on the penalties' weight gamma falls to a tenth, the rates to a
quarter, and b2 and the average's half-life rise, each by half a cosine. By itself it is small, of
64 channels at 4x4 and half as many at each doubling, at ten times the paper's rate, on digits of
32x32. Any other pictures:

    --config.data=folder:DIR --config.data.size=64

The size picks the stages, `width` of both networks the cost. Gamma is what to look for first, and
differs by a hundred from size to size: jaxgan tune does so in minutes. Of few pictures the critic
would know each; varied always, or with the second line as often as needed (ADA), it does not:

    --config.augmentation.rows=color,translation,cutout
    --config.augmentation.probability=0 --config.augmentation.target=0.6

The paper's own are one flag away, with 768 channels; their data have to be named:
--config=configs/baseline.py:cifar10 --config.data.name=cifar10 (by TFDS), of which the class is
told to both sides, and :ffhq64 or :ffhq256 with --config.data=folder:DIR. Left out of these is
bfloat16 in the large stages alone (--config.compute_dtype=bfloat16 is in all).

Cost: 1500 steps: 6.3 minutes of one CPU core's time, at 2 a second on half of one. Four times as
many pixels take four times as long.
Expect: digits, most of them legible: sliced Wasserstein distance .056 at the end, its best (seed 0;
.108 after 500 steps, .068 after 1000; other real ones: .030). 128 channels at 5e-4 and gamma 1 had
.191 after 400 steps, each of which took twice as long, and strokes in the place of digits after
600. Emoji, at 128 channels and 5e-4, want a larger gamma: 10 had .159 after 250 steps, where 1 had
.168 and .05 let the critic win; they were not learned in minutes.
Run: python -m jaxgan.main --config=configs/baseline.py --workdir=runs/baseline
"""

from typing import NamedTuple

from jaxgan import defaults
from jaxgan.core.errors import choose

VARIED = "flip,turn,translation,scale,rotation,stretch,color,cutout"  # of the paper's runs


class Setting(NamedTuple):
    """What differs between sizes: images are counted in the paper, steps here."""

    size: int
    width: int
    wide: int
    blocks: int
    rate: float
    gamma: float
    batch_size: int
    images: float  # of the whole run
    moving: float  # of the schedules
    half_life: float  # of the average
    varied: float = 0.0  # the probability of a variation at the schedules' end


SETTINGS = {
    "small": Setting(32, 64, 1, 1, 2e-3, 1.0, 32, 48e3, 48e3, 4e3),
    "cifar10": Setting(32, 768, 4, 2, 2e-4, 0.05, 512, 250e6, 20e6, 5e6, 0.55),
    "ffhq64": Setting(64, 768, 4, 2, 2e-4, 2.0, 256, 200e6, 20e6, 0.5e6, 0.3),
    "ffhq256": Setting(256, 768, 4, 2, 2e-4, 150.0, 256, 200e6, 20e6, 0.5e6, 0.3),
}


def get_config(setting="small"):
    own = choose(SETTINGS, setting, "setting of baseline.py")
    config = defaults.get_config()
    config.batch_size, config.steps = own.batch_size, int(own.images / own.batch_size)
    config.steps_per_call = 10  # a step is long enough to look in more often
    config.sample_every, config.checkpoint_every, config.log_every = 500, 1000, 10
    config.data.size = own.size
    config.game.z_dim = 64
    if setting != "small":
        config.generator_batch_size = own.batch_size
    if setting == "cifar10":
        config.game = defaults.game("conditional", z_dim=64)
    config.loss = defaults.loss("relativistic")
    config.penalties.r1.weight = config.penalties.r2.weight = own.gamma
    config.ema = 0.0
    moved = {f"penalties.{name}.weight": "*0.1" for name in ("r1", "r2")}
    for side, make in (("generator", defaults.generator), ("critic", defaults.critic)):
        adam = defaults.optimizer("adam", learning_rate=own.rate, b1=0.0, b2=0.9)
        sizes = {"width": own.width, "wide": own.wide, "blocks": own.blocks}
        config[side] = make("r3gan", **sizes, optimizer=adam)
        moved |= {f"{side}.optimizer.learning_rate": "*0.25", f"{side}.optimizer.b2": 0.99}
    moved["ema"] = 0.5 ** (own.batch_size / own.half_life)
    config.augmentation.updates = config.steps // 4  # with a target
    if own.varied:
        config.augmentation.rows, config.augmentation.probability = VARIED, 0.0
        moved["augmentation.probability"] = own.varied
    config.schedules.to = " ".join(f"{key}={value}" for key, value in moved.items())
    config.schedules.steps = int(own.moving / own.batch_size)
    return config
