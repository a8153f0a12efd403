"""Examples by their categories: chosen, as two domains, as attributes; and a folder's table."""

import numpy as np
import pytest
from PIL import Image

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data import attributes, describe, unpaired, where
from jaxgan.data.source import categories, category, from_named

# Three drawings in tones; of a there are two, of b three, of c one.
KEYS = ["a", "a", "b", "b", "b", "c"]
TONE, GENDER = np.array([0, 2, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 1, 2])
KINDS = {"tone": category(3, ("light", "medium", "dark")), "gender": category(3)}


def source():
    x = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    named = {"x": x, "tone": TONE, "gender": GENDER}
    return from_named("people", named, KINDS, key=KEYS.__getitem__)


def rows(of, entry="x"):
    """Which rows of the whole set these are."""
    return of.arrays()[entry][:, 0, 0, 0].tolist()


def test_examples_of_some_classes():
    text = "tone=dark|light, gender=0|2"
    chosen = where.chosen(source(), text)
    assert rows(chosen) == [0, 1, 5] and chosen.key(2) == "c"
    # Of those that are left: light and dark, in the old order; 0 and 2.
    assert chosen.entries["tone"] == category(2, ("light", "dark"))
    assert chosen.entries["gender"] == category(2, ("0", "2"))
    found = chosen.arrays()
    assert found["tone"].tolist() == [0, 1, 1] and found["gender"].tolist() == [0, 0, 1]
    assert chosen.read(2)["gender"] == 1
    for name, values in categories(chosen).items():
        np.testing.assert_array_equal(values, found[name])
    assert chosen.remarks == ("Of 6 examples, 3 with tone=dark|light, gender=0|2.",)
    # What is known of a toy's distribution is not of a part of it.
    ring = load_one("ring", "label=0|1")
    assert ring.truth is None and ring.entries["label"].classes == 2


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("tone", "'tone' should be CATEGORY=CLASS or"),
        ("tone=light,tone=dark", "names tone twice"),
        ("size=3", "people has no category 'size'; it has tone, gender"),
        ("tone=pale", "data.where: tone pale is unknown; known: light, medium, dark"),
        ("tone=light,gender=2", "no example of people meets data.where=tone=light,gender=2"),
    ],
)
def test_conditions_that_cannot_be(text, sentence):
    with pytest.raises(UserError, match=sentence):
        where.chosen(source(), text)


def load_one(name, condition):
    (found,) = data.load_sources({"name": name, "options": {"points": 50}, "where": condition})
    return found


def test_two_classes_as_domains():
    b, a = unpaired.of_classes(source(), "tone:light,dark")
    assert rows(a, "source") == [0, 2] and rows(b) == [1, 4, 5]
    assert a.entries.keys() == {"source"} and b.entries.keys() == {"x", "gender"}
    assert b.remarks == ("Unpaired: 2 of light (domain A, source), 3 of dark (B, x).",)
    (paired,) = unpaired.twins(b, a)
    assert (rows(paired, "source"), rows(paired)) == ([0, 2], [1, 4])
    assert paired.read(1)["source"][0, 0, 0] == 2 and paired.key(1) == "b"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("tone", "should be CATEGORY:CLASS,CLASS"),
        ("tone:light", "should be CATEGORY:CLASS,CLASS"),
        ("tone:light,light", "names one class twice"),
        ("tone:light,pale", "data.domains: tone pale is unknown"),
    ],
)
def test_domains_that_cannot_be(text, sentence):
    with pytest.raises(UserError, match=sentence):
        unpaired.of_classes(source(), text)


def test_attributes_have_an_order_of_their_own_and_pairs_where_the_key_is_one():
    x, given = attributes.of_attributes(source(), "gender,tone")
    assert list(x.entries) == ["x", "gender", "tone"]
    assert list(given.entries) == ["source", "source_gender", "source_tone"]
    order = rows(x)
    assert sorted(order) == rows(given, "source") == list(range(6)) != order
    np.testing.assert_array_equal(x.arrays()["tone"], TONE[order])
    np.testing.assert_array_equal(given.arrays()["source_tone"], TONE)
    (pairs,) = attributes.of_attributes(source(), "tone", held_out=True)
    # Every drawing once on either side: a and a, b in a circle.
    found = sorted(zip(rows(pairs, "source"), rows(pairs), strict=True))
    assert found[:2] == [(0, 1), (1, 0)]
    assert found[2:] in ([(2, 3), (3, 4), (4, 2)], [(2, 4), (3, 2), (4, 3)])
    row = pairs.read(rows(pairs, "source").index(2))
    assert (row["source_tone"], row["tone"]) == (0, TONE[row["x"][0, 0, 0]])
    # Without a drawing in two of them there is nothing to pair.
    assert len(attributes.of_attributes(source(), "gender", held_out=True)) == 2


