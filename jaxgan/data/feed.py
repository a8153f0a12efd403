"""Batches: the order of the examples, and two ways to bring them to the step.

The order is a pure function of (seed, source, epoch, position): position p of a source's endless
sequence of examples is entry ``p % N`` of the permutation of epoch ``p // N``. A batch is the union
of the entries of all sources, at one position in each one's own sequence.

A run is a list of phases, each with a feed of its own that knows where it begins:

    position(step) = first_position + (step - first_step) * batch_size * batches

The data cursor is therefore the step itself, nothing of it is stored, and a resident and a streamed
run see the same batches.
"""

import functools
import math
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.core.errors import UserError
from jaxgan.data.source import Source, union
from jaxgan.step.parallel import Devices

Arrays = tuple[dict[str, jax.Array], ...]  # of whole sources, on every device


@functools.partial(jax.jit, static_argnums=(2, 3, 4))
def epoch_orders(
    seed: int | jax.Array, first_epoch: int | jax.Array, epochs: int, size: int, part: int = 0
) -> jax.Array:
    """The orders of ``epochs`` successive epochs -> int32 [epochs, size], a permutation a row.

    Of N seeds [N, epochs, size]. ``part``: number of the source; each has orders of its own.
    """
    if np.ndim(seed):
        return jax.vmap(lambda one: epoch_orders(one, first_epoch, epochs, size, part))(seed)
    # Not by a second fold: that key would be the one of part 0's epoch of this number.
    key = noise.stream(seed, noise.ORDER + part)

    def order(epoch):
        return jax.random.permutation(jax.random.fold_in(key, epoch), size).astype(jnp.int32)

    return jax.vmap(order)(first_epoch + jnp.arange(epochs))


class Feed(NamedTuple):
    """How the examples of a run, or of a phase of it, reach the compiled call.

    Attributes:
      block: (first step, number of steps) -> (data, block) for one call, made on the host: ``data``
        is the same on all devices, ``block`` has one leading entry a device.
      batches: (data, block, i) -> {name: [batches, rows, ...]} for the call's i-th step, inside the
        call; pixels are float32 in [-1, 1].
    """

    block: Callable
    batches: Callable


