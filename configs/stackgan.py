"""StackGAN (Zhang et al. 2017, arXiv:1612.03242): people from a sentence, 16x16, and then 32x32.

The first stage draws 16x16 pixels from noise and a code of the caption that is drawn, too
(conditioning augmentation, its divergence times 2). In the second phase it stands still, and the
second stage makes 32x32 of its picture and the caption, against a critic of its own; both
optimisers begin anew. The paper's stages have 64x64 and 256x256. Critic, captions and held-out
compositions are those of gan_cls.py.

Cost: 4000 steps, 27 a second in the first stage and about 8 in the second, beside other work: 12
minutes on one CPU core.
Expect: not what the paper shows. Sliced Wasserstein distances (seed 0): .163 at step 600, the best,
and .178 at step 1800, of 16x16 pixels; the second stage begins anew, .567 at step 2000, and is
still falling at the end, .227: smears in which heads, hair and skin can be guessed. gan_cls.py has
.115. A checkpoint of the very step between the phases shows the second stage as it begins.
Run: python -m jaxgan.main --config=configs/stackgan.py --workdir=runs/stackgan
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 4000
    config.phases = "2000:level=2"
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = 200
    config.data.name = "emoji"
    config.data.options = {"x": "twemoji", "source": ""}
    config.data.where = "gender=woman|man"
    config.data.captions = "char_cnn_rnn"
    config.game = defaults.game("text")
    config.generator = defaults.generator("stackgan", width=32, second=16)
    config.critic = defaults.critic("stackgan", width=32)
    return config
