"""Colouring, as pix2pix does it (Isola et al. 2017, arXiv:1611.07004): grey in, colours out.

The game, the networks and the numbers are those of pix2pix.py; what is given is made by a task: the
lightness L of Lab, and a and b are made. In RGB: --config.data.task.space=rgb, which draws all
again and blurs and speckles it (docs/results.md, section 11). No outline tells the colours of a
flag: L1 alone would paint them brown.

Cost: 4000 steps at 7 a second on one CPU core: 10 minutes; about 7 on two.
Expect: against the truth L1 .126, PSNR 20.4 dB, SSIM .808 (what was given: .178, 17.9 dB, .817),
error in colour 16.1 (21.9 of grey), sliced Wasserstein distance .044, at the last step, its best
(seed 0). Faces, hair and hearts in their colours; what could be any colour, as a flag or an
octopus, is often mixed or the wrong one.
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
