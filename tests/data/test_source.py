"""What every format promises: entries, read and arrays say the same."""

import pickle
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jaxgan.core.errors import UserError
from jaxgan.data import FORMS, SETS, TOYS, Entry, load, load_sources, union
from jaxgan.data.held_out import PARTS
from jaxgan.data.source import category, from_arrays, from_named, renamed, subset

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 3), np.uint8)
LABELS = np.arange(40) % 4
TFDS = "tiny_shapes"


def idx_bytes(values):
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Name of a format -> what ``load`` takes for a small set of it."""
    home = tmp_path_factory.mktemp("sets")
    (home / "idx").mkdir()
    np.savez(home / "set.npz", x=PIXELS, y=LABELS)
    (home / "idx/train-images-idx3-ubyte").write_bytes(idx_bytes(PIXELS[..., 0]))
    (home / "idx/train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS.astype(np.uint8)))
    for index, label in enumerate(LABELS):
        file = home / f"folder/{label}/{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[index]).save(file)
    for index, image in enumerate(PIXELS):
        for file, pixels in (
            (f"ab/{index}.png", image),
            (f"A/{index}.png", image[:, :3]),
            (f"B/{index}.png", image[:, 3:]),
        ):
            (home / file).parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(home / file)
    for index, image in enumerate([*PIXELS, *PIXELS]):  # 8 clips of 10 frames
        file = home / f"frames/{index // 10}/{index % 10}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    pairs = {"ab": home / "ab", "pairs": f"{home}/A,{home}/B"}
    paths = {**pairs, "folder": home / "folder", "idx": home / "idx", "npz": home / "set.npz"}
    paths["frames"] = home / "frames"
    drawn = {name: {"name": name, "options": {"points": 60}} for name in TOYS}
    return {
        **{name: {"name": name} for name in SETS},
        **{name: {"name": name, "options": {"points": 60}} for name in DRAWN},
        **drawn,
        **{form: {"name": f"{form}:{path}"} for form, path in paths.items()},
        TFDS: {"name": TFDS, "data_dir": str(Path(__file__).parent / "tfds")},
    }


FORMATS = pytest.mark.parametrize("name", [*SETS, *TOYS, *FORMS, TFDS])
DRAWN = ("stacked_digits", "moving_digits", "two_futures")
OWN = (
    "emoji",
    "glyphs",
    "line_art",
    "moving_digits",
    "two_futures",
)  # have a held-out part of their own


@FORMATS
@pytest.mark.parametrize("part", PARTS)
def test_entries_say_what_is_read(sets, name, part):
    source = load(**sets[name], held_out="" if name in OWN else "0.3", part=part)
    source = pickle.loads(pickle.dumps(source._replace(truth=None)))
    whole = source.arrays()
    assert set(whole) == set(source.entries) and "x" in whole
    for key, entry in source.entries.items():
        values = whole[key]
        assert (values.shape, values.dtype) == ((source.size, *entry.shape), entry.dtype)
        assert values.dtype in (np.uint8, np.int32, np.float32)
        assert (values.dtype == np.int32) == (entry.classes > 0)
        assert len(entry.names) in (0, entry.classes)
        if entry.classes:
            assert 0 <= values.min() and values.max() < entry.classes
    indices = np.array([source.size - 1, 0, 3, 0])
    some = source.arrays(indices)
    for place, index in enumerate(indices):
        one = source.read(int(index))
        assert set(one) == set(some) == set(whole)
        for key, entry in source.entries.items():
            assert np.shape(one[key]) == entry.shape and one[key].dtype == entry.dtype
            np.testing.assert_array_equal(one[key], whole[key][index])
            np.testing.assert_array_equal(one[key], some[key][place])


@FORMATS
def test_it_is_known_where_it_is_from_and_by_what(sets, name):
    source = load(**sets[name])
    if name in FORMS:
        text = sets[name]["name"].partition(":")[2]
        paths = [Path(path).resolve() for path in text.split(",")]
        assert source.origin == ",".join(map(str, paths)) and source.contents
        for file in source.contents:
            assert file.is_file() and any(file.is_relative_to(path) for path in paths)
    elif name == TFDS:
        assert source.origin == sets[name]["data_dir"]
        assert source.contents == ("tiny_shapes/square/1.0.0",)
    else:
        drawn = name in TOYS or name == "two_futures"
        assert source.origin == ("drawn" if drawn else "bundled")
        assert len(source.contents) == (not drawn)  # a toy is what its options say


@FORMATS
def test_two_parts_share_nothing_and_miss_nothing(sets, name):
    held_out = "" if name in OWN else "0.3"
    parts = [load(**sets[name], held_out=held_out, part=part) for part in PARTS]
    keys = [[part.key(i) for i in range(part.size)] for part in parts]
    assert not set(keys[0]) & set(keys[1]) and parts[0].entries == parts[1].entries
    if name not in OWN:
        whole = load(**sets[name])
        assert whole.entries == parts[0].entries
        expected = [whole.key(i) for i in range(whole.size)]
        assert sorted(expected) == sorted(keys[0] + keys[1])
        for part, held in zip(parts, (False, True), strict=True):
            rows = [i for i, k in enumerate(expected) if (crc(k) / 2**32 < 0.3) == held]
            for key, values in part.arrays().items():
                np.testing.assert_array_equal(values, whole.arrays()[key][rows])


def crc(key):
    return zlib.crc32(key.encode())


def test_a_share_is_that_share_of_the_indices():
    source = load("mnist10k", held_out="0.1", part="held_out")
    expected = [i for i in range(10_000) if zlib.crc32(b"%d" % i) / 2**32 < 0.1]
    assert [source.key(i) for i in range(source.size)] == [str(i) for i in expected]
    assert (expected[:4], len(expected)) == ([23, 27, 33, 37], 1033)


# Before examples had names: CRC-32 of the bytes, and the shape, of each array.
BEFORE = {
    "mnist10k": {"x": ((10000, 28, 28, 1), 2263713823), "label": ((10000,), 2076306240)},
    "stacked_digits": {"x": ((50, 28, 28, 3), 3259455784), "label": ((50,), 1283124832)},
    "ring": {"x": ((100, 2), 2927066782), "label": ((100,), 4243641802)},
    "grid": {"x": ((100, 2), 2372895009), "label": ((100,), 3295804975)},
    "swiss_roll": {"x": ((100, 2), 785429340)},
    "mixture1d": {"x": ((100, 1), 3277110114), "label": ((100,), 4038603085)},
}


@pytest.mark.parametrize("name", BEFORE)
def test_old_sets_keep_every_bit_and_their_order(name):
    points = {"stacked_digits": 50}.get(name, 100)
    source = load(name, options=None if name == "mnist10k" else {"points": points})
    found = {key: (v.shape, zlib.crc32(v.tobytes())) for key, v in source.arrays().items()}
    assert list(found) == list(BEFORE[name]) and found == BEFORE[name]


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("mnist10k", {"part": "held_out"}, "no held-out part; set data.held_out to a share such"),
        ("cifar10", {"part": "held_out"}, "set data.held_out to a share such as 0.1 or a split su"),
        ("ring", {"held_out": "test"}, "ring cannot hold out 'test'; .* a share such as 0.1.$"),
        ("ring", {"held_out": "1.5"}, r"data.held_out is 1.5; it must lie in \[0, 1\)"),
        ("ring", {"held_out": "nan"}, "data.held_out is nan; it must lie in"),
        ("mnist10k", {"part": "test"}, "unknown part 'test'; known: train, held_out"),
        ("mnist10k", {"held_out": "0", "part": "held_out"}, "no example of mnist10k falls into"),
    ],
)
def test_parts_that_there_are_not(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        load(name, **settings)


def test_sources_of_a_config():
    settings = {"name": "emoji", "split": "train", "size": 0, "fit": "crop", "channels": 1}
    settings |= {"data_dir": "", "options": {"source": ""}, "resident_bytes": 1, "workers": 8}
    (old,) = load_sources(settings)  # of a version without the keys held_out and task
    (other,) = load_sources(settings | {"held_out": "", "task": {"name": "none"}}, "held_out")
    assert (old.size, other.size) == (3166, 360)
    assert old.entries["x"].shape == (32, 32, 1) and "source" not in old.entries


def test_a_subset_of_a_subset_is_in_its_order():
    source = subset(from_arrays("s", PIXELS, LABELS), np.array([9, 4, 7, 4]))
    source = subset(source, np.array([2, 0]))
    assert [source.key(0), source.key(1)] == ["7", "9"] and source.size == 2
    np.testing.assert_array_equal(source.arrays()["x"], PIXELS[[7, 9]])
    np.testing.assert_array_equal(source.arrays(np.array([1]))["x"], PIXELS[[9]])
    np.testing.assert_array_equal(source.read(1)["x"], PIXELS[9])


def test_renamed_and_united():
    source = renamed(from_arrays("s", PIXELS, LABELS), {"x": "a"})
    assert list(source.entries) == list(source.read(0)) == list(source.arrays()) == ["a", "label"]
    np.testing.assert_array_equal(source.arrays(np.array([3]))["a"], PIXELS[[3]])
    both = union((source.entries, renamed(source, {"a": "b", "label": "m"}).entries))
    assert list(both) == ["a", "label", "b", "m"] and both["m"] == category(4)
    with pytest.raises(UserError, match="two sources have an entry 'a'"):
        union((source.entries, {"a": category(3)}))


def test_any_names_from_arrays():
    size = np.linspace(0, 1, 40, dtype=np.float32)
    whole = {"line": PIXELS[..., :1], "tone": LABELS.astype(np.uint8), "age": size}
    source = from_named("pairs", whole, {"tone": category(6, "abcdef")})
    assert source.entries["age"] == Entry((), np.float32)
    assert source.read(2)["tone"].dtype == np.int32 and source.entries["tone"].names[5] == "f"
    assert (source.classes, source.density, source.mixture) == (0, None, None)


@pytest.mark.parametrize(
    "x, label, sentence",
    [
        (PIXELS / 255, None, "x is float64 .*; it must be uint8 .* or float32"),
        (PIXELS.transpose(0, 3, 1, 2), None, r"channels come first: write x.transpose\(0, 2, 3, 1"),
        (PIXELS[:0], None, "x is uint8 of shape .*; it holds no example"),
        (PIXELS, LABELS[1:], "label is int64 of shape .39,.; .* each of the 40"),
        (PIXELS, LABELS / 2, "label is float64 .*; a category is one whole number"),
        (PIXELS, np.eye(4, dtype=int)[LABELS], "a category is one whole number"),
        (PIXELS, LABELS - 1, r"label lies in -1..2; classes begin at 0"),
    ],
)
def test_arrays_that_are_no_set(x, label, sentence):
    with pytest.raises(UserError, match=f"s: .*{sentence}"):
        from_arrays("s", x, label)
    with pytest.raises(UserError, match=r"s: label lies in 0..3; its 3 classes are 0 to 2"):
        from_arrays("s", PIXELS, LABELS, classes=3)
