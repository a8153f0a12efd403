"""The places of a run directory, tried out before the first step."""

import os
import re
import tempfile
from pathlib import Path

from jaxgan.core.errors import UserError

FOLDERS = ("", "checkpoints", "samples", "tensorboard")
FILES = ("metrics.jsonl", "members.jsonl")
DEEPEST = 200  # bytes of the longest path that a checkpoint has below ``checkpoints``
ADDRESS = re.compile(r"\w+:/")  # gs://bucket, s3://bucket


def check_path(workdir):
    """Raise ``UserError`` if a path cannot be that of a run directory."""
    if ADDRESS.match(str(workdir)):
        raise UserError(f"--workdir={workdir} must be a folder of this machine, or one mounted.")
    whole = os.fsencode(Path(workdir).absolute())
    try:
        whole.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"--workdir={workdir} is, as a whole path, not UTF-8, which checkpoints need; use a "
            "folder of another name."
        ) from error
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
    for folder in FOLDERS:
        place = Path(workdir) / folder
        try:
            place.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                os.listdir(place)
        except OSError as error:
            raise UserError(f"{place} cannot be written to: {error.strerror}.") from error
    for name in FILES:
        file = Path(workdir) / name
        try:
            if file.exists():
                file.open("r+").close()
        except OSError as error:
            raise UserError(f"{file} cannot be written to: {error.strerror}.") from error
