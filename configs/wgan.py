from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 20_000
    config.loss = "wasserstein"
    config.n_critic = 5
    rmsprop = {"name": "rmsprop", "learning_rate": 5e-5}
    config.generator.optimizer = defaults.optimizer(**rmsprop)
    config.critic.optimizer = defaults.optimizer(**rmsprop, weight_limit=0.01)
    return config
