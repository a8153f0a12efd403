"""Translation of a user's own pictures by a trained run; needs nothing but its directory.

In Python:

    from jaxgan import translate
    redraw = translate.load("runs/pix2pix")
    images = redraw(images)  # [N, H, W, C] or [H, W, C]; uint8, or float in [-1, 1], as they came

On the command line: jaxgan translate --workdir=runs/pix2pix --input=pictures --out=redrawn
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["translate", *sys.argv[1:]]))

import glob
import os
from collections import defaultdict
from functools import cache
from pathlib import Path

import jax
import numpy as np

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.build.population import members as members_of
from jaxgan.cli import Arguments, run_command, step_of
from jaxgan.core import process
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.files import check_place
from jaxgan.data.decode import decode, stored_size
from jaxgan.data.scan import pictures
from jaxgan.data.view import to_channels, to_uint8
from jaxgan.evaluation import draw, plot, tiles
from jaxgan.run import checkpoint, directory, progress
from jaxgan.sample import class_of
from jaxgan.step import population

BLOCK = 64  # images of one size that are in memory at once
PIXELS = 2**16  # of all images in one pass, which bounds the memory


def load(workdir, step=None, member=0):
    """Load the average generator of a run that makes images from images.

    Args:
      workdir: run directory.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.

    Returns:
      ``translate(images, *, mask=None, label=None, direction=None, seed=0)`` -> images of the same
      kind: one [H, W, C] or several [N, H, W, C] of any size; uint8, or float in [-1, 1]. Channels
      are converted to those that the run learned from. Sizes that the network cannot take are
      padded by mirroring, or made in tiles that overlap, as ``translate.plan(height, width)``
      tells. ``mask`` [H, W] or [N, H, W], true in the hole, of a run that fills holes. ``label``: a
      class, by its name or else its number, of a run that has them. ``seed``: of the noise, where
      the network has any: image i has the noise that ``sample`` gives its row i. The attribute
      ``step`` tells the checkpoint; ``check`` takes whether there is a mask, and the other options,
      and raises the errors of such a call.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or no run of such a game.
    """
    stored = directory.read_config(workdir)
    config, entries = defaults.complete(stored["config"]), stored["entries"]
    played, task = parts.players(config, entries), parts.task(config)
    inputs, own = played.generator.inputs, played.shapes.get("source")
    if "source" not in inputs:
        raise UserError(
            f"{workdir} makes images of noise and none of images; jaxgan sample draws its samples."
        )
    members = members_of(config)
    within("member", member, 0, members.count)
    variables, found = checkpoint.restore_ema(Path(workdir) / "checkpoints", step)
    if members.count > 1:
        variables = population.member(variables, member)
    masked, names = "mask" in inputs, ()
    if "label" in inputs:
        names = draw.class_names(entries["label"])
    factor = played.shapes["x"][0] // own[0]

    @cache
    def show(height, width):
        """Of pieces of this size: a network's shapes are those of the images that it makes."""
        sizes = {"x": (height * factor, width * factor), "source": (height, width)}
        resized = {
            name: entry._replace(shape=(*sizes[name], entry.shape[2])) if name in sizes else entry
            for name, entry in entries.items()
        }
        chunk = min(max(PIXELS // (height * width * factor**2), 1), draw.CHUNK)
        return draw.make_show(parts.players(config, resized).game, chunk)

    def plan(height, width):
        return tiles.plan((height, width), own[:2], played.generator.multiple)

    directions = _directions(played, variables)

    def check(masks, label=None, direction=None, seed=0):
        within("seed", seed, 0, 2**31)
        _class_number(label, names, workdir)
        if masked and not masks:
            raise UserError(f"{workdir} fills holes: name a mask, which is white in the hole.")
        if masks and not masked:
            raise UserError(f"{workdir} fills no holes; it takes no mask.")
        if direction is not None and directions == [""]:
            raise UserError(f"{workdir} translates in one direction; leave the direction out.")
        if len(directions) > 1:
            choose(dict.fromkeys(directions), direction or "", "direction")

    def translate(images, *, mask=None, label=None, direction=None, seed=0):
        check(mask is not None, label, direction, seed)
        number = _class_number(label, names, workdir)
        images, integers, alone = _as_batch(images, task.channels or own[2])
        holes = None if mask is None else _holes(mask, images, alone)
        planned = plan(*images.shape[1:3])
        pieces = np.concatenate([tiles.cut(image, planned) for image in images])
        cuts = None if holes is None else np.concatenate([tiles.cut(m, planned) for m in holes])
        count = len(planned.places)
        batch = jax.device_get(task.given(pieces, cuts))
        if number is not None:
            batch["label"] = np.full(len(pieces), number, np.int32)
        looks = show(*planned.piece)(variables, batch, _keys(seed, len(images), count), found)
        made = np.asarray(looks[direction or directions[0]].made)
        made = made.reshape(len(images), count, *made.shape[1:])
        whole = np.stack([tiles.join(each, planned, images.shape[1:3]) for each in made])
        whole = to_uint8(whole) if integers else whole
        return whole[0] if alone else whole

    translate.step, translate.plan, translate.check = found, plan, check
    return translate


def _class_number(label, names, workdir):
    if label is None and names:
        raise UserError(f"{workdir} has classes, and one must be asked for: {', '.join(names)}.")
    if label is not None and not names:
        raise UserError(f"{workdir} is a run without classes; it takes no label.")
    return None if label is None else class_of(label, names)


def _as_batch(images, channels):
    """Images [N, H, W, channels] in [-1, 1], whether they were integers, and whether it was one."""
    images = np.asarray(images)
    if images.ndim not in (3, 4) or not images.size:
        raise UserError(f"images must be [H, W, C] or [N, H, W, C], not {images.shape}.")
    alone, integers = images.ndim == 3, images.dtype == np.uint8
    images = images[None] if alone else images
    if not integers and not np.issubdtype(images.dtype, np.floating):
        raise UserError(f"images must be uint8, or floats in [-1, 1], not {images.dtype}.")
    if not integers and not np.abs(images).max() <= 1:  # nor NaN
        raise UserError("images must be floats in [-1, 1]; x / 127.5 - 1 makes them of 0 to 255.")
    if images.shape[3] != channels:
        images = to_channels(images if integers else to_uint8(images), channels)
    if images.dtype == np.uint8:
        images = images / np.float32(127.5) - 1
    return images.astype(np.float32), integers, alone


def _holes(mask, images, alone):
    """Masks float32 [N, H, W, 1] of the images."""
    mask = np.asarray(mask)
    mask = mask[None] if alone else mask
    if mask.shape != images.shape[:3]:
        raise UserError(f"masks must be {images.shape[:3]}, as the images are, not {mask.shape}.")
    return (mask > 0).astype(np.float32)[..., None]


def _keys(seed, count, pieces):
    """A key for each piece: that of its image, into which its number among several is folded."""
    keys = draw.row_keys(seed, count)
    if pieces == 1:
        return keys
    numbers = np.arange(pieces)
    fold = jax.vmap(jax.vmap(jax.random.fold_in, (None, 0)), (0, None))
    return fold(keys, numbers).reshape(count * pieces)


def _directions(played, variables):
    """The names of what the game shows."""
    keys = draw.row_keys(0, 1)
    given = {name: np.zeros((1, *shape), np.float32) for name, shape in played.shapes.items()}
    made, _ = jax.eval_shape(
        lambda variables: played.game.generate(variables, given, keys, train=False), variables
    )
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), made)
    return list(played.game.show(given, zeros))


