"""How a run ends before its time: a signal, an error, a number that is not finite."""

import contextlib
import signal
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import process
from jaxgan.core.errors import Stopped, UserError
from jaxgan.run.checkpoint import SaveError

LONGEST = 3.0  # seconds of a call


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


@contextlib.contextmanager
def saved_on_error(current, checkpoints, is_worth):
    """Whatever goes wrong inside, save the state before it is told.

    Args:
      current: () -> the state of the last step done.
      is_worth: state -> whether it is worth a checkpoint.
      checkpoints: open, to save to.

    Raises:
      UserError: a file that could not be read or written; the sentence says what is kept.
    """
    try:
        yield
    except (Stopped, SaveError):
        raise
    except Exception as error:
        kept = _save_if_whole(current(), checkpoints, is_worth)
        if isinstance(error, OSError):
            place = error.filename or checkpoints.directory.parent
            told = f"{place} cannot be read or written: {error.strerror or error}."
        elif isinstance(error, UserError):
            told = str(error)
        else:
            raise
        raise UserError(f"{told} {kept}") from error


def _save_if_whole(state, checkpoints, is_worth):
    """Save a state that no call has consumed and that is worth it; tells what is kept."""
    gone = any(leaf.is_deleted() for leaf in jax.tree.leaves(state))
    # Of several processes the others know of no error, and all of them save together.
    if not gone and jax.process_count() == 1 and is_worth(state):
        with contextlib.suppress(SaveError):  # then, what went wrong is told with what was kept
            checkpoints.save(int(state.step), state)
            checkpoints.wait()
    steps = checkpoints.steps()
    return f"Step {steps[-1]} is saved." if steps else "No step is saved."


class Pace:
    """Bounds a call by the time that its steps take: a signal waits for its end.

    Of several processes, which must agree on the length of a call, it bounds nothing.
    """

    def __init__(self):
        self._seconds = None  # a step, at most: a first call compiles as well

    def within(self, count):
        """How many of ``count`` steps to do in one call."""
        if jax.process_count() > 1:
            return count
        most = 1 if self._seconds is None else int(LONGEST / self._seconds)
        return max(1, min(count, most))

    @contextlib.contextmanager
    def of(self, count):
        """Time a call of ``count`` steps."""
        begin = time.monotonic()
        yield
        self._seconds = (time.monotonic() - begin) / count


class Stop:
    """A signal asks the loop to save and leave, as a closed pipe does; a second one does not ask.

    Attributes:
      signal: the number of the one that asked; None: none has.
    """

    def __init__(self):
        self.signal = None
        self._before = {}
        self._save = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def listen(self):
        """From here on there is something to save; before, a signal just ends the process."""
        # Signals belong to the main thread; a run inside another one (a notebook's) does without.
        here = threading.current_thread() is threading.main_thread()
        if here and not self._before:
            self._before = {n: signal.signal(n, self._ask) for n in process.signals()}

    def _ask(self, number, frame):
        del frame
        self.signal = number
        for each, handler in self._before.items():
            signal.signal(each, handler)

    @contextlib.contextmanager
    def meanwhile(self, save):
        """Around what takes long and calls ``look``: where a signal comes inside, save at once."""
        self._save = save if jax.process_count() == 1 else None  # several save together
        try:
            yield
        finally:
            self._save = None

    def look(self, *_):
        """Save what ``meanwhile`` says, once, if a signal has come; takes any arguments."""
        if self.signal is not None and self._save:
            save, self._save = self._save, None
            save()

    def telling(self):
        """Around what is printed: a reader that has left, as Ctrl-C ends ``| tee`` too, asks."""
        return process.telling(self._unprinted)

    def _unprinted(self, error):
        if isinstance(error, BrokenPipeError):
            self.signal = self.signal or signal.SIGPIPE