def test_views_of_the_emoji():
    """Of the people with a tone the drawing is known in the others."""
    settings = {"name": "emoji", "options": {"x": "twemoji", "source": ""}}
    settings |= {"where": "gender=woman|man", "attributes": "tone,gender"}
    train, (pairs,) = data.load_parts(settings)
    assert [source.size for source in train] == [932, 932]
    assert {name: entry.classes for name, entry in pairs.entries.items() if entry.classes} == {
        "tone": 6,
        "gender": 2,
        "source_tone": 6,
        "source_gender": 2,
    }
    assert pairs.size == 72  # 12 drawings in six tones
    found = pairs.arrays()
    assert (found["gender"] == found["source_gender"]).all()
    assert (found["tone"] != found["source_tone"]).all()


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"attributes": "tone"}, "emoji has pairs; leave their source out"),
        ({"domains": "tone:light,dark"}, "emoji has pairs; leave their source out"),
        ({"domains": "tone:light,dark", "unpaired": True}, "data.unpaired and data.domains are"),
        ({"options": {"source": ""}, "attributes": "age"}, "emoji has no category 'age'"),
        (
            {"options": {"source": ""}, "attributes": "tone", "where": "tone=dark"},
            "data.attributes: tone of emoji has one class alone",
        ),
    ],
)
def test_views_that_cannot_be(more, sentence):
    with pytest.raises(UserError, match=sentence):
        data.load_sources({"name": "emoji", "options": {}, **more})


@pytest.fixture
def faces(tmp_path):
    """Four pictures, in a folder of the folder."""
    (tmp_path / "faces").mkdir()
    for i in range(4):
        Image.new("RGB", (4, 4), (i, 0, 0)).save(tmp_path / "faces" / f"{i}.png")
    return tmp_path


def load(folder, **more):
    return data.load_sources({"name": f"folder:{folder}/faces", **more})


def test_a_table_in_the_folder(faces):
    table = "file,hair,age\n3.png,fair,2\n1.png,dark,0\n0.png,fair,1\n2.png,dark,0\n9.png,dark,0\n"
    (faces / "faces" / "attributes.csv").write_text(table)
    (plain,) = load(faces)
    assert plain.entries.keys() == {"x"}  # unasked for, it is left alone
    x, given = load(faces, attributes="hair,age")
    assert given.entries["source_hair"] == category(2, ("dark", "fair"))
    assert given.arrays()["source_hair"].tolist() == [1, 0, 0, 1]
    assert given.read(3)["source_age"] == 2
    assert any("hair, age as attributes.csv has them, beside 1 others." in r for r in x.remarks)
    (dark,) = load(faces, where="hair=dark")
    assert dark.size == 2 and dark.read(0)["x"][0, 0, 0] == 1
    b, a = load(faces, domains="hair:dark,fair")
    assert [p[0, 0, 0] for p in a.arrays()["source"]] == [1, 2] and b.size == 2


def test_celebas_list_beside_the_folder(faces):
    lines = [f"{i}.png  {-1 if i % 2 else 1} {' 1' if i else '-1'}" for i in range(4)]
    text = "\n".join(["4", "Male Young", *lines]) + "\n"
    (faces / "list_attr_celeba.txt").write_text(text)
    (source,) = load(faces, where="Young=yes|no,Male=no|yes")
    assert source.entries["Male"] == category(2, ("no", "yes"))
    assert source.arrays()["Male"].tolist() == [1, 0, 1, 0]
    assert source.arrays()["Young"].tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "table, sentence",
    [
        (None, "has no table of hair; put attributes.csv or list_attr_celeba.txt into it"),
        ("file,age\n", "has no column 'hair'; it has age"),
        ("file,hair\n0.png,a\n1.png,b\n", "names 2 of the images not: 2.png, 3.png"),
        ("file,hair\n0.png,a\n0.png,b\n", "names 0.png twice"),
        ("file,hair\n0.png,a,b\n", "the line of 0.png has 2 values, not 1"),
        ("file,hair,hair\n", "has two columns 'hair'"),
        ("file; hair\n", "has no columns; commas must stand between them"),
        ("file, hair\n0.png, a\n1.png,\n2.png, b\n3.png, b\n", "1 images have no hair: 1.png"),
        ("file,hair\n0.png,0.5\n1.png,2\n2.png,0\n3.png,0\n", "are measures and no classes"),
        ("", "cannot be read as CSV"),
        ("file,hair\n0.png,-1\n1.png,2\n2.png,0\n3.png,0\n", "hair: labels must be whole numbers"),
    ],
)
def test_tables_that_cannot_be_read(faces, table, sentence):
    if table is not None:
        (faces / "attributes.csv").write_text(table)
    with pytest.raises(UserError, match=sentence):
        load(faces, attributes="hair")


@pytest.mark.parametrize("name", ["z", "score", "source_hair"])
def test_names_that_mean_something_else(faces, name):
    (faces / "attributes.csv").write_text(f"file,{name}\n")
    with pytest.raises(UserError, match=f"no category may be called '{name}'"):
        load(faces, attributes=name)


def test_a_folder_and_its_table_are_known_again_elsewhere(faces):
    (faces / "attributes.csv").write_text("file,hair\n0.png,a\n1.png,a\n2.png,b\n3.png,b\n")
    then = describe.describe(load(faces, attributes="hair"))
    (faces / "faces").rename(faces / "others")
    now = data.load_sources({"name": f"folder:{faces}/others", "attributes": "hair"})
    assert describe.describe(now).fingerprint == then.fingerprint
    (faces / "attributes.csv").write_text("file,hair\n0.png,a\n1.png,b\n2.png,b\n3.png,b\n")
    now = data.load_sources({"name": f"folder:{faces}/others", "attributes": "hair"})
    assert describe.describe(now).fingerprint != then.fingerprint


def test_a_label_of_the_table_where_the_folder_has_none(faces):
    table = "file,label\n0.png,a\n1.png,a\n2.png,b\n3.png,b\n"
    (faces / "faces" / "attributes.csv").write_text(table)
    (found,) = load(faces, where="label=b")
    assert found.size == 2 and not any("Not read" in remark for remark in found.remarks)
