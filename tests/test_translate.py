"""A user's own pictures through a trained run: any size, kept names, one sentence for a mistake."""

import json

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import cli, data, defaults, film, sample, translate
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data.describe import describe
from jaxgan.data.view import crop
from jaxgan.evaluation import draw, grid, tiles
from jaxgan.evaluation.examples import examples_of
from jaxgan.evaluation.inputs import mask_of
from jaxgan.inference import translation
from jaxgan.run import checkpoint, directory

RNG = np.random.default_rng(0)


def tiny(task, game, generator, **options):
    """Networks as they are drawn, for emoji of 8x8."""
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.data.options = {**data.options_of("emoji"), "source": ""}
    config.data.task = defaults.task(task, **options)
    config.game = defaults.game(game)
    config.terms.l1.weight = 10.0
    config.generator = generator
    config.critic = defaults.critic("patch", layers=1, width=2)
    config.batch_size = 4
    config.sample_every = config.log_every = 0
    return config


RUNS = {
    "translation": tiny(
        "colourise", "translation", defaults.generator("unet", halvings=2, width=2), space="lab"
    ),
    "restoration": tiny(
        "superres", "restoration", defaults.generator("srresnet", blocks=1, width=2), factor=2
    ),
    "inpainting": tiny(
        "inpaint", "inpainting", defaults.generator("completion", width=2, dilations=(2,))
    ),
}


