from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 2000
    config.steps_per_call = 10
    config.loss = "wasserstein"
    config.n_critic = 5
    config.penalties.gradient_penalty = 10.0
    config.data.size = 32
    config.generator = defaults.generator("dcgan32")
    config.critic = defaults.critic("dcgan32", norm="none")
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("adam", learning_rate=1e-4, b1=0.5, b2=0.9)
    return config
