"""Files: the user's cache folder, writing in one piece, and what ships with the package."""

import contextlib
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jaxgan.core.errors import UserError

# What reading a damaged .npz file raises; RuntimeError: a damaged head looks like encryption.
UNSOUND = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def expand(path: str | os.PathLike) -> Path:
    """A path as the user gives it, with the home directory for a leading ``~``.

    Raises:
      UserError: there is no such home directory.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # a service's user has none, nor an entry in /etc/passwd
        raise UserError(f"{path}: there is no such home directory; give the whole path.") from error


def cache() -> Path:
    """The user's cache folder of jaxgan: in $XDG_CACHE_HOME, or ~/.cache.

    Raises:
      UserError: the user has neither.
    """
    try:
        return expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "jaxgan"
    except UserError as error:
        raise UserError("there is no home directory for a cache; set XDG_CACHE_HOME.") from error


@contextlib.contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield the path of a draft that takes the place of ``path`` by a rename.

    A kill leaves the old file or the new one. The folder must exist.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file in one piece."""
    with whole(path) as draft:
        draft.write_text(text)


def check_place(path: str | os.PathLike, *, folder: bool = False) -> None:
    """Raise ``UserError`` unless a file can be put there; asked before the work that fills it.

    Folders on the way there may be missing: who writes makes them.

    Args:
      path: of the file, or of the folder of files.
      folder: whether it is a folder.
    """
    path = Path(path)
    if path.is_dir() and not folder:
        raise UserError(f"cannot write {path}: it is a folder; name a file.")
    nearest = next(p for p in (path, *path.absolute().parents) if os.path.exists(p))
    if (folder or nearest != path) and not nearest.is_dir():
        raise UserError(f"cannot write {path}: {nearest} is no folder.")
    if not os.access(nearest, os.W_OK):
        raise UserError(f"cannot write {path}: {nearest} is read-only.")


def read_bundled(file: Any, sha256: str) -> bytes:
    """The bytes of a file that ships with the package.

    Args:
      file: ``importlib.resources`` path.
      sha256: hexadecimal digest that they must have.

    Raises:
      UserError: missing or damaged.
    """
    data = file.read_bytes() if file.is_file() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(f"{file}, a part of jaxgan, is missing or damaged: install jaxgan again.")
    return data
