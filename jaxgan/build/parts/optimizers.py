"""The optimisers of both sides."""

from collections.abc import Mapping

import optax

from jaxgan.build import phases
from jaxgan.build.parts.rows import NO_VALUES
from jaxgan.core.errors import UserError
from jaxgan.core.table import check_type
from jaxgan.step import optim


def optimizer(
    config: Mapping, side: str, values: Mapping = NO_VALUES
) -> optax.GradientTransformation:
    """The optax chain of "generator" or "critic"; an annealed rate is 0 after the last step.

    ``values`` may hold numbers that replace the config's, by dotted key; they may be traced.
    """
    settings = dict(config[side]["optimizer"])
    for key, value in settings.items():
        like = {"name": "", "anneal": False}.get(key, 0.0)
        check_type(f"{side}.optimizer.{key}", value, like)
    settings |= {
        key: values[f"{side}.optimizer.{key}"]
        for key in settings
        if f"{side}.optimizer.{key}" in values
    }
    if side == "generator" and settings["orthogonal"] and "generators" in config["game"]:
        raise UserError(
            "generator.optimizer.orthogonal is of the kernels of one generator; game "
            f"{config['game']['name']!r} has several."
        )
    after = settings.pop("anneal_after", 0.0)
    if settings.pop("anneal", False):
        if anew := phases.afresh(config):
            raise UserError(
                f"{side}.optimizer.anneal is of the whole run, and optimisers begin anew at step "
                f"{min(anew)}, where the networks grow; schedules.to moves rates over such phases."
            )
        updates = max(phases.updates(phases.phases(config), side), 1)
        settings |= {"anneal_updates": updates, "anneal_after": int(after * updates)}
    elif after:
        raise UserError(
            f"{side}.optimizer.anneal_after tells when the rate begins to fall; set "
            f"{side}.optimizer.anneal=true, too."
        )
    try:
        return optim.optimizer(**settings)
    except UserError as error:
        raise UserError(f"{side}.optimizer: {error}") from error
