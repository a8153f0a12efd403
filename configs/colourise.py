"""Colouring as pix2pix has it (Isola et al. 2017): an emoji's grey in, its colours out, 32x32."""

from jaxgan import data, defaults


def get_config():
    config = defaults.get_config()
    config.data.name = "emoji"
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("colourise")
    config.game = defaults.game("translation")
    config.terms.l1.weight = 100.0
    adam = defaults.optimizer("adam", learning_rate=2e-4, b1=0.5, b2=0.999)
    config.generator = defaults.generator("unet", halvings=5, width=32, optimizer=adam)
    config.critic = defaults.critic("patch", layers=1, width=32, optimizer=adam)
    config.batch_size = 16
    config.steps = 2400
    return config
