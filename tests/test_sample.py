"""Samples of a run whose networks are as they were drawn: what they are, and where they go."""

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data import labels
from jaxgan.evaluation import draw, grid
from jaxgan.games.draw import DISTRIBUTIONS
from jaxgan.inference import paths, sampler
from jaxgan.run import checkpoint, directory

YEARS = ("2019", "1", "fox")


def write_run(
    workdir,
    names=(),
    z="normal",
    steps=(3,),
    known=None,
    kind="toy",
    generators=1,
    norm="none",
    **data_settings,
):
    """A run of step 3 on 28x28 digits, or on what the settings name; nothing is trained.

    Of other steps the average's parameters are larger. ``known``: ``Description`` of the data;
    ``kind``, ``norm``: of the generator; ``generators``: how many.
    """
    config = defaults.get_config()
    config.game = defaults.game("conditional" if names else "unconditional", z_dim=4, z=z)
    if generators > 1:
        config.game = defaults.game("multi_generator", z_dim=4, z=z, generators=generators)
    config.generator = defaults.generator(kind, features=(8,), norm=norm)
    config.critic = defaults.critic("toy", features=(8,))
    for key, value in data_settings.items():
        config.data[key] = value
    source = data.load(config.data.name)
    entries = dict(source.entries)
    if names:
        label = entries["label"]._replace(classes=len(names), names=names)
        entries = {"x": entries["x"], "label": label}
    run = prepare(config, device_count=1)
    state = jax.jit(run.create)()
    if names:  # of three classes where the digits have ten
        cut = lambda kernel: kernel[: 4 + len(names)]  # noqa: E731
        for variables in (state.ema, state.generator.variables):
            first = variables["params"]["Dense_0"]
            first["kernel"] = cut(first["kernel"])
    directory.write_config(workdir, config.to_dict(), entries, known)
    with checkpoint.open_checkpoints(workdir / "checkpoints") as checkpoints:
        for step in steps:
            ema = jax.tree.map(lambda leaf, by=step / 3: leaf * by, state.ema)
            checkpoints.save(step, jax.device_get(state.replace(ema=ema)))
    return workdir


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("years"), YEARS)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("plain"), z="uniform")


def test_an_array_carries_what_the_samples_are(years, plain, tmp_path, capsys):
    for workdir in (years, plain):
        words = [f"--workdir={workdir}", "--num=5", "--seed=7", f"--out={tmp_path}/a.npz"]
        assert sample.main(words) == 0
        assert capsys.readouterr().out == f"5 samples of step 3: {tmp_path}/a.npz\n"
        with np.load(tmp_path / "a.npz") as stored:
            found = dict(stored)
        assert (found.pop("seed"), found.pop("step")) == (7, 3)
        x = found.pop("samples")
        assert x.shape == (5, 28, 28, 1) and x.dtype == np.float32
        np.testing.assert_array_equal(x, sample.load(workdir)(5, seed=7))
        if workdir is years:
            np.testing.assert_array_equal(found.pop("label"), [0, 1, 2, 0, 1])
            assert tuple(found.pop("class_names")) == YEARS
        assert not found


def test_a_class_is_called_by_its_name_or_else_its_number(years, tmp_path, capsys, mistake):
    told = mistake(sample.main, [f"--workdir={years}", "--label=foz", f"--out={tmp_path}/b.png"])
    assert told == "label foz is unknown; known: 2019, 1, fox (numbers 0 to 2)."
    generate = sample.load(years)
    for label, number in (("2019", 0), ("1", 1), ("fox", 2), ("0", 0), ("2", 2), (2, 2)):
        told = generate.described(2, label=label)
        assert told.label.tolist() == [number] * 2
        np.testing.assert_array_equal(told.x, generate(2, label=number))
    assert labels.class_of("2", ("2", "1", "0")) == 0  # the name wins, and the command tells
    assert sample.main([f"--workdir={years}", "--label=fox", f"--out={tmp_path}/a.png"]) == 0
    assert "64 samples of class 'fox' (number 2) of step 3" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"known: (\d+, ){20}\.\.\. \(numbers 0 to 99\)"):
        labels.class_of("-1", labels.class_names(data.Entry((), np.int32, 100)))


