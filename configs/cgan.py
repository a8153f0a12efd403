from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.game = "conditional"
    config.steps = 20_000
    return config
