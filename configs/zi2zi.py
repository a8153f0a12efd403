"""zi2zi (Tian 2017): one generator that draws Song characters in Kai and in Hei alike, 32x32.

pix2pix's U-Net with a learned code of the typeface at its innermost pixel, two updates of it
against one of a critic that also tells the typeface; L1 with weight 100, constancy of the code 15,
category 1. The author's networks are 64 wide, have 5x5 windows, meet 256x256 pixels and forty
typefaces, whose codes they never learn. Held out are a tenth of the characters in all typefaces:
pictures and metrics are of these, which training has not seen in any.

Cost: 3000 steps at 10 a second: 5 minutes on 2 CPU cores, with 6 evaluations of 744 characters.
Expect: of 744 unseen characters, at the last step (seed 0), 95.4 % are nearer to their own true
drawing than to that of any other character in that face (what is given: 48.1 %), and 99.9 % are
nearest to one of the face that was asked for. L1 .215 (given .371), PSNR 12.9 dB (9.4), SSIM .613
(.286), sliced Wasserstein distance .032 at its best (step 2500) and last. Hei is clean; thin
strokes of Kai are broken here and there.
Run: python -m jaxgan.main --config=configs/zi2zi.py --workdir=runs/zi2zi
"""

from jaxgan import defaults


def get_config():
    config = defaults.get_config()
    config.steps = 3000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth"
    config.evaluation.num = 760
    config.data.name = "glyphs"
    config.data.options = {"x": "kai hei", "source": "song"}
    config.batch_size = 16
    config.n_generator = 2
    config.game = defaults.game("typefaces")
    config.terms.l1.weight = 100.0
    config.generator = defaults.generator("unet", halvings=5, width=32, embedding=128)
    config.critic = defaults.critic("zi2zi", width=32)
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer(learning_rate=1e-3, anneal=True)
    return config
