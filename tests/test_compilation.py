import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import compilation, defaults
from jaxgan.prepare import prepare

ROOT = Path(__file__).parents[1]
COPY = r"= f32(\[\d+,[\d,]+\])\S* copy\("  # of a matrix, in a compiled program


def copied_weights(config):
    """The shapes of weight matrices, moments and averages that the compiled call copies."""
    run = prepare(config, device_count=1)
    feed = run.feed()
    state = jax.jit(run.create)()
    shapes = {str(list(leaf.shape)) for leaf in jax.tree.leaves(state) if leaf.ndim > 1}
    call = run.call(feed)
    program = call.lower(state, *feed.block(0, 3), np.int32(3)).compile().as_text()
    return {text.replace(",", ", ") for text in re.findall(COPY, program)} & shapes


def test_weights_are_updated_where_they_lie(monkeypatch):
    """And so are moments and averages; unless the compiler is told, it copies most of them."""
    config = defaults.get_config()
    config.steps_per_call = 3
    assert not copied_weights(config)
    monkeypatch.setattr(compilation, "IN_PLACE", {})
    compilation.options.cache_clear()
    try:
        assert "[512, 784]" in copied_weights(config)
    finally:
        compilation.options.cache_clear()


def test_an_option_that_the_compiler_does_not_know_is_left_out(monkeypatch):
    monkeypatch.setattr(compilation, "IN_PLACE", {"xla_cpu_no_such_option": True})
    compilation.options.cache_clear()
    try:
        assert compilation.options("cpu") == {}
    finally:
        compilation.options.cache_clear()
    assert compilation.options("TPU v5e") == {}


@pytest.mark.parametrize(
    "held, wanted",
    [
        ("", compilation.TOGETHER),
        ("--xla_a=1", f"--xla_a=1 {compilation.TOGETHER}"),
        ("--xla_backend_extra_options=mine", "--xla_backend_extra_options=mine"),
        (compilation.TOGETHER, compilation.TOGETHER),
    ],
)
def test_flags_of_the_process(monkeypatch, held, wanted):
    monkeypatch.setenv("XLA_FLAGS", held)
    compilation.fuse_outputs()
    assert os.environ["XLA_FLAGS"] == wanted


def test_programs_are_kept_where_nothing_else_is_set(tmp_path):
    """By processes of their own: a later one compiles nothing that an earlier one did."""
    code = (
        "from jaxgan import defaults; from jaxgan.prepare import prepare; import jax, sys\n"
        "config = defaults.get_config(); config.compilation_cache = sys.argv[1] == 'True'\n"
        "run = prepare(config); jax.jit(run.create)()\n"
        "print(jax.config.jax_compilation_cache_dir)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    folder, kept = tmp_path / "jaxgan" / "compiled", []
    for wanted in (False, True, True):
        ran = subprocess.run(
            [sys.executable, "-c", code, str(wanted)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
            timeout=120,
        )
        assert ran.stdout.split() == [str(folder) if wanted else "None"], ran.stderr
        kept.append({file.name for file in folder.glob("*-cache")})
    assert not kept[0] and kept[1] == kept[2] != set()
