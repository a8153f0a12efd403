"""Saves and restores a ``GanState``. The only file that knows Orbax.

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
import re
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
from jax.experimental import multihost_utils

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.run import digest

LOG = logging.getLogger("absl")  # Orbax's
SYSTEM_ERROR = re.compile(r"os_error_code='(\d+)'")  # within what TensorStore raises


class SaveError(UserError):
    """A checkpoint cannot be written; the sentence names the last whole one."""


class Checkpoints:
    """An open directory; made by ``open_checkpoints``, closed by ``with`` or ``close``."""

    def __init__(self, directory, manager, metric, scores):
        self.directory = directory
        self.manager = manager
        self._metric = metric
        self._scores = scores

    def __enter__(self):
        # Of a save that fails each of Orbax's threads shows a traceback; here it is a sentence.
        self._shown = LOG.disabled, sys.unraisablehook
        LOG.disabled, sys.unraisablehook = True, _without_stragglers(sys.unraisablehook)
        return self

    def __exit__(self, failed, *_):
        # A save that failed is told already, or matters less than what went wrong since.
        try:
            with contextlib.suppress(SaveError) if failed else contextlib.nullcontext():
                self.close()
        finally:
            LOG.disabled, sys.unraisablehook = self._shown

    def save(self, step, state, metrics=None):
        """Start to save ``state``; its buffers may be donated as soon as this returns.

        Waits for the save before. A step that is saved already is left as it is. ``metrics`` is
        ``{name: number}``; without the directory's metric, or with NaN, it is never the best one.

        Raises:
          SaveError: this save or the one before cannot be written; so do the other methods.
        """
        step = int(step)
        with self._told():
            if step not in self.manager.all_steps():
                self._save(step, state, metrics)

    def _save(self, step, state, metrics):
        import orbax.checkpoint as ocp

        items = _items(state)
        leaves = {name: digest.describe(item) for name, item in items.items()}
        score = float((metrics or {}).get(self._metric, math.nan))
        if math.isfinite(score):
            self._scores[step] = score
        args = {name: ocp.args.StandardSave(item) for name, item in items.items()}
        args["digest"] = ocp.args.JsonSave(digest.seal(leaves, self._scores.get(step)))
        self.manager.save(step, args=ocp.args.Composite(**args), force=True)

    def steps(self):
        """The steps at hand, ascending."""
        return sorted(self.manager.all_steps())

    def unfinished(self):
        """The steps whose save a kill cut off; a set."""
        names = (path.name for path in self.directory.glob("*.orbax-checkpoint-tmp*"))
        return {int(name.split(".")[0]) for name in names}

    def best_step(self):
        """The step with the lowest metric; None where no checkpoint carries one."""
        return _best(self.steps(), self._scores)

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
            logging.getLogger("asyncio").addFilter(_is_no_straggler)
            with contextlib.suppress(Exception):  # the same once more; it drops the step
                self.manager.wait_until_finished()
            steps = self.steps()
            kept = "there is none yet. The same command starts anew."
            if steps:
                kept = f"the one of step {steps[-1]} is whole. The same command goes on from there."
            raise SaveError(
                f"a checkpoint cannot be written in {self.directory} ({_cause(error)}); {kept}"
            ) from error


def _without_stragglers(hook):
    """``hook``, but for threads of a failed save that report to an event loop which is closed."""

    def shown(unraisable):
        told = str(unraisable.exc_value)
        if told != "Event loop is closed" and not SYSTEM_ERROR.search(told):
            hook(unraisable)

    return shown


def _is_no_straggler(record):
    """Of asyncio's log: tasks of a failed save report whenever they are collected."""
    return "never retrieved" not in record.getMessage()


