"""GAN-CLS (Reed et al. 2016, arXiv:1605.05396): pictures of people from a sentence, 32x32.

A generator that is told the caption's vector beside the noise, a critic that sees a picture beside
its caption, and takes a real picture under another's caption for a negative, too. The sentences are
read by the character CNN-RNN of the same authors, trained on the names of 3362 of the 3526 emoji,
without the held-out compositions; by words alone, what it stands beside:
--config.data.captions=bag_of_words. GAN-INT-CLS, which also answers to what lies between two
captions: --config.game.between=True. There are 924 drawings, which a critic soon knows by heart; R1
keeps it from that, and asks for layer normalisation in it, where the authors have batch
normalisation and no penalty. Held out are compositions: one in ten of the drawings with a tone of
skin, of which training sees the same person in other tones.

Cost: 5000 steps at 12 a second: 7 minutes of one CPU core.
Expect: sliced Wasserstein distance .084 at the end, its best (seed 0; real ones: .120; .106 after
1000 steps, .088 after 3000): people who are known again, a little grainy. By jaxgan evaluate
--metrics=captions,classified,fd --features=efficientnet_lite0 --num=83 a picture's own caption
fits best, of 83 unseen ones, in 53.0 %, and is among ten in 98.8 % (real drawings: 43.4 %, 97.6 %;
by captions of others: 0 %, 7.2 %). A classifier finds the tone in 67 %, the gender in 64 % (of
real ones 83 %, 99 %). fd, of so few far too high, is 223 (real ones: 71). The same of one run
each: bag of words .057, 39.8 %, 96.4 %, tone 66 %, gender 96 %, fd 198; GAN-INT-CLS .085 (.084 at
step 2800), 54.2 %, 98.8 %, 58 %, 67 %, 227. A bag has "woman" as far from "man" as any two words
are; the other reader has them near. Without R1, with batch normalisation, the best of 1800 steps
was .114, with 39.8 %, 97.6 %, 45 % and 65 %. z says next to nothing: the data have one drawing of a
sentence.
Run: python -m jaxgan.main --config=configs/gan_cls.py --workdir=runs/gan_cls
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 5000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = 200
    config.data.name = "emoji"
    config.data.options = {"x": "twemoji", "source": ""}
    config.data.where = "gender=woman|man"
    config.data.captions = "char_cnn_rnn"
    config.batch_size = 32
    config.game = defaults.game("text")
    config.penalties.r1.weight = 1.0
    adam = defaults.optimizer("adam", learning_rate=4e-4, anneal=True, anneal_after=0.5)
    config.generator = defaults.generator("text", width=32, optimizer=adam)
    config.critic = defaults.critic("text", width=32, norm="layer", optimizer=adam)
    return config
