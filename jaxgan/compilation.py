"""Compiled programs outlive the process: JAX's own persistent cache, in the user's cache folder."""

import jax

from jaxgan.features.download import cache

LEAST = 0.2  # seconds of compilation that are worth a file


def remember():
    """Keep what is compiled from here on, and take what was kept.

    A cache that the user has set up, as by JAX_COMPILATION_CACHE_DIR, stays as it is.
    """
    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(cache() / "compiled"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", LEAST)
