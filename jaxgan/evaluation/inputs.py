"""A user's own pictures: which files they are, their masks, and that no result overwrites one."""

import glob
import os
from pathlib import Path

from jaxgan.core.errors import UserError
from jaxgan.core.files import expand
from jaxgan.data.decode import decode, stored_size
from jaxgan.data.scan import pictures
from jaxgan.data.view import to_channels


def inputs_of(text, out):
    """The pictures that ``--input`` names: {name below --out: file}, in order, and remarks.

    What lies in --out within a folder is left out: results of an earlier call.

    Raises:
      UserError: there are none, or two of them would get one name, or one would be overwritten.
    """
    path, remarks = expand(text), ()
    if path.is_dir():
        below, remarks = pictures(path)
        files = {name: path / name for name in below}
        if out.resolve() != path.resolve():
            own = {n for n, file in files.items() if out.resolve() in file.resolve().parents}
            files = {name: file for name, file in files.items() if name not in own}
            remarks = (*remarks, *[f"In {out}, and not read: {len(own)}."] * bool(own))
        if not files:
            raise UserError(f"{path}: holds no image but those in {out}.")
    elif path.exists():
        files = {path.name: path}
    else:
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        found = [file for file in found if file.is_file()]
        if not found:
            raise UserError(f"--input={text}: no such file, folder or pattern that meets a file.")
        root = os.path.commonpath([file.parent for file in found])
        files = {os.path.relpath(file, root): file for file in found}
    named = {}
    for name, file in files.items():
        target = str(Path(name).with_suffix(".png"))
        if target in named:
            raise UserError(f"{named[target]} and {file} would both become {target}; rename one.")
        named[target] = file
    refuse_overwriting(named, named.values(), out)
    return named, remarks


def refuse_overwriting(named, files, out):
    """Raise ``UserError`` if a result would take the place of one of the files that are read."""
    read = {(status.st_dev, status.st_ino) for status in map(os.stat, files)}
    for target in named:
        place = out / target
        if place.exists() and (place.stat().st_dev, place.stat().st_ino) in read:
            raise UserError(f"{place} is one of the pictures; name another --out.")


def mask_of(path, name, file):
    """The mask of one picture, bool [H, W]: a file, or one of its name in a folder."""
    if path.is_dir():
        place = path / Path(name).parent
        stem = Path(name).stem
        fitting = sorted(each for each in place.glob(f"{glob.escape(stem)}.*") if each.stem == stem)
        if not fitting:
            raise UserError(f"{path}: holds no mask for {file.name}.")
        path = fitting[0]
    mask = to_channels(decode(path), 1)[..., 0] > 127
    if mask.shape != stored_size(file):
        height, width = stored_size(file)
        raise UserError(f"{path}: is {mask.shape[0]} x {mask.shape[1]}, {file} {height} x {width}.")
    return mask
