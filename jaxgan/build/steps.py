"""The steps of a run's phases, and where its optimisers begin anew."""

import functools
from functools import partial

from jaxgan.build import parts, schedules
from jaxgan.build.phases import afresh, level_of, phases, weighed
from jaxgan.step.optim import anew
from jaxgan.step.step import make_step


def make_steps(config, entries, players, frozen, devices):
    """(phase, values) -> step(state, batches, key, variables of the frozen networks).

    ``values`` replace the config's, by dotted key; they may be traced.
    """
    axis, shapes = devices.axis_name, players.shapes  # batch statistics are those of all devices

    @functools.cache
    def made_for(level):
        draw = parts.draw(config, entries, train=True, level=level)
        return draw, parts.generator(config, shapes, axis, level)

    for phase in phases(config):  # what is wrong for training alone shows here
        made_for(level_of(config, phase, shapes["x"]))

    def step_of(phase, values):
        level = level_of(config, phase, shapes["x"])
        draw, generator = made_for(level)

        def step(state, batches, key, variables):
            now = schedules.at(config, values, state.step)
            optimizers = [parts.optimizer(config, side, now) for side in parts.SIDES]
            see = {name: partial(network.see, variables[name]) for name, network in frozen.items()}
            game = parts.game(
                weighed(config, phase),
                draw,
                generator,
                parts.critic(config, shapes, entries, axis, level, now),
                entries=entries,
                shapes=shapes,
                adversarial=phase.adversarial,
                mean_over_devices=devices.mean,
                values=now,
                see=see,
            )
            played = make_step(
                game,
                *optimizers,
                batch_size=phase.batch_size,
                n_critic=phase.n_critic,
                n_generator=phase.n_generator,
                own_batches=phase.own_batches,
                ema=now.get("ema", config["ema"]),
                ema_from=config["ema_from"],
                devices=devices,
            )
            return played(state, batches, key)

        return step

    return step_of


def make_begin(config, devices):
    """``Run.begin``."""
    steps = afresh(config)

    def begin(step, state):
        if step not in steps:
            return state
        own = devices.local(state)
        sides = {
            name: getattr(own, name).replace(opt_state=anew(getattr(own, name).opt_state))
            for name in parts.SIDES
        }
        return devices.replicate(own.replace(**sides))

    return begin
