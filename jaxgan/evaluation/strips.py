"""Pictures beside and under one another, with a line of text over each and a name for each row."""

from itertools import zip_longest

import numpy as np

from jaxgan.evaluation import grid

GAP = 12  # pixels between two pictures; within a grid of images it is 4
LONGEST = 60  # letters of a line


def sheet(rows, names=None):
    """Lay captioned pictures out in rows, on the colour of the first picture's corner.

    Args:
      rows: [[(text, uint8 [H, W, 1 or 3]), ...], ...], of any sizes; those of one column begin at
        the same place.
      names: of the rows, written at their left, or their number where no font has the letters;
        None: they have none.

    Returns:
      uint8 [H', W', 3].
    """
    paper = int(rows[0][0][1][0, 0, 0])
    cells = [[_captioned(text, picture, paper) for text, picture in row] for row in rows]
    if names is not None:
        beside = [_written(name, paper, str(number)) for number, name in enumerate(names, 1)]
        # Below the captions, at the height of the pictures.
        beside = [np.pad(b, ((len(b), 0), (0, 0), (0, 0)), constant_values=paper) for b in beside]
        cells = [[name, *row] for name, row in zip(beside, cells, strict=True)]
    widths = [
        max(cell.shape[1] for cell in column if cell is not None) for column in zip_longest(*cells)
    ]
    blocks = []
    for row in cells:
        height = max(map(len, row)) + GAP * (len(cells) > 1)
        sized = [
            grid.padded(cell, height, width + GAP * (place < len(widths) - 1), paper)
            for place, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        blocks.append(np.concatenate(sized, axis=1))
    width = max(block.shape[1] for block in blocks)
    return np.concatenate([grid.padded(block, len(block), width, paper) for block in blocks])


def alike(pictures):
    """Pictures uint8 [h, w, 3] of about one size -> [T, H, W, 3], each in the upper left corner."""
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    return np.stack([grid.padded(picture, height, width, picture[0, 0, 0]) for picture in pictures])


def _captioned(text, picture, paper):
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    over = _written(text, paper)
    width = max(over.shape[1], picture.shape[1])
    return np.concatenate([grid.padded(part, len(part), width, paper) for part in (over, picture)])


def _written(text, paper, instead=""):
    """A line of text in three channels, dark where the paper is light."""
    line = np.repeat(grid.line(text, instead, LONGEST), 3, axis=2)
    return 255 - line if paper > 127 else line
