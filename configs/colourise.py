"""Colouring, as pix2pix does it (Isola et al. 2017, arXiv:1611.07004): grey in, colours out.

The game, the networks and the numbers are those of pix2pix.py; what is given is made by a task. No
outline tells the colours of a flag: L1 alone would paint them brown.

Cost: COST
Expect: EXPECT
Run: python -m jaxgan.main --config=configs/colourise.py --workdir=runs/colourise
"""

import runpy
from pathlib import Path

from jaxgan import data, defaults


def get_config():
    config = runpy.run_path(str(Path(__file__).with_name("pix2pix.py")))["get_config"]()
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task("colourise")
    return config
