"""The GAN family in pure functional JAX.

Rooms: theory (distributions), losses and penalties (arithmetic on scores), games (rules of play),
models (networks), step (one update of both sides), parallel (devices), data, metrics, features
(networks with weights). Train, sample, evaluate, report: the host.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("jaxgan")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0"
