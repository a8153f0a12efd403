"""What is told of data, and by what they are known again."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from jaxgan.data import entries, load_parts
from jaxgan.data.describe import changes, describe, misfits, told
from jaxgan.data.fingerprint import BLOCK, BLOCKS, fingerprint
from jaxgan.data.remarks import LOOKED


def pets(directory, classes=("cat", "dog"), each=3, side=4):
    for k, name in enumerate(classes):
        (directory / name).mkdir(parents=True, exist_ok=True)
        for i in range(each):
            grey = np.full((side, side), 30 * k + i, np.uint8)
            grey[0, 0] = 20 + i  # neither of one colour nor nearly black
            Image.fromarray(grey).save(directory / name / f"{i}.bmp")  # all of one length
    return directory


def known(directory, **settings):
    parts = load_parts({"name": f"folder:{directory}", **settings})
    return describe(*parts), entries(parts[0])


def test_the_line_can_be_read_aloud(tmp_path):
    data, found = known(pets(tmp_path / "pets"))
    assert told(data, found) == [
        f"Data: 6 examples in {tmp_path}/pets: images of 4 x 4 x 1 with values from 0 to 32; "
        "2 classes (cat, dog)."
    ]
    data, found = known(pets(tmp_path / "many", "abcdefgh", each=4), held_out="0.4")
    (line,) = told(data._replace(range=[0, 9]), found)
    assert data.examples > LOOKED and data.examples + data.held_out == 32
    assert line == (
        f"Data: {data.examples} examples in {tmp_path}/many, and {data.held_out} held out: images "
        f"of 4 x 4 x 1 with values from 0 to 9 in {LOOKED} of them; "
        "8 classes (a, b, c, d, e, f, ...)."
    )
    lines = told(data._replace(left_out=["3 files are no images.", "And a folder."]), found)
    assert lines[1:] == ["3 files are no images.", "And a folder."]


def test_lines_of_what_has_no_path():
    parts = load_parts({"name": "mixture1d", "options": {"points": 50}})
    data = describe(*parts)
    low, high = parts[0][0].arrays()["x"].min(), parts[0][0].arrays()["x"].max()
    assert data.range == [low, high]
    assert told(data, entries(parts[0])) == [
        "Data: 50 examples of mixture1d (drawn): points in 1 dimension with values from "
        f"{low:.4g} to {high:.4g}; 2 classes."
    ]
    parts = load_parts({"name": "emoji", "options": {"source": ""}})
    (line,) = told(describe(*parts), entries(parts[0]))
    assert line.startswith("Data: 3166 examples of emoji (bundled), and 360 held out: images of 32")
    assert "6 classes of tone (none, light, medium-light, medium, medium-dark, dark)" in line


def rename(directory):
    (directory / "cat" / "0.bmp").rename(directory / "cat" / "9.bmp")


def append(directory):
    with open(directory / "dog" / "1.bmp", "ab") as file:
        file.write(b"\0")


def repaint(directory):
    Image.new("L", (4, 4), 200).save(directory / "dog" / "1.bmp")


@pytest.mark.parametrize("change", [rename, append, repaint])
def test_names_sizes_and_contents_make_the_fingerprint(tmp_path, monkeypatch, change):
    data, found = known(pets(tmp_path / "caf\u00e9"))
    other, _ = known(shutil.copytree(tmp_path / "caf\u00e9", tmp_path / "moved"))
    assert other.fingerprint == data.fingerprint and other.origin != data.origin
    (tmp_path / "link").symlink_to(tmp_path / "moved")
    linked, _ = known(tmp_path / "link")
    assert linked == other._replace(name=linked.name)
    monkeypatch.chdir(tmp_path / "moved")
    assert known(".")[0] == other._replace(name="folder:.")
    os.utime(tmp_path / "moved" / "cat" / "0.bmp", (0, 0))
    (tmp_path / "moved" / ".ipynb_checkpoints").mkdir()  # what is not read does not count
    other, _ = known(tmp_path / "moved")
    assert changes(data, other, found, found) == []
    change(tmp_path / "moved")
    other, _ = known(tmp_path / "moved")
    assert changes(data, other, found, found) == ["the files have other names or contents"]


def test_a_part_of_large_sets_is_read(tmp_path):
    """A block of each of so many files; of one file its end, where archives have their sums."""
    files = tuple(tmp_path / f"{i:04}" for i in range(BLOCKS + 100))
    for file in files:
        file.write_bytes(bytes(2 * BLOCK))
    (one := tmp_path / "one").write_bytes(bytes(BLOCKS * BLOCK + 2 * BLOCK))
    before = fingerprint(files), fingerprint((one,))
    files[0].write_bytes(bytes(2 * BLOCK - 1) + b"1")
    with open(one, "r+b") as opened:
        opened.seek(-1, os.SEEK_END)
        opened.write(b"1")
    after = fingerprint(files), fingerprint((one,))
    assert before[0] != after[0] and before[1] != after[1]
    shutil.move(one, tmp_path / "renamed")
    assert fingerprint((tmp_path / "renamed",)) == after[1]
    assert fingerprint(("3.0.1",)) != fingerprint(("3.0.2",))


def test_differences(tmp_path):
    data, found = known(pets(tmp_path / "pets"))
    _, more = known(pets(tmp_path / "more", ("cat", "dog", "fox")))
    _, large = known(pets(tmp_path / "large", side=5))
    assert misfits(found, more) == [
        "there were 2 classes (cat, dog), and there are 3 classes (cat, dog, fox)"
    ]
    assert misfits(found, large) == [
        "there were images of 4 x 4 x 1, and there are images of 5 x 5 x 1"
    ]
    assert misfits(found, {"x": found["x"]}) == [
        "there were 2 classes (cat, dog), and there are no label"
    ]
    other, names = known(pets(tmp_path / "other", ("cat", "cow")))
    assert misfits(found, names) == []
    assert changes(data, other, found, names) == ["class 1 was dog, and is cow"]
    assert changes(None, other, found, names) == ["class 1 was dog, and is cow"]
    unnamed = {**found, "label": found["label"]._replace(names=())}  # of an older version
    assert changes(None, other, unnamed, names) == []
    fewer = data._replace(examples=5, held_out=1)
    assert changes(data, fewer, found, found) == [
        "there were 6 examples, and there are 5",
        "there were 0 held-out examples, and there are 1",
    ]
