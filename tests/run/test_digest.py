import json
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.run import digest

TREE = {"a": {"kernel": jnp.array([[1.0, 2.0]]), "bias": jnp.zeros((), jnp.bfloat16)}, "n": (3, {})}


def test_describe_by_hand():
    one = {"path": ["kernel"], "shape": [1, 2], "dtype": "float32"}
    # IEEE 754, little endian: 1.0 is 3f800000 and 2.0 is 40000000.
    one["crc32"] = zlib.crc32(bytes.fromhex("0000803f00000040"))
    assert digest.describe(TREE["a"])[1] == one
    assert [leaf["path"] for leaf in digest.describe(TREE)] == [
        ["a", "bias"],
        ["a", "kernel"],
        ["n", "0"],
    ]
    blank = digest.blank(digest.describe(TREE["a"]))
    assert jax.tree.map(lambda x: (x.shape, x.dtype), blank) == jax.tree.map(
        lambda x: (x.shape, x.dtype), TREE["a"]
    )


def test_a_digest_survives_json_and_notices_a_change():
    leaves = {"state": digest.describe(TREE)}
    stored = json.dumps(digest.seal(leaves, 0.1))
    assert digest.unseal(json.loads(stored)) == (leaves, 0.1)
    for old, new in [("0.1", "0.2"), ("[1, 2]", "[1, 3]"), ("kernel", "kernal")]:
        assert old in stored
        with pytest.raises(ValueError, match="garbled"):
            digest.unseal(json.loads(stored.replace(old, new)))


def test_check_bits_notices_the_sign_of_zero():
    leaves = digest.describe({"x": np.array([0.0, 1.0])})
    digest.check_bits(leaves, {"x": np.array([0.0, 1.0])})
    with pytest.raises(ValueError, match="x is not what was saved"):
        digest.check_bits(leaves, {"x": np.array([-0.0, 1.0])})


def test_check_bits_goes_by_path():
    """The storage's containers may order their leaves otherwise; each path must be there once."""

    def leaf(*path, value=1.0):
        return digest.describe({"x": np.array(value)})[0] | {"path": list(path)}

    tree = {"a": np.array(1.0), "b": {"c": np.array(2.0)}}
    leaves = [leaf("b", "c", value=2.0), leaf("a")]
    assert [one["path"] for one in digest.describe(tree)] == [["a"], ["b", "c"]]  # not that order
    digest.check_bits(leaves, tree)
    for wrong, told in (
        ({"a": np.array(2.0), "b": {"c": np.array(1.0)}}, "b.c is not what was saved"),  # swapped
        ({"a": np.array(1.0)}, "b.c is not what was saved"),
        ({"a": np.array(1.0), "b": np.array(2.0)}, "b.c is not what was saved"),
        ({**tree, "d": np.array(1.0)}, "d was not saved"),
        ({**tree, "a": np.array([1.0])}, "a is not what was saved"),
        ({**tree, "a": np.array(1.0, np.float32)}, "a is not what was saved"),
    ):
        with pytest.raises(ValueError, match=f"^{told}$"):
            digest.check_bits(leaves, wrong)


@pytest.mark.parametrize(
    "template, told",
    [
        (
            {"x": jnp.zeros(3), "y": jnp.zeros(2)},
            r"state\.y is missing there and float32 \[2\] here",
        ),
        ({}, r"state\.x is float32 \[3\] there and missing here"),
        ({"x": jnp.zeros((3, 1))}, r"state\.x is float32 \[3\] there and float32 \[3, 1\] here"),
        ({"x": jnp.zeros(3, jnp.int32)}, r"state\.x is float32 \[3\] there and int32 \[3\] here"),
    ],
)
def test_check_template(template, told):
    leaves = {"state": digest.describe({"x": jnp.ones(3)})}
    digest.check_template(leaves, {"state": {"x": jax.ShapeDtypeStruct((3,), jnp.float32)}}, "it")
    with pytest.raises(UserError, match=f"it is of another model: {told}"):
        digest.check_template(leaves, {"state": template}, "it")


def test_check_template_notices_an_item_of_one_alone():
    x = {"x": jnp.ones(3)}
    both, one = {"state": digest.describe(x), "memory": digest.describe(x)}, {"state": x}
    told = r"it is of another model: memory\.x is float32 \[3\] there and missing here"
    with pytest.raises(UserError, match=told):
        digest.check_template(both, one, "it")
    told = r"it is of another model: memory\.x is missing there and float32 \[3\] here"
    with pytest.raises(UserError, match=told):
        digest.check_template({"state": both["state"]}, {"state": x, "memory": x}, "it")
