"""StarGAN (Choi et al. 2018, arXiv:1711.09020): people of other skin tones and genders, 32x32.

Cost: 1
Expect: 1
Run: python -m jaxgan.main --config=configs/stargan.py --workdir=runs/stargan
"""

from jaxgan import data, defaults


def get_config():
    config = defaults.get_config()
    config.steps = 2500
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth,classified"
    config.evaluation.num = 360
    config.data.name = "emoji"
    config.data.options = data.options_of("emoji")
    config.data.options.source = ""  # of one artist alone
    config.data.where = "gender=woman|man"
    config.data.attributes = "tone,gender"
    config.batch_size = 8
    config.n_critic = 5
    config.game = defaults.game("attributes")
    config.loss = defaults.loss("wasserstein")
    config.penalties.gradient_penalty.weight = 10.0
    # The authors' penalty is on the sum of the 16 scores of a map, so that the slope of their mean,
    # which is what the generator follows, is a sixteenth.
    config.adversarial = 1 / 16
    config.terms.l1.weight = 10.0
    adam = defaults.optimizer("adam", learning_rate=2e-4, anneal=True, anneal_after=0.5)
    config.generator = defaults.generator(
        "resnet_translator",
        blocks=3,
        width=16,
        window=4,
        padding="zero",
        initializer="torch",
        optimizer=adam,
    )
    config.critic = defaults.critic("stargan", layers=3, width=32, optimizer=adam)
    return config
