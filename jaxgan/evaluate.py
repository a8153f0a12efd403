"""Evaluate a run, or a folder of images against another; the whole protocol is written down.

On the command line:

    python -m jaxgan.evaluate --workdir=runs/wgan
    python -m jaxgan.evaluate --workdir=runs/wgan --metrics=fd,kid,pr --num=5000 --step=best
    python -m jaxgan.evaluate --workdir=runs/wgan --neighbours=neighbours.png
    jaxgan evaluate --real=DIR --fake=DIR

It prints a table, value beside floor, and writes ``evaluation.json``.
"""

import sys

from jaxgan import cli

if __name__ == "__main__":  # before the imports that take seconds: a signal may come
    raise SystemExit(cli.console(["evaluate", *sys.argv[1:]]))

import hashlib
import json
import math
import platform
import time
import warnings
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jax
import numpy as np

from jaxgan import data, defaults
from jaxgan.build.run import prepare
from jaxgan.cli import Arguments, run_command
from jaxgan.core import process
from jaxgan.core.errors import UserError, within
from jaxgan.core.files import check_place, write_text
from jaxgan.core.numbers import finite
from jaxgan.data.describe import describe, told
from jaxgan.evaluation import draw, folders, judge, measures, neighbours
from jaxgan.evaluation.draw import make_show, row_keys
from jaxgan.evaluation.encode import network_name
from jaxgan.evaluation.pictures import GENERATORS, facts_of, generators_of
from jaxgan.metrics import TooFew
from jaxgan.run import checkpoint, directory, identity, progress
from jaxgan.step import parallel, population

FILE = "evaluation.json"
NUM = 10_000  # examples a set, where the data has twice as many
OF_A_RUN = {  # options that folders have not, and what they tell
    "step": "which of a run's checkpoints",
    "of": "which of a run's generators",
    "neighbours": "where to picture a run's samples and training examples",
    "data": "where a run's data are",
}


def opened(workdir, moved=""):
    """A run, to be looked at on its own data.

    Args:
      workdir: the run directory.
      moved: FORM:PATH, where the run's data are now; "": where they were.

    Returns:
      what ``directory.read_config`` gives, the whole config, the ``build.run.Run``, the
      ``Description`` of the data, and sentences for the user.

    Raises:
      UserError: no run, or other data than the run's.
    """
    stored = directory.read_config(workdir)
    settings, notes = identity.settings_of(workdir, stored, moved)
    config = {**defaults.complete(stored["config"]), "data": settings}
    run = prepare(config, device_count=1, known=stored["entries"])
    known = identity.known_data(workdir, stored, run.sources, run.held_out)
    return stored, config, run, known, notes


def evaluate_run(
    workdir,
    *,
    names="",
    num=NUM,
    seed=0,
    step=None,
    features="",
    weights="",
    moved="",
    pictured="",
    of="",
):
    """Evaluate the generators of a run: the average, and the one in training.

    Args:
      workdir: the run directory.
      names: rows of ``measures.METRICS`` with commas between; "": the usual ones that fit.
      num: samples; half of the real examples at most, so that the floor has the same counts.
      seed: of the noise and of the choice of real examples.
      step: of the checkpoint; None is the latest, "best" the best.
      features, weights: as ``encode.make_encoder`` takes them; "": those of the config, whose
        weights go with its features.
      moved: FORM:PATH, where the run's data are now; "": where they were.
      pictured: .png file for samples of the first of ``of`` beside the training examples that are
        nearest to them, of a population those of its first member; "": none.
      of: rows of ``pictures.GENERATORS`` with commas between; "": both.

    Returns:
      the record that ``evaluation.json`` holds.

    Raises:
      UserError: no run, no checkpoint, other data than the run's, a metric that does not fit, no
        feature network.
    """
    started = time.perf_counter()
    generators = generators_of(of, "--of") if of else GENERATORS
    stored, config, run, known, notes = opened(workdir, moved)
    examples = judge.examples_of(run.sources, run.held_out)
    source = examples.sources[0]
    if pictured:
        neighbours.check(examples)
    if not features:  # the config's weights are of the config's network
        features = config["evaluation"]["features"]
        weights = weights or config["evaluation"]["inception_weights"]
    present = facts_of(run, examples, network_name(source, features))
    names = measures.chosen(names, source, present)
    sides = judge.of_directions(examples, run.game, features)
    encoders = judge.make_encoders(sides, names, features, weights)
    judge.set_size(examples, num)
    folder = Path(workdir) / "checkpoints"
    state, found = checkpoint.load(folder, jax.eval_shape(run.create), step)
    process.say("\n".join([*told(known, data.entries(run.sources)), *notes]))
    with progress.open_bar("images seen") as bar:
        options = {"num": num, "seed": seed, "progress": bar.chunk}
        options["labelled"] = "labels" in present
        options["asked"] = judge.asked_of(run.generator, data.entries(examples.sources))
        judges = judge.judge_each(sides, names, encoders, **options)
        judged, game, values, looks = next(iter(judges.values())), run.game, {}, None
        show = make_show(game, paired=examples.paired, back="cycle" in names)
        keys = row_keys(seed, judged.count)
        members = population.split(state, run.members)

        def see(variables, rows):
            return show(variables, rows, keys, found)

        for which, variables in generators.items():
            seen = [partial(see, variables(member)) for member in members]
            scored = [judge.shown_values(judges, game, each) for each in seen]
            values |= summarised(which, [scores for scores, _ in scored])
            looks = looks or scored[0][1]
        if any("truth" in measures.METRICS[name].needs for name in names):
            values |= judge.floor_values(judges, game, looks)
        judged = judged._replace(floor=judge.real_floor(judges))
        near = {}
        if pictured:
            made = draw.groups(game, looks)
            near = neighbours.picture(pictured, made, sides, encoders, seed, bar.chunk)
    description = {
        "workdir": str(workdir),
        "step": found,
        "config_sha256": config_hash(stored["config"]),
        "data": dict(stored["config"]["data"]),
        "known_data": known._asdict(),
        "trained_with": stored["versions"],
    }
    if run.members.count > 1:
        description["members"] = [run.members.describe(i) for i in range(run.members.count)]
        description["finite"] = int(population.finite(state).sum())
    return record(judged, values, source, seed, names, started) | {"run": description} | near


