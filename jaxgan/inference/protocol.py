"""How a run, or a folder of images, is measured; the whole protocol is in the record."""

import hashlib
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import jax
import numpy as np

from jaxgan import data
from jaxgan.core import process
from jaxgan.core.numbers import finite
from jaxgan.data.describe import describe, told
from jaxgan.evaluation import choice, directions, draw, folders, neighbours
from jaxgan.evaluation.draw import make_show, row_keys
from jaxgan.evaluation.encode import network_name
from jaxgan.evaluation.examples import examples_of, set_size
from jaxgan.evaluation.facts import asked_of, facts, facts_of
from jaxgan.evaluation.judge import judge
from jaxgan.evaluation.pictures import GENERATORS, generators_of
from jaxgan.inference.stored import open_with_data
from jaxgan.run import checkpoint, directory, progress
from jaxgan.step import parallel, population

NUM = 10_000  # examples a set, where the data has twice as many


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
    stored, config, run, known, notes = open_with_data(workdir, moved)
    examples = examples_of(run.sources, run.held_out)
    source = examples.sources[0]
    if pictured:
        neighbours.check(examples)
    if not features:  # the config's weights are of the config's network
        features = config["evaluation"]["features"]
        weights = weights or config["evaluation"]["inception_weights"]
    present = facts_of(run, examples, network_name(source, features))
    names = choice.chosen(names, source, present)
    sides = directions.of_directions(examples, run.game, features)
    encoders = directions.make_encoders(sides, names, features, weights)
    set_size(examples, num)
    folder = Path(workdir) / "checkpoints"
    state, found = checkpoint.load(folder, jax.eval_shape(run.create), step)
    process.say("\n".join([*told(known, data.entries(run.sources)), *notes]))
    with progress.open_bar("images seen") as bar:
        judges = directions.judge_each(
            sides,
            names,
            encoders,
            num=num,
            seed=seed,
            labelled="labels" in present,
            asked=asked_of(run.generator, data.entries(examples.sources)),
            progress=bar.chunk,
        )
        judged = next(iter(judges.values()))
        back = bool(choice.needing(names, "back"))
        show = make_show(run.game, paired=examples.paired, back=back, roll=True)
        speeds = directions.speeds_of(judges, names, run.game)
        keys = row_keys(seed, judged.count)

        def score(variables):
            return directions.shown_values(judges, run.game, show, speeds, variables, keys, found)

        values, looks = _values(generators, population.split(state, run.members), score)
        if choice.needing(names, "truth"):
            values |= directions.floor_values(judges, run.game, looks)
        near = {}
        if pictured:
            made = draw.groups(run.game, looks)
            near = neighbours.picture(pictured, made, sides, encoders, seed, bar.chunk)
    judged = judged._replace(floor=directions.real_floor(judges))
    description = _described(workdir, found, stored, known, run.members, state)
    return record(judged, values, source, seed, names, started) | {"run": description} | near


def _values(generators, members, score):
    """The scores of these generators, and the looks at the first one's first member.

    Args:
      generators: {name: state -> variables}.
      members: the ``GanState`` of each.
      score: variables -> scores, and the looks.
    """
    values, first = {}, None
    for name, variables in generators.items():
        scored = [score(variables(member)) for member in members]
        values |= summarised(name, [scores for scores, _ in scored])
        first = first or scored[0][1]
    return values, first


def _described(workdir, step, stored, known, members, state):
    """What an evaluation's record says of the run."""
    description = {
        "workdir": str(workdir),
        "step": step,
        "config_sha256": config_hash(directory.read_content(workdir)["config"]),
        "data": dict(stored["config"]["data"]),
        "known_data": known._asdict(),
        "trained_with": stored["versions"],
    }
    if members.count > 1:
        description["members"] = [members.describe(i) for i in range(members.count)]
        description["finite"] = int(population.finite(state).sum())
    return description


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
    examples = examples_of((real,), ())
    names = choice.chosen(names, real, facts(real, network_name(real, features)))
    encoder = choice.make_encoder(names, real, features, weights)
    count = set_size(examples, min(num, fake.size))
    lines = [*told(known["real"], real.entries), *told(known["fake"], fake.entries)]
    process.say("\n".join(lines))
    with progress.open_bar("images seen") as bar:
        options = {"num": count, "seed": seed, "encoder": encoder, "progress": bar.chunk}
        judged = judge(examples, names, **options)
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
