"""Samples of a trained run; needs nothing but its directory."""

from functools import cache, lru_cache, partial
from math import prod

import numpy as np

from jaxgan import data, defaults
from jaxgan.build import parts
from jaxgan.build.population import members as members_of
from jaxgan.core import memory, process
from jaxgan.core.errors import UserError, within
from jaxgan.data.labels import class_names, class_of
from jaxgan.evaluation import draw, files
from jaxgan.evaluation.examples import examples_of
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.run import generator, identity
from jaxgan.step import population

BLOCK = 16 * draw.CHUNK  # rows that are in memory at once, beside the samples themselves


def load(workdir, step=None, member=0, moved=""):
    """Load the average generator of a run.

    Args:
      workdir: run directory, or a .safetensors file of ``jaxgan export``.
      step: of the checkpoint; None is the latest, "best" the best.
      member: of a population.
      moved: FORM:PATH, where the run's data are now; "": where they were. Of a generator that is
        given images.

    Returns:
      ``generate(num=64, *, seed=0, label=None, interpolated=False, direction=None)`` -> float32
      [num, *shape], images in [-1, 1]; sample i does not depend on ``num``. ``label``: a class, by
      its name or else its number, alone; None: all classes in turn. ``interpolated``: from one z to
      another, within a class; see ``interpolate``. A generator that is given images is given those
      that the run holds out, or else those of its training set; ``direction``: of a run that
      translates both ways, AtoB or BtoA. The attribute ``step`` tells the checkpoint;
      ``generators`` how many the run has: sample i is of generator i % generators; ``class_names``
      its classes; ``shape_of(direction)`` that of a sample; ``described``, which takes the same,
      gives ``files.Samples``.

    Raises:
      UserError: no run there, no readable checkpoint, no such member, or other data than the run's.
    """
    at = load_any(workdir, member, moved)
    described, found = at(step)

    def generate(num=64, **options):
        return described(num, **options).x

    generate.step, generate.generators, generate.described = found, at.generators, described
    generate.class_names, generate.shape_of = at.class_names, at.shape_of
    return generate


