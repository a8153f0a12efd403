"""Two processes of one run, each with a device: what one process makes of the same recipe."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np

from jaxgan.build.run import prepare
from jaxgan.main import parse
from jaxgan.run import checkpoint

ROOT = Path(__file__).parents[1]
# An eps this large keeps rounding in tiny gradients from being blown up.
RECIPE = """
from jaxgan import defaults

def get_config():
    config = defaults.get_config()
    config.steps, config.steps_per_call, config.batch_size = 8, 4, 8
    config.data.name, config.data.size = "emoji", 8
    config.game, config.terms.l1.weight = defaults.game("translation"), 10.0
    config.generator = defaults.generator("unet", halvings=2, width=2, initializer="he")
    config.critic = defaults.critic("patch", layers=1, width=2, initializer="he")
    for side in (config.generator, config.critic):
        side.optimizer = defaults.optimizer("adam", learning_rate=0.01, eps=1e-3)
    return config
"""
# Half of the run, then resumed; each process reads its own rows of the data.
PLAY = """
import sys
sys.modules["torch"] = None  # tensorboardX would import it, for seconds, only to see it there
from jaxgan.main import main
argv, processes = sys.argv[1:-1], sys.argv[-1]
argv.append("--config.data.resident_bytes=0")
sys.exit(main([*argv, "--config.steps=4", processes]) or main(argv))
"""


def start(argv, processes):
    one_device = os.environ["XLA_FLAGS"].replace("device_count=4", "device_count=1")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": one_device}
    argv = [sys.executable, "-c", PLAY, *argv, f"--processes={processes}"]
    return subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, stdout=-1, text=True)


def one_process(argv):
    """The average generator of the same recipe on one device, without the host's loop."""
    config, *_ = parse([*argv, "--config.parallel=jit"])
    run = prepare(config)
    feed, state = run.feed(run.phases[0]), run.devices.replicate(jax.jit(run.create)())
    call = run.call(run.phases[0], feed)
    for step in (0, 4):
        state, _, done = call(state, *feed.block(step, 4), np.int32(4))
        assert done == 4
    return jax.device_get(state.ema)


def test_two_processes_do_what_one_does(tmp_path):
    recipe, run = tmp_path / "recipe.py", tmp_path / "run"
    recipe.write_text(RECIPE)
    argv = [f"--config={recipe}", f"--workdir={run}"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [start(argv, f"127.0.0.1:{port},2,{i}") for i in (0, 1)]
    try:
        expected = one_process(argv)
        ended = [process.communicate(timeout=300) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], ended
    (first_out, first_err), (second_out, second_err) = ended
    assert "Step 4 of 4 done" in first_out and "Step 8 of 8 done" in first_out
    assert "Resuming at step 4." in first_err
    assert "done" not in second_out and "step" not in second_err  # it is silent
    assert len(list((run / "tensorboard").iterdir())) == 2  # a file of the first process a start
    found, step = checkpoint.restore_ema(run / "checkpoints")
    assert step == 8
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-5, 1e-5), found, expected)
