"""Pictures of what a run's generators make: of images, and of points."""

import numpy as np

from jaxgan import data
from jaxgan.core.errors import choose
from jaxgan.data.labels import class_names
from jaxgan.data.source import classes_of
from jaxgan.evaluation import grid, plot
from jaxgan.evaluation.draw import by_class, in_turn, row_keys

PICTURED = 64  # images in a picture of samples, where the config does not say
ROWS = 16  # rows in a picture of given, made and truth
GENERATORS = {  # both of a run: the average, and the one in training
    "ema": lambda state: state.ema,
    "raw": lambda state: state.generator.variables,
}


def generators_of(names, key):
    """Rows of ``GENERATORS``; ``names``: with commas between, as ``key`` has them."""
    return {name: choose(GENERATORS, name, key) for name in names.split(",")}


def images(show, game, generator, variables, examples, seed, step=0, *, num=0, columns=0):
    """The picture of a run's images: given, made and truth in columns, or samples in a grid.

    Of a generator that is given a label, rows of every class, each from the same z. ``num``: how
    many images are made; 0: ``PICTURED``, or ``ROWS`` of others. ``columns``: of them in a row; 0:
    as square as it goes, or 2 of others.
    """
    entries = data.entries(examples.sources)
    known = classes_of(entries)
    categories = {name: known[name] for name in generator.inputs if name in known}
    if {"source", "caption"} & set(generator.inputs):
        chosen = np.random.default_rng(seed).permutation(examples.size)[: num or ROWS]
        looks = show(variables, examples.rows(chosen), row_keys(seed, len(chosen)), step)
        return grid.columns(looks, columns or 2)
    if categories:
        batch, keys = by_class(categories, seed, num or PICTURED)
        name = next(iter(categories))
        made = in_turn(show(variables, batch, keys, step))
        return grid.class_rows(made, batch[name], class_names(entries[name]), columns)
    count = num or PICTURED
    looks = show(variables, {}, row_keys(seed, count), step)
    return grid.picture(in_turn(looks)[:count], len(looks), columns)


def points(run, critic, samples, real, generators=1):
    """The picture of a run's points: real ones, samples, and what the critic thinks where it can.

    Args:
      run: ``build.run.Run``.
      critic: its variables; a surface is shown where it sees points of at most two dimensions, and
        nothing else.
      samples: [N, D], of several generators one of each in turn; of more than two dimensions the
        first two are shown.
      real: [M, D].
      generators: how many made the samples.

    Returns:
      uint8 [H, W, 3].
    """
    surface = None
    if run.critic.inputs == ("x",) and real.shape[1] <= 2:

        def surface(points):
            return run.game.realness(critic, {"x": points})

    density = run.sources[0].density
    samples, real = samples[:, :2], real[:, :2]
    return plot.points_picture(samples, real, surface, density, generators=generators)
