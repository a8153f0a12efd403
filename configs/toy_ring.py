from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 5000
    config.steps_per_call = 250
    config.loss = "wasserstein"
    config.n_critic = 5
    config.penalties.gradient_penalty = 0.1
    config.batch_size = 256
    config.z_dim = 2
    config.data.name = "ring"
    config.data.options.update(points=100_000, seed=0, modes=8, radius=1.0, std=0.01)
    config.generator = defaults.generator("toy", features=(128, 128, 128))
    config.critic = defaults.critic("toy", features=(128, 128, 128))
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("adam", learning_rate=1e-4, b1=0.5, b2=0.9)
    return config
