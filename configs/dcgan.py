from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 3000
    config.steps_per_call = 20
    config.data.size = 32
    config.generator = defaults.generator("dcgan32")
    config.critic = defaults.critic("dcgan32")
    return config
