"""The two networks of a config, fitted to what its game gives them."""

from collections.abc import Mapping

import jax.numpy as jnp

from jaxgan.build.parts import augmentation
from jaxgan.build.parts.rows import NO_VALUES, row_of, rules
from jaxgan.build.phases import grows
from jaxgan.core.errors import UserError, choose, within
from jaxgan.data.source import Entry, classes_of
from jaxgan.models import CRITICS, GENERATORS, fields_of, takes
from jaxgan.models.network import Network, network, stacked, team

DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}
SIDES = {"generator": GENERATORS, "critic": CRITICS}


def fields(config: Mapping, side: str) -> dict:
    """The row of a side's network, and the fields that the config sets."""
    row, own = row_of(config, side)
    for key, value in own.items():
        for entry in value if isinstance(value, tuple) else ():  # the widths of layers
            within(f"an entry of {side}.{key}", entry, 1)
    choose(DTYPES, config["compute_dtype"], "compute_dtype")
    return row, own


def both_dense(config: Mapping) -> bool:
    """Whether both networks of a config are ``dense``: see ``models.GENERATORS``."""
    return all(row_of(config, side)[0].facts.get("dense", False) for side in SIDES)


def check_group(config: Mapping, rows: int) -> None:
    """Raise ``UserError`` unless the rows of a device are whole groups: of a critic, or pairs."""
    if config["game"].get("between") and rows % 2:
        raise UserError(
            f"game.between answers to every other caption, and {rows} of a batch, a device's "
            "share, are odd; change batch_size or set game.between=false."
        )
    group = config["critic"].get("group", 1)
    if rows % group:
        raise UserError(
            f"the critic compares examples in groups of {group}, and {rows} of a batch, a device's "
            "share, are no multiple of it; change batch_size or critic.group."
        )


def _fits(module, inputs):
    """Whether a network takes all that a game gives it, and needs no more."""
    known = takes(module)
    return set(inputs) <= set(known) and all(known[name] for name in set(known) - set(inputs))


def _network(config, side, inputs, shapes, axis_name, level=-1, **fixed) -> Network:
    row, own = fields(config, side)
    if grows(config):
        inputs, fixed = (*inputs, "grown"), {**fixed, "level": level}
        if "grown" not in takes(row.build):
            fitting = [name for name, row in SIDES[side].items() if "grown" in takes(row.build)]
            raise UserError(
                f"level is set, and {side} {config[side]['name']!r} does not grow; these do: "
                f"{', '.join(fitting)}."
            )
    if not _fits(row.build, inputs):
        fitting = [name for name, row in SIDES[side].items() if _fits(row.build, inputs)]
        needed = [name for name, spare in takes(row.build).items() if not spare]
        raise UserError(
            f"{side} {config[side]['name']!r} takes {', '.join(takes(row.build))} and needs "
            f"{' and '.join(needed)}; game {config['game']['name']!r} gives it "
            f"{', '.join(inputs)}, which is for: {', '.join(fitting) or 'none'}."
        )
    if missing := set(fixed) - set(fields_of(row.build)):
        fitting = [n for n, row in SIDES[side].items() if set(fixed) <= set(fields_of(row.build))]
        raise UserError(
            f"game {config['game']['name']!r} needs a {side} with {' and '.join(sorted(missing))}, "
            f"and {config[side]['name']!r} has none; these have: {', '.join(fitting)}."
        )
    dtype = DTYPES[config["compute_dtype"]]
    module = row.build(dtype=dtype, axis_name=axis_name, **fixed, **own)
    return network(module, inputs, shapes)


def generator(
    config: Mapping, shapes: Mapping, axis_name: str | None = None, level: int = -1
) -> Network:
    """The generator's ``Network``; ``shapes`` from ``given_shapes``.

    ``level``: of a network that grows, where it ends; -1: as ``grown`` says.
    """
    row, options = rules(config)
    if row.directions:
        return team(
            **{
                direction: _network(
                    config,
                    "generator",
                    row.generator,
                    {"source": shapes[start], "x": shapes[end]},
                    axis_name,
                    shape=shapes[end],
                )
                for direction, (start, end) in row.directions.items()
            }
        )
    count = options.get("generators", 1)
    if count == 1:
        fixed = {"shape": shapes["x"], "level": level}
        return _network(config, "generator", row.generator, shapes, axis_name, **fixed)
    each = {**shapes, "z": shapes["z"][1:]}
    one = _network(config, "generator", row.generator, each, axis_name, shape=shapes["x"])
    return stacked(one, count, tuple(options["shared"].replace(",", " ").split()))


def heads(config: Mapping, entries: Mapping[str, Entry]) -> tuple[tuple[str, int], ...]:
    """The categories that the critic must tell, and how many classes each has."""
    row, known = rules(config)[0], classes_of(entries)
    names = row.heads(known) if callable(row.heads) else row.heads
    return tuple((name, known[name]) for name in names)


def critic(
    config: Mapping,
    shapes: Mapping,
    entries: Mapping[str, Entry],
    axis_name: str | None = None,
    level: int = -1,
    values: Mapping = NO_VALUES,
) -> Network:
    """The critic's ``Network``; its heads have the classes of the ``entries``.

    ``level``: as ``generator`` has it; ``values`` may hold how often images are varied, in place of
    the config's, by dotted key.
    """
    row, options = rules(config)
    count = options.get("generators", 1)
    outputs = 1 if count == 1 else count + 1  # against several generators, one for the data too
    fixed = {"outputs": outputs} if count > 1 else {}
    told = heads(config, entries)
    fixed |= {"heads": told} if told else {}
    if row.directions:
        return team(
            **{
                direction: _network(
                    config, "critic", row.critic, {"x": shapes[end]}, axis_name, **fixed
                )
                for direction, (_, end) in row.directions.items()
            }
        )
    one = _network(config, "critic", row.critic, shapes, axis_name, level, **fixed)
    return augmentation.seen(config, one, shapes, values)
