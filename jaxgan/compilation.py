"""Compiled programs outlive the process: JAX's own persistent cache, in the user's cache folder."""

import os

import jax
from jax.experimental.compilation_cache import compilation_cache

from jaxgan.features.download import cache

LEAST = 0.2  # seconds of compilation that are worth a file


def remember():
    """Keep what is compiled from here on, and take what was kept.

    What the user has set up, as by JAX_COMPILATION_CACHE_DIR, stays as it is.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    jax.config.update("jax_compilation_cache_dir", str(cache() / "compiled"))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", LEAST)
    compilation_cache.reset_cache()  # JAX asks for the folder once, which may have been before