def summarised(which, members):
    """The scores of one generator; of a population the medians and the quartiles of all."""
    if len(members) == 1:
        return {which: members[0]}
    whole = population.summary(population.joined(members))
    columns = {f"{which}{ending}": ending for ending in population.QUARTILES}
    return {c: {name: whole[f"{name}{e}"] for name in members[0]} for c, e in columns.items()}


def evaluate_folders(
    real, fake, *, names="", num=NUM, seed=0, size=None, channels=None, features="", weights=""
):
    """Evaluate a folder of images against another; arguments as ``evaluate_run`` has them.

    ``size``, ``channels``: what both are brought to; see ``folders.load_pair``.
    """
    started = time.perf_counter()
    real, fake, notes = folders.load_pair(real, fake, size, channels)
    if fake.size < min(num, real.size // 2):
        notes.append(f"{fake.name} holds {fake.size} images, so that every set has as many.")
    known = {"real": describe((real,)), "fake": describe((fake,))}
    examples = judge.examples_of((real,), ())
    names = measures.chosen(names, real, measures.facts(real, network_name(real, features)))
    encoder = measures.make_encoder(names, real, features, weights)
    count = judge.set_size(examples, min(num, fake.size))
    lines = [*told(known["real"], real.entries), *told(known["fake"], fake.entries)]
    process.say("\n".join(lines))
    with progress.open_bar("images seen") as bar:
        options = {"num": count, "seed": seed, "encoder": encoder, "progress": bar.chunk}
        judged = judge.judge(examples, names, **options)
        order = np.random.default_rng(seed).permutation(fake.size)
        fakes = data.read((fake,), order[: judged.count])
        values = {"fake": judged.score(fakes["x"])}
    description = {"real": real.name, "fake": fake.name, "size": size, "fit": "crop"}
    description |= {"channels": real.shape[2], "notes": notes}
    description["known_data"] = {which: each._asdict() for which, each in known.items()}
    return record(judged, values, real, seed, names, started) | {"folders": description}


def record(judged, values, source, seed, names, started):
    """The protocol and the values of an evaluation, as plain JSON."""
    return {
        "values": finite(values),
        "floor": finite(judged.floor),
        "metrics": names,
        "counts": dict.fromkeys(("reference", "floor", "samples"), judged.count),
        "reference": f"{judged.count} of the {source.size} examples of {source.name}, by the seed; "
        "the floor is of as many others",
        "parts": judged.origin,
        "network": judged.network,
        "images": "the eight bits of a file, in [-1, 1]" if len(source.shape) == 3 else "points",
        "shape": list(source.shape),
        "seed": seed,
        "versions": directory.versions(),
        "device": f"{parallel.kind()}, {platform.machine()}",
        "seconds": round(time.perf_counter() - started, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def config_hash(config):
    """SHA-256 of a config, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def table(found):
    """The values of a record beside their floors, as text."""

    def cell(value):
        return "not finite" if value is None else "-" if math.isnan(value) else f"{value:.4g}"

    columns = (*found["values"].values(), found["floor"])
    header = ["metric", *found["values"], "floor"]
    rows = [
        [name, *(cell(values.get(name, math.nan)) for values in columns)]
        for name in dict.fromkeys(name for values in columns for name in values)
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (header, *rows)]
    return "\n".join(lines)


def parser():
    """The command's arguments."""
    arguments = Arguments("evaluate", description="Measure a run, or a folder against another.")
    arguments.add_argument("--workdir", metavar="DIR", help="the run directory")
    arguments.add_argument("--real", metavar="DIR", help="a folder of real images, with --fake")
    arguments.add_argument("--fake", metavar="DIR", help="a folder of generated images")
    arguments.add_of_runs("data", "step")
    arguments.add_argument("--size", type=int, help="of the folders' images; default: as they are")
    arguments.add_argument(
        "--channels",
        type=int,
        help="of theirs: 1, grey, or 3, alpha on black; default: as they are",
    )
    known = ",".join(measures.METRICS)
    arguments.add_argument("--metrics", default="", help=f"of {known}; default: the usual ones")
    arguments.add_argument(
        "--num", type=int, default=NUM, help=f"samples ({NUM}); half of the real examples at most"
    )
    arguments.add_argument("--seed", type=int, default=0, help="of noise and real examples (0)")
    arguments.add_argument(
        "--neighbours",
        default="",
        metavar="FILE.png",
        help="also picture samples beside the training examples that are nearest to them",
    )
    arguments.add_argument("--of", default="", help="ema, the average, or raw; default: both")
    arguments.add_argument("--features", default="", help="network; default: as fits the data")
    arguments.add_argument("--inception_weights", default="", metavar="FILE", help="pytorch-fid's")
    arguments.add_argument("--out", help=f"default: {FILE}, in the run directory if there is one")
    return arguments


def asked(flags, common):
    """The record of what the command line asks for."""
    if flags.workdir and not (flags.real or flags.fake):
        for name in ("size", "channels"):
            if getattr(flags, name) is not None:
                raise UserError(f"--{name} is of folders; a run's images have their own.")
        own = {"step": flags.step, "of": flags.of, "moved": flags.data}
        return evaluate_run(flags.workdir, pictured=flags.neighbours, **own, **common)
    if flags.real and flags.fake and not flags.workdir:
        for name, what in OF_A_RUN.items():
            if getattr(flags, name) not in (None, ""):
                raise UserError(f"--{name} tells {what}; --real and --fake are folders.")
        wanted = {"size": flags.size, "channels": flags.channels}
        return evaluate_folders(flags.real, flags.fake, **wanted, **common)
    raise UserError("give --workdir=DIR, or both --real=DIR and --fake=DIR.")


def main(argv=None):
    """Run the command; returns its exit code."""

    def command():
        flags = parser().parse_args(argv)
        within("--seed", flags.seed, 0, 2**31)
        within("--num", flags.num, 1, 2**31)
        if flags.size is not None:
            within("--size", flags.size, 1, 2**14)
        out = Path(flags.out or Path(flags.workdir or ".") / FILE)
        if flags.out or out.parent.is_dir():  # of a run that is not there, that is told
            check_place(out)
        if flags.neighbours:
            if Path(flags.neighbours).suffix != ".png":
                raise UserError(f"--neighbours={flags.neighbours}: it must end in .png.")
            check_place(flags.neighbours)
        common = {"num": flags.num, "seed": flags.seed, "features": flags.features}
        common |= {"names": flags.metrics, "weights": flags.inception_weights}
        with warnings.catch_warnings(record=True, action="always") as heard:
            found = asked(flags, common)
        few = [each for each in heard if issubclass(each.category, TooFew)]
        for other in (each for each in heard if each not in few):  # not of what was measured
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
        found["warnings"] = sorted({str(each.message) for each in few})
        notes = found.get("folders", {}).get("notes", [])
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            write_text(out, json.dumps(found, indent=2, allow_nan=False) + "\n")
        except OSError as error:
            raise UserError(f"cannot write {out}: {error.strerror}.") from error
        finally:  # the file first: a reader of what is printed may have left
            near = neighbours.told(found["neighbours"]) if "neighbours" in found else []
            warned = [f"Warning: {warning}" for warning in found["warnings"]]
            print("\n".join([table(found), *notes, *warned, *near]))
        counted = found["counts"]["samples"]
        print(f"{counted} samples against {counted} real; the whole protocol: {out}")

    return run_command(command)
