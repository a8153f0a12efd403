"""Before JAX is imported: the CPU as four devices, quick compilation, no cache of it."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
# Level 0 halves the time of compiling, which is nearly all of the time; the programs stay the same.
os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"
)

import jax
import pytest


@pytest.fixture
def strict_ranks():
    """[B] + [B, 1] is the classic slip of a GAN: with this it is an error, not [B, B]."""
    with jax.numpy_rank_promotion("raise"):
        yield