# The command.


def inputs_of(text):
    """The pictures that ``--input`` names: {name below --out: file}, in order, and remarks.

    Raises:
      UserError: there are none, or two of them would get one name.
    """
    path, remarks = Path(text), ()
    if path.is_dir():
        below, remarks = pictures(path)
        files = {name: path / name for name in below}
    elif path.exists():
        files = {path.name: path}
    else:
        found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]
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
    return named, remarks


def mask_of(path, name, file):
    """The mask of one picture, bool [H, W]: a file, or one of its name in a folder."""
    if path.is_dir():
        fitting = sorted(path.glob(f"{glob.escape(str(Path(name).with_suffix('')))}.*"))
        if not fitting:
            raise UserError(f"{path}: holds no mask for {file.name}.")
        path = fitting[0]
    mask = to_channels(decode(path), 1)[..., 0] > 127
    if mask.shape != stored_size(file):
        height, width = stored_size(file)
        raise UserError(f"{path}: is {mask.shape[0]} x {mask.shape[1]}, {file} {height} x {width}.")
    return mask


def parser():
    """The command's arguments."""
    arguments = Arguments("translate", description="Translate pictures by a trained run.")
    arguments.add_argument("--workdir", required=True, metavar="DIR", help="the run directory")
    arguments.add_argument(
        "--input", required=True, metavar="PICTURES", help="a file, a folder, or a pattern"
    )
    arguments.add_argument("--out", required=True, metavar="DIR", help="folder of the results")
    arguments.add_argument("--label", help="class, its name or number, of a run that has them")
    arguments.add_argument(
        "--mask", help="a picture, white in the hole, or a folder with one for each; to fill holes"
    )
    arguments.add_argument("--direction", help="of a run that has several")
    arguments.add_argument("--member", type=int, default=0, help="of a population (0)")
    arguments.add_argument("--seed", type=int, default=0, help="of the noise (0)")
    arguments.add_argument(
        "--step", type=step_of, help="of the checkpoint, or 'best'; default: the latest"
    )
    return arguments


