"""Clips as examples: what is drawn moves as it should, and a user's own are read frame by frame."""

import numpy as np
import pytest
from PIL import Image

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data.bundled import digits
from jaxgan.data.clips import clip_at
from jaxgan.data.held_out import tenth
from jaxgan.data.windows import entries_of, stacked

RNG = np.random.default_rng(0)


def clip(length, height=8, width=6, channels=3):
    return RNG.integers(0, 256, (length, height, width, channels), np.uint8)


def save(folder, frames):
    """Numbered pictures, whose names have no leading zeros."""
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number}.png")


def animate(path, frames, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=others, **options)


def frames_of(example, channels):
    """[T, H, W, C] of an example, in their order."""
    names = [name for name in ("source", "x", "future") if name in example]
    whole = np.concatenate([example[name] for name in names], axis=2)
    return np.stack(np.split(whole, whole.shape[2] // channels, axis=2))


def test_frames_are_stacked_one_after_another():
    frames = clip(4)
    whole = stacked(frames)
    assert whole.shape == (8, 6, 12)
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(whole[..., 3 * number : 3 * number + 3], frame)
    parts = entries_of(frames, 3)
    assert parts.keys() == {"source", "x"}  # nothing is left for a future
    np.testing.assert_array_equal(parts["x"], frames[3])


def test_one_digit_moves_straight_on_and_comes_back():
    """At 64 pixels a digit of 28 has 36 of free way, a tenth of which is 3.6: it stays whole, goes
    as far in each frame but where it meets a border, and keeps its pixels."""
    options = {"points": 40, "digits": 1, "ahead": 20}
    for part, held in (("train", False), ("held_out", True)):
        source = data.load("moving_digits", options=options, part=part)
        assert [tenth(source.key(i)) for i in range(source.size)] == [held] * source.size
        images = digits()[0]
        drawn = {images[i].tobytes() for i in range(len(images)) if tenth(str(i)) == held}
        for row in range(min(source.size, 6)):
            example = source.read(row)
            frames = frames_of(example, 1)[..., 0]
            # One of the digits that are as bright in sum as every frame stands in all of them.
            total = {int(frame.sum(dtype=int)) for frame in frames}
            assert len(total) == 1
            fits = [whole for whole in drawn if sum(whole) in total]
            assert any(_paths(frames, np.frombuffer(w, np.uint8).reshape(28, 28)) for w in fits)


def _paths(frames, digit):
    """Whether the digit stands in every frame, as far from the last as a tenth of its way."""
    rows, columns = np.nonzero(digit)
    places = []
    for frame in frames:
        there = np.argwhere(frame)
        place = there.min(axis=0) - (rows.min(), columns.min())
        top, left = place
        assert min(place) >= 0
        part = frame[top : top + 28, left : left + 28]
        if not np.array_equal(part, digit):
            return False
        places.append(place)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.max() < 3.6 + 2**0.5 and np.median(steps) > 3.6 - 2**0.5  # each end is rounded
    return True


def test_another_number_of_clips_moves_none():
    few, many = (
        data.load("moving_digits", size=16, options={"points": points}).arrays()
        for points in (30, 60)
    )
    for name, values in few.items():
        np.testing.assert_array_equal(values, many[name][: len(values)])
    assert few["source"].shape[1:] == (16, 16, 4) and few["future"].shape[1:] == (16, 16, 9)


def test_a_past_has_two_futures_at_sixty_degrees():
    source = data.load("two_futures", options={"points": 160})
    whole = source.arrays()
    pasts = {}
    for given, x in zip(whole["source"], whole["x"], strict=True):
        pasts.setdefault(given.tobytes(), []).append(x)
    assert all(len(futures) == 8 for futures in pasts.values())
    for past, futures in pasts.items():
        both, counts = np.unique(futures, axis=0, return_counts=True)
        assert counts.tolist() == [4, 4]
        given = np.frombuffer(past, np.uint8).reshape(32, 32, 4)
        ends = [_middle(given[..., number]) for number in range(4)]
        came = ends[3] - ends[2]
        np.testing.assert_allclose(np.linalg.norm(came), 4, atol=0.1)
        turned = [_middle(x[..., 0]) - ends[3] for x in both]
        signs = [np.sign(came[0] * turn[1] - came[1] * turn[0]) for turn in turned]
        assert sorted(signs) == [-1, 1]
        for turn in turned:
            cosine = came @ turn / np.linalg.norm(came) / np.linalg.norm(turn)
            assert abs(np.degrees(np.arccos(cosine)) - 60) < 3


def _middle(image):
    ball = image - image.min().astype(float)  # of the ground
    places, weights = np.argwhere(ball), ball[ball > 0]
    return weights @ places / weights.sum()


def test_folders_and_animations_are_clips(tmp_path):
    """ "2" before "10"; an APNG keeps its pixels; a clip of 12 frames has 8 windows of 5."""
    long, short = clip(12), clip(5)
    save(tmp_path / "long", long)
    animate(tmp_path / "short.png", short)
    (tmp_path / "short.png").rename(tmp_path / "short.apng")
    source = data.load(f"frames:{tmp_path}")
    assert source.size == 8 + 1 and source.shape == (8, 6, 3)
    assert {source.key(i) for i in range(9)} == {"long", "short.apng"}
    for start in range(8):
        np.testing.assert_array_equal(frames_of(source.read(start), 3), long[start : start + 5])
    np.testing.assert_array_equal(frames_of(source.read(8), 3), short)
    ahead = data.load(f"frames:{tmp_path}/long", options={"given": 2, "ahead": 3})
    assert ahead.size == 7 and ahead.entries["future"].shape == (8, 6, 9)


def test_a_gif_is_read_as_it_is_seen(tmp_path):
    """Frames that only tell what changed are whole; grey ones have one channel."""
    frames = np.zeros((6, 8, 8), np.uint8)
    for number in range(6):
        frames[number, 2, number] = 255
    animate(tmp_path / "in" / "a.gif", frames, loop=0, duration=50)
    np.testing.assert_array_equal(clip_at(tmp_path / "in" / "a.gif")[..., 0], frames)
    source = data.load(f"frames:{tmp_path}/in")
    assert source.shape == (8, 8, 1) and source.size == 2


def test_pages_are_no_frames(tmp_path):
    """Of each of five files of two pages the first counts, as everywhere: one clip of five."""
    frames, other = clip(5), clip(1)
    for number in range(5):
        animate(tmp_path / f"{number}.tiff", [frames[number], *other])
    source = data.load(f"frames:{tmp_path}")
    assert source.size == 1
    np.testing.assert_array_equal(frames_of(source.read(0), 3), frames)


def test_mistakes(tmp_path):
    save(tmp_path / "a/one", clip(4))
    save(tmp_path / "b/one", [*clip(5), *clip(1, 7)])
    save(tmp_path / "c/one", clip(5))
    save(tmp_path / "c/two", clip(5, 9))
    (tmp_path / "none").mkdir()
    for name, sentence in (
        ("a", "frames:.*a: the clip one has 4 frames, and an example takes 5: 4 given, the next"),
        ("b", "5.png: is 7 x 6 pixels, and the clip begins with 8 x 6"),
        ("c", "the clip two is 9 x 6 pixels, and one 8 x 6; set size"),
        ("none", "holds no image"),
        ("nowhere", "no such directory; frames:DIR names a directory of clips"),
    ):
        with pytest.raises(UserError, match=sentence):
            data.load(f"frames:{tmp_path / name}")
    assert data.load(f"frames:{tmp_path / 'c'}", size=8).size == 2
    with pytest.raises(UserError, match="no such file or folder"):
        clip_at(tmp_path / "clip.gif")
    animate(tmp_path / "c/three.gif", clip(2))
    save(tmp_path / "c/two/four", clip(1))
    with pytest.raises(UserError, match="c: holds 4 clips, as one, three.gif, two; name one"):
        clip_at(tmp_path / "c")
