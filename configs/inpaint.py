"""Inpainting (Iizuka et al. 2017, ACM Transactions on Graphics 36(4)): emoji with a hole, 32x32.

The completion network with dilated convolutions; a critic that looks at the whole image and at a
window around the hole; three phases: the generator from the squared error alone, the critic alone,
both. Holes are rectangles anywhere, with sides of a quarter to a half of the image's; strokes:
--config.data.task.holes=stroke, both kinds: either. Without the local critic:
--config.critic.window=0. The paper's networks are 64 wide and meet 256x256 pixels of eight million
photographs for two months. Held out are the drawings with crc32(base) % 10 == 0.

Cost: 4000 steps, 8 a second or somewhat more: 8 minutes on 2 CPU cores.
Expect: in the hole, against the truth, last step (seed 0), PSNR 17.3 dB and L1 .219 (a fill with
the mean of what is known: 12.3 dB, .432); of the whole image PSNR 26.1 dB (21.1), SSIM .875 (.783),
sliced Wasserstein distance .023, at the last step, its best. Colours and outlines go on into the
hole; what nothing outside tells, as an eye or a stripe, is guessed or speckled.
Digits, whose background fills the holes: --config=configs/inpaint.py:digits, 2500 steps; in the
hole PSNR 16.8 dB and L1 .201 at the last step, its best (seed 0; mean of what is known: 9.9 dB,
.477; one image for all: 15.2 dB, .376). Strokes go on across the hole.
Run: python -m jaxgan.main --config=configs/inpaint.py --workdir=runs/inpaint
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def get_config(variant="emoji"):
    return choose({"emoji": emoji, "digits": digits}, variant, "variant")()


def emoji():
    config = defaults.get_config()
    config.steps = 4000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth"
    config.evaluation.num = 360
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("inpaint")
    config.batch_size = 16
    config.game = defaults.game("inpainting")
    config.terms.l2.weight = 1.0
    config.adversarial = 4e-4
    config.phases = "2500:n_critic=0,adversarial=0 2700:n_generator=0"
    config.generator = defaults.generator("completion", width=32, dilations=(2, 4))
    config.critic = defaults.critic("global_local", width=16, hidden=256, window=16)
    config.generator.optimizer.learning_rate = 1e-3
    return config


def digits():
    config = emoji()
    config.data.name, config.data.options = "mnist10k", data.options_of("mnist10k")
    config.data.size, config.data.fit, config.data.held_out = 32, "pad", "0.1"
    config.data.task.fill = -1.0  # the colour of the background: a hole says nothing by itself
    config.steps, config.phases = 2500, "1500:n_critic=0,adversarial=0 1600:n_generator=0"
    config.evaluation.num = 1000
    return config
