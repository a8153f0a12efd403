"""Edges to drawing, as pix2pix's edges2shoes (Isola et al. 2017, arXiv:1611.07004): emoji, 32x32.

The game, the networks and the numbers are those of pix2pix.py; what is given is the outline that a
task makes of the drawing: dark where its grey changes (Sobel). Held out are the drawings with
crc32(base) % 10 == 0: pictures and metrics are of these 360 alone.

Cost: TODO1
Expect: TODO1
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
