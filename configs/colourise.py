"""Colouring, as pix2pix does it (Isola et al. 2017, arXiv:1611.07004): grey in, colours out.

The game, the networks and the numbers are those of pix2pix.py; what is given is made by a task. No
outline tells the colours of a flag: L1 alone would paint them brown.

Cost: 4000 steps at 10 a second: 6.5 minutes on 2 CPU cores, beside other work.
Expect: against the truth L1 .135, PSNR 20.1 dB, SSIM .804, sliced Wasserstein distance .046, at the
last step, its best (seed 0). Faces, hair and hearts in their colours; what could be any colour, as
a flag or an octopus, is often mixed or the wrong one.
Run: python -m jaxgan.main --config=configs/colourise.py --workdir=runs/colourise
"""

import runpy
from pathlib import Path

from jaxgan import data, defaults


def get_config():
    config = runpy.run_path(str(Path(__file__).with_name("pix2pix.py")))["get_config"]()
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("colourise", space="lab")
    return config
