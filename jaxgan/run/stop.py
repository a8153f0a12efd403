"""The two ways in which a run ends before its time: a signal, and a number that is not finite."""

import signal
import threading

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core.errors import Stopped


def first_bad_array(tree):
    """Path of the first leaf that is not finite, as ``critic/params/Dense_0/kernel``."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if jnp.issubdtype(leaf.dtype, jnp.inexact) and not np.isfinite(leaf).all():
            return jax.tree_util.keystr(path, simple=True, separator="/")
    return None


def check_finite(step, metrics, state, checkpoints, *, whole=False):
    """Raise ``Stopped`` if the step just done left a metric or an array that is not finite.

    The arrays are looked at where a metric is bad, and before a save (``whole``).
    """
    bad = {name: value for name, value in metrics.items() if not np.isfinite(value)}
    if not bad and not whole:
        return
    parts = ("critic", "generator", "ema", "memory")
    array = first_bad_array({name: getattr(state, name) for name in parts})
    if not bad and not array:
        return
    reasons = [f"{name} is {value}" for name, value in bad.items()]
    reasons += [f"the first array that is not finite is {array}"] if array else []
    kept = _kept(checkpoints, "last good")
    raise Stopped(f"step {step} is the first bad one: {', '.join(reasons)}. {kept}")


def check_members(step, alive, checkpoints):
    """Raise ``Stopped`` if none of a population's members is ``alive`` (bool [N])."""
    if not alive.any():
        kept = _kept(checkpoints, "last")
        raise Stopped(f"the last member that was finite became non-finite by step {step}. {kept}")


def _kept(checkpoints, which):
    """What a run that stops leaves behind, once the last save is on the disk."""
    checkpoints.wait()
    steps = checkpoints.steps()
    return f"The {which} checkpoint is that of step {steps[-1]}." if steps else "None was saved."


class Stop:
    """SIGTERM and SIGINT ask the loop to save and leave; a second one does not ask."""

    def __init__(self):
        self.signal = None

    def __enter__(self):
        # Signals belong to the main thread; a run inside another one (a notebook's) does without.
        here = threading.current_thread() is threading.main_thread()
        signals = (signal.SIGTERM, signal.SIGINT) if here else ()
        self._before = {number: signal.signal(number, self._ask) for number in signals}
        return self

    def _ask(self, number, frame):
        del frame
        self.signal = number
        signal.signal(number, self._before[number])

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