def test_a_folder_is_read_back(years, plain, tmp_path, mistake, capsys):
    assert sample.main([f"--workdir={plain}", "--num=3", f"--out={tmp_path}/flat/"]) == 0
    assert sorted(path.name for path in (tmp_path / "flat").iterdir()) == [
        f"{i:05d}.png" for i in range(3)
    ]
    (tmp_path / "classes").mkdir()
    assert sample.main([f"--workdir={years}", "--num=5", f"--out={tmp_path}/classes"]) == 0
    back = data.load(f"folder:{tmp_path}/classes")
    assert back.entries["label"].names == ("1", "2019", "fox")
    found, made = back.arrays(), sample.load(years)(5)
    np.testing.assert_array_equal(found["x"], grid.to_uint8(made[[1, 4, 0, 3, 2]]))
    np.testing.assert_array_equal(found["label"], [0, 0, 1, 1, 2])
    capsys.readouterr()
    told = mistake(sample.main, [f"--workdir={plain}", f"--out={tmp_path}/flat"])
    assert told == f"cannot write {tmp_path}/flat: the folder holds other files; name a new one."


def test_a_folder_holds_neither_points_nor_every_name(tmp_path, mistake):
    ring = write_run(tmp_path / "ring", name="ring")
    told = mistake(sample.main, [f"--workdir={ring}", f"--out={tmp_path}/a/"])
    assert told == f"{tmp_path}/a/: points are no image files; write an .npz file."
    with pytest.raises(UserError, match="class '../b' cannot name a folder"):
        sample.files.check(f"{tmp_path}/a/", (28, 28, 1), ("a", "../b"))
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    for out in ("file/a/", "file/a.png"):  # before anything is drawn
        told = mistake(sample.main, [f"--workdir={ring}", f"--out={tmp_path}/{out}"])
        assert told == f"cannot write {tmp_path / out}: {tmp_path}/file is no folder."
    assert sample.main([f"--workdir={ring}", "--num=2", f"--out={tmp_path}/b/c/d.npz"]) == 0


def test_a_picture_of_classes_has_their_names(years, tmp_path):
    """Rows of nine digits under one another, each of 60 pixels, and text at their left."""
    assert sample.main([f"--workdir={years}", "--num=27", f"--out={tmp_path}/a.png"]) == 0
    with Image.open(tmp_path / "a.png") as image:
        width, height = image.size
        beside = np.asarray(image)[:, : width - 6 * 60]  # six columns: 9 of a class are two rows
    assert height == 3 * 2 * 60 and beside.shape[1] > 20
    rows = beside.reshape(6, 60, -1).max(axis=(1, 2)) > 128
    assert rows.tolist() == [True, False] * 3
    odd = grid.class_rows(np.zeros((1, 8, 8, 3)), [0], ["\udce9 \n" + "w" * 99])
    assert odd.shape[1] < 600 and odd.shape[2] == 3


def test_a_sample_does_not_depend_on_how_many_there_are(years, monkeypatch):
    generate = sample.load(years)
    few = generate(7, seed=1)
    monkeypatch.setattr(sampler, "BLOCK", 3)
    np.testing.assert_array_equal(sample.load(years)(5, seed=1), few[:5])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rows": [0.5]}, "rows must be whole numbers"),
        ({"rows": [-1]}, "rows must be whole numbers"),
        ({"rows": 3}, "rows must be whole numbers"),
        ({"z": np.zeros((3, 4)), "rows": [1, 2]}, r"z must be \(2, 4\), a row each, not \(3, 4\)"),
        ({"z": np.zeros((1, 5)), "num": 1}, r"z must be \(1, 4\), a row each, not \(1, 5\)"),
        ({"z": np.zeros((2, 4)), "num": 2, "interpolated": True}, "ask for one of both"),
    ],
)
def test_rows_and_noise_of_ones_own_are_checked(plain, options, told):
    with pytest.raises(UserError, match=told):
        sample.load(plain)(**options)


