"""PyTorch's weight files without PyTorch, and Inception's weights from one.

A weight file is a pickle that names tensors, and their raw numbers. A pickle can run any code; this
reader knows the four globals that a dictionary of tensors needs, and refuses all others.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from jaxgan.core.errors import UserError

BATCH_NORM_EPS = 1e-3
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_UNSOUND = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, struct.error, EOFError, OverflowError),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
)


class Tensor(NamedTuple):
    """Where a tensor lies in a storage, counted in elements; it is read when the storages are."""

    storage: tuple[str, str]  # NumPy's name of the type, key
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage, offset, shape, strides, *_):
    return Tensor(storage, offset, shape, strides)


def _parameter(tensor, *_):
    return tensor


_GLOBALS = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _GLOBALS:
            raise UserError(f"the weight file names {module}.{name}, which weights do not need.")
        return _GLOBALS[module, name]

    def persistent_load(self, pid):
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, str):
            raise ValueError(f"unknown reference {kind}")
        return dtype, key


def read_pth(data):
    """Read a state dict, {name: tensor}, from the bytes that ``torch.save`` wrote.

    Both formats: the zip of PyTorch 1.6 and later, and what there was before it. Types: float32
    and int64.

    Args:
      data: bytes of the file.

    Returns:
      {name: NumPy array}.

    Raises:
      UserError: something else than a dictionary of tensors, or a damaged file.
    """
    try:
        read = _read_zip if zipfile.is_zipfile(io.BytesIO(data)) else _read_legacy
        tensors, storages = read(data)
        return {name: _array(tensor, storages) for name, tensor in tensors.items()}
    except UserError:
        raise
    except _UNSOUND as error:
        raise UserError(f"not a sound PyTorch weight file ({error}).") from error


def _read_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (index,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = index.removesuffix("data.pkl")
        tensors = _unpickle(io.BytesIO(archive.read(index)))
        storages = {
            (dtype, key): np.frombuffer(archive.read(f"{folder}data/{key}"), dtype)
            for dtype, key in {tensor.storage for tensor in tensors.values()}
        }
    return tensors, storages


def _read_legacy(data):
    """Magic, version, system, tensors and the storages' keys, pickled; then count and numbers."""
    file = io.BytesIO(data)
    magic, _, system, tensors, keys = (_unpickle(file) for _ in range(5))
    if magic != _LEGACY_MAGIC or not system["little_endian"]:
        raise ValueError("another format")
    dtypes = {key: dtype for dtype, key in (tensor.storage for tensor in tensors.values())}
    storages = {}
    for key in keys:
        dtype = np.dtype(dtypes[key])
        (count,) = struct.unpack("<q", file.read(8))
        storages[dtypes[key], key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    return tensors, storages


def _unpickle(file):
    return _Unpickler(file, encoding="utf-8").load()


def _array(tensor, storages):
    numbers = storages[tensor.storage]
    last = tensor.offset + sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    # NumPy would not notice a view that leaves its buffer.
    if min((tensor.offset, *tensor.strides)) < 0 or min((1, *tensor.shape)) < 1:
        raise ValueError("a tensor has no size")
    if last >= len(numbers):
        raise ValueError("a tensor is longer than its storage")
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    view = numbers[tensor.offset :]
    return np.lib.stride_tricks.as_strided(view, tensor.shape, strides, writeable=False)


def inception(state):
    """Variables of ``inception.Inception`` from pytorch-fid's state dict.

    Each layer ``A.B.conv.weight`` [D, C, h, w] with its batch normalisation ``A.B.bn`` becomes
    kernel [h, w, C, D] and bias [D] of params A, B. The classifier's bias is left behind.

    Args:
      state: {name: array}.

    Returns:
      {"params": nested dicts of float32 arrays}.

    Raises:
      UserError: a layer's arrays are missing.
    """
    params = {}
    try:
        params["fc"] = {"kernel": np.ascontiguousarray(state["fc.weight"].T)}
        for name in state:
            layer, conv, _ = name.partition(".conv.weight")
            if conv:
                place = params
                for part in layer.split("."):
                    place = place.setdefault(part, {})
                place.update(folded(state, f"{layer}.conv.weight", f"{layer}.bn"))
    except KeyError as error:
        raise UserError(f"these weights are not Inception's: there is no {error}.") from error
    return {"params": params}


def folded(state, conv, norm):
    """kernel and bias that do what convolution and batch normalisation do in inference.

    Args:
      state: {name: array}.
      conv: name of the convolution's weight [D, C, h, w].
      norm: name of the batch normalisation behind it, of eps ``BATCH_NORM_EPS``.

    Returns:
      {"kernel": [h, w, C, D], "bias": [D]}, float32.

    Raises:
      KeyError: an array is missing.
    """
    norm = {
        part: state[f"{norm}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    }
    scale = norm["weight"] / np.sqrt(norm["running_var"] + BATCH_NORM_EPS)
    kernel = state[conv].transpose(2, 3, 1, 0) * scale
    bias = norm["bias"] - norm["running_mean"] * scale
    return {"kernel": kernel.astype(np.float32), "bias": bias.astype(np.float32)}
