import os
import pickle
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from jaxgan.core.errors import UserError
from jaxgan.data import load, load_sources
from jaxgan.data.describe import changes, describe
from jaxgan.data.source import CHUNK, category, pixels

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def save(file, pixels=PIXELS, mode=None, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(file, **options)


def only(directory, **settings):
    """The one image of a folder, as int so that differences keep their sign."""
    return load(f"folder:{directory}", **settings).read(0)["x"].astype(int)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".webp", ".tif", ".ppm", ".tga"])
def test_lossless_round_trip(tmp_path, suffix):
    save(tmp_path / f"a{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    np.testing.assert_array_equal(only(tmp_path), PIXELS)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".jfif", ".gif"])
def test_lossy_round_trip(tmp_path, suffix):
    smooth = np.full((16, 16, 3), (200, 60, 30), np.uint8)
    save(tmp_path / f"a{suffix}", smooth)
    np.testing.assert_allclose(only(tmp_path), smooth, atol=6)


def test_classes_in_the_order_of_their_names(tmp_path):
    for index, file in enumerate(["b/2.png", "a/x/1.png", "b/10.png", "a/0.png"]):
        save(tmp_path / file, np.full((4, 4, 3), index, np.uint8))
    save(tmp_path / ".thumbnails" / "0.png")
    save(tmp_path / "a" / "._0.png")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "without").mkdir()
    source = load(f"folder:{tmp_path}")
    assert source[1:3] == (4, {"x": pixels((4, 4, 3)), "label": category(2, ("a", "b"))})
    whole = source.arrays()
    assert whole["x"][:, 0, 0, 0].tolist() == [3, 1, 2, 0]  # a/0, a/x/1, b/10, b/2
    assert whole["label"].tolist() == [0, 0, 1, 1] and whole["label"].dtype == np.int32
    again = pickle.loads(pickle.dumps(source)).read(2)
    assert again["label"] == 1 and again["x"][0, 0, 0] == 2


def test_a_set_of_several_chunks_keeps_its_order(tmp_path):
    size = 2 * CHUNK + 3
    for index in range(size):
        save(tmp_path / f"{index:03}.bmp", np.full((2, 2, 3), index, np.uint8))
    whole = load(f"folder:{tmp_path}").arrays()["x"]
    assert whole[:, 0, 0, 0].tolist() == list(range(size))


def test_no_sub_folders_no_labels(tmp_path):
    save(tmp_path / "a.png")
    source = load(f"folder:{tmp_path}")
    assert source.classes == 0 and set(source.arrays()) == {"x"}


def test_any_sizes_come_to_one(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png", np.random.default_rng(1).integers(0, 256, (20, 9, 3), np.uint8))
    source = load(f"folder:{tmp_path}", size=6)
    assert source.arrays()["x"].shape == (2, 6, 6, 3)
    np.testing.assert_array_equal(source.read(0)["x"], PIXELS[:, 1:7])
    with pytest.raises(UserError, match="b.png: is 20 x 9 pixels, and a.png 6 x 8; set size"):
        load(f"folder:{tmp_path}")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / f"a{suffix}", exif=exif)
    # The standard's eight cases: where row 0 and column 0 of the file are seen.
    seen = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: a.transpose(1, 0, 2)[::-1],
    }[orientation](PIXELS)
    assert load(f"folder:{tmp_path}").shape == seen.shape
    np.testing.assert_array_equal(only(tmp_path), seen)


GREY = np.asarray(Image.fromarray(PIXELS).convert("L")).astype(int)[..., None]


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_files_are_grey_and_can_be_coloured(tmp_path, mode):
    save(tmp_path / "a.png", mode=mode)
    np.testing.assert_array_equal(only(tmp_path), GREY)
    np.testing.assert_array_equal(only(tmp_path, channels=3), np.repeat(GREY, 3, -1))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colour_files_are_colour_and_can_be_grey(tmp_path, mode):
    save(tmp_path / "a.png", mode=mode)
    np.testing.assert_array_equal(only(tmp_path), PIXELS)
    np.testing.assert_array_equal(only(tmp_path, channels=1), GREY)


