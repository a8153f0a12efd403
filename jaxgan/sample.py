"""Samples of a trained run; needs nothing but its directory.

In Python:

    from jaxgan import sample
    generate = sample.load("runs/wgan")
    images = generate(num=64, seed=1)  # float32 [64, H, W, C] in [-1, 1]

On the command line: python -m jaxgan.sample --workdir=runs/wgan --num=64 --out=grid.png
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["sample", *sys.argv[1:]]))

import functools
from pathlib import Path

import numpy as np

from jaxgan import data, defaults
from jaxgan.build import parts
from jaxgan.build.population import members as members_of
from jaxgan.cli import Arguments, run_command, step_of
from jaxgan.core import noise
from jaxgan.core.errors import UserError, within
from jaxgan.evaluation import judge, plot
from jaxgan.evaluation.draw import in_turn, interpolate, make_show, row_keys
from jaxgan.run import checkpoint, directory, identity
from jaxgan.step import population


def load(workdir, step=None, member=0, moved=""):
    """Load the average generator of a run.

    Args:
      workdir: run directory.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.
      moved: FORM:PATH, where the run's data are now; "": where they were. Of a generator that is
        given images.

    Returns:
      ``generate(num=64, *, seed=0, label=None, interpolated=False)`` -> float32 [num, *shape],
      images in [-1, 1]. ``label``: that class alone; None: all classes in turn. ``interpolated``:
      along the great circle between two z, of one class. A generator that is given images is given
      those that the run holds out, or else those of its training set. The attribute ``step`` tells
      the checkpoint; ``generators`` how many the run has: sample i is of generator i % generators.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or other data than the run's.
    """
    stored = directory.read_config(workdir)
    config, entries = defaults.complete(stored["config"]), stored["entries"]
    members = members_of(config)
    within("member", member, 0, members.count)
    variables, found = checkpoint.restore_ema(Path(workdir) / "checkpoints", step)
    if members.count > 1:
        variables = population.member(variables, member)
    played = parts.players(config, entries)
    generators, z_shape = played.generators, played.shapes.get("z")
    inputs = played.generator.inputs
    classes = {n: entries[n].classes for n in inputs if n in entries and entries[n].classes}
    labels = classes.get("label", 0)
    show = make_show(played.game)
    if moved and "source" not in inputs:
        raise UserError(f"{workdir} is sampled without data; leave --data out.")

    @functools.cache
    def examples():
        settings, notes = identity.settings_of(workdir, stored, moved)
        parts = data.load_parts(settings, entries)
        identity.known_data(workdir, stored, *parts)
        for note in notes:
            print(note, file=sys.stderr)
        return judge.examples_of(*parts)

    def rows_of(num, seed, label, interpolated):
        """The batch of ``num`` rows: what the data or the user must bring."""
        batch = {name: np.zeros(num, np.int32) for name in classes}
        if labels:
            in_turn = np.arange(num) % labels * (not interpolated)
            batch["label"] = np.asarray(in_turn if label is None else np.full(num, label), np.int32)
        if "source" in inputs:
            chosen = np.random.default_rng(seed).permutation(examples().size)
            batch = {**examples().rows(chosen[np.arange(num) % examples().size]), **batch}
        if interpolated:
            ends = np.asarray(noise.normal(row_keys(seed, 2), z_shape)).reshape(2, -1)
            batch["z"] = interpolate(*ends, num).reshape(num, *z_shape)
        return batch

    def generate(num=64, *, seed=0, label=None, interpolated=False):
        within("num", num, 1, 2**31)
        within("seed", seed, 0, 2**31)
        if label is not None and not labels:
            raise UserError(f"{workdir} is an unconditional run; it takes no label.")
        if label is not None and not 0 <= label < labels:
            raise UserError(f"label {label} is unknown; known: 0 to {labels - 1}.")
        if interpolated and z_shape is None:
            raise UserError(f"{workdir} draws no z; there is nothing to interpolate.")
        rows = -(-num // generators)  # each makes one of a row
        batch = rows_of(rows, seed, label, interpolated)
        return in_turn(show(variables, batch, row_keys(seed, rows), found))[:num]

    generate.step, generate.generators = found, generators
    return generate


def _save_npz(path, samples, generators):
    of = {"generator": np.arange(len(samples)) % generators} if generators > 1 else {}
    np.savez_compressed(path, samples=np.asarray(samples), **of)


def _save_png(path, samples, generators):
    plot.save_png(plot.picture(samples, generators), path)


WRITERS = {".png": _save_png, ".npz": _save_npz}


def check_path(path):
    """Raise ``UserError`` unless the file's ending is a row of ``WRITERS``."""
    if Path(path).suffix not in WRITERS:
        raise UserError(f"cannot write {path}: the ending must be {' or '.join(WRITERS)}.")


def save(path, samples, generators=1):
    """Write samples: a grid for ``.png``, the raw array ``samples`` for ``.npz``.

    Of several generators, that made the samples in turn, the former has columns or colours, and the
    latter an int array ``generator`` that tells whose each sample is.

    Raises:
      UserError: another ending, or a place that cannot be written to.
    """
    check_path(path)
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix](path, samples, generators)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}.") from error


def parser():
    """The command's arguments."""
    arguments = Arguments("sample", description="Draw samples of a trained run.")
    arguments.add_argument("--workdir", required=True, metavar="DIR", help="the run directory")
    arguments.add_argument("--num", type=int, default=64, help="how many samples (64)")
    arguments.add_argument("--label", type=int, help="class, for a conditional run; default: all")
    arguments.add_argument("--member", type=int, default=0, help="of a population (0)")
    arguments.add_argument(
        "--data", default="", metavar="NAME", help="where the run's data are now, as folder:DIR"
    )
    arguments.add_argument("--interpolate", action="store_true", help="between two noise vectors")
    arguments.add_argument("--seed", type=int, default=0, help="of the noise (0)")
    arguments.add_argument(
        "--step", type=step_of, help="of the checkpoint, or 'best'; default: the latest"
    )
    arguments.add_argument("--out", default="samples.png", help=".png: a grid; .npz: the array")
    return arguments


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        check_path(flags.out)
        generate = load(flags.workdir, flags.step, flags.member, flags.data)
        samples = generate(
            flags.num, seed=flags.seed, label=flags.label, interpolated=flags.interpolate
        )
        save(flags.out, samples, generate.generators)
        print(f"{len(samples)} samples of step {generate.step}: {flags.out}")

    return run_command(command)
