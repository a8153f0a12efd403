"""One run at a time in a run directory."""

import contextlib
import errno
import fcntl
import os
import socket
import time
from pathlib import Path

from jaxgan.core import process
from jaxgan.core.errors import UserError

NAME = "run.lock"


@contextlib.contextmanager
def only_run(workdir):
    """Hold a run directory, created where it is missing, against every other run.

    The lock is the kernel's, on an open file: it ends with the process, however that ends. The file
    says who holds it, on other machines too, where they share the folder and its locks.

    Raises:
      UserError: another run holds it, or the directory cannot be made or written to.
    """
    path = Path(workdir) / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
    except BlockingIOError as error:
        raise _taken(path) from error
    except OSError as error:
        raise UserError(f"{workdir} cannot be a run directory: {error.strerror}.") from error
    with file:
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # what went wrong before matters more
                path.unlink()  # while it is locked, or it might be another run's


def check_free(workdir):
    """Raise ``UserError`` if another run holds a run directory; changes nothing there."""
    path = Path(workdir) / NAME
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _taken(path) from error
    except OSError:  # no such file; where files cannot be locked, ``only_run`` tells
        return


def _taken(path):
    return UserError(
        f"{path.parent} is in use by another run ({_holder(path)}); wait for it, stop it, or use "
        "another --workdir."
    )


def _locked(path):
    """The open and locked file; BlockingIOError if another run holds it."""
    while True:
        file = open(path, "a+")  # a network's file system locks no file that is open for reading
        try:
            _lock(file)
            # A run that ended between the two calls has removed it, and another may hold a new one.
            if _is_at(path, file):
                file.truncate(0)
                since = time.strftime("%Y-%m-%d %H:%M:%S")
                print(f"{socket.gethostname()}, process {os.getpid()}, since {since}", file=file)
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _is_at(path, file):
    """Whether the open file is the one that lies at the path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file):
    """Lock an open file; where the file system has no locks, say so and go on."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        process.tell(f"{file.name} cannot be locked ({error.strerror}): start no second run there.")


def _holder(path):
    """Who holds it, as the file says."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if holder := path.read_text().strip():
            return holder
    return "which has just begun"
