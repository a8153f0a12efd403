"""StackGAN (Zhang et al. 2017, arXiv:1612.03242): people from a sentence, 16x16, and then 32x32.

The first stage draws 16x16 pixels from noise and a code of the caption that is drawn, too
(conditioning augmentation, its divergence times 2). In the second phase it stands still, and the
second stage makes 32x32 of its picture and the caption, against a critic of its own; both
optimisers begin anew. The paper's stages have 64x64 and 256x256, and the second halves its picture
twice before it enlarges it, here once: 16 pixels do not bear more. Critic, R1, captions and
held-out compositions are those of gan_cls.py.

Cost: @COST@
Expect: @EXPECT@ A checkpoint of the very step between the phases shows the second stage as it
begins.
Run: python -m jaxgan.main --config=configs/stackgan.py --workdir=runs/stackgan
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 10_000
    config.phases = "4000:level=2"
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = 500
    config.data.name = "emoji"
    config.data.options = {"x": "twemoji", "source": ""}
    config.data.where = "gender=woman|man"
    config.data.captions = "char_cnn_rnn"
    config.batch_size = 32
    config.game = defaults.game("text")
    config.penalties.r1.weight = 1.0
    adam = defaults.optimizer("adam", learning_rate=4e-4)
    config.generator = defaults.generator(
        "stackgan", width=32, second=16, halvings=1, optimizer=adam
    )
    config.critic = defaults.critic("stackgan", width=32, norm="layer", optimizer=adam)
    return config
