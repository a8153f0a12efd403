"""Super-resolution, SRGAN (Ledig et al. 2017, arXiv:1609.04802): emoji of 8x8 drawn at 32x32.

SRResNet first learns from the squared error alone, then also from a critic that sees the large
image by itself, with weight 1e-3 (the paper's SRGAN-MSE, without its content loss on VGG's
features). Adam has 5e-4 (.9, .999), the paper 1e-4; its networks have 16 blocks of 64 channels,
meet crops of 96x96 of 350,000 photographs and take a million steps of the first kind. Held out
are the drawings with crc32(base) % 10 == 0: pictures and metrics are of these 360 alone.

Cost: 8000 steps, 25 a second before the critic and 20 with it: 6 minutes on 2 CPU cores.
Expect: against the truth, last step (seed 0), PSNR 21.1 dB (bicubic enlargement: 18.7), of the luma
22.5 (20.7), SSIM .666 (.563), L1 .112 (.157). PSNR is best near the end of the first phase (21.2 dB
at step 6000); after it the sliced Wasserstein distance still falls, from .043 to .039, and edges
become sharper, with specks.

- The lecture's Wasserstein variant: --config.loss=wasserstein
  --config.penalties.gradient_penalty.weight=10 --config.critic.norm=none
- Digits from 16x16 to 32x32: --config=configs/superres.py:digits, 3000 steps; PSNR 28.9 dB, SSIM
  .980 (bicubic enlargement: 20.8 dB, .837), at the last step, its best (seed 0).
- A content loss in place of the squared error in the second phase, as the paper's SRGAN-VGG, but by
  EfficientNet-Lite0 (the extra "imagenet"): --config=configs/superres.py:content. Edges are
  sharper, with faint stripes on what is flat; PSNR 19.9 dB, sliced Wasserstein distance .047 at the
  last step (seed 0; 21.2 dB and .043 after the first phase, its best).

Run: python -m jaxgan.main --config=configs/superres.py --workdir=runs/superres
"""

from jaxgan import data, defaults
from jaxgan.core.errors import choose


def get_config(variant="emoji"):
    return choose({"emoji": emoji, "digits": digits, "content": content}, variant, "variant")()


def emoji():
    config = defaults.get_config()
    config.steps = 8000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 1000
    config.evaluation.metrics = "truth"
    config.evaluation.num = 360
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("superres", factor=4)
    config.batch_size = 16
    config.game = defaults.game("restoration")
    config.terms.l2.weight = 1.0
    config.adversarial = 1e-3
    config.phases = "5000:n_critic=0,adversarial=0"
    adam = {"learning_rate": 5e-4, "b1": 0.9}
    config.generator = defaults.generator(
        "srresnet", blocks=4, width=32, optimizer=defaults.optimizer(**adam)
    )
    config.critic = defaults.critic("srgan", width=16, hidden=256)
    return config


def digits():
    config = emoji()
    config.data.name, config.data.options = "mnist10k", data.options_of("mnist10k")
    config.data.size, config.data.fit, config.data.held_out = 32, "pad", "0.1"
    config.data.task.factor = 2
    config.steps, config.phases = 3000, "2000:n_critic=0,adversarial=0"
    config.evaluation.num = 1000
    return config


def content():
    config = emoji()
    config.terms.features.update(network="efficientnet_lite0", depth=2, weight=2e-4)
    config.terms.l2.weight = 0.0
    config.phases = "5000:n_critic=0,adversarial=0,terms.l2.weight=1,terms.features.weight=0"
    return config
