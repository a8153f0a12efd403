"""What a run's data and sizes must keep to: asked once, before the first step."""

import math
from collections.abc import Mapping

import jax
import numpy as np

from jaxgan.build.run import Run
from jaxgan.core.errors import UserError
from jaxgan.core.memory import check_fits
from jaxgan.data.feed import bytes_of
from jaxgan.models import GENERATORS
from jaxgan.models.network import bounds_of
from jaxgan.step import parallel

SLACK = 1e-4  # beyond the bounds, of data that were scaled to just these in float32


def check_limits(run: Run, config: Mapping) -> None:
    """Raise ``UserError`` for data that the generator cannot make, or sizes that cannot fit."""
    _check_reach(run)
    _check_memory(run, config)


def _check_reach(run):
    """Pixels are within all bounds by how they come in; sets of other numbers lie in memory."""
    bounds = run.generator.bounds
    for source in run.sources if bounds else ():
        entry = source.entries.get("x")
        if entry is None or np.dtype(entry.dtype).kind != "f":
            continue
        x = source.arrays()["x"]
        least, greatest = float(np.min(x)), float(np.max(x))
        if least < bounds[0] - SLACK or greatest > bounds[1] + SLACK:
            low, high = (f"{bound:g}" for bound in bounds)
            images = len(entry.shape) == 3  # what is not, dense networks alone make
            rows = {n: row for n, row in GENERATORS.items() if images or "dense" in row.facts}
            free = " or ".join(n for n, row in rows.items() if not bounds_of(row.build))
            raise UserError(
                f"{source.name} goes from {least:.4g} to {greatest:.4g}, and the generator makes "
                f"numbers in [{low}, {high}] alone: scale the data, or set "
                f"--config.generator={free}."
            )


def _check_memory(run, config):
    """The least that a device holds: the state, and the examples of a step, or of a call."""
    there = parallel.memory()
    leaves = jax.tree.leaves(jax.eval_shape(run.create))
    state = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)
    cure = "narrow the networks or z, or take fewer population.members"
    check_fits("the networks, their average and their optimisers take", state, there, cure)
    # Python's integers: no product of sizes overflows.
    entries = sum(
        math.prod(entry.shape) * np.dtype(np.float32).itemsize
        for source in run.sources
        for entry in source.entries.values()
    )
    streamed = bytes_of(run.sources) > config["data"]["resident_bytes"]
    steps = config["steps_per_call"] if streamed else 1
    for phase in run.phases:
        examples = phase.batch_size * phase.batches * steps * run.members.count
        batch = examples * entries // run.devices.count
        cure = f"lower batch_size{' or steps_per_call' if streamed else ''}"
        check_fits("the examples of a compiled call take at least", batch, there, cure)
