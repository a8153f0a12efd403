"""Looks at the generators of a run: pictures, the quick distance, and the metrics."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan import data
from jaxgan.core.errors import choose
from jaxgan.data.labels import class_names
from jaxgan.data.source import classes_of
from jaxgan.evaluation import grid, judge, measures, plot, strips
from jaxgan.evaluation.draw import by_class, in_turn, make_show, row_keys
from jaxgan.evaluation.encode import network_name
from jaxgan.step.optim import share_at_limit

PICTURED = 64  # images in a picture of samples, where the config does not say
ROWS = 16  # rows in a picture of given, made and truth
GENERATORS = {  # both of a run: the average, and the one in training
    "ema": lambda state: state.ema,
    "raw": lambda state: state.generator.variables,
}


class Looks(NamedTuple):
    """Looks at a ``GanState`` of one member.

    Attributes:
      picture: state -> uint8 [H, W, 1 or 3]: from the same rows and keys at every look, of the
        generators that ``config.pictures.of`` names.
      quick: state -> {name: number}: the sliced Wasserstein distance of samples to real examples,
        lower is better, the spread, and of a clipped critic the share of weights at its bounds.
      metrics: state -> {name: number} as ``config.evaluation`` asks for them.
      floors: () -> {of what: {name: number}} beside which what was measured so far stands: of real
        examples that the reference does not hold, and where a truth is known of what takes no
        learning.
      ranked_by: name of the metric that ranks checkpoints.
      network: name of the feature network.
    """

    picture: Callable
    quick: Callable
    metrics: Callable
    floors: Callable
    ranked_by: str
    network: str


def generators_of(names, key):
    """Rows of ``GENERATORS``; ``names``: with commas between, as ``key`` has them."""
    return {name: choose(GENERATORS, name, key) for name in names.split(",")}


def facts_of(run, examples, network) -> set[str]:
    """The facts of a run, as ``measures.facts`` has them."""
    labelled, translates = "label" in run.generator.inputs, "source" in run.generator.inputs
    options = {"labels": labelled, "held_out": examples.held_out}
    options["asked"] = bool(judge.asked_of(run.generator, data.entries(examples.sources)))
    options["truth"] = translates and examples.paired
    options["back"] = run.game.back is not None
    return measures.facts(examples.sources[0], network, **options)


def make_looks(run, config, progress=None) -> Looks:
    """Set up the looks of a ``build.run.Run``; nothing is compiled before the first one.

    ``progress``: called with (done, total) of the images seen while metrics are computed.

    Raises:
      UserError: metrics that do not fit the data, the game or the feature network.
    """
    examples = judge.examples_of(run.sources, run.held_out)
    source, asked, seed = examples.sources[0], config["evaluation"], config["seed"]
    network = network_name(source, asked["features"])
    present = facts_of(run, examples, network)
    names = measures.chosen(asked["metrics"], source, present)
    ranked_by = measures.ranking(asked, source, present)
    labelled = "labels" in present
    # What is missing would be missed hours later.
    sides, encoders = judge.of_directions(examples, run.game, asked["features"]), {}
    if config["eval_every"]:
        judge.set_size(examples, asked["num"])
        weights = asked["inception_weights"]
        encoders = judge.make_encoders(sides, names, asked["features"], weights)
    show = make_show(run.game, paired=examples.paired, back="cycle" in names)
    layout = config["pictures"]
    sizes = {key: layout[key] for key in ("num", "columns")}
    pictured = generators_of(layout["of"], "pictures.of")
    fast = functools.cache(lambda: judge.make_quick(examples, run.game, seed))
    limit = config["critic"]["optimizer"]["weight_limit"]
    judges, floors = {}, {}  # made at the first look: the real examples are seen once

    def made(state, of=GENERATORS["ema"]):
        rows, variables = fast().rows, run.devices.local(of(state))
        return show(variables, rows, row_keys(seed, len(rows["x"])), state.step)

    def quick(state):
        looks, judged = made(state), fast()
        if not floors:
            nearest = judged.floor()
            known = {} if nearest is None else {measures.QUALITY: nearest}
            floors["real"] = {**known, measures.SPREAD: 1.0}
        found = {measures.QUALITY: judged.distance(looks), measures.SPREAD: judged.spread(looks)}
        if limit:
            weights = run.devices.local(state.critic.params)
            found[measures.AT_BOUNDS] = float(share_at_limit(weights, limit))
        return found

    def metrics(state):
        first_look = not judges
        if first_look:
            options = {"num": asked["num"], "seed": seed, "labelled": labelled}
            options["asked"] = judge.asked_of(run.generator, data.entries(examples.sources))
            options["progress"] = progress
            judges.update(judge.judge_each(sides, names, encoders, **options))
        first = next(iter(judges.values()))
        keys, variables = row_keys(seed, first.count), run.devices.local(state.ema)
        found, looks = judge.shown_values(
            judges, run.game, lambda rows: show(variables, rows, keys, state.step)
        )
        if first_look:
            add_floors(looks)
        return found | over_directions(found)

    def over_directions(values):
        """What ranks, as the mean over directions that each have a value of their own."""
        each = [values[f"{ranked_by}_{d}"] for d in sides if f"{ranked_by}_{d}" in values]
        return {ranked_by: float(np.mean(each))} if each else {}

    def add_floors(looks):
        real = judge.real_floor(judges)
        floors["real"] = floors.get("real", {}) | real | over_directions(real)
        of_truth = [name for name in names if "truth" in measures.METRICS[name].needs]
        if of_truth and not any(measures.METRICS[name].features for name in of_truth):
            floors.update(judge.floor_values(judges, run.game, looks))  # a network would take long

    def picture(state):
        found = [(name, one(state, of)) for name, of in pictured.items()]
        return found[0][1] if len(found) == 1 else strips.sheet([found])

    def one(state, of):
        if len(source.shape) != 3:
            real, looks = fast().rows["x"], made(state, of)
            critic = run.devices.local(state.critic.variables)
            return points(run, critic, in_turn(looks)[: len(real)], real, len(looks))
        variables = run.devices.local(of(state))
        own = (run.game, run.generator, variables, examples, seed, state.step)
        return images(show, *own, **sizes)

    return Looks(picture, quick, metrics, lambda: floors, ranked_by, network)


def images(show, game, generator, variables, examples, seed, step=0, *, num=0, columns=0):
    """The picture of a run's images: given, made and truth in columns, or samples in a grid.

    Of a generator that is given a label, rows of every class, each from the same z. ``num``: how
    many images are made; 0: ``PICTURED``, or ``ROWS`` of others. ``columns``: of them in a row; 0:
    as square as it goes, or 2 of others.
    """
    entries = data.entries(examples.sources)
    known = classes_of(entries)
    categories = {name: known[name] for name in generator.inputs if name in known}
    if "source" in generator.inputs:
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
