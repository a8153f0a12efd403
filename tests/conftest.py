"""Before JAX is imported: the CPU as four devices, quick compilation, each program only once."""

import atexit
import gc
import hashlib
import importlib
import logging
import os
import shutil
import sys
import tempfile

os.environ["JAX_PLATFORMS"] = "cpu"
# Shared by the processes of one test session, which mostly compile the same few programs.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
# Level 0 halves the time of compiling, which is most of the time, and LLVM's older way of making a
# loop halves it again; the programs compute the same. Not split into 32 parts either, as for 32
# cores. A JAX that has the newer way alone takes no notice of the second.
os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"
    " --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters"
    " --xla_cpu_parallel_codegen_split_count=1"
)

import jax
import pytest

from jaxgan import defaults
from jaxgan.build.parts import both_dense
from jaxgan.data import bundled, images, stacked, view
from jaxgan.step import compilation

compilation.set_xla_flags(both_dense(defaults.get_config()))  # as jaxgan train does


# What JAX has traced is millions of Python's objects, and a collection looks through them all.
gc.set_threshold(100_000, 50, 50)


def once(function):
    """Thousands of pictures are brought to a size once a process, not once a run."""
    held = {}

    def brought(to, pictures):
        key = to, pictures.shape, pictures.dtype, hashlib.sha1(pictures.tobytes()).digest()
        if key not in held:
            held[key] = function(to, pictures)
            held[key].setflags(write=False)
        return held[key]

    return lambda to, pictures: (brought if len(pictures) > 999 else function)(to, pictures)


for module in (bundled, images, stacked):
    module.apply_all = once(view.apply_all)


# Files that take the longest begin, or one process would end alone with the last of them.
LONGEST = ("test_notebook", "test_train", "test_translation", "test_cyclegan", "test_translate")


def pytest_collection_modifyitems(items):
    """The longest files first; files stay whole, and their tests in order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


@pytest.fixture(scope="module", autouse=True)
def bounded():
    """Programs that a file needs are given up after it; the next finds shared ones on disk."""
    yield
    jax.clear_caches()


@pytest.fixture
def strict_ranks():
    """[B] + [B, 1] is the classic slip of a GAN: with this it is an error, not [B, B]."""
    with jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture(scope="session")
def torchvision():
    """torchvision, which other packages' metrics import, though what they compute needs none of it.

    With placeholders for its compiled operators, which a build for another PyTorch lacks.
    """
    torch = pytest.importorskip("torch", reason="the extra `parity` brings it")
    try:
        return pytest.importorskip("torchvision", reason="the extra `parity` brings it")
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        return importlib.import_module("torchvision")


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium. Of one file: while Playwright runs, asyncio.run refuses its thread."""
    from benchmarks import chromium

    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` brings it")
    executable = chromium.path()
    if executable is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, timeout=240_000)
        yield browser
        browser.close()


@pytest.fixture
def mistake(capsys, caplog):
    """``mistake(main, argv)``: the one sentence of a command that stops before it compiles."""
    logger = logging.getLogger("jax")
    logger.addHandler(caplog.handler)

    def told(main, argv):
        with jax.log_compiles():
            code = main(argv)
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert (
            err.startswith("jaxgan: ") and err.endswith((".\n", "?\n")) and err.count("\n") == 1
        ), err
        assert not [line for line in caplog.messages if line.startswith("Compiling")]
        return err.removeprefix("jaxgan: ").rstrip("\n")

    yield told
    logger.removeHandler(caplog.handler)