def write_run(workdir, config):
    """A run of step 4, which has learned nothing."""
    played = prepare(config, device_count=1)
    known = describe(played.sources, played.held_out)
    directory.write_config(workdir, config.to_dict(), data.entries(played.sources), known)
    with checkpoint.open_checkpoints(workdir / "checkpoints") as checkpoints:
        checkpoints.save(4, jax.device_get(jax.jit(played.create)()))
    return workdir


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """name -> the directory of a run of step 4, made when it is first asked for; nothing learns."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = write_run(tmp_path_factory.mktemp(name), RUNS[name])
        return made[name]

    return of


def image(*shape):
    return RNG.integers(0, 256, shape, np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(path)
    return path


def read(path):
    with Image.open(path) as opened:
        return np.asarray(opened)


def test_what_translate_makes_is_what_sample_makes(run):
    """Same weights, statistics, dropout and noise: of the examples that ``sample`` chooses."""
    workdir = run("translation")
    made = sample.load(workdir)(3, seed=5)
    held_out = examples_of(*data.load_parts(RUNS["translation"].data.to_dict()))
    chosen = np.random.default_rng(5).permutation(held_out.size)[:3]
    x = held_out.rows(chosen)["x"]
    np.testing.assert_allclose(translate.load(workdir)(np.asarray(x), seed=5), made, atol=1e-5)


def test_samples_of_a_run_in_lab_are_image_files_in_colour(run, tmp_path):
    assert sample.main([f"--workdir={run('translation')}", "--num=2", f"--out={tmp_path}/d/"]) == 0
    assert read(tmp_path / "d" / "00001.png").shape == (8, 8, 3)


def test_noise_is_what_is_drawn_or_dropped(run):
    """U-Net drops units in sampling, as pix2pix has it; the other two are functions."""
    noisy = {name: translate.load(run(name)).noisy for name in RUNS}
    assert noisy == {"translation": True, "restoration": False, "inpainting": False}


def test_the_kind_of_array_is_kept(run):
    redraw = translate.load(run("translation"))
    pixels = image(2, 8, 8, 3)
    made = redraw(pixels)
    assert made.dtype == np.uint8 and made.shape == (2, 8, 8, 3)
    floats = redraw(pixels / np.float32(127.5) - 1)
    assert floats.dtype == np.float32
    np.testing.assert_allclose((floats + 1) * 127.5, made, atol=0.51)
    np.testing.assert_array_equal(redraw(pixels[0]), made[0])
    # Grey pictures are taken for colour.
    grey = image(8, 8, 1)
    np.testing.assert_array_equal(redraw(grey), redraw(grey.repeat(3, axis=2)))


def test_a_size_of_its_own_is_padded_by_mirroring(run):
    """10 x 7 becomes 12 x 8, whose own upper left is then the result."""
    redraw = translate.load(run("translation"))
    pixels = image(10, 7, 3)
    mirrored = np.pad(pixels, [(0, 2), (0, 1), (0, 0)], mode="symmetric")
    assert redraw.plan(10, 7).padded == redraw.plan(12, 8).padded == (12, 8)
    np.testing.assert_array_equal(redraw(pixels), redraw(mirrored)[:10, :7])


def test_super_resolution_takes_any_size(run):
    enlarge = translate.load(run("restoration"))
    assert enlarge.plan(4, 4).piece == (4, 4)
    # Learned from 4x4, its windows of 9 have met padding alone: tiles of 4x4.
    made = enlarge(image(9, 6, 3))
    assert made.shape == (18, 12, 3) and enlarge.plan(9, 6).piece == (4, 4)


def test_in_a_film_what_is_given_stands_before_and_the_truth_behind(run):
    """Of three examples in the order of the seed, one under another, 4x4 beside 8x8."""
    (reel,) = film.shoot(run("restoration"), num=3)
    parts = {"given": reel.before, "step 4": reel.pictures, "truth": reel.after}
    assert all(text == part[0][0] and len(part) == 1 for text, part in parts.items())
    grids = [part[0][1] for part in parts.values()]
    assert all(grid.shape == (3 * 68, 68, 3) for grid in grids)
    train, held_out = data.load_parts(RUNS["restoration"].data)
    chosen = np.random.default_rng(0).permutation(held_out[0].size)[:3]
    truth = grid.image_grid(data.read(held_out, chosen)["x"], columns=1)
    np.testing.assert_array_equal(grids[2], truth)
    coarse = grids[0][2:66, 2:66].reshape(4, 16, 4, 16, 3)  # each of 4x4 pixels is one colour
    assert (coarse == coarse[:, :1, :, :1]).all() and np.ptp(coarse) > 0


def test_known_pixels_are_the_users(run):
    fill = translate.load(run("inpainting"))
    pixels, mask = image(8, 8, 3), np.zeros((8, 8), bool)
    mask[2:5, 3:6] = True
    made = fill(pixels, mask=mask)
    np.testing.assert_array_equal(made[~mask], pixels[~mask])
    assert not np.array_equal(made[mask], pixels[mask])
    # What was in the hole is not seen.
    other = np.where(mask[..., None], image(8, 8, 3), pixels)
    np.testing.assert_array_equal(fill(other, mask=mask), made)


def test_tiles_of_an_identity_are_the_image():
    """Whatever the plan: pieces that are handed back as they are, or enlarged, make the image."""
    for size, own, multiple in (((21, 9), (8, 8), 0), ((3, 30), (8, 8), 0), ((5, 7), (8, 8), 4)):
        x = RNG.standard_normal((*size, 2)).astype(np.float32)
        planned = tiles.plan(size, own, multiple)
        pieces = tiles.cut(x, planned)
        assert pieces.shape[1:3] == planned.piece
        np.testing.assert_allclose(tiles.join(pieces, planned, size), x, atol=1e-6)
        twice = pieces.repeat(2, axis=1).repeat(2, axis=2)
        expected = x.repeat(2, axis=0).repeat(2, axis=1)
        np.testing.assert_allclose(tiles.join(twice, planned, size), expected, atol=1e-6)
    # Pieces overlap by half or more, and a large image is bounded.
    assert [top for top, _ in tiles.plan((20, 8), (8, 8), 0).places] == [0, 4, 8, 12]
    large = tiles.plan((5000, 700), (32, 32), 12)
    assert large.piece == (516, 516) and large.padded == (5000, 700)
    # A weight is the distance to the border: of 1 and 3 at 1/4 and 3/4 of the way, 3 * 1 + 1 * 3.
    planned = tiles.Plan((1, 4), (1, 4), ((0, 0), (0, 0)))
    pieces = np.float32([[[[1.0]] * 4], [[[3.0]] * 4]])
    np.testing.assert_allclose(tiles.join(pieces, planned, (1, 4))[0, :, 0], 2.0)


def test_the_command_keeps_names_and_says_what_it_does(run, tmp_path, capsys):
    save(tmp_path / "in" / "a.jpg", image(8, 8, 3))
    save(tmp_path / "in" / "deep" / "b.png", image(10, 7, 1))
    (tmp_path / "in" / "c.png").write_bytes(b"no picture")
    (tmp_path / "in" / "notes.txt").write_text("left out")
    argv = [
        f"--workdir={run('translation')}",
        f"--input={tmp_path / 'in'}",
        f"--out={tmp_path}/out",
    ]
    assert cli.main(["translate", *argv]) == 2
    told = capsys.readouterr()
    assert told.out == f"2 of 3 pictures by step 4: {tmp_path}/out\n"
    assert f"{tmp_path}/in/c.png: cannot be read as an image" in told.err
    assert "Not read, by their endings: .txt" in told.err
    assert "1 picture is 10 high, 7 wide: padded to 12 x 8." in told.err
    assert "8 high" not in told.err
    written = sorted(path.relative_to(tmp_path / "out") for path in tmp_path.rglob("out/**/*.png"))
    assert [str(path) for path in written] == ["a.png", "deep/b.png"]
    assert read(tmp_path / "out" / "deep" / "b.png").shape == (10, 7, 3)
    # The same by a pattern, a file, and in Python.
    pattern = [argv[0], f"--input={tmp_path}/in/*.jpg", f"--out={tmp_path}/one"]
    assert cli.main(["translate", *pattern]) == 0
    made = translate.load(run("translation"))(read(tmp_path / "in" / "a.jpg"))
    for place in ("out", "one"):
        np.testing.assert_array_equal(read(tmp_path / place / "a.png"), made)


def test_the_command_takes_a_mask_for_each(run, tmp_path, capsys):
    pixels, hole = image(8, 8, 3), np.zeros((8, 8, 1), np.uint8)
    hole[1:4, 1:4] = 255
    save(tmp_path / "in" / "a.png", pixels)
    save(tmp_path / "masks" / "a.png", hole)
    argv = [f"--workdir={run('inpainting')}", f"--input={tmp_path / 'in'}", f"--out={tmp_path}/out"]
    assert cli.main(["translate", *argv, f"--mask={tmp_path / 'masks'}"]) == 0
    made = read(tmp_path / "out" / "a.png")
    np.testing.assert_array_equal(made[hole[..., 0] == 0], pixels[hole[..., 0] == 0])
    save(tmp_path / "masks" / "a.png", hole[:5])
    capsys.readouterr()
    assert cli.main(["translate", *argv, f"--mask={tmp_path / 'masks'}"]) == 2
    assert f"masks/a.png: is 5 x 8, {tmp_path}/in/a.png 8 x 8." in capsys.readouterr().err


def test_pictures_of_one_size_and_of_all_kinds(run, tmp_path):
    """Grey beside transparent; and a picture comes out alike, whatever lies beside it."""
    save(tmp_path / "in" / "a.png", image(8, 8, 1))
    save(tmp_path / "in" / "b.png", image(8, 8, 4))
    argv = ["translate", f"--workdir={run('translation')}"]
    assert cli.main([*argv, f"--input={tmp_path}/in", f"--out={tmp_path}/out"]) == 0
    assert cli.main([*argv, f"--input={tmp_path}/in/b.png", f"--out={tmp_path}/one"]) == 0
    np.testing.assert_array_equal(read(tmp_path / "out/b.png"), read(tmp_path / "one/b.png"))


def test_results_are_no_input_and_take_no_inputs_place(run, tmp_path, capsys, mistake):
    save(tmp_path / "in" / "a.png", image(8, 8, 3))
    argv = ["translate", f"--workdir={run('translation')}"]
    again = [*argv, f"--input={tmp_path}/in", f"--out={tmp_path}/in/out"]
    assert cli.main(again) == cli.main(again) == 0
    told = capsys.readouterr().err
    assert f"In {tmp_path}/in/out, and not read: 1." in told and "are replaced: 1." in told
    # a.png would become out/a.png, which the pattern names, too.
    pattern = [*argv[1:], f"--input={tmp_path}/in/**/*.png", f"--out={tmp_path}/in/out"]
    assert "in/out/a.png is one of the pictures" in mistake(translate.main, pattern)


def test_a_picture_is_brought_to_the_size_that_was_learned(run, tmp_path, capsys):
    pixels = image(20, 20, 3)
    save(tmp_path / "a.png", pixels)
    argv = [f"--workdir={run('translation')}", f"--input={tmp_path}/a.png", f"--out={tmp_path}/out"]
    assert cli.main(["translate", *argv, "--fit=crop"]) == 0
    expected = translate.load(run("translation"))(crop(pixels, 8))
    np.testing.assert_array_equal(read(tmp_path / "out" / "a.png"), expected)


def test_few_sizes_stand_for_many():
    assert tiles.plan((333, 500), (64, 64), 4).padded == (352, 512)  # a half of 1/8, at most
    assert tiles.plan((286, 286), (286, 286), 2).padded == (286, 286)  # as it was learned
    # Super-resolution by 4: 512 x 512 are made at once.
    assert tiles.plan((500, 128), (8, 8), 1, 4).piece == (128, 128)


def test_a_mask_is_found_by_its_whole_name(tmp_path):
    picture = save(tmp_path / "in" / "a.png", image(8, 8, 3))
    save(tmp_path / "masks" / "a.b.png", np.full((8, 8, 1), 255, np.uint8))
    save(tmp_path / "masks" / "a.png", np.zeros((8, 8, 1), np.uint8))
    assert not mask_of(tmp_path / "masks", "a.png", picture).any()


MISTAKES = {
    "translation --input=in --fit=shrink": "unknown --fit 'shrink'; known: crop, pad, stretch.",
    "inpainting --input=in --mask=masks --out=masks": "masks/a.png is one of the pictures; name",
    "translation --input=none": "--input=none: no such file, folder or pattern that meets a file.",
    "translation --input=empty": "empty: holds no image; known kinds: ",
    "translation --input=twins": "twins/a.jpg and twins/a.png would both become a.png; rename one.",
    "translation --input=in --out=in": "in/a.png is one of the pictures; name another --out.",
    "translation --input=in --out=in/a.png": "cannot write in/a.png: in/a.png is no folder.",
    "translation --input=in --mask=none": "--mask=none: no such file or folder.",
    "translation --input=in --mask=in/a.png": "fills no holes; it takes no mask.",
    "translation --input=in --label=3": "is a run without classes; it takes no label.",
    "translation --input=in --direction=ba": "goes in one direction; leave the ",
    "translation --input=in --member=1": "member is 1; it must lie in [0, 1).",
    "translation --input=in --seed=-1": "seed is -1; it must lie in [0, ",
    "translation --input=in --step=9": "there is no checkpoint of step 9",
    "inpainting --input=in": "fills holes: name a mask, which is white in the hole.",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(run, tmp_path, monkeypatch, mistake, words):
    name, *flags = words.split()
    workdir = run(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for path in ("in/a.png", "masks/a.png", "twins/a.png", "twins/a.jpg"):
        save(tmp_path / path, image(8, 8, 3))
    out = [] if any(flag.startswith("--out") for flag in flags) else ["--out=made"]
    assert MISTAKES[words] in mistake(translate.main, [f"--workdir={workdir}", *flags, *out])
    assert not (tmp_path / "made").exists()


def test_a_run_that_translates_nothing(tmp_path, mistake):
    from jaxgan.run import directory

    entries = data.load("mnist10k").entries
    directory.write_config(tmp_path, defaults.get_config().to_dict(), entries)
    argv = [f"--workdir={tmp_path}", f"--input={tmp_path}/config.json", f"--out={tmp_path}/out"]
    assert "makes images of noise and none of images; jaxgan sample draws" in mistake(
        translate.main, argv
    )
    assert json.loads((tmp_path / "config.json").read_text())


def test_arrays_that_are_no_images(run):
    redraw = translate.load(run("translation"))
    for images, sentence in (
        (np.zeros((8, 8), np.uint8), "images must be .H, W, C. or .N, H, W, C., not"),
        (np.zeros((8, 8, 3), np.int32), "uint8, or floats in .-1, 1., not int32"),
        (np.full((8, 8, 3), 2.0), "floats in .-1, 1.; x / 127.5 - 1 makes them"),
        (np.full((8, 8, 3), np.nan), "floats in .-1, 1.; x / 127.5"),
    ):
        with pytest.raises(UserError, match=sentence):
            redraw(images)


def test_pieces_have_noise_of_their_own():
    keys = translation._keys(3, range(2), 4)
    assert len(np.unique(jax.random.key_data(keys), axis=0)) == 8
    np.testing.assert_array_equal(
        jax.random.key_data(translation._keys(3, range(2), 1)),
        jax.random.key_data(draw.row_keys(3, 2)),
    )
