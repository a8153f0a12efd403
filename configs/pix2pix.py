"""pix2pix (Isola et al. 2017, arXiv:1611.07004): one artist's emoji redrawn as another's, 32x32."""

from jaxgan import data, defaults


def get_config():
    config = defaults.get_config()
    config.data.name = "emoji"
    config.data.options = data.options_of("emoji")  # from noto to twemoji
    config.game = defaults.game("translation")
    config.terms.l1.weight = 100.0
    adam = defaults.optimizer("adam", learning_rate=2e-4, b1=0.5, b2=0.999)
    config.generator = defaults.generator("unet", halvings=5, width=32, optimizer=adam)
    config.critic = defaults.critic("patch", layers=1, width=32, optimizer=adam)
    config.batch_size = 16
    config.steps = 4000
    return config
