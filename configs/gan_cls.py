"""GAN-CLS (Reed et al. 2016, arXiv:1605.05396): pictures of people from a sentence, 32x32.

A generator that is told the caption's vector beside the noise, a critic that sees a picture beside
its caption, and takes a real picture under another's caption for a negative, too. The sentences are
read by the character CNN-RNN of the same authors, trained on the names of all emoji; by words
alone, what it stands beside: --config.data.captions=bag_of_words. GAN-INT-CLS, which also answers
to what lies between two captions: --config.game.between=True. Held out are compositions: one in ten
of the drawings with a tone of skin, of which training sees the same person in other tones.

Cost: 1000 steps at 3 a second on one CPU core beside much other work: 6 minutes.
Expect: after 1000 steps (seed 0) sliced Wasserstein distance .115, still falling: hair, clothes and
tones of skin go with the words, in grainy pictures without faces. Not trained to its end yet.
Run: python -m jaxgan.main --config=configs/gan_cls.py --workdir=runs/gan_cls
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 4000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = 200
    config.data.name = "emoji"
    config.data.options = {"x": "twemoji", "source": ""}
    config.data.where = "gender=woman|man"
    config.data.captions = "char_cnn_rnn"
    config.batch_size = 32
    config.game = defaults.game("text")
    adam = defaults.optimizer("adam", learning_rate=4e-4)
    config.generator = defaults.generator("text", width=32, optimizer=adam)
    config.critic = defaults.critic("text", width=32, optimizer=adam)
    return config