def _cause(error):
    """Why a write failed, in the system's words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if found := SYSTEM_ERROR.search(str(error)):
        return os.strerror(int(found[1]))
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')[:120]}"


@contextlib.contextmanager
def _hush():
    """Silence Orbax while it reads: what is damaged, this file tells in a sentence.

    Beside its log, its threads report to an event loop that the first failure has closed.
    """
    before, hook = logging.root.manager.disable, sys.unraisablehook
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda _: None
    try:
        yield
    finally:
        logging.disable(before)
        sys.unraisablehook = hook


@_hush()
def open_checkpoints(directory, keep=3, metric=None):
    """Open a directory to save to, creating it where it is missing.

    What a killed run left half written is removed. One run at a time may have it open so. The
    latest ``keep`` checkpoints stay, and the one with the lowest ``metric``, if one is named.
    """
    scores = {}

    def should_preserve(checkpoints, *, context):
        del context
        steps = [checkpoint.step for checkpoint in checkpoints]
        kept = {*sorted(steps)[-keep:], _best(steps, scores)}
        return [step in kept for step in steps]

    directory = Path(directory).resolve()
    policy = SimpleNamespace(should_preserve=should_preserve)
    manager = _manager(directory, cleanup_tmp_directories=True, preservation_policy=policy)
    scores.update(_read_scores(manager))
    return Checkpoints(directory, manager, metric, scores)


def folders(directory):
    """The names of what lies in a directory of checkpoints, looked at by one process alone."""
    directory = Path(directory)
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


@_hush()
def view_checkpoints(directory):
    """Open a directory to read from: nothing in it is touched, nor is it made where it is missing.

    It is closed as one of ``open_checkpoints`` is.
    """
    directory = Path(directory).resolve()
    return Checkpoints(directory, _manager(directory, create=False), None, {})


@_hush()
def restore(checkpoints, template):
    """Restore the latest checkpoint that is whole, bit for bit.

    A damaged one is passed over for the one before, and renamed to ``damaged-<step>`` so that the
    run can save that step again.

    Args:
      checkpoints: what ``open_checkpoints`` or ``view_checkpoints`` returns.
      template: a ``GanState`` that says what each leaf must be. Where its leaves are arrays, the
        restored ones lie on the same devices; else (``jax.eval_shape``) on the default one.

    Returns:
      The state, and a sentence for the user on each damaged checkpoint.

    Raises:
      UserError: no checkpoint, none that can be read, or other leaves (the first is named).
    """
    notes = {}
    for step in reversed(checkpoints.steps()):
        try:
            state = _restore_step(checkpoints.manager, step, template)
        except UserError:
            raise
        except Exception as error:  # Damage shows itself as any of a dozen types.
            notes[step] = f"The checkpoint of step {step} is damaged ({_reason(error)})."
            continue
        for damaged in notes:
            _set_aside(checkpoints, damaged)
        return state, [f"{note} Going on from step {step}." for note in notes.values()]
    advice = "Put a whole one there, or use another --workdir."
    reason = f"can be read. {' '.join(notes.values())} {advice}" if notes else "is there yet."
    raise UserError(f"no checkpoint in {checkpoints.directory} {reason}")


@_hush()
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

    def read(manager, chosen):
        leaves, _ = _read_digest(manager, chosen)
        ema = _read(manager, chosen, {"ema": digest.blank(leaves["ema"])}, leaves)["ema"]
        return jax.tree.map(jax.device_put, ema)

    return _read_one(directory, step, read)


@_hush()
def load(directory, template, step=None):
    """Read a whole state, leaving the directory as it is; as ``restore_ema`` otherwise.

    Args:
      directory, step: as ``restore_ema`` has them.
      template: as ``restore`` has it.

    Returns:
      the ``GanState``, and the step.
    """
    return _read_one(directory, step, lambda manager, at: _restore_step(manager, at, template))


def _read_one(directory, step, read):
    """What ``read(manager, step)`` gives of the chosen checkpoint, and its step."""
    directory = Path(directory).resolve()
    with contextlib.closing(_manager(directory, create=False)) as manager:
        steps = sorted(manager.all_steps())
        best = _best(steps, _read_scores(manager)) if step == "best" else None
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
            message = f"the checkpoint of step {chosen} is damaged ({_reason(error)})"
            raise UserError(f"{message} {known}") from error


def _manager(directory, **options):
    import orbax.checkpoint as ocp

    return ocp.CheckpointManager(directory, options=ocp.CheckpointManagerOptions(**options))


def _items(state):
    """The items of a checkpoint; a memory that holds nothing is none."""
    sides = {name: getattr(state, name) for name in ("step", "generator", "critic")}
    sides["ema"] = {}  # its place in the format, from when the item was a whole state without it
    memory = {"memory": state.memory} if jax.tree.leaves(state.memory) else {}
    return {"state": sides, "ema": state.ema, **memory}


def _restore_step(manager, step, template):
    leaves, _ = _read_digest(manager, step)
    items = _items(template)
    digest.check_template(leaves, items, f"the checkpoint of step {step}")
    targets = jax.tree.map(lambda leaf: np.empty(leaf.shape, leaf.dtype), items)
    read = _read(manager, step, targets, leaves)
    memory = read.get("memory", template.memory)
    state = template.replace(**{**read["state"], "ema": read["ema"], "memory": memory})
    return jax.tree.map(
        lambda leaf, like: jax.device_put(leaf, getattr(like, "sharding", None)), state, template
    )


def _read(manager, step, targets, leaves):
    """Read items as NumPy trees like ``targets``; ValueError if a bit differs from the digest."""
    import orbax.checkpoint as ocp

    args = {name: ocp.args.StandardRestore(target) for name, target in targets.items()}
    items = manager.restore(step, args=ocp.args.Composite(**args))
    for name in targets:
        digest.check_bits(leaves[name], items[name])
    return items


def _read_digest(manager, step):
    """The ``{item: [leaf, ...]}`` of a checkpoint and its score; ValueError if it is garbled."""
    import orbax.checkpoint as ocp

    args = ocp.args.Composite(digest=ocp.args.JsonRestore())
    return digest.unseal(manager.restore(step, args=args)["digest"])


def _read_scores(manager):
    """``{step: score}`` of those that carry one and can be read."""
    scores = {}
    for step in manager.all_steps():
        with contextlib.suppress(Exception):  # Damage is for restore to tell.
            scores[step] = _read_digest(manager, step)[1]
    return {step: score for step, score in scores.items() if score is not None}


def _best(steps, scores):
    return min((step for step in steps if step in scores), key=scores.get, default=None)


def _reason(error):
    time.sleep(0.1)  # for the stragglers among the storage's threads, while ``_hush`` holds
    first_line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first_line[:120]}"


def _set_aside(checkpoints, step):
    """Rename a damaged checkpoint, in one process, and have Orbax look again."""
    if jax.process_index() == 0:
        target = checkpoints.directory / f"damaged-{step}"
        shutil.rmtree(target, ignore_errors=True)
        os.replace(checkpoints.directory / str(step), target)
    multihost_utils.sync_global_devices(f"jaxgan: checkpoint {step} set aside")
    checkpoints.manager.reload()
