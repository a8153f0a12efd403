"""Two futures (Mathieu et al. 2016, arXiv:1511.05440): a ball that turns either way, 32x32.

Four frames of a ball that comes straight on; then it turns by 60 degrees, left or right, as often,
and nothing that is given tells which. Both futures of every past are in the data, so that a sample
is scored exactly: its squared distance to the nearest future, over that between the two, is 0 for a
future and .25 for the mean of both. For the first 1000 steps the squared error alone teaches, and
its answer is that mean; then a critic of four scales, with the paper's weight of .05, and z choose.
The networks are 4 wide, the paper's 128 and 64. Held out are the pasts with crc32 % 10 == 0.

Cost: 3000 steps, 7 a second without the critic and 2 to 4.5 with it, on one core beside much other
work.
Expect: of 304 samples of held-out pasts (seed 0), at step 1000, after the squared error alone, none
is near a future, with a median error of .298; at step 3000 .516 are, with .058 (last frame: 0 and
.656), and of 37 % of the pasts both futures are met by 8 samples. Sliced Wasserstein distance .040
(real: .033). One ball in place of two blurred ones, at either side; a pixel beside its place is
an error already.
The squared error alone, --config=configs/two_futures.py:l2, never chooses: after 1000, 2000 and
3000 steps none is near a future, with median errors of .298, .272 and .259, on the way to the
mean's .25.

Run: python -m jaxgan.main --config=configs/two_futures.py --workdir=runs/two_futures
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def get_config(variant="adversarial"):
    return choose({"adversarial": adversarial, "l2": l2}, variant, "variant")()


def adversarial():
    config = defaults.get_config()
    config.steps = 3000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 1000
    config.evaluation.metrics = "futures,truth"
    config.evaluation.num = 304
    config.pictures.num, config.pictures.columns = 16, 2
    config.data.name = "two_futures"
    config.data.options = data.options_of("two_futures")
    config.batch_size = 8
    config.game = defaults.game("futures", z_dim=4)
    config.adversarial = 0.05
    config.terms.l2.weight = 1.0
    config.phases = "1000:n_critic=0,adversarial=0"
    config.generator = defaults.generator("multiscale", width=4)
    config.critic = defaults.critic("multiscale", width=4)
    for side in (config.generator, config.critic):
        side.optimizer.learning_rate = 5e-4
    return config


def l2():
    config = adversarial()
    config.phases, config.n_critic, config.adversarial = "", 0, 0.0
    return config
