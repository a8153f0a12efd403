"""Batches: the order of the examples, and two ways to bring them to the step.

The order is a pure function of (seed, epoch, position): position p of the run's endless sequence of
examples is entry ``p % N`` of the permutation of epoch ``p // N``. The data cursor is therefore the
step itself, nothing of it is stored, and a resident and a streamed run see the same batches.
"""

import functools
import sys
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.core import noise
from jaxgan.core.errors import UserError


@functools.partial(jax.jit, static_argnums=(2, 3))
def epoch_orders(seed, first_epoch, epochs, size):
    """The orders of ``epochs`` successive epochs -> int32 [epochs, size], a permutation a row.

    Of N seeds [N, epochs, size].
    """
    if np.ndim(seed):
        return jax.vmap(lambda one: epoch_orders(one, first_epoch, epochs, size))(seed)
    key = noise.stream(seed, noise.ORDER)

    def order(epoch):
        return jax.random.permutation(jax.random.fold_in(key, epoch), size).astype(jnp.int32)

    return jax.vmap(order)(first_epoch + jnp.arange(epochs))


class Feed(NamedTuple):
    """How the examples of a run reach the compiled call.

    Attributes:
      block: (first step, number of steps) -> (data, block) for one call, made on the host: ``data``
        is the same on all devices, ``block`` has one leading entry a device.
      batches: (data, block, i) -> {"x": [n_critic, rows, ...], "label": ...} for the call's i-th
        step, inside the call.
    """

    block: Callable
    batches: Callable


def to_float(batch):
    """The door in: uint8 pixels become float32 in [-1, 1]; points stay as they are."""
    x = batch["x"]
    if x.dtype == jnp.uint8:
        x = x.astype(jnp.float32) / 127.5 - 1
    return {**batch, "x": x}


def resident(source, *, batch_size, n_critic, steps_per_call, seed, devices):
    """Keep the whole set on every device; gather inside the call."""
    size, per_step = source.size, batch_size * n_critic
    # A call can begin at the last position of an epoch.
    epochs = (size - 1 + steps_per_call * per_step - 1) // size + 1
    arrays = devices.replicate(source.arrays())

    @functools.lru_cache(maxsize=1)
    def orders(first_epoch):
        return devices.replicate(epoch_orders(seed, first_epoch, epochs, size))

    def block(first_step, steps):
        del steps
        # Python's integers: the position outgrows 32 bits in a long run.
        epoch, offset = divmod(first_step * per_step, size)
        return {"arrays": arrays, "orders": orders(epoch), "offset": np.int32(offset)}, {}

    def gather(arrays, orders, offset, i):
        turns = jnp.arange(per_step, dtype=jnp.int32).reshape(n_critic, batch_size)
        positions = offset + i * per_step + devices.rows(turns, axis=1)
        index = orders[positions // size, positions % size]
        return to_float(jax.tree.map(lambda array: array[index], arrays))

    def batches(data, block, i):
        del block
        each = jax.vmap(gather, (None, 0, None, None)) if np.ndim(seed) else gather
        return each(data["arrays"], data["orders"], data["offset"], i)

    return Feed(block, batches)


class _Minibatches:
    """Random access to the run's minibatches for Grain: item k is the k-th critic batch."""

    def __init__(self, source, batch_size, seed, row_slice):
        self._source, self._batch_size, self._rows = source, batch_size, row_slice
        self._order = functools.lru_cache(maxsize=2)(
            lambda epoch: np.asarray(epoch_orders(seed, epoch, 1, source.size)[0])
        )

    def __len__(self):
        return sys.maxsize

    def __getitem__(self, k):
        positions = range(k * self._batch_size, (k + 1) * self._batch_size)[self._rows]
        places = (divmod(position, self._source.size) for position in positions)
        examples = [self._source.read(int(self._order(epoch)[entry])) for epoch, entry in places]
        return jax.tree.map(lambda *rows: np.stack(rows), *examples)


def streamed(source, *, batch_size, n_critic, steps_per_call, seed, devices, workers):
    """Read ahead on the host with Grain; each call gets a block of batches."""
    import grain

    process, share = jax.process_index(), batch_size // jax.process_count()
    rows = slice(process * share, (process + 1) * share)
    minibatches = _Minibatches(source, batch_size, seed, rows)
    options = grain.ReadOptions(num_threads=workers, prefetch_buffer_size=4 * n_critic)
    state = {"step": None, "iterator": None}

    def block(first_step, steps):
        if state["step"] != first_step:
            dataset = grain.MapDataset.source(minibatches)[first_step * n_critic :]
            state["iterator"] = iter(dataset.to_iter_dataset(options))
        state["step"] = first_step + steps
        read = [next(state["iterator"]) for _ in range(steps * n_critic)]
        # Short calls are padded: the compiled call knows one shape.
        read += [read[-1]] * ((steps_per_call - steps) * n_critic)

        def arrange(*parts):
            stacked = np.stack(parts).reshape(
                steps_per_call, n_critic, devices.local_count, -1, *parts[0].shape[1:]
            )
            return np.moveaxis(stacked, 2, 0)

        return {}, devices.place(jax.tree.map(arrange, *read))

    def batches(data, block, i):
        del data
        return to_float(jax.tree.map(lambda array: array[i], block))

    return Feed(block, batches)


def check_shared(source, resident_bytes):
    """Raise ``UserError`` unless the set fits the device, as members who share it need."""
    if _size(source) > resident_bytes:
        raise UserError(
            f"a population needs its data on the device, and {source.name} takes "
            f"{_size(source)} bytes; raise data.resident_bytes, or set population.members=1."
        )


def _size(source):
    return source.size * int(np.prod(source.shape)) * np.dtype(source.dtype).itemsize


def feed(source, *, resident_bytes, workers, **options):
    """Resident if the set takes at most ``resident_bytes``, streamed otherwise.

    Of a resident set ``seed`` may be those of N members, each of which has its own order: batches
    then have a leading axis of N.
    """
    if _size(source) <= resident_bytes:
        return resident(source, **options)
    return streamed(source, workers=workers, **options)
