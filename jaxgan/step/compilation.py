"""How programs are compiled, and how they outlive the process."""

import functools
import os

import jax
from jax.experimental.compilation_cache import compilation_cache

from jaxgan.core.errors import UserError
from jaxgan.core.files import cache

LEAST = 0.2  # seconds of compilation that are worth a file

# Both make a CPU's compiler do what it leaves out unless it is told; docs/performance.md has what
# they bring. The first sees which weights an update can overwrite where they lie, and copies none.
IN_PLACE = "xla_cpu_copy_insertion_use_region_analysis"
# The second lets a loop over a weight have several results, as an optimiser's moments. Networks of
# matrix products alone gain by it; those that convolve lose.
TOGETHER = "xla_cpu_use_multi_output_fusion"


def enable_cache() -> None:
    """Keep what is compiled from here on, and take what was kept: JAX's own persistent cache.

    It lies in the user's cache folder. What the user has set up, as by JAX_COMPILATION_CACHE_DIR,
    stays as it is. Where no folder can be had or written to, nothing is kept: that is slow, not
    wrong.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    try:
        folder = cache() / "compiled"
        folder.mkdir(parents=True, exist_ok=True)
    except (UserError, OSError):
        return
    if not os.access(folder, os.W_OK):
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", LEAST)
    compilation_cache.reset_cache()  # JAX asks for the folder once, which may have been before


@functools.cache
def options(kind: str) -> dict[str, bool]:
    """The compiler's options for the training loop on a kind of device: {name: value}."""
    if kind != "cpu" or IN_PLACE in os.environ.get("XLA_FLAGS", ""):  # where the user has a say
        return {}
    wanted = {IN_PLACE: True}
    try:
        jax.jit(lambda: 0, compiler_options=wanted).lower().compile()
    except jax.errors.JaxRuntimeError:  # such options come and go with JAX's versions
        return {}
    return wanted


def set_xla_flags(dense: bool) -> None:
    """Ask for loops with several results where the networks of a process gain by them.

    ``dense``: whether they are matrix products alone, as ``build.parts.both_dense`` says.

    There is no other way than the environment's XLA_FLAGS. They are the process's, and are read
    once, when JAX first looks for its devices: so this is for a command to call as it starts, not
    for a library. What the user has set there stays.
    """
    flags = os.environ.get("XLA_FLAGS", "").strip()
    named_file = flags and not flags.startswith("--")
    if dense and TOGETHER not in flags and not named_file:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_extra_options={TOGETHER}".strip()