def main(argv=None):
    """Run the command; returns its exit code, 2 if a picture could not be read."""

    def command():
        flags = parser().parse_args(argv)
        named, remarks = inputs_of(flags.input)
        out = Path(flags.out)
        check_place(out, folder=True)
        mask = flags.mask and Path(flags.mask)
        if mask and not mask.exists():
            raise UserError(f"--mask={mask}: no such file or folder.")
        for target, file in named.items():
            if (out / target).exists() and (out / target).samefile(file):
                raise UserError(f"{out / target} is one of the pictures; name another --out.")
        translate = load(flags.workdir, flags.step, flags.member)
        for remark in remarks:
            process.say(remark)
        options = {"label": flags.label, "direction": flags.direction, "seed": flags.seed}
        translate.check(bool(mask), **options)
        done = _all(translate, named, out, mask, options)
        print(f"{done} of {len(named)} pictures by step {translate.step}: {out}")
        return 0 if done == len(named) else 2

    return run_command(command)


def _all(translate, named, out, mask, options):
    """Translate the pictures, those of one size together; returns how many could be read."""
    sizes, done = defaultdict(list), 0
    for target, file in named.items():
        try:
            sizes[stored_size(file)].append((target, file))
        except UserError as error:
            process.tell(error)
    with progress.open_bar("picture") as counted:
        for size, pairs in sizes.items():
            if words := tiles.told(size, translate.plan(*size)):
                process.say("{} x {}: {}, {}.".format(*size, len(pairs), words))
            for start in range(0, len(pairs), BLOCK):
                done += _block(translate, pairs[start : start + BLOCK], out, mask, options)
            counted.chunk(len(pairs), len(pairs))
    return done


def _block(translate, pairs, out, mask, options):
    read, masks = [], []
    for target, file in pairs:
        try:
            image = decode(file)
            hole = mask and mask_of(mask, target, file)
        except UserError as error:
            process.tell(error)
            continue
        read.append((target, image))
        masks.append(hole)
    if not read:
        return 0
    channels = max(image.shape[2] for _, image in read)
    whole = np.stack([to_channels(image, channels) for _, image in read])
    made = translate(whole, mask=np.stack(masks) if mask else None, **options)
    for (target, _), image in zip(read, made, strict=True):
        plot.save_png(image, out / target)
    return len(read)
