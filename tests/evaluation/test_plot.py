import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from jaxgan.core.errors import UserError
from jaxgan.evaluation import grid, plot


def test_to_uint8_undoes_the_data_door():
    values = np.arange(256, dtype=np.uint8)
    for kind in (np.float32, np.float64):
        np.testing.assert_array_equal(grid.to_uint8(values.astype(kind) / 127.5 - 1), values)
    strange = [-np.inf, -1.1, 1.1, np.inf, np.nan]
    np.testing.assert_array_equal(grid.to_uint8(strange), [0, 0, 255, 255, 0])


def test_image_grid_by_hand():
    """Three 1x1 images in two columns: a border of one pixel around each, the fourth cell black."""
    images = np.array([1.0, 0.0, -0.6]).reshape(3, 1, 1, 1)
    b, c = 128, 51  # (0 + 1) * 127.5 rounds to even; (-0.6 + 1) * 127.5 = 51
    want = [
        [0, 0, 0, 0, 0, 0],
        [0, 255, 0, 0, b, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, c, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    found = grid.image_grid(images, columns=2, padding=1, scale=1)
    np.testing.assert_array_equal(found[..., 0], want)


@pytest.mark.parametrize(
    "shape, want",
    [
        ((4, 28, 28, 1), (120, 120, 1)),  # x2, 2 a row: 2 * (56 + 2 * 2)
        ((5, 64, 64, 3), (136, 204, 3)),  # x1, 3 a row
        ((1, 100, 50, 2), (104, 54, 3)),
        ((2, 8, 16, 7), (36, 136, 3)),  # x4
    ],
)
def test_image_grid_shapes(shape, want):
    assert grid.image_grid(np.zeros(shape)).shape == want


def test_channels_that_no_screen_has():
    two = grid.image_grid(np.full((1, 1, 1, 2), 1.0), padding=0, scale=1)
    np.testing.assert_array_equal(two, [[[255, 255, 0]]])
    many = grid.image_grid(np.linspace(-1, 1, 6).reshape(1, 1, 1, 6), padding=0, scale=1)
    np.testing.assert_array_equal(many, [[[0, 51, 102]]])


def test_scale_repeats_pixels():
    image = np.array([-1.0, 1.0]).reshape(1, 1, 2, 1)
    found = grid.image_grid(image, padding=0, scale=2)[..., 0]
    np.testing.assert_array_equal(found, [[0, 0, 255, 255]] * 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_save_png(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    path = tmp_path / "deep" / "picture.png"
    grid.save_png(pixels, path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)
    assert [file.name for file in path.parent.iterdir()] == ["picture.png"]


def colored(pixels, color):
    """How many pixels are about of this colour."""
    want = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(pixels.astype(int) - want).max(axis=-1) < 40).sum())


def test_scatter_shows_points_and_critic():
    rng = np.random.default_rng(0)
    real, samples = rng.normal(size=(2, 300, 2))
    alone = plot.scatter_figure(samples)
    both = plot.scatter_figure(samples, real, lambda points: points[:, 0])
    assert alone.dtype == np.uint8 and alone.shape == (560, 560, 3) and both.shape == (560, 640, 3)
    assert colored(both, plot.ORANGE) > 100
    # The critic prefers the right side, which is drawn darker: compare two strips.
    gray = both.mean(axis=-1)
    assert np.median(gray[100:500, 400:440]) < np.median(gray[100:500, 60:100]) - 20


def test_the_frame_is_that_of_the_real_points():
    """Samples far away must not shrink the picture: nothing of them is drawn."""
    real = np.random.default_rng(0).normal(size=(300, 2))
    empty = plot.scatter_figure(np.full((9, 2), np.nan), real)
    np.testing.assert_array_equal(plot.scatter_figure(np.full((9, 2), 1e3), real), empty)


def test_density_shows_samples_truth_and_critic():
    samples = np.random.default_rng(0).normal(size=(1000, 1))
    truth = {"density": lambda x: np.exp(-(x[:, 0] ** 2) / 2) / np.sqrt(2 * np.pi)}
    pixels = plot.density_figure(samples, samples, lambda x: x[:, 0], **truth)
    assert colored(pixels, plot.INK) > 500 and colored(pixels, plot.BLUE) > 300
    assert plot.density_figure(samples, samples).shape == pixels.shape == (420, 720, 3)


def test_histogram_counts_all_samples():
    """Two of four lie in [0, 1]: two bins of width 1/2 with one each, 1 / 4 / (1 / 2)."""
    heights, edges = plot._histogram([0.1, 0.9, 5.0, np.nan], 0.0, 1.0, bins=2)
    np.testing.assert_allclose(heights, [0.5, 0.5])
    np.testing.assert_allclose(edges, [0.0, 0.5, 1.0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_run_gone_bad_still_has_its_picture(dimensions):
    nan = np.full((9, dimensions), np.nan)
    plot.points_picture(nan)
    plot.points_picture(nan, np.zeros((5, dimensions)), lambda points: np.full(len(points), np.nan))


def test_picture_goes_by_the_shape():
    np.testing.assert_array_equal(
        grid.picture(np.zeros((2, 4, 4, 1))), grid.image_grid(np.zeros((2, 4, 4, 1)))
    )
    assert grid.picture(np.zeros((9, 1))).shape == (420, 720, 3)
    with pytest.raises(UserError, match="points of 5 dimensions .* known: 1 and 2"):
        grid.picture(np.zeros((9, 5)))


@pytest.mark.filterwarnings("error")
def test_curves():
    steps = range(0, 10_000, 100)
    rows = [
        {"step": s, "critic_loss": 1.0, "generator_loss": 0.5, "wasserstein": 2.0} for s in steps
    ]
    rows[3]["critic_loss"] = None  # a gap must not tear the running mean
    gap = plot.curves_figure([*rows[:3], {"step": 300, "generator_loss": 0.5}, *rows[4:]])
    np.testing.assert_array_equal(plot.curves_figure(rows), gap)
    with_estimate = plot.curves_figure(rows, title="a run")
    without = plot.curves_figure([{**row, "wasserstein": None} for row in rows])
    assert with_estimate.shape == (660, 720, 3) and without.shape == (360, 720, 3)
    for color in (plot.BLUE, plot.ORANGE):
        assert colored(without, color) > 500
    # The distance has a scale of its own in the lower panel; without an estimate it is not shown.
    distances = [{**row, "sw": 3.0 if row["step"] % 1000 == 0 else None} for row in rows]
    beside = plot.curves_figure(distances, distance="sw")
    lower = slice(330, None)
    assert colored(beside[lower], plot.ORANGE) > 100 + colored(with_estimate[lower], plot.ORANGE)
    alone = [{**row, "wasserstein": None} for row in distances]
    np.testing.assert_array_equal(plot.curves_figure(alone, distance="sw"), without)
    assert (plot.curves_figure(distances, distance="sw", held=False) != beside).any()
    assert plot.curves_figure([]).shape == (360, 720, 3)


def test_no_global_state_and_a_light_import():
    code = (
        "import sys, jaxgan.evaluation.grid, jaxgan.evaluation.plot as plot;"
        "light = {'matplotlib', 'PIL'} & set(sys.modules);"
        "plot.curves_figure([]); sys.exit(bool(light) or 'matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_many_classes_of_one_image_go_on_in_further_columns():
    """Twelve cells of 68 x 85 pixels: three columns of four are the nearest to a square."""
    images = np.full((12, 32, 32, 1), -1.0)
    images[7] = 1.0
    shown = grid.class_rows(images, np.arange(12), ("-",) * 12)
    height, width, _ = grid.class_rows(images[:1], [0], ("-",)).shape
    assert height == 2 * (32 + 2) and shown.shape == (4 * height, 3 * width, 1)
    y, x = np.argwhere(shown[..., 0] == 255)[-1]
    assert (y // height, x // width) == (3, 1)  # the eighth is the last of the second column


def test_a_long_name_goes_on_below():
    names = ("man health worker: dark skin tone", "man health worker: dark")
    long, short = (grid.class_rows(np.full((1, 32, 32, 1), -1.0), [0], (name,)) for name in names)
    below = slice(grid.CAPTION + 6, None)
    assert long[below].max() > 128 > short[below].max()


def test_a_name_that_no_font_can_show_is_its_number(monkeypatch):
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])  # matplotlib's own is left
    images, label = np.zeros((2, 8, 8, 1)), [1, 2]

    def shown(*names):
        return grid.class_rows(images, label, ("-", *names))

    np.testing.assert_array_equal(shown("\u732b", "\u00e9t\u00e9"), shown("1", "\u00e9t\u00e9"))
    assert shown("1", "\u00e9t\u00e9").shape != shown("1", "2").shape  # that one is a name


def test_a_name_is_in_a_font_of_the_machine_that_has_its_letters(monkeypatch):
    from matplotlib import font_manager

    fonts = {"/a.ttf": {1}, "/LastResort.ttf": {1, 0x732B}, "/b.ttf": {0x732B}}
    found = [font_manager.FontEntry(fname=name, name=name) for name in fonts]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", found)
    monkeypatch.setattr(grid, "_letters", lambda file: fonts.get(file, {ord("a")}))
    assert grid._font_of("\u732b") == "/b.ttf" and grid._font_of("a").endswith("DejaVuSans.ttf")
    assert grid._font_of("\u732ba") is None
