"""StackGAN (Zhang et al. 2017, arXiv:1612.03242): people from a sentence, 16x16, and then 32x32.

The first stage draws 16x16 pixels from noise and a code of the caption that is drawn, too
(conditioning augmentation, its divergence times 2). In the second phase it stands still, and the
second stage makes 32x32 of its picture and the caption, against a critic of its own; both
optimisers begin anew. The paper's stages have 64x64 and 256x256, and the second halves its picture
twice before it enlarges it, here once: 16 pixels do not bear more. Critic, R1, captions and
held-out compositions are those of gan_cls.py.

Cost: 10,000 steps, 40 a second in the first stage and 16 in the second: 8 minutes of one CPU core.
Expect: sliced Wasserstein distance .107 at step 3500, of 16x16 pixels (seed 0): blots in the
colours of a person. The second stage begins anew, .567 at step 4000, passes the first at step 8500,
.101, and is still falling at the end, .093 (gan_cls.py: .084, real ones: .120), with faces, hair,
caps and clothes. Measured as there: 36.1 % and 89.2 % of the captions found, tone 46 %, gender
59 %, fd 190, which is lower than its 223. A checkpoint of the very step between the phases shows
the second stage as it begins.
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
