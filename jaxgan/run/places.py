"""The places of a run directory, tried out before the first step."""

import os
import re
import tempfile
from pathlib import Path

from jaxgan.core.errors import UserError

FILES = ("metrics.jsonl", "members.jsonl", "floors.json")
PLACES = ("", "checkpoints", "samples", "tensorboard", *FILES)
DEEPEST = 200  # bytes of the longest path that a checkpoint has below ``checkpoints``
ADDRESS = re.compile(r"\w:/")  # as of gs://bucket; a folder called gs: is read as one, too


def check_path(workdir):
    """Raise ``UserError`` if a path cannot be that of a run directory."""
    whole = os.fsencode(Path(workdir).absolute())
    try:
        whole.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"--workdir={workdir} is, as a whole path, not UTF-8, which checkpoints need; use a "
            "folder of another name."
        ) from error
    if ADDRESS.search(f"{whole.decode()}/"):
        raise UserError(
            f"--workdir={workdir} reads like an address; a run needs a folder of this machine, or "
            "one that is mounted here, and no colon at the end of a folder's name."
        )
    parent = next(p for p in Path(workdir).absolute().parents if _exists(p))
    if len(whole) + len("/checkpoints") + DEEPEST > os.pathconf(parent, "PC_PATH_MAX"):
        raise UserError(f"--workdir is too long for the paths of its checkpoints: {workdir}.")


def _exists(path):
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that cannot be entered
        return False


def check_places(workdir):
    """Raise ``UserError`` unless all that a run writes can be written."""
    for name in PLACES:
        place = Path(workdir) / name
        try:
            if place.is_file():
                place.open("r+").close()
            elif place.exists():  # what is missing will be made, in a folder that is tried out here
                os.listdir(place)
                tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            raise UserError(f"{place} cannot be read and written: {error.strerror}.") from error


def names(workdirs):
    """What tells run directories apart: their paths from where they part.

    Raises:
      UserError: one that is named twice.
    """
    paths = [str(Path(each).resolve()) for each in workdirs]
    if twice := [str(workdirs[i]) for i, path in enumerate(paths) if path in paths[:i]]:
        raise UserError(f"{twice[0]} is named twice; name every run once.")
    above = os.path.commonpath([os.path.dirname(path) for path in paths])
    return [os.path.relpath(path, above) for path in paths]
