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

from argparse import ArgumentTypeError
from collections import defaultdict
from functools import cache, partial
from itertools import islice
from pathlib import Path

import jax
import numpy as np

from jaxgan import defaults
from jaxgan.build import parts
from jaxgan.build.population import members as members_of
from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.files import check_place
from jaxgan.data.decode import decode, stored_size
from jaxgan.data.labels import class_names, class_of
from jaxgan.data.view import FITS, View, apply, to_channels, to_uint8
from jaxgan.evaluation import draw, grid, judge, tiles
from jaxgan.evaluation.inputs import inputs_of, mask_of, refuse_overwriting
from jaxgan.run import generator, progress
from jaxgan.step import population

PIXELS = 2**16  # of all images in one pass, which bounds the memory
TOLD = 10  # sizes of which is said what is done to them
BLOCK = 2**23  # pixels of the pictures that are in memory at once


def load(workdir, step=None, member=0):
    """Load the average generator of a run that makes images from images.

    Args:
      workdir: run directory, or a .safetensors file of ``jaxgan export``.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.

    Returns:
      ``translate(images, *, mask=None, label=None, attributes=None, direction=None, seed=0,
      rows=None)`` -> images of the same kind: one [H, W, C] or several [N, H, W, C] of any size;
      uint8, or float in [-1, 1]. Channels are converted to those that the run learned from. Sizes
      that the network cannot take are padded by mirroring, or made in tiles that overlap, as
      ``translate.plan(height, width)`` tells. ``mask`` [H, W] or [N, H, W], true in the hole, of a
      run that fills holes. ``label``: a class, by its name or else its number, of a run that has
      them; ``attributes``: {category: class}, of every one that the run can be asked for.
      ``seed``: of the noise, where the network has any: image i has the noise that ``sample`` gives
      its row i, or ``rows[i]``. The attribute ``step`` tells the checkpoint, ``size`` and
      ``channels_of(direction)`` what pictures the run learned from, ``class_names`` {category:
      names} what it can be asked for; ``check`` takes whether there is a mask, and the other
      options, and raises the errors of such a call.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or no run of such a game.
    """
    stored, restore = generator.find(workdir)
    config, entries = defaults.complete(stored["config"]), stored["entries"]
    played, task = parts.players(config, entries), parts.task(config)
    inputs, own, game = played.generator.inputs, played.shapes.get("source"), played.game
    if "source" not in inputs:
        raise UserError(
            f"{workdir} makes images of noise and none of images; jaxgan sample draws its samples."
        )
    members = members_of(config)
    within("member", member, 0, members.count)
    variables, found = restore(step)
    if members.count > 1:
        variables = population.member(variables, member)
    masked = "mask" in inputs
    asked = judge.asked_of(played.generator, entries)
    names = {name: class_names(entries[name]) for name in asked}
    factor, channels = played.shapes["x"][0] // own[0], task.channels or own[2]

    @cache
    def show(height, width):
        """Of pieces of this size: a network's shapes are those of the images that it makes."""
        sizes = {"x": (height * factor, width * factor), "source": (height, width)}
        resized = {
            name: entry._replace(shape=(*sizes[name], entry.shape[2])) if name in sizes else entry
            for name, entry in entries.items()
        }
        chunk = min(max(PIXELS // (height * width * factor**2), 1), draw.CHUNK)
        return draw.make_show(parts.players(config, resized).game, chunk), chunk

    def plan(height, width):
        return tiles.plan((height, width), own[:2], played.generator.multiple, factor)

    def start_of(direction):
        """The entry that a picture takes the place of."""
        return "x" if game.makes[direction] == "source" else "source"

    def channels_of(direction=None):
        start = start_of(draw.direction_of(game, direction, workdir))
        return channels if start == "source" else played.shapes["x"][2]

    def check(masks, label=None, attributes=None, direction=None, seed=0):
        within("seed", seed, 0, 2**31)
        _numbers(label, attributes, names, workdir)
        if masked and not masks:
            raise UserError(f"{workdir} fills holes: name a mask, which is white in the hole.")
        if masks and not masked:
            raise UserError(f"{workdir} fills no holes; it takes no mask.")
        draw.direction_of(game, direction, workdir)

    def translate(
        images, *, mask=None, label=None, attributes=None, direction=None, seed=0, rows=None
    ):
        check(mask is not None, label, attributes, direction, seed)
        numbers = _numbers(label, attributes, names, workdir)
        way = draw.direction_of(game, direction, workdir)
        images, integers, alone = _as_batch(images, channels_of(direction))
        holes = None if mask is None else _holes(mask, images, alone)
        size = images.shape[1:3]
        planned = plan(*size)
        keys = _keys(seed, range(len(images)) if rows is None else rows, len(planned.places))

        def made():
            """What is made of one piece after another, some of which are in memory at once."""
            forward, chunk = show(*planned.piece)
            pieces = (piece for image in images for piece in tiles.cut(_as_float(image), planned))
            cuts = (piece for each in holes or () for piece in tiles.cut(each, planned))
            for start in range(0, len(keys), chunk):
                part = np.stack(list(islice(pieces, chunk)))
                masks = np.stack(list(islice(cuts, chunk))) if masked else None
                batch = jax.device_get(task.given(part, masks))
                for name, number in numbers.items():
                    batch[name] = np.full(len(part), number, np.int32)
                batch[start_of(way)] = batch.pop("source")
                looks = forward(variables, batch, keys[start : start + chunk], found)
                yield from np.asarray(looks[way].made)

        stream, results = made(), []
        for _ in images:
            whole = tiles.join(stream, planned, size)
            results.append(to_uint8(whole) if integers else whole)
        return results[0] if alone else np.stack(results)

    translate.step, translate.plan, translate.check = found, plan, check
    translate.size, translate.channels_of, translate.class_names = own[:2], channels_of, names
    return translate


def _numbers(label, attributes, names, workdir):
    """{category: number} of the classes that are asked for, by their names {category: (...)}."""
    if label is not None and "label" in (attributes or {}):
        raise UserError("the label is asked for twice; name it once.")
    asked = {**(attributes or {}), **({} if label is None else {"label": label})}
    if asked and not names:
        raise UserError(f"{workdir} is a run without classes; it takes no {next(iter(asked))}.")
    for name in asked:
        choose(names, name, "category")
    if missing := [name for name in names if name not in asked]:
        known = "; ".join(f"{name}: {', '.join(names[name])}" for name in missing)
        raise UserError(f"{workdir} has classes, and one must be asked for, of {known}.")
    return {name: class_of(asked[name], names[name], name) for name in names}


def _as_batch(images, channels):
    """Images [N, H, W, channels], whether they were integers, and whether it was one."""
    images = np.asarray(images)
    if images.ndim not in (3, 4) or not images.size:
        raise UserError(f"images must be [H, W, C] or [N, H, W, C], not {images.shape}.")
    alone, integers = images.ndim == 3, images.dtype == np.uint8
    images = images[None] if alone else images
    if not integers and not np.issubdtype(images.dtype, np.floating):
        raise UserError(f"images must be uint8, or floats in [-1, 1], not {images.dtype}.")
    if not integers and not (-1 <= images.min() and images.max() <= 1):  # nor NaN
        raise UserError("images must be floats in [-1, 1]; x / 127.5 - 1 makes them of 0 to 255.")
    if images.shape[3] != channels:
        images = to_channels(images if integers else to_uint8(images), channels)
    return images, integers, alone


def _as_float(image):
    """An image in [-1, 1], float32."""
    return np.float32(image / np.float32(127.5) - 1 if image.dtype == np.uint8 else image)


def _holes(mask, images, alone):
    """Masks of the images, float32 [H, W, 1] each."""
    mask = np.asarray(mask)
    mask = mask[None] if alone else mask
    if mask.shape != images.shape[:3]:
        raise UserError(f"masks must be {images.shape[:3]}, as the images are, not {mask.shape}.")
    return [np.float32(each > 0)[..., None] for each in mask]


def _keys(seed, rows, pieces):
    """A key for each piece: that of its image's row, into which its own number is folded."""
    rows = np.asarray(rows)
    keys = draw.row_keys(seed, int(rows.max()) + 1)[rows]
    if pieces == 1:
        return keys
    fold = jax.vmap(jax.vmap(jax.random.fold_in, (None, 0)), (0, None))
    return fold(keys, np.arange(pieces)).reshape(len(rows) * pieces)


# The command.


def parser():
    """The command's arguments."""
    arguments = Arguments("translate", description="Translate pictures by a trained run.")
    arguments.add_of_runs("workdir")
    arguments.add_argument(
        "--input", required=True, metavar="PICTURES", help="a file, a folder, or a pattern"
    )
    arguments.add_argument("--out", required=True, metavar="DIR", help="folder of the results")
    arguments.add_argument("--label", help="class, its name or number, of a run that has them")
    arguments.add_argument(
        "--set",
        type=_set,
        default={},
        metavar="NAME=CLASS,...",
        help="attributes that the pictures are to have, of a run that changes them",
    )
    arguments.add_argument(
        "--sweep",
        metavar="NAME",
        help="strips: each picture, then what is made of it by every class of this category",
    )
    arguments.add_argument(
        "--mask", help="a picture, white in the hole, or a folder with one for each; to fill holes"
    )
    arguments.add_argument(
        "--fit",
        help="crop, stretch or pad: bring each picture to the size that the run learned from",
    )
    arguments.add_of_runs("direction", "member", "seed", "step")
    return arguments


def _set(text):
    """{name: class} of "tone=dark,gender=woman"."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and word for name, _, word in pairs):
        raise ArgumentTypeError(f"{text!r} should be NAME=CLASS, commas between")
    names = [name.strip() for name, _, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ArgumentTypeError(f"{text!r} names {twice[0]} twice")
    return {name.strip(): word.strip() for name, _, word in pairs}


def main(argv=None):
    """Run the command; returns its exit code, 2 if a picture could not be read."""

    def command():
        flags = parser().parse_args(argv)
        out = Path(flags.out)
        check_place(out, folder=True)
        named, remarks = inputs_of(flags.input, out)
        mask = flags.mask and Path(flags.mask)
        if mask and not mask.exists():
            raise UserError(f"--mask={mask}: no such file or folder.")
        if mask:
            masks = (
                [file for file in mask.rglob("*") if file.is_file()] if mask.is_dir() else [mask]
            )
            refuse_overwriting(named, masks, out)
        if flags.fit:
            choose(FITS, flags.fit, "--fit")
        translate = load(flags.workdir, flags.step, flags.member)
        options = {"direction": flags.direction, "seed": flags.seed}
        asked = _asked(flags, translate)
        for each in asked:
            translate.check(bool(mask), attributes=each, **options)
        if flags.fit and translate.size[0] != translate.size[1]:
            raise UserError(
                "--fit makes squares, and this run learned from {} x {}.".format(*translate.size)
            )
        if there := sum((out / target).exists() for target in named):
            remarks = (*remarks, f"Pictures in {out} that are replaced: {there}.")
        for remark in remarks:
            process.say(remark)
        side = translate.size[0] if flags.fit else None
        view = View(side, flags.fit, translate.channels_of(flags.direction))
        made = partial(_made, translate, asked, options)
        pixels = BLOCK // len(asked)  # so many are in memory at once
        done = _all(translate, made, named, out, mask, view, pixels)
        print(f"{done} of {len(named)} pictures by step {translate.step}: {out}")
        return 0 if done == len(named) else 2

    return run_command(command)


def _asked(flags, translate):
    """What is asked of the run, [{category: class}]: of a sweep once for every class."""
    label = {} if flags.label is None else {"label": flags.label}
    if twice := [name for name in (*label, flags.sweep) if name in flags.set]:
        raise UserError(f"{twice[0]} is asked for twice; name it once.")
    asked = flags.set | label
    if flags.sweep is None:
        return [asked]
    known = choose(translate.class_names, flags.sweep, "category to sweep")
    return [{**asked, flags.sweep: name} for name in known]


def _made(translate, asked, options, images, **more):
    """What is made of images; where much is asked, one beside the other behind the image itself."""
    made = [translate(images, attributes=each, **options, **more) for each in asked]
    if len(made) == 1:
        return made[0]
    channels, height = (max(x.shape[axis] for x in (images, *made)) for axis in (3, 1))
    strip = [_brought(x, channels, height // x.shape[1]) for x in (images, *made)]
    return np.concatenate(strip, axis=2)


def _brought(images, channels, factor):
    """Images uint8 [N, H, W, C] with so many channels, enlarged by a whole factor."""
    return to_channels(images, channels).repeat(factor, axis=1).repeat(factor, axis=2)


def _all(translate, made, named, out, mask, view, pixels):
    """Translate the pictures, those of one size together; returns how many could be read."""
    sizes, done = defaultdict(list), 0
    for target, file in named.items():
        try:
            size = stored_size(file)
        except UserError as error:
            process.tell(error)
            continue
        sizes[(view.size, view.size) if view.size else size].append((target, file))
    if view.size:
        process.say(f"All are brought to {view.size} x {view.size} (--fit={view.fit}).")
    count = sum(map(len, sizes.values()))
    with progress.bar(0, count, " picture") as counted:
        for number, (size, pairs) in enumerate(sizes.items()):
            words = tiles.told(size, translate.plan(*size))
            if words and number < TOLD:
                noun = "picture is" if len(pairs) == 1 else "pictures are"
                process.say(f"{len(pairs)} {noun} {size[0]} high, {size[1]} wide: {words}.")
            if number == TOLD:
                process.say(f"So are those of {len(sizes) - TOLD} other sizes, where they must be.")
            block = min(max(pixels // (size[0] * size[1]), 1), draw.CHUNK)
            for start in range(0, len(pairs), block):
                some = pairs[start : start + block]
                done += _block(made, some, out, mask, view)
                counted.update(len(some))
    return done


def _block(made, pairs, out, mask, view):
    read, masks = {}, []
    for target, file in pairs:
        try:
            image = apply(view, decode(file))
            if mask:
                hole = np.uint8(255 * mask_of(mask, target, file))[..., None]
                masks.append(apply(view._replace(channels=1), hole)[..., 0] > 127)
        except UserError as error:
            process.tell(error)
            continue
        read[target] = image
    if not read:
        return 0
    # The noise of the first row for all: a picture comes out alike whatever lies beside it.
    rows = np.zeros(len(read), int)
    whole, holes = np.stack(list(read.values())), np.stack(masks) if mask else None
    for target, image in zip(read, made(whole, mask=holes, rows=rows), strict=True):
        grid.save_png(image, out / target)
    return len(read)
