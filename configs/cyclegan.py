"""CycleGAN (Zhu et al. 2017, arXiv:1703.10593): one artist's emoji to another's, without pairs.

Two translators, two critics of 16x16 patches, least squares, cycle 10, identity 5, pools of 50
past fakes, Adam (.5, .999) that falls over the second half: the translators' from 6e-4, the
critics' from the paper's 2e-4. No drawing is in both sets of training: one artist's half and the
other artist's other half. The pairs are known of the drawings that are held out, crc32(base) % 10
== 0.

The translators are pix2pix's U-Nets with batch normalisation. The paper's, residual with instance
normalisation, in their size: --config.generator=resnet_translator
--config.generator.optimizer.learning_rate=2e-4. They halve 256x256 pixels twice and meet them in
batches of 1 for 200 epochs, where these have 12.5. On so small images they draw mottles and lose
colours: with six blocks of width 16, L1 .336 and .333 after 3000 steps, and .341 and .343 after
1000 with one halving in place of two (seed 0).
Characters, Song and Kai: --config=configs/cyclegan.py:glyphs. Skin tones, light to dark, as one
would age faces: --config=configs/cyclegan.py:tone

Cost: 5000 steps at 3.8 a second of one CPU core beside other work: 25 minutes.
Expect: on held-out drawings, whose pairs are known, at the last step (seed 0): from A to B L1 .324,
PSNR 12.7 dB, SSIM .300, from B to A .310, 12.8 dB, .289 (what was given, either way: .342, 12.0 dB,
.280), sliced Wasserstein distance, the mean of both, .082, its best. There and back again L1 is
.048 and .050. Drawings keep their shapes; colours and shading move a part of the way to the other
artist's: pix2pix.py with pairs has L1 .218, SSIM .459.
Run: python -m jaxgan.main --config=configs/cyclegan.py --workdir=runs/cyclegan
"""

from jaxgan import data, defaults


def get_config(name="emoji"):
    config = defaults.get_config()
    config.steps = 5000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth,cycle"
    config.evaluation.num = 360
    config.data.name = "emoji" if name == "tone" else name
    config.data.options = data.options_of(config.data.name)
    if name == "tone":
        config.data.options.source, config.data.domains = "", "tone:light,dark"
    else:
        config.data.unpaired = True
    config.batch_size = 4
    config.game = defaults.game("cycle")
    config.loss = defaults.loss("least_squares")
    config.adversarial = 2.0  # the authors do not halve the squares of the generators
    config.terms.l1.weight = 10.0
    adam = {"anneal": True, "anneal_after": 0.5}
    config.generator = defaults.generator(
        "unet", width=32, dropout=0.0, optimizer=defaults.optimizer(learning_rate=6e-4, **adam)
    )
    config.critic = defaults.critic(
        "patch", layers=1, width=32, norm="instance", optimizer=defaults.optimizer(**adam)
    )
    return config
