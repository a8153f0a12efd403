"""Pairs side by side and in two folders: what is read, in which direction, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from jaxgan.core.errors import UserError
from jaxgan.data import load
from jaxgan.data.source import pixels

RNG = np.random.default_rng(0)


def save(path, *shape):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = RNG.integers(0, 256, shape, np.uint8)
    Image.fromarray(image).save(path)
    return image if image.ndim == 3 else image[..., None]


@pytest.fixture
def two(tmp_path):
    """Two folders of three pairs: A in colour, B grey, one pair deeper, endings that differ."""
    names = ["1.png", "2.png", "deep/10.png"]
    a = [save(tmp_path / "A" / name, 6, 4, 3) for name in names]
    b = [save(tmp_path / "B" / name.replace("2.png", "2.bmp"), 6, 4) for name in names]
    return tmp_path, np.stack(a), np.stack(b)


def test_halves_side_by_side(tmp_path):
    whole = [save(tmp_path / f"{i}.png", 6, 8, 3) for i in range(3)]
    source = load(f"ab:{tmp_path}")
    assert source.entries == {"source": pixels((6, 4, 3)), "x": pixels((6, 4, 3))}
    arrays = source.arrays()
    np.testing.assert_array_equal(arrays["source"], np.stack(whole)[:, :, :4])
    np.testing.assert_array_equal(arrays["x"], np.stack(whole)[:, :, 4:])
    other = load(f"ab:{tmp_path}", options={"direction": "BtoA"}).read(1)
    np.testing.assert_array_equal(other["source"], whole[1][:, 4:])
    np.testing.assert_array_equal(other["x"], whole[1][:, :4])
    small = load(f"ab:{tmp_path}", size=2, channels=1)
    assert small.entries == {"source": pixels((2, 2, 1)), "x": pixels((2, 2, 1))}
    assert len(source.contents) == 3 and source.origin == str(tmp_path)


def test_two_folders_pair_by_name(two):
    folder, a, b = two
    source = load(f"pairs:{folder}/A,{folder}/B")
    assert source.entries == {"source": pixels((6, 4, 3)), "x": pixels((6, 4, 1))}
    np.testing.assert_array_equal(source.arrays()["source"], a)
    np.testing.assert_array_equal(source.arrays()["x"], b)
    assert [source.key(i) for i in range(3)] == ["1", "2", "deep/10"]
    other = load(f"pairs:{folder}/A,{folder}/B", options={"direction": "BtoA"})
    assert other.entries == {"source": pixels((6, 4, 1)), "x": pixels((6, 4, 3))}
    np.testing.assert_array_equal(other.read(2)["x"], a[2])
    assert source.origin == f"{folder}/A,{folder}/B" and len(source.contents) == 6
    parts = [load(f"pairs:{folder}/A,{folder}/B", held_out="0.5", part=p) for p in PARTS]
    assert sum(part.size for part in parts) == 3


PARTS = ("train", "held_out")


def test_pairs_that_do_not_fit(two):
    folder, _, _ = two
    name = f"pairs:{folder}/A,{folder}/B"

    def refused(sentence, name=name, **options):
        with pytest.raises(UserError, match=sentence):
            load(name, **options)

    refused("unknown direction 'up'; known: AtoB, BtoA", options={"direction": "up"})
    refused("no option 'x'; it has direction", options={"x": "A"})
    refused("names 1 folders; pairs:DIR_A,DIR_B names two", f"pairs:{folder}/A")
    refused("none: no such directory; pairs:DIR_A,DIR_B", f"pairs:{folder}/none,{folder}/B")
    refused("none: no such directory; ab:DIR", f"ab:{folder}/none")
    save(folder / "A" / "3.png", 6, 4, 3)
    refused("A: 1 of its pictures have no partner of their name in the other folder: 3.png")
    save(folder / "B" / "3.png", 5, 4)
    refused("3.png is 6 x 4 pixels and .*3.png 5 x 4; set size")
    assert load(name, size=4).size == 4
    save(folder / "A" / "3.png", 5, 4, 3)
    refused("3.png: is 5 x 4 pixels, and 1.png 6 x 4; set size")
    save(folder / "B" / "3.gif", 5, 4)
    refused("B: 3.gif and 3.png have one name; leave one of them")
    save(folder / "odd" / "a.png", 6, 7, 3)
    refused("a.png: is 7 pixels wide, and has no two halves side by side", f"ab:{folder}/odd")
