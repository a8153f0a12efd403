"""Saves and restores a ``GanState``.

A checkpoint directory holds one folder a step, put in place by a rename: a run that is killed while
it writes leaves a temporary folder behind, never half a checkpoint. A folder holds these items:

  state   step, generator and critic of the ``GanState``
  ema     the generator's averaged variables: all that sampling reads
  memory  the game's, where it has any
  digest  the score, and path, shape, type and checksum of every leaf (``digest.py``)
"""

import contextlib
import logging
import math
import os
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.run import failures, storage


class SaveError(UserError):
    """A checkpoint cannot be written; the sentence names the last whole one."""


class Checkpoints:
    """An open directory; made by ``open_checkpoints``, closed by ``with`` or ``close``."""

    def __init__(self, directory, manager, metric, scores):
        self.directory = directory
        self.manager = manager
        self._metric = metric
        self._scores = scores
        self._quiet = contextlib.ExitStack()

    def __enter__(self):
        self._quiet.enter_context(failures.told_once())
        return self

    def __exit__(self, failed, *_):
        # A save that failed is told already, or matters less than what went wrong since.
        with self._quiet, contextlib.suppress(SaveError) if failed else contextlib.nullcontext():
            self.close()

    def save(self, step, state, metrics=None):
        """Start to save ``state``; its buffers may be donated as soon as this returns.

        Waits for the save before. A step that is saved already is left as it is. ``metrics`` is
        ``{name: number}``; without the directory's metric, or with NaN, it is never the best one.

        Raises:
          SaveError: this save or the one before cannot be written; so do the other methods.
        """
        step = int(step)
        with self._told():
            if step in self.manager.all_steps():
                return
            score = float((metrics or {}).get(self._metric, math.nan))
            if math.isfinite(score):
                self._scores[step] = score
            storage.write(self.manager, step, state, self._scores.get(step))

    def steps(self):
        """The steps at hand, ascending."""
        return sorted(self.manager.all_steps())

    def unfinished(self):
        """The steps whose save a kill cut off; a set."""
        names = (path.name for path in self.directory.glob("*.orbax-checkpoint-tmp*"))
        return {int(name.split(".")[0]) for name in names}

    def best_step(self):
        """The step with the lowest metric; None where no checkpoint carries one."""
        return storage.best(self.steps(), self._scores)

    def check(self):
        """Raise what went wrong with the last save, if that shows already; waits for nothing."""
        with self._told():
            self.manager.check_for_errors()

    def wait(self):
        """Block until the last save is on the disk."""
        with self._told():
            self.manager.wait_until_finished()

    def close(self):
        """Wait, and let go of the directory."""
        with self._told():
            self.manager.close()

    @contextlib.contextmanager
    def _told(self):
        """Tell in a sentence what Orbax raises when it cannot write."""
        try:
            yield
        except Exception as error:
            process.bound_to_main()  # the threads of this save may never end
            logging.getLogger("asyncio").addFilter(failures.is_no_straggler)
            with contextlib.suppress(Exception):  # the same once more; it drops the step
                self.manager.wait_until_finished()
            steps = self.steps()
            kept = "there is none yet. The same command starts anew."
            if steps:
                kept = f"the one of step {steps[-1]} is whole. The same command goes on from there."
            cause = failures.cause(error)
            raise SaveError(
                f"a checkpoint cannot be written in {self.directory} ({cause}); {kept}"
            ) from error


@failures.hush()
def open_checkpoints(directory, keep=3, metric=None):
    """Open a directory to save to, creating it where it is missing.

    What a killed run left half written is removed. One run at a time may have it open so. The
    latest ``keep`` checkpoints stay, and the one with the lowest ``metric``, if one is named.
    """
    scores = {}

    def should_preserve(checkpoints, *, context):
        del context
        steps = [checkpoint.step for checkpoint in checkpoints]
        kept = {*sorted(steps)[-keep:], storage.best(steps, scores)}
        return [step in kept for step in steps]

    directory = Path(directory).resolve()
    policy = SimpleNamespace(should_preserve=should_preserve)
    manager = storage.open_manager(
        directory, cleanup_tmp_directories=True, preservation_policy=policy
    )
    scores.update(storage.read_scores(manager))
    return Checkpoints(directory, manager, metric, scores)


