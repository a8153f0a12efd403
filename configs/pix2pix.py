"""pix2pix (Isola et al. 2017, arXiv:1611.07004): one artist's emoji redrawn as another's, 32x32.

A U-Net of five halvings, dropout its only noise, against a critic of 16x16 patches that sees what
was given beside what was made; L1 with weight 100, batches of 16, Adam 2e-4 (.5, .999), both norms
of batches. The paper's networks are 64 wide and meet 256x256 pixels in batches of 1.
Other pairs: --config.data=glyphs (Song to Kai characters). Held out are the drawings with
crc32(base) % 10 == 0: pictures and metrics are of these 360 alone.

Cost: 4000 steps at 15 a second: 4.5 minutes on 2 CPU cores, with 8 evaluations of 360 drawings.
Expect: against the truth L1 .218, PSNR 15.7 dB, SSIM .459 (what was given: .342, 12.0 dB, .280),
sliced Wasserstein distance .059, at the last step, its best (seed 0). The other artist's shapes and
colours, with specks.
Run: python -m jaxgan.main --config=configs/pix2pix.py --workdir=runs/pix2pix
"""

from jaxgan import data, defaults


def get_config():
    config = defaults.get_config()
    config.steps = 4000
    config.steps_per_call = 20
    config.log_every = 20
    config.sample_every = config.checkpoint_every = config.eval_every = 500
    config.evaluation.metrics = "truth"
    config.evaluation.num = 360
    config.data.name = "emoji"
    config.data.options = data.options_of("emoji")  # from Noto's to Twemoji's
    config.batch_size = 16
    config.game = defaults.game("translation")
    config.terms.l1.weight = 100.0
    config.generator = defaults.generator("unet", halvings=5, width=32)
    config.critic = defaults.critic("patch", layers=1, width=32)
    return config
