"""What Orbax and its threads say where a checkpoint cannot be read or written, and what is told."""

import contextlib
import logging
import os
import re
import sys
import time

LOG = logging.getLogger("absl")  # Orbax's
SYSTEM_ERROR = re.compile(r"os_error_code='(\d+)'")  # within what TensorStore raises


@contextlib.contextmanager
def told_once():
    """Around saves: of one that fails each of Orbax's threads would show a traceback.

    Those that report to an event loop which is closed are not shown either.
    """
    before, hook = LOG.disabled, sys.unraisablehook

    def shown(unraisable):
        told = str(unraisable.exc_value)
        if told != "Event loop is closed" and not SYSTEM_ERROR.search(told):
            hook(unraisable)

    LOG.disabled, sys.unraisablehook = True, shown
    try:
        yield
    finally:
        LOG.disabled, sys.unraisablehook = before, hook


def is_no_straggler(record):
    """Of asyncio's log: tasks of a failed save report whenever they are collected."""
    return "never retrieved" not in record.getMessage()


def cause(error):
    """Why a write failed, in the system's words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if found := SYSTEM_ERROR.search(str(error)):
        return os.strerror(int(found[1]))
    return _brief(error)


def _brief(error):
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')[:120]}"


@contextlib.contextmanager
def hush():
    """Silence Orbax while it reads: what is damaged is told in a sentence.

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


def reason(error):
    """What is wrong with a checkpoint that cannot be read, in a few words."""
    time.sleep(0.1)  # for the stragglers among the storage's threads, while ``hush`` holds
    return _brief(error)
