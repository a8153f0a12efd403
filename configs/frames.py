"""The next frame (Mathieu et al. 2016, arXiv:1511.05440): two digits that bounce in a frame, 32x32.

Four frames are given. A generator guesses the next at an eighth, a quarter, a half of the sides and
at all of them; at each scale a critic sees the frames beside the guess. Weights are the paper's,
.05 game, 1 gradient difference, 1 squared error; its sums over pixels and scales are means here.
Frames after the next are made of made ones. The paper's networks are 128 and 64 wide and have no
norm, without which narrow ones go black; they learn by plain gradient descent, from videos of
people, and with the critic from the first step on. Here are Adam and 1500 steps without it. The
set is that of Srivastava et al. 2015 at half of its sides (--config.data.size=64: as there). Held
out are the clips whose number has crc32 % 10 == 0, which show digits that no other clip shows.

Cost: 2500 steps, 14 a second without the critic on one core, and 2 with it beside much other work.
Expect: the next frame of 400 held-out clips, at step 2500 (seed 0): PSNR 18.2 dB, SSIM .721, MSE
.0161, sharpness 12.40 (last frame: 14.8 dB, .510, .0350, 11.13), and at step 1500, before the
critic, 18.5 dB, .705, .0152, 12.26. Sliced Wasserstein distance .038, before the critic .072 (real:
.030). Of the frames made of made ones the fifth has 14.5 dB, the tenth 14.3 (last frame: 12.2 and
12.1; one image for all: 14.5): before the critic most fade away within six frames, after it more
of them go on in their direction, in shapes that are less and less digits.
The squared error alone, --config=configs/frames.py:l2, after as many steps (three minutes of one
core, seed 0): PSNR 18.8 dB, SSIM .674, MSE .0139, sharpness 11.85, sliced Wasserstein distance
.072, all its best: nearer in the mean, and less sharp.

Run: python -m jaxgan.main --config=configs/frames.py --workdir=runs/frames
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def get_config(variant="adversarial"):
    return choose({"adversarial": adversarial, "l2": l2}, variant, "variant")()


def adversarial():
    config = defaults.get_config()
    config.steps = 2500
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth,frames,rolled"
    config.evaluation.num = 400
    config.pictures.num, config.pictures.columns = 8, 1
    config.data.name, config.data.size = "moving_digits", 32
    config.data.options = data.options_of("moving_digits")
    config.batch_size = 8
    config.game = defaults.game("frames")
    config.adversarial = 0.05
    config.terms.l2.weight = 1.0
    config.terms.gradient_difference.weight = 1.0
    config.phases = "1500:n_critic=0,adversarial=0"
    config.generator = defaults.generator("multiscale", width=8, norm="batch")
    config.critic = defaults.critic("multiscale", width=4)
    for side in (config.generator, config.critic):
        side.optimizer.learning_rate = 5e-4
    return config


def l2():
    config = adversarial()
    config.phases, config.n_critic, config.adversarial = "", 0, 0.0
    config.terms.gradient_difference.weight = 0.0
    return config
