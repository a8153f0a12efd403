"""What is looked at while a run trains: quick distances, evaluations and pictures."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from jaxgan import data
from jaxgan.evaluation import choice, directions, measures, pictures, ranking, strips
from jaxgan.evaluation.draw import in_turn, make_show, row_keys
from jaxgan.evaluation.encode import network_name
from jaxgan.evaluation.examples import Examples, examples_of, set_size
from jaxgan.evaluation.facts import asked_of, facts_of
from jaxgan.evaluation.pictures import GENERATORS, generators_of
from jaxgan.evaluation.quick import make_quick
from jaxgan.step.optim import share_at_limit


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


def make_looks(run, config, progress=None) -> Looks:
    """Set up the looks of a ``build.run.Run``; nothing is compiled before the first one.

    ``progress``: called with (done, total) of the images seen while metrics are computed.

    Raises:
      UserError: metrics that do not fit the data, the game or the feature network.
    """
    examples, asked = examples_of(run.sources, run.held_out), config["evaluation"]
    source = examples.sources[0]
    network = network_name(source, asked["features"])
    present = facts_of(run, examples, network)
    names = choice.chosen(asked["metrics"], source, present)
    ranked_by = ranking.ranking(asked, source, present)
    back = bool(choice.needing(names, "back"))
    show = make_show(run.game, paired=examples.paired, back=back, roll=True)
    judge_each = partial(
        directions.judge_each,
        names=names,
        num=asked["num"],
        seed=config["seed"],
        labelled="labels" in present,
        asked=asked_of(run.generator, data.entries(examples.sources)),
        progress=progress,
    )
    metrics, floors = _make_metrics(run, config, examples, show, names, ranked_by, judge_each)
    quick, shown, nearest = _make_quick(run, config, examples, show)
    picture = _make_picture(run, config, examples, show, shown)

    def all_floors():
        real = nearest | floors.get("real", {})
        return {**floors, "real": real} if real else {}

    return Looks(picture, quick, metrics, all_floors, ranked_by, network)


def _make_quick(run, config, examples: Examples, show):
    """``Looks.quick``; (state, of=the average) -> the true examples and looks; and the floors,
    which the first look fills in.
    """
    seed, limit = config["seed"], config["critic"]["optimizer"]["weight_limit"]
    fast, floors = cache(lambda: make_quick(examples, run.game, seed)), {}

    def shown(state, of=GENERATORS["ema"]):
        rows, variables = fast().rows, run.devices.local(of(state))
        # Without a future nothing is rolled out, which takes many passes.
        now = {name: rows[name] for name in rows if name != "future"}
        return rows["x"], show(variables, now, row_keys(seed, len(rows["x"])), state.step)

    def quick(state):
        _, looks = shown(state)
        if not floors:
            nearest = fast().floor()
            floors.update({} if nearest is None else {ranking.QUALITY: nearest})
            floors[ranking.SPREAD] = 1.0
        found = {ranking.QUALITY: fast().distance(looks), ranking.SPREAD: fast().spread(looks)}
        if limit:
            weights = run.devices.local(state.critic.params)
            found[ranking.AT_BOUNDS] = float(share_at_limit(weights, limit))
        return found

    return quick, shown, floors


def _make_metrics(run, config, examples: Examples, show, names, ranked_by, judge_each):
    """``Looks.metrics``, and the floors, which the first look fills in."""
    asked, seed, game = config["evaluation"], config["seed"], run.game
    # What is missing would be missed hours later.
    sides, encoders = directions.of_directions(examples, game, asked["features"]), {}
    if config["eval_every"]:
        set_size(examples, asked["num"])
        weights = asked["inception_weights"]
        encoders = directions.make_encoders(sides, names, asked["features"], weights)
    floors = {}

    @cache
    def judges():  # the real examples are seen once
        return judge_each(sides, encoders=encoders)

    @cache
    def speeds():
        return directions.speeds_of(judges(), names, game)

    def ranking(values):
        """What ranks, as the mean over directions that each have a value of their own."""
        each = [values[f"{ranked_by}_{d}"] for d in sides if f"{ranked_by}_{d}" in values]
        return {ranked_by: float(np.mean(each))} if each else {}

    def add_floors(looks):
        real = directions.real_floor(judges())
        floors["real"] = real | ranking(real)
        of_truth = choice.needing(names, "truth")
        if of_truth and not any(measures.METRICS[name].features for name in of_truth):
            # A network would take long.
            floors.update(directions.floor_values(judges(), game, looks))

    def metrics(state):
        first = next(iter(judges().values()))
        keys, variables = row_keys(seed, first.count), run.devices.local(state.ema)
        found, looks = directions.shown_values(
            judges(), game, show, speeds(), variables, keys, state.step
        )
        if not floors:
            add_floors(looks)
        return found | ranking(found)

    return metrics, floors


def _make_picture(run, config, examples: Examples, show, shown):
    """``Looks.picture``; ``shown`` as ``_make_quick`` gives it."""
    layout, images = config["pictures"], len(examples.sources[0].shape) == 3
    pictured = generators_of(layout["of"], "pictures.of")
    sizes = {key: layout[key] for key in ("num", "columns")}

    def one(state, of):
        if images:
            variables = run.devices.local(of(state))
            own = (run.game, run.generator, variables, examples, config["seed"], state.step)
            return pictures.images(show, *own, **sizes)
        real, looks = shown(state, of)
        critic = run.devices.local(state.critic.variables)
        return pictures.points(run, critic, in_turn(looks)[: len(real)], real, len(looks))

    def picture(state):
        found = [(name, one(state, of)) for name, of in pictured.items()]
        return found[0][1] if len(found) == 1 else strips.sheet([found])

    return picture