def to_float(batch: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """The door in: uint8 pixels become float32 in [-1, 1]; all else stays as it is."""
    return {
        name: x.astype(jnp.float32) / 127.5 - 1 if x.dtype == jnp.uint8 else x
        for name, x in batch.items()
    }


def place(sources: tuple[Source, ...], devices: Devices) -> Arrays:
    """Put the arrays of whole sources on every device, once for all phases of a run."""
    union(source.entries for source in sources)  # or two of them would be one name
    return tuple(devices.replicate(source.arrays()) for source in sources)


def resident(
    sources: tuple[Source, ...],
    *,
    arrays: Arrays | None = None,
    batch_size: int,
    batches: int,
    steps_per_call: int,
    seed: int | np.ndarray,
    devices: Devices,
    first_step: int = 0,
    first_position: int = 0,
) -> Feed:
    """Keep the whole sets on every device; gather inside the call.

    Args:
      sources: tuple of ``Source`` without a name in common.
      arrays: what ``place`` gave; None: they are placed here.
      batch_size: examples of each source in a batch, over all devices.
      batches: how many of them a step plays with, >= 1.
      steps_per_call: the most steps of one call.
      seed: of the orders; of N members N seeds, and batches have a leading axis of N.
      devices: ``parallel.Devices``.
      first_step, first_position: the step that the feed begins with, and its position.
    """
    arrays = place(sources, devices) if arrays is None else arrays
    per_step = batch_size * batches
    sizes = [source.size for source in sources]

    @functools.lru_cache(maxsize=len(sizes))
    def orders(part, first_epoch):
        # A call can begin at the last position of an epoch.
        epochs = (sizes[part] - 1 + steps_per_call * per_step - 1) // sizes[part] + 1
        return devices.replicate(epoch_orders(seed, first_epoch, epochs, sizes[part], part))

    def block(step, steps):
        del steps
        # Python's integers: the position outgrows 32 bits in a long run.
        position = first_position + (step - first_step) * per_step
        cursors = [divmod(position, size) for size in sizes]
        return {
            "arrays": arrays,
            "orders": tuple(orders(part, epoch) for part, (epoch, _) in enumerate(cursors)),
            "offsets": tuple(np.int32(offset) for _, offset in cursors),
        }, {}

    def gather(arrays, orders, offset, i):
        turns = jnp.arange(per_step, dtype=jnp.int32).reshape(batches, batch_size)
        positions = offset + i * per_step + devices.rows(turns, axis=1)
        size = orders.shape[1]
        index = orders[positions // size, positions % size]
        return jax.tree.map(lambda array: array[index], arrays)

    def read(data, block, i):
        del block
        each = jax.vmap(gather, (None, 0, None, None)) if np.ndim(seed) else gather
        parts = zip(data["arrays"], data["orders"], data["offsets"], strict=True)
        return to_float(union(each(*part, i) for part in parts))

    return Feed(block, read)


class _Minibatches:
    """Random access to the minibatches of a feed for Grain: item k is the k-th batch."""

    def __init__(self, sources, batch_size, seed, row_slice, first_position):
        self._sources, self._batch_size, self._rows = sources, batch_size, row_slice
        self._first = first_position
        self._order = functools.lru_cache(maxsize=2 * len(sources))(
            lambda part, epoch: np.asarray(
                epoch_orders(seed, epoch, 1, sources[part].size, part)[0]
            )
        )

    def __len__(self):
        return sys.maxsize

    def __getitem__(self, k):
        first = self._first + k * self._batch_size
        positions = range(first, first + self._batch_size)[self._rows]
        return union(self._read(part, positions) for part in range(len(self._sources)))

    def _read(self, part, positions):
        source = self._sources[part]
        places = (divmod(position, source.size) for position in positions)
        examples = [source.read(int(self._order(part, epoch)[entry])) for epoch, entry in places]
        return jax.tree.map(lambda *rows: np.stack(rows), *examples)


def streamed(
    sources: tuple[Source, ...],
    *,
    batch_size: int,
    batches: int,
    steps_per_call: int,
    seed: int,
    devices: Devices,
    workers: int,
    first_step: int = 0,
    first_position: int = 0,
) -> Feed:
    """Read ahead on the host with Grain; each call gets a block of batches.

    ``workers``: threads that read; the rest as of ``resident``.
    """
    import grain

    union(source.entries for source in sources)
    process, share = jax.process_index(), batch_size // jax.process_count()
    rows = slice(process * share, (process + 1) * share)
    minibatches = _Minibatches(sources, batch_size, seed, rows, first_position)
    ahead = max(4 * batches, workers)  # batches; a thread without a place in the buffer idles
    options = grain.ReadOptions(num_threads=workers, prefetch_buffer_size=ahead)
    state = {"step": None, "iterator": None}

    def block(step, steps):
        if state["step"] != step:
            dataset = grain.MapDataset.source(minibatches)[(step - first_step) * batches :]
            state["iterator"] = iter(dataset.to_iter_dataset(options))
        state["step"] = step + steps
        found = [next(state["iterator"]) for _ in range(steps * batches)]
        # Short calls are padded: the compiled call knows one shape.
        found += [found[-1]] * ((steps_per_call - steps) * batches)

        def arrange(*parts):
            stacked = np.stack(parts).reshape(
                steps_per_call, batches, devices.local_count, -1, *parts[0].shape[1:]
            )
            return np.moveaxis(stacked, 2, 0)

        return {}, devices.place(jax.tree.map(arrange, *found))

    def read(data, block, i):
        del data
        return to_float(jax.tree.map(lambda array: array[i], block))

    return Feed(block, read)


def bytes_of(sources: tuple[Source, ...]) -> int:
    """What the arrays of whole sources take, in bytes."""

    def example(source):
        return sum(math.prod(e.shape) * np.dtype(e.dtype).itemsize for e in source.entries.values())

    return sum(source.size * example(source) for source in sources)


def check_shared(sources: tuple[Source, ...], resident_bytes: int) -> None:
    """Raise ``UserError`` unless the sets fit the device, as members who share them need."""
    if bytes_of(sources) > resident_bytes:
        names = " and ".join(source.name for source in sources)
        raise UserError(
            f"a population needs its data on the device, and {names} takes "
            f"{bytes_of(sources)} bytes; raise data.resident_bytes, or set population.members=1."
        )


def feed(
    sources: tuple[Source, ...],
    *,
    resident_bytes: int,
    workers: int,
    arrays: Arrays | None = None,
    **options,
) -> Feed:
    """Resident if the sets take at most ``resident_bytes``, streamed otherwise.

    Of resident sets ``arrays`` may be what ``place`` gave, and ``seed`` those of N members, each of
    which has its own order: batches then have a leading axis of N.
    """
    if bytes_of(sources) <= resident_bytes:
        return resident(sources, arrays=arrays, **options)
    return streamed(sources, workers=workers, **options)
