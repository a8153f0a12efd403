import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import defaults
from jaxgan.build.run import prepare
from jaxgan.main import main
from jaxgan.step import compilation

ROOT = Path(__file__).parents[2]
COPY = r"= f32\[([\d,]+)\]\S* copy\("  # in a compiled program


@pytest.fixture
def unknown(monkeypatch):
    """``unknown(name)``: the option goes by another name, and what was found of it is forgotten."""

    def rename(name):
        monkeypatch.setattr(compilation, "IN_PLACE", name)
        compilation.options.cache_clear()

    yield rename
    compilation.options.cache_clear()


def copied_weights(config, devices):
    """The shapes of weight matrices, moments and averages that the compiled call copies."""
    run = prepare(config, device_count=devices)
    feed = run.feed(run.phases[0])
    state = jax.eval_shape(run.create)
    shapes = {leaf.shape for leaf in jax.tree.leaves(state) if leaf.ndim > 1}
    call = run.call(run.phases[0], feed)
    program = call.lower(state, *feed.block(0, 3), np.int32(3)).compile().as_text()
    return {tuple(map(int, text.split(","))) for text in re.findall(COPY, program)} & shapes


def printed(code, *words, **environment):
    """What a process of its own prints under this environment alone."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def small():
    config = defaults.get_config()
    config.steps_per_call, config.batch_size = 3, 8
    config.generator.features, config.critic.features = (24, 40), (24, 40)
    return config


@pytest.mark.skipif(not compilation.options("cpu"), reason="this JAX has no such option")
@pytest.mark.parametrize("devices", [1, 2])
def test_weights_are_updated_where_they_lie(devices):
    """And so are moments and averages."""
    assert not copied_weights(small(), devices)


def test_an_option_that_the_compiler_does_not_know_is_left_out(unknown):
    """The weights are copied then: a compiler that needs no such option would fail here."""
    unknown("xla_cpu_no_such_option")
    assert compilation.options("cpu") == {}
    assert (24, 40) in copied_weights(small(), 1)


def test_options_are_of_the_platform_and_the_user(unknown, monkeypatch):
    assert compilation.options("TPU v5e") == {}
    unknown("xla_cpu_copy_insertion_use_region_analysis")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_copy_insertion_use_region_analysis=false")
    assert compilation.options("cpu") == {}


FUSE = f"--xla_backend_extra_options={compilation.TOGETHER}"


@pytest.mark.parametrize(
    "held, wanted",
    [
        ("", FUSE),
        ("--xla_a=1", f"--xla_a=1 {FUSE}"),
        ("--xla_backend_extra_options=xla_y", f"--xla_backend_extra_options=xla_y {FUSE}"),
        (FUSE, FUSE),
        ("/a/file/of/flags", "/a/file/of/flags"),
    ],
)
def test_flags_of_the_process(monkeypatch, held, wanted):
    monkeypatch.setenv("XLA_FLAGS", held)
    compilation.set_xla_flags(True)
    assert os.environ["XLA_FLAGS"] == wanted


@pytest.mark.parametrize("recipe, gains", [("gan.py", True), ("wgan_gp.py", False)])
def test_train_sets_them_for_networks_that_gain(monkeypatch, tmp_path, recipe, gains):
    monkeypatch.delenv("XLA_FLAGS")
    found = []

    def train(*args, **options):
        found.append(os.environ.get("XLA_FLAGS"))

    monkeypatch.setattr("jaxgan.main.train", train)
    assert main([f"--config={ROOT}/configs/{recipe}", f"--workdir={tmp_path}"]) == 0
    assert found == [FUSE if gains else None]


@pytest.mark.parametrize("flags", [FUSE, f"--xla_backend_extra_options=xla_y {FUSE}", ""])
def test_moments_are_one_loop_by_the_flag_alone(flags):
    code = (
        "import jax, optax, jax.numpy as jnp; p = jnp.ones((64, 64))\n"
        "adam = optax.adam(1e-3); state = adam.init(p)\n"
        "def play(p, s, g): u, s = adam.update(g, s, p); return optax.apply_updates(p, u), s\n"
        "print(jax.jit(play).lower(p, state, p).compile().as_text())\n"
    )
    program = printed(code, **os.environ | {"XLA_FLAGS": flags})
    two = r"= \(f32\[64,64\]\S+, f32\[64,64\]\S+\) fusion\("
    assert bool(re.search(two, program)) == bool(flags)


def test_programs_are_kept_where_nothing_else_is_set(tmp_path):
    """By processes of their own: a later one compiles nothing that an earlier one did."""
    code = (
        "from jaxgan import defaults; from jaxgan.build.run import prepare; import jax, sys\n"
        "config = defaults.get_config(); config.compilation_cache = sys.argv[1] == 'True'\n"
        "run = prepare(config); jax.jit(run.create)()\n"
        "print(jax.config.jax_compilation_cache_dir)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    folder, kept = tmp_path / "jaxgan" / "compiled", []
    for wanted in (False, True, True):
        told = printed(code, str(wanted), **environment)
        assert told.split() == [str(folder) if wanted else "None"]
        kept.append({file.name for file in folder.glob("*-cache")})
    assert not kept[0] and kept[1] == kept[2] != set()