def load_any(workdir, member=0, moved=""):
    """Load a run whose checkpoints are sampled one after another, by one compiled program.

    Args:
      workdir, member, moved: as ``load`` has them, and its errors.

    Returns:
      ``at(step)`` -> ``described`` and the step that it is of, as ``load`` has both. The attributes
      ``generators``, ``class_names`` and ``shape_of`` are those of ``load``; ``gives_images`` tells
      whether the generator is given any; ``check`` takes what ``described`` does, and raises the
      errors of such a call.
    """
    stored, restore = generator.find(workdir)
    config, entries = defaults.complete(stored["config"]), stored["entries"]
    members = members_of(config)
    within("member", member, 0, members.count)
    played = parts.players(config, entries)
    generators, z_shape = played.generators, played.shapes.get("z")
    classed = {
        n: entries[n] for n in played.generator.inputs if n in entries and entries[n].classes
    }
    names = class_names(classed["label"]) if "label" in classed else ()
    if moved and "source" not in played.generator.inputs:
        raise UserError(f"{workdir} is sampled without data; leave --data out.")
    examples = cache(partial(_examples, workdir, stored, moved))
    show, brought = draw.make_show(played.game), _make_brought(examples, played, classed)

    def shape_of(direction=None):
        way = draw.direction_of(played.game, direction, workdir)
        return entries[played.game.makes[way]].shape if way else entries["x"].shape

    def check(num=64, *, seed=0, label=None, interpolated=False, direction=None):
        size = prod(shape_of(direction))
        within("num", num, 1, 2**31)
        within("seed", seed, 0, 2**31)
        if label is not None and "attributes" in played.generator.inputs:
            raise UserError(f"{workdir} changes attributes; ask by jaxgan translate --set.")
        if label is not None and not names:
            raise UserError(f"{workdir} is an unconditional run; it takes no label.")
        if interpolated and z_shape is None:
            raise UserError(f"{workdir} draws no z; there is nothing to interpolate.")
        if label is not None:
            class_of(label, names)
        x = (f"{num} samples take", 2 * 4 * num * size, memory.of_host())
        memory.check_fits(*x, "lower num, and take others of another seed")

    def described(
        variables, found, num=64, *, seed=0, label=None, interpolated=False, direction=None
    ):
        check(num, seed=seed, label=label, interpolated=interpolated, direction=direction)
        direction = draw.direction_of(played.game, direction, workdir)
        label = None if label is None else class_of(label, names)
        if interpolated and names and label is None:
            label = 0
        count = -(-num // generators)  # rows; each generator makes one of each
        path = interpolate(seed, count, z_shape, config["game"]["z"]) if interpolated else None
        keys, made, beside = draw.row_keys(seed, count), [], []
        for start in range(0, count, BLOCK):
            rows = np.arange(start, min(start + BLOCK, count))
            looks = show(variables, brought(rows, seed, label, path), keys[rows], found)
            looks = draw.groups(played.game, looks)[direction]
            made.append(draw.in_turn(looks))
            first = next(iter(looks.values()))
            told = first.given is not None and not names and examples().paired
            beside.append((first.given, first.truth if told else None))
        labels = _labels(np.arange(num) // generators, label, len(names)) if names else None
        given, truth = (
            None if parts[0] is None else np.concatenate(parts)
            for parts in zip(*beside, strict=True)
        )
        x = np.concatenate(made)[:num]
        return files.Samples(x, found, seed, labels, names, generators, given, truth)

    def at(step=None):
        variables, found = restore(step)
        if members.count > 1:
            variables = population.member(variables, member)
        return partial(described, variables, found), found

    at.generators, at.class_names, at.shape_of, at.check = generators, names, shape_of, check
    at.gives_images = "source" in played.generator.inputs
    return at


def _examples(workdir, stored, moved):
    """The data of the run, of which its generator is given images."""
    settings, notes = identity.settings_of(workdir, stored, moved)
    both = data.load_parts(settings, stored["entries"])
    identity.known_data(workdir, stored, *both)
    for note in notes:
        process.say(note)
    return examples_of(*both)


def _make_brought(examples, played, classed):
    """(rows [N], seed, label or None, path or None) -> what the data or the user must bring."""

    @lru_cache(maxsize=1)
    def order(seed):
        return np.random.default_rng(seed).permutation(examples().size)

    def brought(rows, seed, label, path):
        batch = {name: np.zeros(len(rows), np.int32) for name in classed}
        if "label" in classed:
            batch["label"] = _labels(rows, label, classed["label"].classes)
        if "source" in played.generator.inputs:
            chosen = order(seed)
            batch = {**examples().rows(chosen[rows % len(chosen)]), **batch}
        return batch if path is None else {**batch, "z": path[rows]}

    return brought


def _labels(rows, label, classes):
    """Labels int32 of the rows: one class alone, or all in turn."""
    return np.asarray(rows % classes if label is None else np.full(len(rows), label), np.int32)


def interpolate(seed, num, shape, distribution="normal"):
    """Noise on the way from one draw to another -> float32 [num, *shape].

    Args:
      seed: of both draws.
      num: how many, the ends among them.
      shape: of one z, (Z,) or Z, or (generators, Z), each with a way of its own.
      distribution: row of ``games.draw.DISTRIBUTIONS``; ``draw.PATHS`` has the way of each.
    """
    shape = tuple(np.atleast_1d(shape))
    ends = np.asarray(DISTRIBUTIONS[distribution](draw.row_keys(seed, 2), shape))
    way = partial(draw.PATHS[distribution], count=num)
    paths = [way(a, b) for a, b in zip(*ends.reshape(2, -1, shape[-1]), strict=True)]
    return np.stack(paths, axis=1).reshape(num, *shape)
