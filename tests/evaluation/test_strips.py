import numpy as np
import pytest

from jaxgan.evaluation import grid, strips


@pytest.mark.parametrize("grey", [0, 255])
def test_a_sheet_by_hand(grey, monkeypatch):
    """Rows of two and one pictures: columns as wide as their widest, text on the pictures' grey."""
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])  # matplotlib's own is left
    wide, tall, own = ((3, 90, 1), (40, 50, 3), (20, 100, 1))
    # A corner of the paper's grey, and another grey inside.
    pictures = [np.full(shape, grey, np.uint8) for shape in (wide, tall, own)]
    for picture in pictures:
        picture[1:, 1:] = 100
    first, second, third = pictures
    sheet = strips.sheet([[("a", first), ("b", second)], [("c", third)]])
    line = grid.line("a")
    height, between = len(line), strips.GAP
    # Text, the taller picture, a gap; text, the picture, a gap. 100 is the wider of 90 and 100.
    assert sheet.shape == (2 * height + 40 + 20 + 2 * between, 100 + between + 50, 3)
    np.testing.assert_array_equal(sheet[height:, 100 + between :][:40], second)
    np.testing.assert_array_equal(sheet[height:, :90][:3], np.repeat(first, 3, axis=2))
    np.testing.assert_array_equal(sheet[-20 - between : -between, :100], np.repeat(third, 3, 2))
    text = sheet[:height, : line.shape[1], :1]
    np.testing.assert_array_equal(text, 255 - line if grey else line)
    assert (sheet[height + 40 :][:between] == grey).all()  # nothing but paper
    named = strips.sheet([[("a", first), ("b", second)], [("c", third)]], ["run", "\u732b"])
    left = named.shape[1] - sheet.shape[1]
    np.testing.assert_array_equal(named[:, left:], sheet)
    name, number = grid.line("run"), grid.line("2")  # where no font has a letter
    for top, text in ((height, name), (2 * height + 40 + between, number)):
        found = named[top:, : text.shape[1], :1][: len(text)]
        np.testing.assert_array_equal(found, 255 - text if grey else text)


def test_a_line_is_as_wide_as_its_text():
    """A picture narrower than its caption gets paper at its right, and the text is whole."""
    picture = np.zeros((4, 4, 1), np.uint8)
    text = "epoch 1.28, step 100000"
    assert strips.sheet([[(text, picture)]]).shape == (4 + 18, grid.line(text).shape[1], 3)
    frames = strips.alike([np.full((2, 3, 3), 7, np.uint8), np.full((4, 2, 3), 9, np.uint8)])
    assert frames.shape == (2, 4, 3, 3) and set(np.unique(frames)) == {7, 9}
