"""Edges to drawing, as pix2pix's edges2shoes (Isola et al. 2017, arXiv:1611.07004): emoji, 32x32.

The game, the networks and the numbers are those of pix2pix.py; what is given is the outline that a
task makes of the drawing: dark where its grey changes (Sobel). Held out are the drawings with
crc32(base) % 10 == 0: pictures and metrics are of these 360 alone.

Cost: 4000 steps: 14 minutes on 2 CPU cores beside much other work; pix2pix.py, whose networks these
are, takes 4.5 alone.
Expect: against the truth L1 .217, PSNR 16.2 dB, SSIM .550 (what was given: .674, 6.9 dB, .068; one
image for all: .420, 11.3 dB, .174), sliced Wasserstein distance .058, at the last step, its best
(seed 0). Shapes are right; what no outline tells, as the colours of a flag, a cactus or an octopus,
is made up, and mottled.
Run: python -m jaxgan.main --config=configs/edges.py --workdir=runs/edges
"""

import runpy
from pathlib import Path

from jaxgan import data, defaults


def get_config():
    config = runpy.run_path(str(Path(__file__).with_name("pix2pix.py")))["get_config"]()
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("edges")
    return config
