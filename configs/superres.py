"""Super-resolution, SRGAN (Ledig et al. 2017, arXiv:1609.04802): emoji of 8x8 drawn at 32x32.

SRResNet first learns from the squared error alone, then also from a critic that sees the large
image by itself, with weight 1e-3 (the paper's SRGAN-MSE, without its content loss on VGG's
features). The paper's networks have 16 blocks of 64 channels, meet crops of 96x96 of 350,000
photographs and take a million steps of the first kind. The lecture's Wasserstein variant:
--config.loss=wasserstein --config.penalties.gradient_penalty.weight=10 --config.critic.norm=none
Held out are the drawings with crc32(base) % 10 == 0: pictures and metrics are of these 360 alone.

Cost: 3000 steps at 10 a second: 5 minutes on 2 CPU cores.
Expect: 0.
Run: python -m jaxgan.main --config=configs/superres.py --workdir=runs/superres
"""

from jaxgan import data, defaults


def get_config():
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
