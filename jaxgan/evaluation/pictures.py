"""Looks at the average generator of a run: pictures, a quick distance, and the metrics."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.core import noise
from jaxgan.data import examples
from jaxgan.evaluation import judge, plot
from jaxgan.evaluation.draw import fixed_inputs, make_draw, z_of
from jaxgan.evaluation.encode import observer
from jaxgan.games.several import real_log_odds
from jaxgan.metrics import sliced_wasserstein

PICTURED = 64  # images in a picture
JUDGED = 1000  # samples in the distance, and points in a picture
QUALITY = "sliced_wasserstein"  # name of the distance among the metrics


class Studio(NamedTuple):
    """Looks at a ``GanState``.

    Attributes:
      picture: state -> uint8 [H, W, 1 or 3]: images or points from the same z at every look.
      distance: state -> sliced Wasserstein distance of samples to real examples, lower is better.
      metrics: state -> {name: number} as ``config.evaluation`` asks for them.
    """

    picture: Callable
    distance: Callable
    metrics: Callable


def studio(run, config):
    """Set up the looks of a ``prepare.Run``; nothing is compiled before the first one."""
    draw = make_draw(run.generator)
    z, labels = fixed_inputs(config["seed"], PICTURED, config["z_dim"], run.classes)
    generators = run.generator.count
    rng = np.random.default_rng(config["seed"])
    chosen = rng.choice(run.source.size, min(JUDGED, run.source.size), replace=False)
    rows = examples.read((run.source,), np.sort(chosen))
    real = rows["x"]
    key_z, key_lines = jax.random.split(noise.stream(config["seed"], noise.PICTURES))
    z_judged = jax.random.normal(key_z, (len(real), config["z_dim"]))
    labels_judged = rows["label"] if run.classes else None
    compare = jax.jit(sliced_wasserstein)

    def judged(now):
        return draw(run.devices.local(now.ema), z_judged, labels_judged, run.classes)

    def picture(now):
        if len(run.source.shape) == 3:
            images = draw(run.devices.local(now.ema), z, labels, run.classes)
            if run.classes:
                return plot.image_grid(images, columns=len(z) // run.classes)
            return plot.picture(images, generators)
        critic = run.devices.local(now.critic.variables)

        def critic_fn(points):
            scores, _ = run.critic.apply(critic, points, train=False)
            return scores if generators == 1 else real_log_odds(scores)

        # Critics of labelled points, and of points of more dimensions, have no surface to show.
        surface = None if run.classes or real.shape[1] > 2 else critic_fn
        samples, truth = judged(now)[:, :2], real[:, :2]
        density = run.source.density
        return plot.points_picture(samples, truth, surface, density, generators=generators)

    def distance(now):
        return float(compare(real, judged(now), key_lines))

    asked, labelled = config["evaluation"], run.classes > 0
    names = judge.chosen(asked["metrics"], run.source, labelled, asked["features"])
    judges = []  # made at the first look: the real examples are seen once

    def metrics(now):
        if not judges:
            options = {"num": asked["num"], "seed": config["seed"], "labelled": labelled}
            looks = observer(run.source, asked["features"], asked["inception_weights"])
            judges.append(judge.judge(run.source, names, looks=looks, **options))
        (judged_by,) = judges
        variables = run.devices.local(now.ema)
        z = z_of(config, judged_by.count, config["seed"])
        fakes = draw(variables, z, judged_by.labels, run.classes)
        return judged_by.score(fakes, judged_by.labels)

    return Studio(picture, distance, metrics)
