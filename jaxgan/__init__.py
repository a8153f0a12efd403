"""The GAN family in pure functional JAX.

Rooms: theory (distributions), losses (arithmetic on scores, and on what is made), games (rules of
play), models (networks), step (one update of both sides), data, metrics, features (networks with
weights), evaluation (pictures and judging), build (from a config to functions), run (what a run
directory holds). The files beside them are the doors: train, sample, evaluate.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("jaxgan")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0"
