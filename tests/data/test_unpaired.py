import zlib

import numpy as np
import pytest
from PIL import Image

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data.describe import describe


def settings(name, **more):
    given = {"size": 0, "channels": 0, "fit": "crop", "split": "train", "data_dir": ""}
    return {"name": name, "held_out": "", "options": data.options_of(name), **given, **more}


@pytest.mark.parametrize("name", ["emoji", "glyphs"])
def test_no_drawing_is_in_both_domains(name):
    (whole,) = data.load_sources(settings(name))
    b, a = data.load_sources(settings(name, unpaired=True))
    assert set(a.entries) == {"source"} and set(b.entries) == set(whole.entries) - {"source"}
    keys = [{source.key(i) for i in range(source.size)} for source in (a, b)]
    assert not keys[0] & keys[1] and keys[0] | keys[1] == set(map(whole.key, range(whole.size)))
    assert a.size + b.size == whole.size and 0.8 < a.size / b.size < 1.25
    for key in keys[0]:
        crc = zlib.crc32(key.encode())
        assert crc % 10 and crc // 10 % 2 == 0
    # Rows are what they are in the whole set, from either side.
    for source, entry, own in ((a, "source", keys[0]), (b, "x", keys[1])):
        index = source.size // 2
        place = [i for i in range(whole.size) if whole.key(i) in own][index]
        expected = whole.read(place)[entry]
        np.testing.assert_array_equal(source.read(index)[entry], expected)
        np.testing.assert_array_equal(source.arrays()[entry][index], expected)


def test_what_is_held_out_stays_paired():
    train, held_out = data.load_parts(settings("emoji", unpaired=True))
    assert len(train) == 2 and len(held_out) == 1
    assert held_out[0].size == 360 and {"x", "source"} <= set(held_out[0].entries)
    told = describe(train, held_out)
    assert (told.examples, told.held_out) == (train[0].size, 360)
    assert told.left_out == [
        f"Unpaired: {train[1].size} of domain A (source), {train[0].size} others of domain B (x)."
    ]


@pytest.fixture
def folders(tmp_path):
    """Red pictures of one size, a few more blue ones of another."""
    for name, count, size, colour in (("a", 14, (9, 8), "red"), ("b", 16, (8, 10), "blue")):
        (tmp_path / name).mkdir()
        for i in range(count):
            Image.new("RGB", size, colour).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_two_folders_of_unequal_sizes(folders):
    name = f"unpaired:{folders}/a,folder:{folders}/b"
    b, a = data.load_sources(settings(name, size=8))
    assert (a.size, b.size) == (14, 16) and b.name == name
    assert a.read(0)["source"][0, 0].tolist() == [255, 0, 0]
    assert b.arrays()["x"][5, 0, 0].tolist() == [0, 0, 255]
    assert set(a.entries) == {"source"} and set(b.entries) == {"x"}
    # A recipe that plays pairs unpaired takes two sets, too.
    again = data.load_sources(settings(name, size=8, unpaired=True))
    assert [source.size for source in again] == [16, 14]
    assert b.origin == f"{folders}/a,{folders}/b"
    known = describe((b, a)).fingerprint
    Image.new("RGB", (9, 8), "green").save(folders / "a/0.png")
    assert describe(data.load_sources(settings(name, size=8))).fingerprint != known


def test_a_share_of_each_is_held_out(folders):
    name = f"unpaired:{folders}/a,{folders}/b"
    train, held_out = data.load_parts(settings(name, size=8, held_out="0.5"))
    assert len(train) == len(held_out) == 2
    sizes = [[source.size for source in part] for part in (train, held_out)]
    assert np.sum(sizes) == 30 and min(map(min, sizes)) > 0


def test_too_few_pairs_to_take_apart(tmp_path):
    Image.new("RGB", (16, 8)).save(tmp_path / "1.png")
    with pytest.raises(UserError, match="has 1 pairs, and taken apart one domain has none"):
        data.load_sources(settings(f"ab:{tmp_path}", unpaired=True))


def test_any_two_sets_that_can_be_loaded():
    b, a = data.load_sources(settings("unpaired:stacked_digits,mnist10k", options={}, size=32))
    assert a.entries["source"].shape == (32, 32, 3) and b.entries["x"].shape == (32, 32, 1)
    assert b.entries["label"].classes == 10 and b.origin == "stacked_digits,mnist10k"


@pytest.mark.parametrize(
    "name, more, sentence",
    [
        ("unpaired:mnist10k", {}, "names 1 sets; unpaired:A,B names two"),
        ("unpaired:mnist10k,", {}, "names 2 sets; unpaired:A,B names two"),
        ("unpaired:mnist10k,emoji", {}, "play unpaired by data.unpaired=True"),
        ("mnist10k", {"unpaired": True}, "data.unpaired is of pairs, and mnist10k has none"),
        ("unpaired:mnist10k,/nowhere", {}, "/nowhere"),
    ],
)
def test_what_is_no_pair_of_domains(name, more, sentence):
    with pytest.raises(UserError, match=sentence):
        data.load_sources(settings(name, **{"options": {}, **more}))