def test_one_colour_file_makes_all_colour(tmp_path):
    save(tmp_path / "a.png", mode="L")
    save(tmp_path / "b.png")
    np.testing.assert_array_equal(only(tmp_path), np.repeat(GREY, 3, -1))


def test_palettes_alpha_and_sixteen_bits(tmp_path):
    save(tmp_path / "palette" / "a.png", np.full((4, 4, 3), (9, 99, 199), np.uint8), mode="P")
    palette = Image.fromarray(np.full((4, 4, 3), (9, 99, 199), np.uint8)).convert("P")
    np.testing.assert_array_equal(only(tmp_path / "palette"), np.asarray(palette.convert("RGB")))
    save(tmp_path / "alpha" / "a.png", np.full((4, 4, 4), (200, 100, 50, 51), np.uint8))
    assert only(tmp_path / "alpha")[0, 0].tolist() == [40, 20, 10]  # 51 / 255 = 1 / 5
    save(tmp_path / "deep" / "a.png", np.full((4, 4), 0x8001, np.uint16))
    assert only(tmp_path / "deep")[0, 0].tolist() == [0x80]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp", ".webp"])
@pytest.mark.parametrize("damage", [lambda data: b"no image", lambda data: data[: len(data) // 2]])
def test_damaged_image(tmp_path, suffix, damage):
    save(tmp_path / f"broken{suffix}", np.tile(PIXELS, (9, 9, 1)))
    file = tmp_path / f"broken{suffix}"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UserError, match=f"broken{suffix}: cannot be read as an image"):
        load(f"folder:{tmp_path}", size=8, channels=3).read(0)


def test_damaged_exif(tmp_path):
    save(tmp_path / "a.webp", exif=b"Exif\0\0no orientation")
    with pytest.raises(UserError, match="a.webp: cannot be read as an image"):
        load(f"folder:{tmp_path}")


def test_text_that_unpacks_to_too_much(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "a" * 2**21, zip=True)
    save(tmp_path / "a.png", pnginfo=text)
    with pytest.raises(UserError, match="a.png: cannot be read as an image"):
        load(f"folder:{tmp_path}")


def test_damage_is_told_through_the_whole_set(tmp_path):
    for name in "abc":
        save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    with pytest.raises(UserError, match="b.png"):
        load(f"folder:{tmp_path}", size=8, channels=3).arrays()


def test_folders_that_hold_no_set(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such directory"):
        load(f"folder:{tmp_path}/nowhere")
    with pytest.raises(UserError, match="holds no image; known kinds: .*.bmp, .*.gif"):
        load(f"folder:{tmp_path}")
    save(tmp_path / "a.png")
    save(tmp_path / "sub" / "b.png")
    with pytest.raises(UserError, match="images beside sub-folders of images"):
        load(f"folder:{tmp_path}")


def held_out_files(directory):
    source = load(f"folder:{directory}", held_out="0.4", part="held_out")
    return {source.key(i): source.read(i)["x"][0, 0, 0] for i in range(source.size)}


def test_a_new_file_moves_no_other_between_the_parts(tmp_path):
    for index in range(30):
        save(tmp_path / f"{'ab'[index % 2]}/{index}.png", np.full((2, 2, 3), index, np.uint8))
    before = held_out_files(tmp_path)
    expected = {f"{'ab'[i % 2]}/{i}.png": i for i in range(30)}
    expected = {p: i for p, i in expected.items() if zlib.crc32(p.encode()) / 2**32 < 0.4}
    assert before == expected and 5 < len(before) < 20
    for name in ("a/00.png", "a/11111.png", "b/000.png"):  # before, between and after the others
        save(tmp_path / name, np.full((2, 2, 3), 99, np.uint8))
    after = held_out_files(tmp_path)
    assert {path: pixel for path, pixel in after.items() if pixel != 99} == before
    train = load(f"folder:{tmp_path}", held_out="0.4")
    assert train.size + len(after) == 33
    assert not {train.key(i) for i in range(train.size)} & set(after)


def test_both_parts_have_the_classes_and_the_channels_of_all(tmp_path):
    save(tmp_path / "a" / "0.png", mode="L")
    save(tmp_path / "b" / "1.png")
    parts = [load(f"folder:{tmp_path}", held_out="0.85", part=p) for p in ("train", "held_out")]
    assert [source.size for source in parts] == [1, 1]
    assert parts[0].entries == parts[1].entries == load(f"folder:{tmp_path}").entries


def test_what_is_left_out_is_told_at_every_depth(tmp_path, monkeypatch):
    for path in ("cats/1.png", "cats/deep/2.tif", "dogs/3.jfif"):
        save(tmp_path / path, **({"format": "JPEG"} if path.endswith("jfif") else {}))
    for path in (".a/1.png", "cats/.thumbnails/1.png", "dogs/deep/@eaDir/x/1.png", "cats/._1.png"):
        save(tmp_path / path)
    for path in ("cats/Thumbs.db", "cats/notes.txt", "notes.TXT", "dogs/film.mpg", "dogs/0.png"):
        (tmp_path / path).write_bytes(b"" if path == "dogs/0.png" else b"%PDF")
    (tmp_path / "birds").mkdir()
    (tmp_path / "cats/gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "horses").symlink_to(tmp_path / "nowhere")
    (tmp_path / "cats/again").symlink_to(tmp_path)
    save(tmp_path.parent / "beside/4.png")
    (tmp_path / "dogs/linked").symlink_to(tmp_path.parent / "beside")
    save(tmp_path / "dogs/secret.png")
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: "secret" not in p and access(p, mode))
    source = load(f"folder:{tmp_path}")
    assert [source.key(i) for i in range(source.size)] == [
        *("cats/1.png", "cats/deep/2.tif", "dogs/3.jfif", "dogs/linked/4.png"),
    ]
    assert source.remarks == (
        "Hidden, and not read: ._* 1, .a 1, .thumbnails 1, @eaDir 1, Thumbs.db 1.",
        "Not read, by their endings: .txt 2, .mpg 1.",
        "Links that lead nowhere: 2 (cats/gone.png, horses).",
        "Links back to a folder that they lie in, not followed: 1 (cats/again).",
        "Empty files, not read: 1 (dogs/0.png).",
        "No permission to read, left out: 1 (dogs/secret.png).",
        "Folders without a picture, which are no classes: birds.",
        "Folders in classes are no classes of their own: cats/deep, dogs/linked.",
    )
    part = load(f"folder:{tmp_path}", held_out="0.5")
    assert part.size < 4 and part.remarks == source.remarks


@pytest.mark.parametrize(
    "names, told", [(("train", "TEST"), "TEST, train"), (("val",), "val"), (("train", "car"), None)]
)
def test_folders_that_look_like_splits(tmp_path, names, told):
    for name in names:
        save(tmp_path / name / "a.png")
    said = [r for r in load(f"folder:{tmp_path}").remarks if "splits are taken for" in r]
    assert [f"classes: {told};" in r for r in said] == ([True] if told else [])


def test_classes_are_numbered_as_people_sort(tmp_path):
    names = ["10", "9", "a10", "a2", "Zoo", "e\u0301", "2"]  # an accent as macOS stores it
    for index, name in enumerate(names):
        save(tmp_path / name / "0.png", np.full((4, 4, 3), index, np.uint8))
    source = load(f"folder:{tmp_path}")
    assert source.entries["label"].names == ("2", "9", "10", "Zoo", "a2", "a10", "\u00e9")
    whole = source.arrays()
    # The examples' own order is that of their paths.
    assert [names[i] for i in whole["x"][:, 0, 0, 0]] == sorted(names)
    assert whole["label"].tolist() == [2, 0, 1, 3, 5, 4, 6]


def test_numbers_whose_range_is_not_known_are_refused(tmp_path):
    for kind, dtype in (("floating", np.float32), ("signed or 32-bit", np.int32)):
        save(tmp_path / "a.tif", np.full((4, 4), 7, dtype))
        with pytest.raises(UserError, match=f"a.tif: is a picture of {kind} numbers"):
            load(f"folder:{tmp_path}")
    save(tmp_path / "a.tif", np.full((4, 4), 0x8001, np.uint16))
    assert only(tmp_path)[0, 0].tolist() == [0x80]
    (tmp_path / "a.tif").unlink()
    (tmp_path / "a.pgm").write_bytes(b"P5 1 1 4095\n" + (2048).to_bytes(2, "big"))
    assert only(tmp_path)[0, 0].tolist() == [0x80]


def test_what_looks_wrong_is_told(tmp_path):
    twelve = np.random.default_rng(0).integers(0, 4096, (8, 8)).astype(np.uint16)
    save(tmp_path / "a.png", twelve)
    save(tmp_path / "b.png", np.full((8, 8), 200, np.uint8))
    save(tmp_path / "c.png", np.full((8, 8, 3), 3, np.uint8))
    save(tmp_path / "d.png", np.arange(64, dtype=np.uint8).reshape(8, 8) * 4)
    assert load(f"folder:{tmp_path}").remarks == (
        "Grey pictures are read as colour, as a.png: others are, as c.png.",
        "Of 4 pictures looked at, of one colour: 2; nearly black, no value above 15: 1.",
    )


def test_a_run_keeps_the_numbers_of_its_classes(tmp_path):
    for name in ("1", "2", "10"):
        save(tmp_path / name / "0.png", np.full((2, 2, 3), int(name), np.uint8))
    settings = {"name": f"folder:{tmp_path}"}
    older = {"label": category(3, ("1", "10", "2"))}  # sorted by older versions
    (new,), (old,) = load_sources(settings), load_sources(settings, entries=older)
    assert new.entries["label"].names == ("1", "2", "10") and old.entries["label"] == older["label"]
    (oldest,) = load_sources(settings, entries={"label": category(3)})  # which kept no names
    assert oldest.entries["label"] == older["label"]
    for source, labels in ((new, [0, 2, 1]), (old, [0, 1, 2]), (oldest, [0, 1, 2])):
        assert source.arrays()["x"][:, 0, 0, 0].tolist() == [1, 10, 2]
        assert source.arrays(np.array([1, 2]))["label"].tolist() == labels[1:]
        assert [source.read(i)["label"] for i in range(3)] == labels
        assert source.read(1)["label"].dtype == source.arrays()["label"].dtype == np.int32
    for others in (category(3, ("1", "2", "3")), category(4)):
        (other,) = load_sources(settings, entries={"label": others})
        assert other.entries == new.entries


def test_a_run_keeps_the_names_of_its_classes_in_any_form(tmp_path):
    paths = e, apart, z = "e", "e\u0301", "z"  # an accent as macOS stores it
    for name in paths:
        save(tmp_path / name / "0.png")
    for then, labels in ((paths, [0, 1, 2]), ((e, z, apart), [0, 2, 1])):
        older = {"label": category(3, then)}
        (source,) = load_sources({"name": f"folder:{tmp_path}"}, entries=older)
        assert source.arrays()["label"].tolist() == labels
        assert changes(None, describe((source,)), older, source.entries) == []


def test_two_folders_of_one_name_are_refused(tmp_path):
    for name in ("caf\u00e9", "cafe\u0301", "tea"):
        save(tmp_path / name / "0.png")
    with pytest.raises(UserError, match="two folders are both named caf\u00e9, one with"):
        load(f"folder:{tmp_path}")
