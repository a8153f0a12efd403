"""The training examples that are nearest to samples: whether a generator makes more than copies."""

from math import prod
from typing import NamedTuple

import numpy as np

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.data import read
from jaxgan.data.source import only
from jaxgan.evaluation import draw, grid, strips
from jaxgan.evaluation.encode import Encoder
from jaxgan.evaluation.examples import Examples
from jaxgan.metrics.neighbours import Nearest, nearest

SHOWN, NEAREST = 10, 3  # rows of the picture, and neighbours in each
COUNT = 256  # samples, and real examples, of whose distances the medians are
CHUNK = 1024  # training examples that are in memory at once
VALUES = 2**24  # of all images of either of these, where they are large
PIXELS = "pixels"


class Neighbours(NamedTuple):
    """Samples and their neighbours in the training set.

    Attributes:
      samples: [N, H, W, C] in [-1, 1].
      found: {where: ``Nearest`` [N, NEAREST]}: in "pixels", by the Euclidean distance in [-1, 1],
        and in the features of a network, by its name.
      floor: {where: float64 [M]}, the distance of each of M real examples to its nearest.
      origin: which real examples these are, in words.
    """

    samples: np.ndarray
    found: dict[str, Nearest]
    floor: dict[str, np.ndarray]
    origin: str

    def described(self):
        """Plain, for a record: the median distance to the nearest beside its floor, of how many."""
        first = next(iter(self.floor.values()))
        medians = {
            where: {
                "samples": float(np.median(self.found[where].distances[:, 0])),
                "floor": float(np.median(self.floor[where])),
            }
            for where in self.found
        }
        counts = {"samples": len(self.samples), "floor": len(first)}
        return {"median_distance": medians, "counts": counts, "floor": self.origin}


def check(examples: Examples) -> None:
    """Raise ``UserError`` unless the examples are images."""
    if len(examples.sources[0].shape) != 3:
        raise UserError(
            f"{examples.sources[0].name} holds points, and neighbours are pictured of images; "
            "leave --neighbours out."
        )


def find(samples, examples: Examples, encoder: Encoder, seed: int, progress=None) -> Neighbours:
    """Search the whole training set, a part of which is in memory at a time.

    Args:
      samples: finite [N, H, W, C] in [-1, 1]; the first ``COUNT`` are looked at, of large images
        fewer.
      examples: ``Examples`` of images. The floor is of those that are held out, or else of training
        examples, each of which is not its own neighbour.
      encoder: with features the search is made in them, too.
      seed: of the choice of real examples.
      progress: as ``Encoder.encode`` takes it.
    """
    most = max(1, VALUES // prod(samples.shape[1:]))
    samples, chunk = samples[: min(COUNT, most)], min(CHUNK, most)
    train = (only(examples.train[0], ("x",)),)
    apart = (only(examples.sources[0], ("x",)),) if examples.held_out else train
    own = np.random.default_rng(seed).permutation(apart[0].size)[: min(COUNT, most)]
    asked = np.concatenate([samples, read(apart, own)["x"]])

    def views(x, keep=False):
        yield PIXELS, x.reshape(len(x), -1)
        features = encoder.encode(x, None, progress, keep).features
        if features is not None:
            yield encoder.name, features

    queries, found = dict(views(asked)), {}
    for first in range(0, train[0].size, chunk):
        part = np.arange(first, min(first + chunk, train[0].size))
        for where, rows in views(read(train, part)["x"], keep=True):
            found[where] = nearest(queries[where], rows, NEAREST, first, found.get(where))
    count = len(samples)
    floor = {
        where: _of_others(
            Nearest(*(each[count:] for each in every)), None if examples.held_out else own
        )
        for where, every in found.items()
    }
    found = {where: Nearest(*(each[:count] for each in every)) for where, every in found.items()}
    origin = "held-out examples" if examples.held_out else "training examples, each to another"
    return Neighbours(samples, found, floor, origin)


def _of_others(every, own):
    """The distance to the nearest row, of training examples to the nearest that is another row."""
    if own is None:
        return every.distances[:, 0]
    itself = every.indices == own[:, None]
    return np.where(itself, np.inf, every.distances).min(axis=1)


def panels(neighbours: Neighbours, examples: Examples) -> list:
    """Samples, and in their rows the nearest training examples in pixels and in features.

    Returns:
      [(text, uint8 [H, W, 1 or 3])], as a row of ``strips.sheet``.
    """
    train = (only(examples.train[0], ("x",)),)
    shown = [("sample", grid.image_grid(neighbours.samples[:SHOWN], columns=1))]
    for where, every in neighbours.found.items():
        indices = every.indices[:SHOWN]
        images = read(train, indices.ravel())["x"]
        nearest = grid.image_grid(images, columns=indices.shape[1])
        shown.append((f"nearest in {where}", nearest))
    return shown


def picture(file, made, sides, encoders, seed, progress) -> dict:
    """Write samples beside the training examples that are nearest to them, as a .png file.

    Args:
      file: its path.
      made, sides, encoders: looks, ``Examples`` and ``Encoder`` by direction, each of which has
        rows of its own.
      seed, progress: as ``find`` has them.

    Returns:
      {"neighbours": what a record holds of them}; empty of a generator gone bad, which is told.
    """
    samples = {way: draw.in_turn(looks) for way, looks in made.items()}
    if not all(np.isfinite(x).all() for x in samples.values()):
        process.say("Samples are not finite, so that none are pictured beside their neighbours.")
        return {}
    found = {
        way: find(samples[way], side, encoders[way], seed, progress) for way, side in sides.items()
    }
    rows = [panels(found[way], side) for way, side in sides.items()]
    grid.save_png(strips.sheet(rows, list(sides) if len(sides) > 1 else None), file)
    described = {way: each.described() for way, each in found.items()}
    return {"neighbours": {"file": str(file), "directions": described}}


def told(record) -> list[str]:
    """What a record says of neighbours, in lines: one a direction, and where the picture is."""
    lines = []
    for way, each in record["directions"].items():
        values = "; ".join(
            f"{median['samples']:.4g} in {where} (floor {median['floor']:.4g})"
            for where, median in each["median_distance"].items()
        )
        counts = each["counts"]
        lines.append(
            f"{way}{': ' if way else ''}from a sample to the nearest training example, median of "
            f"{counts['samples']}: {values}; the floor is of {counts['floor']} {each['floor']}."
        )
    return [*lines, f"Samples beside the nearest: {record['file']}"]
