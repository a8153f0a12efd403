import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.features import convert


def tensors(shape="I2\nI3\n", strides="I3\nI1\n", offset="I0\n", rebuild="torch._utils\n"):
    """{"w": a tensor in storage "0"}, as PyTorch pickles it, written by hand (protocol 0)."""
    storage = "(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI6\ntQ"
    hooks = "I00\nccollections\nOrderedDict\n(tR"
    return (
        f"(S'w'\nc{rebuild}_rebuild_tensor_v2\n({storage}{offset}({shape}t({strides}t{hooks}tRd."
    ).encode()


def legacy(state, values=range(6)):
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    head = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    storage = struct.pack(f"<q{len(values)}f", len(values), *values)
    return b"".join([*head, state, pickle.dumps(["0"], 2), storage])


def zipped(state, values=range(6)):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", state)
        archive.writestr("archive/data/0", struct.pack(f"<{len(values)}f", *values))
    return file.getvalue()


FORMATS = pytest.mark.parametrize("written", [legacy, zipped])


@FORMATS
def test_a_file_written_by_hand(written):
    (name, array), *others = convert.read_pth(written(tensors())).items()
    assert name == "w" and array.dtype == np.float32 and not others
    np.testing.assert_array_equal(array, [[0, 1, 2], [3, 4, 5]])


@FORMATS
def test_a_view_of_a_storage(written):
    # Columns 1 and 2 of the above, transposed: element (i, j) is number 1 + i + 3 j.
    state = tensors(shape="I2\nI2\n", strides="I1\nI3\n", offset="I1\n")
    np.testing.assert_array_equal(convert.read_pth(written(state))["w"], [[1, 4], [2, 5]])


OUTSIDE = {
    "too long": tensors(shape="I3\nI3\n"),
    "too far": tensors(offset="I1\n"),
    "before": tensors(offset="I-1\n"),
    "backwards": tensors(strides="I3\nI-1\n"),
    "empty": tensors(shape="I0\nI3\n"),
    "of other dimensions": tensors(strides="I1\n"),
    "no tensor": b"(S'epoch'\nI3\nd.",
    "no dictionary": b"I3\n.",
    "nothing": b".",
}


@FORMATS
@pytest.mark.parametrize("kind", OUTSIDE)
def test_tensors_outside_their_storage_are_refused(written, kind):
    with pytest.raises(UserError, match="not a sound PyTorch weight file"):
        convert.read_pth(written(OUTSIDE[kind]))


@FORMATS
def test_a_file_that_was_cut_off(written):
    whole = written(tensors())
    for length in range(len(whole)):
        with pytest.raises(UserError, match="not a sound PyTorch weight file"):
            convert.read_pth(whole[:length])


class Malice:
    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize("written", [legacy, zipped, lambda state: state])
def test_a_pickle_that_would_run_code_is_refused(written, tmp_path):
    victim = tmp_path / "made"
    state = pickle.dumps({"w": Malice(victim)})
    with pytest.raises(UserError, match=r"names \w+\.mkdir, which weights do not need"):
        convert.read_pth(written(state))
    assert not victim.exists()
    pickle.loads(state)  # it was in earnest
    assert victim.exists()
    with pytest.raises(UserError, match="names elsewhere._rebuild_tensor_v2"):
        convert.read_pth(written(tensors(rebuild="elsewhere\n")))


@pytest.mark.parametrize("zipped_format", [True, False])
def test_what_torch_saves(zipped_format):
    torch = pytest.importorskip("torch", reason="PyTorch writes the files here")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (1, 5)), torch.nn.BatchNorm2d(4))
    state = net.state_dict()
    state["shared"] = state["0.weight"][1:, :2]
    state["turned"] = state["0.weight"].permute(3, 0, 2, 1)
    state["parameter"] = net[0].bias
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=zipped_format)
    read = convert.read_pth(file.getvalue())
    assert list(read) == list(state) and "1.num_batches_tracked" in read
    for name, tensor in state.items():
        expected = tensor.detach().numpy()
        assert read[name].dtype == expected.dtype
        np.testing.assert_array_equal(read[name], expected)


def state_dict():
    """One layer of two 1x2 filters on one channel, and a classifier of 2 features, 3 classes."""
    weight = np.array([[[[1.0, 2.0]]], [[[3.0, 4.0]]]], np.float32)  # [D, C, h, w]
    norm = {"weight": [2, 6], "bias": [1, 0], "running_mean": [3, 1], "running_var": [3.999, 8.999]}
    return {
        "Mixed.branch.conv.weight": weight,
        **{f"Mixed.branch.bn.{key}": np.array(value, np.float32) for key, value in norm.items()},
        "Mixed.branch.bn.num_batches_tracked": np.array(0),
        "fc.weight": np.arange(6, dtype=np.float32).reshape(3, 2),
        "fc.bias": np.ones(3, np.float32),
    }


def test_normalisation_is_folded_into_kernel_and_bias():
    params = convert.inception(state_dict())["params"]
    assert set(params) == {"Mixed", "fc"} and set(params["Mixed"]) == {"branch"}
    # Scales gamma / sqrt(var + 1e-3): 2 / 2 = 1 and 6 / 3 = 2; biases 1 - 3 * 1 and 0 - 1 * 2.
    branch = params["Mixed"]["branch"]
    np.testing.assert_allclose(branch["kernel"], [[[[1, 6]], [[2, 8]]]], rtol=1e-6)
    np.testing.assert_allclose(branch["bias"], [-2, -2], rtol=1e-6)
    assert branch["kernel"].dtype == branch["bias"].dtype == np.float32
    np.testing.assert_array_equal(params["fc"]["kernel"], [[0, 2, 4], [1, 3, 5]])
    assert set(params["fc"]) == {"kernel"}


@pytest.mark.parametrize("missing", ["fc.weight", "Mixed.branch.bn.running_var"])
def test_missing_arrays_are_named(missing):
    state = state_dict()
    del state[missing]
    with pytest.raises(UserError, match=f"not Inception's: there is no '{missing}'"):
        convert.inception(state)
