import zlib
from importlib import resources

import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.core.files import read_bundled
from jaxgan.data import bundled, load
from jaxgan.data.held_out import PARTS
from jaxgan.data.source import category, pixels


def test_mnist10k():
    source = load("mnist10k")
    assert source[:3] == (
        "mnist10k",
        10_000,
        {"x": pixels((28, 28, 1)), "label": category(10)},
    )
    counts = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    whole = source.arrays()
    assert np.bincount(whole["label"]).tolist() == counts
    assert whole["label"].dtype == np.int32
    one = source.read(4321)
    np.testing.assert_array_equal(one["x"], whole["x"][4321])
    assert one["label"] == whole["label"][4321]
    # White ink on black: the border is black and some pixel is white.
    assert not whole["x"][:, 0].any() and whole["x"].max() == 255


def test_mnist10k_in_another_size():
    whole = load("mnist10k").arrays()["x"]
    padded = load("mnist10k", size=32, fit="pad")
    assert padded.shape == (32, 32, 1)
    np.testing.assert_array_equal(padded.arrays()["x"][:, 2:30, 2:30], whole)
    assert load("mnist10k", channels=3).shape == (28, 28, 3)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"\0", None])
def test_damaged_bundle(tmp_path, damage):
    file = tmp_path / "digits.npz"
    if damage:
        whole = (resources.files("jaxgan.data") / "mnist10k.npz").read_bytes()
        file.write_bytes(damage(whole))
    with pytest.raises(UserError, match="digits.npz"):
        read_bundled(file, bundled.SHA256["mnist10k"])


@pytest.mark.parametrize("file", bundled.SHA256)
def test_every_bundled_file_is_verified(file, monkeypatch):
    assert bundled.read(file)
    monkeypatch.setitem(bundled.SHA256, file, "0" * 64)
    with pytest.raises(UserError, match=f"{file}.npz, a part of jaxgan, is missing or damaged"):
        bundled.read(file)


def test_emoji_are_pairs_of_two_artists():
    stored = bundled.read("emoji_pairs")
    held = np.array([zlib.crc32(base.encode()) % 10 == 0 for base in stored["base"]])
    for part, rows in zip(PARTS, (~held, held), strict=True):
        whole = load("emoji", part=part).arrays()
        names = {"x": "twemoji", "source": "noto", "label": "category"}
        for name, values in whole.items():
            np.testing.assert_array_equal(values, stored[names.get(name, name)][rows])
        assert list(whole) == ["x", "source", "label", "tone", "gender"]


def test_what_a_pair_consists_of():
    alone = load("emoji", options={"x": "noto", "source": ""})
    assert list(alone.entries) == list(alone.read(0)) == ["x", "label", "tone", "gender"]
    np.testing.assert_array_equal(alone.arrays()["x"], load("emoji").arrays()["source"])
    glyphs = load("glyphs", options={"x": "hei"})
    assert list(glyphs.entries) == ["x", "source"]
    small = load("emoji", size=16, channels=1)
    assert small.entries["x"] == small.entries["source"] == pixels((16, 16, 1))
    assert small.read(0)["source"].shape == (16, 16, 1)


def test_several_typefaces_are_so_many_examples_of_a_character():
    stored = bundled.read("glyphs")
    held = np.array([zlib.crc32(char.encode()) % 10 == 0 for char in stored["char"]])
    for part, rows in zip(PARTS, (~held, held), strict=True):
        both = load("glyphs", options={"x": "kai hei"}, part=part)
        assert both.entries["label"].names == ("kai", "hei") and both.size == 2 * rows.sum()
        whole = both.arrays()
        np.testing.assert_array_equal(whole["label"], np.repeat([0, 1], rows.sum()))
        for label, face in enumerate(("kai", "hei")):
            of_face = whole["label"] == label
            np.testing.assert_array_equal(whole["x"][of_face], stored[face][rows])
            np.testing.assert_array_equal(whole["source"][of_face], stored["song"][rows])


def test_classes_and_their_names():
    entries = load("emoji").entries
    assert [entries[name].classes for name in ("label", "tone", "gender")] == [10, 6, 3]
    assert entries["label"].names[:2] == ("Activities", "Animals & Nature")
    # Held-out emoji are of nine categories, and the tenth is there all the same.
    held_out = load("emoji", part="held_out")
    assert held_out.entries == entries
    assert set(held_out.arrays()["label"].tolist()) == set(range(10)) - {2}


def test_line_art_in_line_and_colour():
    stored = bundled.read("line_art")
    held = np.array([zlib.crc32(base.encode()) % 10 == 0 for base in stored["base"]])
    flag = np.array(["flag" in name for name in stored["subcategory"]])
    assert flag.sum() == 324
    for part, rows in zip(PARTS, (~held, held), strict=True):
        plain = load("line_art", part=part).arrays()
        whole = load("line_art", part=part, options={"flags": True}).arrays()
        for kept, arrays in ((rows & ~flag, plain), (rows, whole)):
            assert list(arrays) == ["source", "x", "label", "tone"]
            np.testing.assert_array_equal(arrays["source"], stored["line"][kept])
            np.testing.assert_array_equal(arrays["x"], stored["colour"][kept])
    small = load("line_art", size=32)
    assert small.entries["source"] == pixels((32, 32, 1)) and small.shape == (32, 32, 3)


def test_the_parts_of_the_pairs_are_fixed():
    sizes = {name: [load(name, part=part).size for part in PARTS] for name in ("emoji", "glyphs")}
    assert sizes == {"emoji": [3166, 360], "glyphs": [3383, 372]}


def test_all_tones_of_an_emoji_are_on_one_side():
    sides = [load("emoji", part=part) for part in PARTS]
    bases = [[side.key(i) for i in range(side.size)] for side in sides]
    assert not set(bases[0]) & set(bases[1]) and len(set(bases[0] + bases[1])) == 1911
    # Each of the five tones of skin has as many emoji as the others, on either side.
    for side, toned in zip(sides, (289, 34), strict=True):
        counts = np.bincount(side.arrays()["tone"])
        assert counts[1:].tolist() == [toned] * 5


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("emoji", {"options": {"x": "apple"}}, "unknown artist 'apple'; known: noto, twemoji"),
        ("emoji", {"options": {"source": "kai"}}, "unknown artist 'kai'"),
        ("glyphs", {"options": {"x": ""}}, "unknown typeface ''; known: hei, kai, song"),
        ("glyphs", {"options": {"x": "kai hei kai"}}, "the typeface 'kai' is named twice"),
        ("glyphs", {"options": {"y": "kai"}}, "no option 'y'; it has x, source"),
        ("emoji", {"split": "test"}, "no split 'test'"),
        ("glyphs", {"held_out": "0.1"}, "glyphs has a held-out part of its own; leave"),
    ],
)
def test_mistakes(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        load(name, **settings)