def test_from_one_class_to_another_by_one_noise(years, tmp_path, capsys, mistake):
    """The ends are those of the classes, of the same z; the label is a mixture between."""
    generate = sample.load(years)
    walked = generate.described(5, seed=3, label="2019,fox", interpolated=True)
    assert walked.label is None and walked.class_names == ()
    z = generate.sampler.z_of(3, [0])
    for place, label in ((0, "2019"), (4, "fox")):
        end = generate(1, seed=3, label=label, z=z)[0]
        np.testing.assert_allclose(walked.x[place], end, atol=1e-6)
    between = np.abs(walked.x[2] - walked.x[[0, 4]]).reshape(2, -1).max(axis=1)
    assert (between > 1e-4).all()
    words = [f"--workdir={years}", "--interpolate", f"--out={tmp_path}/a.png"]
    assert sample.main([*words, "--num=5", "--label=0,2"]) == 0
    assert "5 samples between the classes 0,2 of step 3" in capsys.readouterr().out
    assert mistake(sample.main, [*words, "--label=0,1,2"]).startswith("label 0,1,2 names 3 classes")
    assert "label x is unknown" in mistake(sample.main, [*words, "--label=0,x"])
    told = mistake(sample.main, [f"--workdir={years}", "--label=0,2", f"--out={tmp_path}/b.png"])
    assert told.startswith("label 0,2 is unknown")


def test_truncated_samples(years, plain, tmp_path, mistake):
    """The same noise where it is within; a far threshold changes nothing."""
    generate = sample.load(years)
    z = generate.sampler.z_of(1, np.arange(5), 0.5)
    assert np.abs(z).max() <= 0.5
    np.testing.assert_array_equal(generate(5, seed=1, truncation=0.5), generate(5, seed=1, z=z))
    np.testing.assert_array_equal(generate(5, seed=1, truncation=9.0), generate(5, seed=1))
    ends = paths.interpolate(1, 3, 4, truncation=0.5)[[0, 2]]
    np.testing.assert_allclose(ends, z[:2], atol=1e-6)
    words = [f"--workdir={plain}", f"--out={tmp_path}/a.png"]
    told = mistake(sample.main, [*words, "--truncation=.5"])
    assert told == f"{plain} draws z as uniform; truncation is of normal z alone."
    told = mistake(sample.main, [f"--workdir={years}", words[1], "--truncation=0"])
    assert told == "truncation is 0.0; it must be finite and at least 0.01."


def test_standing_statistics(plain, tmp_path, mistake):
    """Of a run without batch norm there are none; with it samples are others, and few moved."""
    told = mistake(sample.main, [f"--workdir={plain}", "--standing=2", f"--out={tmp_path}/a.png"])
    assert told == f"{plain} has no batch statistics; leave standing out."
    run = sample.load(write_run(tmp_path / "batch", norm="batch"))
    running, stood = run(3), run(3, standing=2)
    assert np.isfinite(stood).all() and np.abs(stood - running).max() > 1e-3
    np.testing.assert_array_equal(run(3, standing=2, truncation=9.0), stood)


def test_noise_of_the_run_is_interpolated(plain):
    """Of U[-1, 1) on a line: never out of its range, and the ends are the first two samples'."""
    ends = np.asarray(DISTRIBUTIONS["uniform"](draw.row_keys(5, 2), (4,)))
    path = paths.interpolate(5, 9, 4, "uniform")
    np.testing.assert_allclose(path[[0, 4, 8]], [ends[0], ends.mean(0), ends[1]], atol=1e-6)
    generate = sample.load(plain)
    walked = generate(9, seed=5, interpolated=True)
    np.testing.assert_allclose(walked[[0, 8]], generate(2, seed=5), atol=1e-5)
    assert draw.PATHS.keys() == DISTRIBUTIONS.keys()