def folders(directory):
    """The names of what lies in a directory of checkpoints, looked at by one process alone."""
    directory = Path(directory)
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def steps_in(directory):
    """The steps at hand, ascending, of a directory that need not be there; as ``folders``."""
    return sorted(int(name) for name in folders(directory) if name.isascii() and name.isdecimal())


@failures.hush()
def view_checkpoints(directory):
    """Open a directory to read from: nothing in it is touched, nor is it made where it is missing.

    It is closed as one of ``open_checkpoints`` is.
    """
    directory = Path(directory).resolve()
    return Checkpoints(directory, storage.open_manager(directory, create=False), None, {})


@failures.hush()
def restore(checkpoints, template):
    """Restore the latest checkpoint that is whole, bit for bit.

    A damaged one is passed over for the one before, and lies where it lay.

    Args:
      checkpoints: what ``open_checkpoints`` or ``view_checkpoints`` returns.
      template: a ``GanState`` that says what each leaf must be. Where its leaves are arrays, the
        restored ones lie on the same devices; else (``jax.eval_shape``) on the default one.

    Returns:
      The state, and {step: a sentence for the user} of the damaged checkpoints.

    Raises:
      UserError: no checkpoint, none that can be read, or other leaves (the first is named).
    """
    notes = {}
    for step in reversed(checkpoints.steps()):
        try:
            state = storage.read_state(checkpoints.manager, step, template)
        except UserError:
            raise
        except Exception as error:  # Damage shows itself as any of a dozen types.
            notes[step] = f"The checkpoint of step {step} is damaged ({failures.reason(error)})."
            continue
        return state, {at: f"{note} Going on from step {step}." for at, note in notes.items()}
    advice = "Put a whole one there, or use another --workdir."
    reason = f"can be read. {' '.join(notes.values())} {advice}" if notes else "is there yet."
    raise UserError(f"no checkpoint in {checkpoints.directory} {reason}")


@failures.hush()
def restore_ema(directory, step=None):
    """Read the averaged generator variables alone, without a template.

    Safe beside a run that is saving to the same directory.

    Args:
      directory: path.
      step: None for the latest, ``"best"``, or a number.

    Returns:
      Nested dictionaries of arrays on the default device, and the step.

    Raises:
      UserError: no such checkpoint, or a damaged one.
    """

    return _read_one(directory, step, storage.read_ema)


@failures.hush()
def load(directory, template, step=None):
    """Read a whole state, leaving the directory as it is; as ``restore_ema`` otherwise.

    Args:
      directory, step: as ``restore_ema`` has them.
      template: as ``restore`` has it.

    Returns:
      the ``GanState``, and the step.
    """
    return _read_one(directory, step, partial(storage.read_state, template=template))


def _read_one(directory, step, read):
    """What ``read(manager, step)`` gives of the chosen checkpoint, and its step."""
    directory = Path(directory).resolve()
    with contextlib.closing(storage.open_manager(directory, create=False)) as manager:
        steps = sorted(manager.all_steps())
        best = storage.best(steps, storage.read_scores(manager)) if step == "best" else None
        chosen = {None: max(steps, default=None), "best": best}.get(step, step)
        known = f"in {directory}; known: {', '.join(map(str, steps)) or 'none'}."
        if chosen not in steps:
            wanted = {None: "", "best": " with a metric"}.get(step, f" of step {step}")
            raise UserError(f"there is no checkpoint{wanted} {known}")
        try:
            return read(manager, chosen), chosen
        except UserError:
            raise
        except Exception as error:  # As in restore.
            message = f"the checkpoint of step {chosen} is damaged ({failures.reason(error)})"
            raise UserError(f"{message} {known}") from error


def set_aside(directory, steps) -> None:
    """Rename damaged checkpoints to ``damaged-<step>``, so that a run can save these steps again.

    By the one process that holds the directory, while nobody has it open.
    """
    for step in steps:
        target = Path(directory) / f"damaged-{step}"
        shutil.rmtree(target, ignore_errors=True)
        os.replace(Path(directory) / str(step), target)
