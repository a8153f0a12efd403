"""Devices: the only file that names pmap, shard_map, an axis or a device count.

The state never has a device axis. Everything else runs the same per-device function, which knows
two things about the others: how to average with them and which rows of the batch are its own.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jax import lax
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxgan.core.errors import UserError, choose, within
from jaxgan.core.memory import of_host
from jaxgan.core.memory import peak as of_process

AXIS = "devices"
ADDRESS = re.compile(r"(.+:\d+),(\d+),(\d+)")  # HOST:PORT,COUNT,INDEX


class Devices(NamedTuple):
    """What the code inside and around a compiled call needs to know of devices.

    Attributes:
      count: devices over all processes.
      local_count: those of this process.
      axis_name: for batch statistics; None on one device.
      mean: pytree -> the same averaged over devices (inside the call).
      gather: pytree of this device's rows -> that of the global batch (inside the call).
      rows: (array, axis=0) -> this device's share of a global batch axis (inside the call).
      compile: (call(state, data, block, count), the compiler's options) -> the compiled function;
        it donates the state. ``data`` is the same on all devices, ``block`` has one leading entry
        a device. pmap takes no options and does without.
      replicate: pytree -> the same on every device.
      local: what ``replicate`` or ``compile`` gave -> this process's own copy, on one device.
      place: pytree with one leading entry a *local* device -> what ``compile``'s block takes.
    """

    count: int
    local_count: int
    axis_name: str | None
    mean: Callable
    gather: Callable
    rows: Callable
    compile: Callable
    replicate: Callable
    local: Callable
    place: Callable


def _without_device_axis(call):
    """``call`` on a block that still has its leading axis, of the one entry of this device."""

    def one(state, data, block, count):
        return call(state, data, jax.tree.map(lambda x: x[0], block), count)

    return one


def _jit(devices):
    def compile(call, options=None):
        return jax.jit(_without_device_axis(call), donate_argnums=0, compiler_options=options)

    return Devices(
        count=1,
        local_count=1,
        axis_name=None,
        mean=lambda tree: tree,
        gather=lambda tree: tree,
        rows=lambda array, axis=0: array,
        compile=compile,
        replicate=lambda tree: jax.device_put(tree, devices[0]),
        local=lambda tree: tree,
        place=lambda block: jax.device_put(block, devices[0]),
    )


def _global_array(sharding):
    """Array of this process's rows -> the array over all processes."""
    # A device_put would first send every replicated array around, to see that it is the same.
    return lambda x: jax.make_array_from_process_local_data(sharding, np.asarray(x))


def _mapped(devices, mesh, compile, place):
    everywhere = NamedSharding(mesh, PartitionSpec())

    def rows(array, axis=0):
        share = array.shape[axis] // len(devices)
        return lax.dynamic_slice_in_dim(array, lax.axis_index(AXIS) * share, share, axis)

    return Devices(
        count=len(devices),
        local_count=len(mesh.local_devices),
        axis_name=AXIS,
        mean=lambda tree: lax.pmean(tree, AXIS),
        gather=lambda tree: lax.all_gather(tree, AXIS, tiled=True),
        rows=rows,
        compile=compile,
        # For pmap too: it compiles anew when its own, replicated, output comes back as input.
        replicate=lambda tree: jax.tree.map(_global_array(everywhere), tree),
        local=lambda tree: jax.tree.map(lambda x: x.addressable_data(0), tree),
        place=place,
    )


def _pmap(devices):
    mesh = Mesh(np.array(devices), (AXIS,))

    def compile(call, options=None):
        del options
        mapped = jax.pmap(
            lambda state, data, own, count: call(state, data, own["block"], count),
            axis_name=AXIS,
            in_axes=(None, None, 0, None),
            out_axes=None,
            devices=devices,
            donate_argnums=0,
        )
        # pmap wants a mapped argument even where the block is empty.
        ranks = np.arange(len(mesh.local_devices))
        return lambda state, data, block, count: mapped(
            state, data, {"block": block, "rank": ranks}, count
        )

    return _mapped(devices, mesh, compile, place=lambda block: block)


def _shard_map(devices):
    mesh = Mesh(np.array(devices), (AXIS,))
    everywhere, split = PartitionSpec(), PartitionSpec(AXIS)

    def compile(call, options=None):
        # Without check_vma=False gradients of replicated parameters arrive already summed, and the
        # mean over devices would then move the parameters `count` times too far.
        mapped = jax.shard_map(
            _without_device_axis(call),
            mesh=mesh,
            in_specs=(everywhere, everywhere, split, everywhere),
            out_specs=everywhere,
            check_vma=False,
        )
        return jax.jit(mapped, donate_argnums=0, compiler_options=options)

    def place(block):
        return jax.tree.map(_global_array(NamedSharding(mesh, split)), block)

    return _mapped(devices, mesh, compile, place)


PARALLEL = {"jit": _jit, "pmap": _pmap, "shard_map": _shard_map}
ONE_DEVICE = _jit([None])


def devices(mode: str = "auto", number: int | None = None) -> Devices:
    """Set up the devices of a run.

    Args:
      mode: a row of ``PARALLEL``; "auto" is jit on one device and shard_map on several.
      number: use only the first so many devices; None uses all.

    Raises:
      UserError: unknown mode, or one that stays within a process in a run of several.
    """
    found = jax.devices()[:number]
    if mode == "auto":
        mode = "jit" if len(found) == 1 else "shard_map"
    build = choose({**PARALLEL, "auto": None}, mode, "value of parallel")
    if mode in ("jit", "pmap") and jax.process_count() > 1:
        raise UserError(f"parallel={mode!r} runs in one process; several need shard_map.")
    return build(found)


def check_batch(batch_size: int, count: int) -> None:
    """Raise ``UserError`` unless the global batch divides evenly over the devices."""
    if batch_size % count:
        below = batch_size - batch_size % count
        right = " or ".join(str(size) for size in (below, below + count) if size)
        raise UserError(
            f"batch_size {batch_size} is not divisible by the {count} devices; {right} would be."
        )


def join_processes(processes: str) -> None:
    """Join JAX's own multi-process runtime; every process of a run calls this first.

    Args:
      processes: "auto" on a TPU pod, Slurm or Open MPI, where JAX finds out by itself; elsewhere
        "HOST:PORT,COUNT,INDEX": where the first process listens, how many there are, and which of
        them this one is.

    Raises:
      UserError: neither of these, or the processes do not find together.
    """
    wrong = f"--processes={processes}"
    address = ()
    if processes != "auto":
        parts = ADDRESS.fullmatch(processes)
        if not parts:
            raise UserError(f"{wrong} must be 'auto' or HOST:PORT,COUNT,INDEX.")
        address = (parts[1], int(parts[2]), int(parts[3]))
        within(f"{wrong}: COUNT", address[1], 1, 2**16)
        within(f"{wrong}: INDEX", address[2], 0, address[1])
    try:
        jax.distributed.initialize(*address)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{wrong}: the processes do not find together ({error}).") from error


def memory() -> int:
    """Bytes of one device: what it tells, or the host's, which a CPU shares."""
    told = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit")
    return told or of_host()


def peak() -> float:
    """The most bytes that a device has held so far, or the host's, which a CPU shares."""
    return (jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use") or of_process()


def kind() -> str:
    """What the devices are, for the record: "cpu", "NVIDIA H100 ..."."""
    return jax.devices()[0].device_kind


def is_first_process() -> bool:
    """Whether this process is the one that writes the run's files and draws its progress bar."""
    return jax.process_index() == 0


def any_process(flag: bool) -> bool:
    """Whether ``flag`` is true in any process: all must leave the loop at the same step."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())
